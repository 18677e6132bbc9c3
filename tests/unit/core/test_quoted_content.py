"""Errors about the form of content: they say what it is, and never what it says."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.quadlet.fleet.plugins.module_utils._core.app.app import parse_content
from ansible_collections.quadlet.fleet.plugins.module_utils._core.errors import QuadletError, shape
from ansible_collections.quadlet.fleet.plugins.module_utils._core.quadlet.unitfile import parse_unit
from tests.unit.support.together import together

VALUE = "wh4t-a-vault-held"

SHAPES: dict[str, t.Any] = {
    "text": VALUE,
    "a boolean": True,
    "a number": 1.5,
    "bytes": b"x",
    "a mapping": {"a": VALUE},
    "a list": [VALUE],
    "nothing": None,
}
WRONG: dict[str, t.Any] = {
    "two lines": f"{VALUE}\n",
    "a carriage return": f"{VALUE}\r",
    "a backslash at its end": f"{VALUE}\\",
    "a control character": f"{VALUE}\x07",
    "both quotes": f"{VALUE}'\" ",
    "a mapping in a mapping": {"A": {"a": VALUE}},
    "a list in a mapping": {"A": [VALUE]},
    "a name with =": {f"A={VALUE}": "x"},
    "a list in a list of a list": [[[VALUE]]],
    "two lines in a list": ["A=b", f"A={VALUE}\n"],
    "two lines in a mapping of a list": [{"a": f"{VALUE}\n"}],
}
KEYS = ("Environment", "Label", "Exec", "Image", "LogOpt", "PodmanArgs", "Annotation", "HealthCmd")
SECTIONS = ("Container", "Service", "Unit", "X-Own")


def _refused(units: t.Any = None, files: t.Any = None) -> str | None:
    try:
        parse_content("shop", units, files)
    except QuadletError as error:
        return str(error)
    return None


@pytest.mark.parametrize(("name", "value"), SHAPES.items())
def test_shapes(name: str, value: t.Any) -> None:
    assert shape(value) == name


@together("wrong", WRONG.values(), ids=WRONG)
@together("key", KEYS)
@together("section", SECTIONS)
def test_a_value_that_can_not_be_written_is_not_quoted(
    section: str, key: str, wrong: t.Any
) -> None:
    said = _refused({"a.container": {section: {key: wrong}}})
    assert said is None or (VALUE not in said and "a.container" in said)


def test_most_of_them_are_refused() -> None:
    units = [{"a.container": {"Service": {"Environment": wrong}}} for wrong in WRONG.values()]
    assert len([one for one in units if _refused(one)]) > 5


CONTENT: dict[str, tuple[t.Any, t.Any]] = {
    "a section": ({"a.container": {"Container": VALUE}}, None),
    "a list of sections": ({"a.container": [{"Container": VALUE}]}, None),
    "a unit that is a number": ({"a.container": 1.5}, None),
    "several units": ({"a.quadlets": {"b": VALUE}}, None),
    "an instance": ({"w@a.container": {"template": "w@.container", "Container": VALUE}}, None),
    "a file that is data": (None, {"a.json": {"content": {"password": VALUE}}}),
    "a file that is a list": (None, {"a.json": [VALUE]}),
    "a file that is bytes": (None, {"a.json": {"content": VALUE.encode()}}),
}


@pytest.mark.parametrize(("units", "files"), CONTENT.values(), ids=CONTENT)
def test_content_of_another_type_is_not_quoted(units: t.Any, files: t.Any) -> None:
    said = _refused(units, files)
    assert said
    assert VALUE not in said


@pytest.mark.parametrize(
    "text",
    [
        f"[Container]\nEnvironment=KEY=-----BEGIN\n{VALUE}\n",
        f"[Container]\n= {VALUE}\n",
        f"{VALUE}\n",
        f"KEY={VALUE}\n",
        f"[Container]\n[{VALUE}\n",
    ],
)
def test_a_line_that_is_none_is_not_quoted(text: str) -> None:
    with pytest.raises(QuadletError) as caught:
        parse_unit("a.container", text)
    assert VALUE not in str(caught.value)
    assert caught.value.where
