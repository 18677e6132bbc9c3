"""Cases that run together fail one by one."""

from __future__ import annotations

import inspect
import typing as t

import pytest

from tests.unit.support.together import SHOWN, together


def test_each_case_that_fails_is_named_with_its_reason() -> None:
    ran = []

    @together(("value", "wanted"), [(1, 1), (2, 3), (4, 4), (5, 6)], ids=["a", "b", "c", "d"])
    def check(value: int, wanted: int) -> None:
        ran.append(value)
        if value == 5:
            with pytest.raises(ValueError, match="never"):
                pass
        assert value == wanted

    with pytest.raises(AssertionError) as caught:
        check()
    said = str(caught.value)
    assert said.startswith("2 of 4 cases fail")
    assert ran == [1, 2, 4, 5]
    assert [word in said for word in ("--- a", "--- b", "--- c", "--- d")] == [0, 1, 0, 1]
    assert "assert 2 == 3" in said
    assert "DID NOT RAISE" in said


def test_what_is_not_looped_is_a_fixture() -> None:
    seen = []

    @together("letter", "ab")
    @together("number", [1, 2], ids=str)
    def check(fixture: str, letter: str, number: int) -> None:
        seen.append((fixture, letter, number))

    assert list(inspect.signature(check).parameters) == ["fixture"]
    check(fixture="f")
    assert seen == [("f", "a", 1), ("f", "a", 2), ("f", "b", 1), ("f", "b", 2)]


def test_of_many_that_fail_the_names_are_shown() -> None:
    @together("number", range(100))
    def check(number: t.Any) -> None:
        raise RuntimeError(f"bad {number}")

    with pytest.raises(AssertionError) as caught:
        check()
    assert str(caught.value).count("RuntimeError: bad ") == SHOWN
    assert str(caught.value).count("\n--- ") == 100


def test_there_are_cases() -> None:
    with pytest.raises(AssertionError, match="number"):
        together("number", [])
