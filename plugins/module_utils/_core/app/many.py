# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Several apps in one run: none is there twice, and what is told of them together."""

from __future__ import annotations

import typing as t

Row = dict[str, t.Any]


def find_twins(places: t.Sequence[tuple[str, str, str]]) -> list[tuple[int, int]]:
    """Pairs of apps that are the same one, by name, manager and location."""
    first: dict[tuple[str, str, str], int] = {}
    return [
        (first[place], number)
        for number, place in enumerate(places)
        if first.setdefault(place, number) != number
    ]


def tell_app(name: t.Any, user: t.Any) -> str:
    """An app in a sentence; without a user it is the system's."""
    return f"{name} (user {user})" if user else str(name)


def is_postponed(row: Row) -> bool:
    """Whether an app was left for another call: an archive has to be sent first, its own or that
    of one that it waits for.
    """
    return bool(row.get("send_archives") or row.get("postponed"))


def join_rows(rows: t.Sequence[Row]) -> dict[str, t.Any]:
    """The result of all apps: warnings and diffs stand beside them."""
    kept = ("warnings", "diff")
    return {
        "changed": any(row.get("changed") for row in rows),
        "apps": [{key: value for key, value in row.items() if key not in kept} for row in rows],
        "warnings": [
            f"{tell_app(row['name'], row['user'])}: {text}"
            for row in rows
            for text in row.get("warnings") or ()
        ],
        "diff": [part for row in rows for part in row.get("diff") or ()],
    }


def failure_message(rows: t.Sequence[Row]) -> str:
    """What failed, all of it in the first line, then each app's own message; '' if nothing did."""
    failed = [(tell_app(row["name"], row["user"]), _own(row)) for row in rows if row["failed"]]
    if not failed:
        return ""
    causes = "; ".join(f"{label}: {text.splitlines()[0]}" for label, text in failed)
    told = [f"{len(failed)} of {len(rows)} apps failed: {causes}"]
    told += [f"{label}: {text}" for label, text in failed if "\n" in text]
    return "\n\n".join(told)


def _own(row: Row) -> str:
    """An app's message, without the name that stands before it."""
    return str(row["msg"]).removeprefix(f"app {row['name']}: ") or "it failed"
