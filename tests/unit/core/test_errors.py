"""The one exception: as text, as data, and several as one."""

from __future__ import annotations

import pytest

from ansible_collections.quadlet.fleet.plugins.module_utils._core.errors import (
    QuadletError,
    join_errors,
)


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (QuadletError("it broke"), "it broke"),
        (QuadletError("it broke", where="a.pod:3"), "a.pod:3: it broke"),
        (QuadletError("it broke", remedy="Mend it."), "it broke. Mend it."),
        (QuadletError("it broke.", remedy="Mend it."), "it broke. Mend it."),
        (QuadletError("it broke", where="a", remedy="Mend it."), "a: it broke. Mend it."),
        (QuadletError(""), ""),
    ],
)
def test_text(error: QuadletError, text: str) -> None:
    assert str(error) == text


@pytest.mark.parametrize(
    "error",
    [
        QuadletError("a"),
        QuadletError("a", where="b", remedy="c", data={"d": [1]}),
    ],
    ids=["bare", "full"],
)
def test_comes_back_from_data(error: QuadletError) -> None:
    again = QuadletError.from_dict(error.to_dict())
    assert again.to_dict() == error.to_dict()
    assert str(again) == str(error)


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"what": 1, "where": 2, "remedy": [], "data": "x"},
        {"what": None, "where": {}, "remedy": 0, "data": []},
    ],
    ids=["nothing", "other types", "empty ones"],
)
def test_data_of_others_is_not_trusted(data: dict[str, object]) -> None:
    error = QuadletError.from_dict(data)
    assert isinstance(error.what, str)
    assert error.where is None
    assert error.remedy is None
    assert error.data == {}


def test_one_error_stays_itself() -> None:
    error = QuadletError("a")
    assert join_errors([error]) is error


def test_several_errors_are_all_told() -> None:
    joined = join_errors([QuadletError("a", where="x"), QuadletError("b", remedy="Do.")])
    assert "2 errors" in joined.what
    assert "nothing on the host was changed" in joined.what
    assert "\n- x: a" in joined.what
    assert "\n- b. Do." in joined.what
    assert [error["what"] for error in joined.data["errors"]] == ["a", "b"]
