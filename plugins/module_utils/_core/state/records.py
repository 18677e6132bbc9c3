# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""State files: JSON with the number of its format."""

from __future__ import annotations

import dataclasses
import json
import typing as t

from ..errors import QuadletError

FORMAT = 2

_Record = t.TypeVar("_Record")


def dump(record: t.Any) -> str:
    """A frozen dataclass as a state file's text."""
    data = {"format": FORMAT, **dataclasses.asdict(record)}
    return json.dumps(data, indent=1, sort_keys=True) + "\n"


def parse(
    text: str, path: str, build: t.Callable[[dict[str, t.Any]], _Record], remedy: str
) -> _Record:
    """Parses a state file with `build`; refuses a newer format than ours.

    path and remedy: for the error where the text is damaged.
    """
    try:
        data = json.loads(text)
        version = data.pop("format")
        if version > FORMAT:
            raise QuadletError(
                f"it has format {version}, this release of quadlet.fleet knows {FORMAT}",
                where=path,
                remedy="Update the collection on the controller.",
                topic="newer-format",
            )
        record = build(data)
        check(record)
        return record
    except (ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError) as error:
        raise QuadletError(
            f"the record is damaged ({error})", where=path, remedy=remedy, topic="damaged-record"
        ) from None


_MOST = 1 << 62
_LATEST = 1 << 37
"""Seconds since the epoch: later ones are no date in Python."""


def _text(value: t.Any) -> bool:
    """A name or a path; NUL can be in neither."""
    return isinstance(value, str) and "\0" not in value


def _number(value: t.Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) < _MOST


def _seconds(value: t.Any) -> bool:
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return is_number and abs(value) < _LATEST


def _row(*tests: t.Callable[[t.Any], bool]) -> t.Callable[[t.Any], bool]:
    return lambda value: (
        isinstance(value, tuple)
        and len(value) == len(tests)
        and all(test(part) for test, part in zip(tests, value))
    )


def _texts(value: t.Any) -> bool:
    return isinstance(value, tuple) and all(map(_text, value))


def _by_name(test: t.Callable[[t.Any], bool]) -> t.Callable[[t.Any], bool]:
    return lambda value: (
        isinstance(value, dict) and all(_text(name) and test(part) for name, part in value.items())
    )


def _bool(value: t.Any) -> bool:
    return isinstance(value, bool)


def _record(value: t.Any) -> bool:
    check(value)
    return True


TYPES: t.Final[dict[str, t.Callable[[t.Any], bool]]] = {
    "str": _text,
    "int": _number,
    "float": _seconds,
    "bool": _bool,
    "str | None": lambda value: value is None or _text(value),
    "tuple[str, ...]": _texts,
    "dict[str, str]": _by_name(_text),
    "Parts | None": lambda value: value is None or _by_name(_text)(value),
    "dict[str, tuple[str, int, str]]": _by_name(
        _row(lambda value: isinstance(value, str), _number, _text)
    ),
    "dict[str, tuple[str, str]]": _by_name(_row(_text, _text)),
    "dict[str, ServiceRecord]": _by_name(_record),
    "dict[str, t.Any]": lambda value: isinstance(value, dict),
    "Mark": _row(_text, _number, _bool),
}
"""Whether a value is of a field's type, by the type as it is written."""


def check(record: t.Any) -> None:
    """ValueError where a field has a value of another type: a user can write anything there."""
    for field in dataclasses.fields(record):
        value = getattr(record, field.name)
        if not TYPES[str(field.type)](value):
            raise ValueError(f"{field.name} can't be {str(value)[:50]!r}")
