# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""What is in a volume: its bytes, its files, and whose they are."""

from __future__ import annotations

import typing as t

from ..host.subordinate_ids import Range

PRINTED: t.Final = "%d %s %U %G\\n"
"""What find(1) prints of each file: depth, bytes, owner and group."""


class Content(t.NamedTuple):
    """A volume's content.  uids, gids: the numbers of owners and groups, as its containers see
    them.
    """

    bytes: int
    files: int
    uids: tuple[int, ...]
    gids: tuple[int, ...]


def parse_find(text: str, count: int) -> list[Content] | None:
    """The content of each of several directories; None if not all of them were listed."""
    rows = [line.split(" ") for line in text.splitlines()]
    tops = [index for index, row in enumerate(rows) if row[0] == "0"]
    if len(tops) != count or any(len(row) != 4 for row in rows):
        return None
    return [_content(rows[first:last]) for first, last in zip(tops, [*tops[1:], len(rows)])]


def _content(rows: t.Sequence[t.Sequence[str]]) -> Content:
    return Content(
        bytes=sum(int(row[1]) for row in rows[1:]),
        files=len(rows) - 1,
        uids=tuple(sorted({int(row[2]) for row in rows})),
        gids=tuple(sorted({int(row[3]) for row in rows})),
    )


def ids_outside(ids: t.Iterable[int], ranges: t.Iterable[Range]) -> list[int]:
    """The ids that a user's namespace lacks: 0 is the user, from 1 on come the subordinate ones."""
    size = sum(row.size for row in ranges)
    return sorted(number for number in ids if number > size)
