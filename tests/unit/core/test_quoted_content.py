"""Errors about the type of units and files: they say what it is, and not what it says."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.quadlet.fleet.plugins.module_utils._core.app.app import parse_content
from ansible_collections.quadlet.fleet.plugins.module_utils._core.errors import QuadletError, shape

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


def _refused(units: t.Any = None, files: t.Any = None) -> str | None:
    try:
        parse_content("shop", units, files)
    except QuadletError as error:
        return str(error)
    return None


@pytest.mark.parametrize(("name", "value"), SHAPES.items())
def test_shapes(name: str, value: t.Any) -> None:
    assert shape(value) == name


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
