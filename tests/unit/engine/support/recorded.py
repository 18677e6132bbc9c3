"""What was recorded on hosts at the port of commands, and the form of it.

The form of an answer leaves out what differs from host to host and from run to run: numbers, ids,
names.  What the fake answers has a form that a host's answer had.
"""

from __future__ import annotations

import functools
import json
import re
import typing as t

from tests.unit.support.generators import ROOT

FOLDER = ROOT / "tests/unit/recorded/ports"
SCOPES = ("system", "user")

_UNIT = r"[\w@.-]+\.(?:service|timer|target|slice|mount|socket)\b"
_WORDS = (
    (re.compile(r"\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) (?=\d)"), "DAY "),
    (re.compile(rf"{_UNIT}( {_UNIT})*"), "UNIT"),
    (re.compile(r"registry\.test:5000/[\w.:@-]+"), "IMAGE"),
    (re.compile(r"localhost/quadlet\.fleet[\w.:@-]*"), "IMAGE"),
    (re.compile(r"\bshop[\w.-]*|\bsystemd-shop[\w.-]*|\btoken\.\w+-\w+|\bnone\b"), "NAME"),
    (re.compile(r"(?<![\w:])(/[\w.@-]+)+"), "PATH"),
    (re.compile(r"@?\b\d[\d.]*\b"), "N"),
    (re.compile(r"\b[0-9a-f]{10,64}\b"), "ID"),
)


class Row(t.NamedTuple):
    """One command and how it ended."""

    argv: tuple[str, ...]
    status: int
    out: str
    err: str


@functools.cache
def read_rows(scope: str) -> tuple[Row, ...]:
    """All that was recorded in one kind of scope."""
    data = json.loads((FOLDER / f"{scope}.json").read_text(encoding="utf-8"))
    return tuple(Row(tuple(r["argv"]), r["status"], r["out"], r["err"]) for r in data)


@functools.cache
def forms() -> frozenset[tuple[str, ...]]:
    """The forms of all that was recorded."""
    rows = [row for scope in SCOPES for row in read_rows(scope)]
    return frozenset(form for row in rows for form in forms_of(row))


@functools.cache
def forms_of(row: Row) -> tuple[tuple[str, ...], ...]:
    """The forms of one answer: a pair of the command's and a part's, for each part."""
    command = command_form(row.argv)
    parts = [("out", part) for part in _parts(row.out)] + [("err", p) for p in _parts(row.err)]
    return (
        (command, "status", str(row.status)),
        *((command, *part) for part in dict.fromkeys(parts)),
    )


def command_form(argv: t.Sequence[str]) -> str:
    """A command without the names that it is about, and how many those are."""
    words = [_form(word) for word in argv if word not in ("--user", "--")]
    return " ".join(dict.fromkeys(words))


def _parts(text: str) -> t.Iterator[str]:
    """JSON by its keys and types, blocks of properties whole, all else by line."""
    if text[:1] in "[{" and text.strip():
        for line in [text] if text[1:2] in '\n]"' and _is_json(text) else text.splitlines():
            yield from _json_parts(json.loads(line))
    elif "=" in text.partition("\n")[0]:
        yield from ("\n".join(_form(x) for x in block.splitlines()) for block in text.split("\n\n"))
    else:
        yield from (_form(line) for line in text.splitlines() if line.strip())


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


def _json_parts(value: t.Any) -> t.Iterator[str]:
    rows = value if isinstance(value, list) else [value]
    for row in rows:
        if isinstance(row, dict) and "data" in row and isinstance(row["data"], list):
            yield from (_bus_row(one) for one in row["data"][0]) if row["data"] else ()
        elif isinstance(row, dict):
            yield " ".join(f"{key}:{_type(row[key])}" for key in sorted(row))


def _bus_row(row: t.Any) -> str:
    if not isinstance(row, list):
        return _type(row)
    return " ".join(_type(one) if n not in _SHOWN else str(one) for n, one in enumerate(row))


_SHOWN = (2, 3, 4, 8)
"""Of a unit in a bus answer: its load, active and sub state, and its job's type."""


def _type(value: t.Any) -> str:
    return type(value).__name__


def _form(text: str) -> str:
    for pattern, word in _WORDS:
        text = pattern.sub(word, text)
    return text
