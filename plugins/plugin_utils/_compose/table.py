# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""The table of every key of the Compose specification, and of older ones that files still have.

Columns: path, with * for a name and [] for an item; the handler, with its argument (empty: the
handler of the key above takes it); the forms of a value; the outcomes; what is written, keys of
Quadlet, options of podman, or lines of systemd's.  The next line says what it does; behind //
what to do instead.  Source: the specification's own schema, and the reader of docker compose.
"""

from __future__ import annotations

import difflib
import re
import typing as t

from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.keys_nested import NESTED
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.keys_objects import (
    BUILD,
    OBJECTS,
)
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.keys_service import SERVICE

Trail = tuple[str, ...]


class Row(t.NamedTuple):
    """A key.  trail: the keys that lead to it, with * and [].  handler: who reads it, '' for the
    one of the key above; argument: what the handler is told, such as an option of podman.
    outcomes: what can become of it.  writes: what is written of it.
    """

    trail: Trail
    handler: str
    argument: str
    forms: str
    outcomes: tuple[str, ...]
    writes: tuple[str, ...]
    text: str
    remedy: str

    @property
    def path(self) -> str:
        """The trail as text."""
        return ".".join(self.trail).replace(".[]", "[]")


class Branching:
    """A place of the table.  children: the places below, by key."""

    def __init__(self) -> None:
        self.row: Row | None = None
        self.children: dict[str, Branching] = {}

    def step(self, key: str) -> Branching | None:
        """The place below, by a key, an item or any name."""
        return self.children.get(key) or (self.children.get("*") if key != "[]" else None)

    @property
    def is_free(self) -> bool:
        """Whether a mapping there may have any keys."""
        return not self.children or "*" in self.children or set(self.children) == {"[]"}


def _parse_rows(text: str, prefix: Trail) -> t.Iterator[Row]:
    for block in re.split(r"\n(?=\S)", text.strip()):
        head, *lines = block.split("\n")
        path, how, forms, outcomes, writes = (part.strip() for part in head.split("|"))
        handler, _blank, argument = how.partition(" ")
        trail = tuple(path.replace("[]", ".[]").split("."))
        summary, _slashes, remedy = " ".join(line.strip() for line in lines).partition(" // ")
        yield Row(
            (*prefix, *trail),
            handler,
            argument,
            forms,
            tuple(outcomes.split(", ")),
            tuple(filter(None, writes.split(", "))),
            summary,
            remedy,
        )


_OF_SERVICES: t.Final = ("services", "*")

ROWS: t.Final[tuple[Row, ...]] = (
    *_parse_rows(OBJECTS, ()),
    *_parse_rows(SERVICE, _OF_SERVICES),
    *_parse_rows(BUILD, (*_OF_SERVICES, "build")),
    *_parse_rows(NESTED, _OF_SERVICES),
)
"""Every row."""


def _grow() -> Branching:
    root = Branching()
    for row in ROWS:
        place = root
        for key in row.trail:
            place = place.children.setdefault(key, Branching())
        if place.row is not None:
            raise ValueError(f"two rows {row.path}")
        place.row = row
    return root


TABLE: t.Final = _grow()
"""The table by path."""


def place_of(trail: Trail) -> Branching | None:
    """The place of a key; None: it is none of the table's."""
    place: Branching | None = TABLE
    for key in trail:
        place = place.step(key) if place else None
    return place


def row_of(trail: Trail) -> Row | None:
    """The row of a key; None: there is none."""
    place = place_of(trail)
    return place.row if place else None


def suggest(key: str, place: Branching) -> str:
    """A remedy for an unknown key: the known one that it resembles."""
    known = [name for name in place.children if name != "[]"]
    near = difflib.get_close_matches(key.replace("-", "_").lower(), known, 1, 0.7)
    return f"Did you mean {near[0]}?" if near else "Remove it, or write it as x-" + key + "."
