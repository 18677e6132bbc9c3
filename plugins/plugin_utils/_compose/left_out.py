# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""What the loader takes out of the tree, so that the report can tell of it."""

from __future__ import annotations

import typing as t

from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.node import Node

Kind = t.Literal["extension", "reset", "extends", "include", "profile", "dependency", "duplicate"]


class LeftOut(t.NamedTuple):
    """Something that the files have and the tree has not.

    extension: a key that begins with x-.  reset: removed by !reset.  extends, include: followed.
    profile: a service that no active profile has.  dependency: one on such a service, or on
    none, that isn't required.  duplicate: an item of a list that a later one replaces.
    """

    kind: Kind
    path: str
    file: str
    line: int
    detail: str = ""


class LeftOuts:
    """Collects them."""

    def __init__(self) -> None:
        self._all: dict[LeftOut, None] = {}

    def add(self, kind: Kind, path: str, node: Node, detail: str = "") -> None:
        """Adds one; the same is told once."""
        self._all[LeftOut(kind, path, node.file, node.line, detail)] = None

    def all(self) -> tuple[LeftOut, ...]:
        """All, in their order."""
        return tuple(self._all)
