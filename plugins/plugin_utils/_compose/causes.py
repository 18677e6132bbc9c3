# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""The causes why a project can't be loaded: all of them, each with its place."""

from __future__ import annotations

import typing as t

from ansible_collections.quadlet.fleet.plugins.module_utils._core.errors import QuadletError
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.node import Node


class LoadError(QuadletError):
    """A project that can't be loaded.  causes: all of them, as FILE:LINE: PATH: what. Remedy."""

    def __init__(self, causes: t.Sequence[str]) -> None:
        super().__init__("\n".join(causes))
        self.causes = tuple(causes)


class Causes:
    """Collects the causes."""

    _LIMIT: t.Final = 1000

    def __init__(self) -> None:
        self._texts: dict[str, None] = {}

    def add(self, place: Node | str, path: str, what: str, remedy: str = "") -> None:
        """Adds a cause.  place: a node, or FILE:LINE."""
        where = place.place if isinstance(place, Node) else place
        text = ": ".join(filter(None, [where, path, what]))
        self._texts[f"{text.rstrip('.')}. {remedy}" if remedy else text] = None

    def extend(self, error: LoadError) -> None:
        """Adds those of another load."""
        self._texts.update(dict.fromkeys(error.causes))

    def __bool__(self) -> bool:
        return bool(self._texts)

    def raise_any(self) -> None:
        """LoadError: there is a cause."""
        if self._texts:
            texts = list(self._texts)
            more = len(texts) - self._LIMIT
            tail = [f"and {more} more"] if more > 0 else []
            raise LoadError(texts[: self._LIMIT] + tail)
