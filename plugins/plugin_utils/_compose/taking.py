# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Takes a tree apart, and knows what nobody took.

A handler takes a branch whole, as one thing of the report, or takes it apart by key or item.
What is left at the end was known to no handler: it is refused by its path, never passed over.
"""

from __future__ import annotations

import typing as t

from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.node import Node, walk
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.report import Given, Report


class Branch:
    """A branch of the tree at a path.  trail: the keys that lead to it, [] for an item."""

    def __init__(self, node: Node, path: str, report: Report, trail: tuple[str, ...] = ()) -> None:
        self.node = node
        self.path = path
        self.trail = trail
        self._report = report
        self._given: Given | None = None
        self._head: Given | None = None
        self._parts: dict[str, Branch] = {}

    @property
    def value(self) -> t.Any:
        """The plain data; the branch has to be taken as well."""
        return self.node.to_data()

    @property
    def is_mapping(self) -> bool:
        """Whether it has keys."""
        return self.node.is_mapping

    @property
    def is_list(self) -> bool:
        """Whether it is a list."""
        return self.node.is_list

    @property
    def is_taken(self) -> bool:
        """Whether somebody took all of it."""
        return self._given is not None

    @property
    def is_whole(self) -> bool:
        """Whether nobody took anything of it, nor its head."""
        parts = self._parts.values()
        return self._given is None and self._head is None and all(p.is_whole for p in parts)

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing in it: null, or no keys or items."""
        return self.node.value is None or self.node.value in ((), {})

    def take(self) -> Given:
        """Takes all of it, as one thing."""
        if self._given is None:
            self._given = self._give()
        return self._given

    def head(self) -> Given:
        """The thing without its parts, which have to be taken as well."""
        if self._head is None:
            self._head = self._give()
        return self._head

    def _give(self) -> Given:
        """The thing; below a service or an object, a wrong part makes it a doubtful one."""
        given = self._report.give(self.path, self.node.file, self.node.line)
        if self._report.has_causes:
            inner = walk(self.node) if len(self.trail) > 2 else [("", self.node)]
            given.wrong = any(node.wrong for _path, node in inner)
        return given

    def give_up(self, path: str) -> None:
        """Settles what was taken of it, since another thing is refused."""
        for given in (self._given, self._head):
            if given and not given.is_settled:
                given.exact(f"it needs {path}")
        for part in self._parts.values():
            part.give_up(path)

    def get(self, key: str) -> Branch | None:
        """The branch at a key, to be taken by the caller; None where there is none."""
        return self._part(key) if key in self.keys() else None

    def keys(self) -> list[str]:
        """The keys of a mapping, in their order."""
        return list(self.node.value) if isinstance(self.node.value, dict) else []

    def items(self) -> list[tuple[str, Branch]]:
        """The branches of a mapping by key."""
        return [(key, self._part(key)) for key in self.keys()]

    def parts(self) -> list[Branch]:
        """The branches of a mapping."""
        return [self._part(key) for key in self.keys()]

    def each(self) -> list[Branch]:
        """The branches of a list."""
        count = len(self.node.value) if isinstance(self.node.value, tuple) else 0
        return [self._part(f"[{index}]") for index in range(count)]

    def _part(self, key: str) -> Branch:
        if key not in self._parts:
            value = self.node.value
            if isinstance(value, dict):
                node, path = value[key], f"{self.path}.{key}" if self.path else key
                step = key
            else:
                value = t.cast("tuple[Node, ...]", value)
                node, step = value[int(key[1:-1])], "[]"
                path = f"{self.path}[{node.index}]" if node.index >= 0 else f"{self.path}{key}"
            self._parts[key] = Branch(node, path, self._report, (*self.trail, step))
        return self._parts[key]

    def left(self) -> t.Iterator[Branch]:
        """What nobody took: the highest branches of which nothing was taken."""
        if self._given is not None:
            return
        parts = self.parts() or self.each()
        rest = [list(part.left()) for part in parts]
        if not parts and self._head is not None:
            return
        if not parts or (self._head is None and all(f == [part] for f, part in zip(rest, parts))):
            yield self
        else:
            for found in rest:
                yield from found
