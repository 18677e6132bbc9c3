# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""The log of an app's failed runs: what a run has told, masked, kept until newer ones push it out.

A user can write anything there, so every value is taken for what it is, and only so much of it.
"""

from __future__ import annotations

import json
import typing as t

FORMAT = 1
KEPT = 5
"""Failed runs that are kept of an app."""

_MOST_FAILURES, _MOST_LINES, _LONGEST = 20, 20, 2000

Row = dict[str, t.Any]

_TEXTS = ("unit", "service", "phase", "reason", "hint")


def make_entry(result: t.Mapping[str, t.Any], ended_at: str) -> Row | None:
    """The entry of a failed run; None where it had not come to change anything.

    result: of module app, as it leaves the host.  ended_at: in UTC.
    """
    if not result.get("failures"):
        return None
    attempt = result.get("attempt")
    entry = {
        "ended_at": ended_at,
        "result": "restored" if result.get("rolled_back") else "failed",
        "generation": attempt.get("generation") if isinstance(attempt, dict) else None,
        "message": str(result.get("msg") or "").split("\n", 1)[0],
        "failures": result["failures"],
    }
    return _entry(entry)


def dump(entries: t.Sequence[Row]) -> str:
    """The log's text."""
    return json.dumps({"format": FORMAT, "entries": [*entries][-KEPT:]}, indent=1) + "\n"


def parse(text: str | None) -> list[Row]:
    """The entries of a log, the oldest first; none of one that is damaged or of a newer format."""
    try:
        data = json.loads(text or "")
        if data["format"] > FORMAT:
            return []
        return [_entry(row) for row in data["entries"][-KEPT:]]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return []


def texts_of(entry: Row) -> list[str]:
    """What services and commands have said."""
    texts = [entry["message"]]
    for failure in entry["failures"]:
        texts += [failure["reason"], failure["hint"] or "", *failure["journal"]]
    return texts


def _entry(row: t.Mapping[str, t.Any]) -> Row:
    return {
        "ended_at": _text(row["ended_at"]),
        "result": "restored" if row.get("result") == "restored" else "failed",
        "generation": _number(row.get("generation")),
        "message": _text(row.get("message")),
        "failures": [_failure(failure) for failure in row["failures"][:_MOST_FAILURES]],
    }


def _failure(row: t.Mapping[str, t.Any]) -> Row:
    return {
        **{key: _text(row[key]) if row.get(key) else None for key in _TEXTS},
        "reason": _text(row.get("reason")),
        "exit_code": _number(row.get("exit_code")),
        "journal": [_text(line) for line in [*(row.get("journal") or ())][-_MOST_LINES:]],
    }


def _number(value: t.Any) -> int | None:
    """An integer; JSON's true and false are none."""
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _text(value: t.Any) -> str:
    text = str("" if value is None else value)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
