# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""The causes why a project can't be loaded: all of them, each with its place."""

from __future__ import annotations

import typing as t

from ansible_collections.quadlet.fleet.plugins.module_utils._core.errors import QuadletError
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.node import Node

_MOST: t.Final = 1000


class Cause(t.NamedTuple):
    """A cause.  line: from 1, or 0 where there is none."""

    file: str
    line: int
    path: str
    what: str
    remedy: str = ""

    @property
    def text(self) -> str:
        """FILE:LINE: PATH: what. Remedy."""
        where = ":".join(filter(None, [self.file, str(self.line or "")]))
        text = ": ".join(filter(None, [where, self.path, self.what]))
        return f"{text.rstrip('.')}. {self.remedy}" if self.remedy else text


class LoadError(QuadletError):
    """A project that can't be loaded.  found: all causes; causes: the same as texts."""

    def __init__(self, found: t.Sequence[Cause]) -> None:
        self.found = tuple(found)
        self.causes = tuple(cause.text for cause in found)
        super().__init__("\n".join(self.causes))


class Causes:
    """Collects the causes.  has_gaps: whether parts of the project are missing, so that what
    refers to them is not wrong.
    """

    def __init__(self) -> None:
        self.has_gaps = False
        self._all: dict[Cause, None] = {}

    def add(self, place: Node | str, path: str, what: str, remedy: str = "") -> None:
        """Adds a cause.  place: a node, or FILE:LINE."""
        if isinstance(place, Node):
            file, line = place.file, place.line
        else:
            name, _colon, number = place.rpartition(":")
            file, line = (name, int(number)) if name and number.isdecimal() else (place, 0)
        self._all[Cause(file, line, path, what, remedy)] = None

    def add_gap(self, place: Node | str, path: str, what: str, remedy: str = "") -> None:
        """Adds a cause why a part of the project is missing."""
        self.has_gaps = True
        self.add(place, path, what, remedy)

    def all(self) -> tuple[Cause, ...]:
        """All, in their order; of very many the first."""
        found = list(self._all)
        more = len(found) - _MOST
        tail = [Cause("", 0, "", f"and {more} more")] if more > 0 else []
        return (*found[:_MOST], *tail)

    def __len__(self) -> int:
        return len(self._all)

    def raise_any(self) -> None:
        """LoadError: there is a cause."""
        if self._all:
            raise LoadError(self.all())
