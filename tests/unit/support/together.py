"""Many cases of one rule in one test: a case costs no more than its call, and each that fails is
named with what failed in it.

For products, and for values, keys and files without a story of their own; a row that somebody
would look for by its name is a test of its own (`pytest.mark.parametrize`).
"""

from __future__ import annotations

import functools
import inspect
import traceback
import typing as t

import pytest

SHOWN = 10
"""Failing cases that are shown with all they say; of others the names are."""

Function = t.Callable[..., None]


def together(
    names: str | tuple[str, ...],
    rows: t.Iterable[t.Any],
    *,
    ids: t.Iterable[object] | t.Callable[[t.Any], object] | None = None,
) -> t.Callable[[Function], Function]:
    """As `pytest.mark.parametrize`, for a test whose fixtures no case changes."""
    keys = tuple(part.strip() for part in names.split(",")) if isinstance(names, str) else names
    rows = list(rows)
    assert rows, names
    cases = [_values(row, len(keys)) for row in rows]
    labels = [str(ids(row)) for row in rows] if callable(ids) else list(map(str, ids or ()))
    labels = labels or [str(getattr(row, "id", None) or f"{row!r:.100}") for row in rows]
    assert len(labels) == len(cases)

    def decorate(function: Function) -> Function:
        signature = inspect.signature(function)
        fixtures = [one for name, one in signature.parameters.items() if name not in keys]

        @functools.wraps(function)
        def run(**given: t.Any) -> None:
            wrong: dict[str, str] = {}
            for label, values in zip(labels, cases):
                try:
                    function(**given, **dict(zip(keys, values)))
                except (Exception, pytest.fail.Exception) as error:
                    wrong[label] = _describe(error)
            if wrong:
                raise AssertionError(_show(wrong, len(cases)))

        vars(run)["__signature__"] = signature.replace(parameters=fixtures)
        return run

    return decorate


def _values(row: t.Any, count: int) -> tuple[t.Any, ...]:
    """Of a row; one of `pytest.param` holds them."""
    if hasattr(row, "marks"):
        return tuple(row.values)
    return (row,) if count == 1 else tuple(row)


def _describe(error: BaseException) -> str:
    """What failed, from the test's own line on."""
    inner = error.__traceback__ and error.__traceback__.tb_next
    return "".join(traceback.format_exception(type(error), error, inner)).rstrip()


def _show(wrong: t.Mapping[str, str], count: int) -> str:
    lines = [f"{len(wrong)} of {count} cases fail"]
    for number, (label, text) in enumerate(wrong.items()):
        lines += [f"--- {label}", *([text] if number < SHOWN else [])]
    return "\n".join(lines)
