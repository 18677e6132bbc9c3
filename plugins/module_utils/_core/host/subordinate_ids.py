# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Ranges of subordinate ids: who has some, and what to do for a user without."""

from __future__ import annotations

import typing as t

FILES: t.Final = ("/etc/subuid", "/etc/subgid")


class Range(t.NamedTuple):
    """A line of /etc/subuid or /etc/subgid.  owner: the name or uid of a user."""

    owner: str
    first: int
    size: int


def parse_ranges(text: str) -> tuple[Range, ...]:
    """The lines of /etc/subuid or /etc/subgid; malformed ones are skipped, as shadow does."""
    rows = (line.strip().split(":") for line in text.splitlines())
    return tuple(
        Range(row[0], int(row[1]), int(row[2]))
        for row in rows
        if len(row) == 3 and row[1].isdigit() and row[2].isdigit()
    )


def ranges_of(rows: t.Iterable[Range], name: str, uid: int) -> list[Range]:
    """A user's own ranges, which stand under the name or the uid."""
    return [row for row in rows if row.owner in (name, str(uid))]


class Granted(t.NamedTuple):
    """A user's ranges.  lacking: where some were looked for and not found, in words."""

    uids: tuple[Range, ...]
    gids: tuple[Range, ...]
    lacking: tuple[str, ...] = ()


def parse_getsubids(text: str) -> tuple[Range, ...]:
    """The lines `0: alice 100000 65536` of getsubids(1), which asks name services, too."""
    rows = (line.split() for line in text.splitlines())
    return tuple(
        Range(row[1], int(row[2]), int(row[3]))
        for row in rows
        if len(row) == 4 and row[2].isdigit() and row[3].isdigit()
    )


def has_range(text: str, name: str, uid: int) -> bool:
    """Whether a file's text grants the user any ids."""
    return any(row.size for row in ranges_of(parse_ranges(text), name, uid))


def missing_remedy(user: str = "USER") -> str:
    """How a user gets ranges."""
    return (
        "Name the user in quadlet_host_users and apply the role quadlet.fleet.host, or run as "
        f"root: usermod --add-subuids FIRST-LAST --add-subgids FIRST-LAST {user}"
    )
