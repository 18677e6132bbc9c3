# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Several apps in one run: duplicates among them, and their joint result."""

from __future__ import annotations

import typing as t

Row = dict[str, t.Any]


def find_duplicates(places: t.Sequence[tuple[str, str, str]]) -> list[tuple[int, int]]:
    """Pairs of items that are the same app, by name, manager and location."""
    first: dict[tuple[str, str, str], int] = {}
    return [
        (first[place], number)
        for number, place in enumerate(places)
        if first.setdefault(place, number) != number
    ]


def app_label(name: t.Any, user: t.Any) -> str:
    """An app in a sentence, with its user."""
    return f"{name} (user {user})" if user else str(name)


def is_postponed(row: Row) -> bool:
    """Whether an app was left for another call: an archive must be sent first, for it or for an
    app that it waits for.
    """
    return bool(row.get("send_archives") or row.get("postponed"))


def join_rows(rows: t.Sequence[Row]) -> dict[str, t.Any]:
    """The result of all apps, with their warnings and diffs joined."""
    kept = ("warnings", "diff")
    return {
        "changed": any(row.get("changed") for row in rows),
        "apps": [{key: value for key, value in row.items() if key not in kept} for row in rows],
        "warnings": [
            f"{app_label(row['name'], row['user'])}: {text}"
            for row in rows
            for text in row.get("warnings") or ()
        ],
        "diff": [part for row in rows for part in row.get("diff") or ()],
    }


def failure_message(rows: t.Sequence[Row]) -> str:
    """All failures in the first line, then each app's own message; '' if no app failed."""
    failed = [(app_label(row["name"], row["user"]), _own(row)) for row in rows if row["failed"]]
    if not failed:
        return ""
    causes = "; ".join(f"{label}: {text.splitlines()[0]}" for label, text in failed)
    messages = [f"{len(failed)} of {len(rows)} apps failed: {causes}"]
    messages += [f"{label}: {text}" for label, text in failed if "\n" in text]
    return "\n\n".join(messages)


def _own(row: Row) -> str:
    """An app's message, without the name that stands before it."""
    return str(row["msg"]).removeprefix(f"app {row['name']}: ") or "it failed"
