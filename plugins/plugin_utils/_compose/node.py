# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""A loaded Compose file as a tree whose nodes know their file and line."""

from __future__ import annotations

import dataclasses
import typing as t

Scalar = t.Union[str, int, float, bool, None]


class Unset(t.NamedTuple):
    """A variable without a value in a text.  message: of ${NAME:?message}; required: whether it
    has that form.
    """

    name: str
    message: str = ""
    required: bool = False


@dataclasses.dataclass(frozen=True)
class Node:
    """A node.  value: a scalar, a tuple of nodes, or nodes by key in their order.
    tag: '' or a tag of Compose, !reset or !override.  file: as it was named; line: from 1.
    text: a scalar as it is written, with its variables replaced: 1.10 where value is 1.1.
    unset: the variables of its text that have no value.
    index: of an item of a list as its file has it, which a merge does not change; -1 for others.
    wrong: whether a cause tells of it: what else is wrong with it may be a consequence.
    """

    value: Scalar | tuple[Node, ...] | dict[str, Node]
    file: str = ""
    line: int = 0
    tag: str = ""
    text: str = ""
    unset: tuple[Unset, ...] = ()
    index: int = -1
    wrong: bool = False

    @property
    def is_mapping(self) -> bool:
        """Whether it has keys."""
        return isinstance(self.value, dict)

    @property
    def is_list(self) -> bool:
        """Whether it is a list."""
        return isinstance(self.value, tuple)

    @property
    def children(self) -> dict[str, Node]:
        """The nodes of a mapping by key; nothing for another node."""
        return self.value if isinstance(self.value, dict) else {}

    @property
    def items(self) -> tuple[Node, ...]:
        """The nodes of a list; nothing for another node."""
        return self.value if isinstance(self.value, tuple) else ()

    def numbered(self) -> t.Iterator[tuple[int, Node]]:
        """The items of a list, each with its index in its file."""
        for position, item in enumerate(self.items):
            yield (item.index if item.index >= 0 else position), item

    @property
    def place(self) -> str:
        """FILE:LINE."""
        return ":".join(filter(None, [self.file, str(self.line or "")]))

    def to_data(self) -> t.Any:
        """The plain data, without places."""
        if isinstance(self.value, dict):
            return {key: node.to_data() for key, node in self.value.items()}
        if isinstance(self.value, tuple):
            return [node.to_data() for node in self.value]
        return self.value


def join_path(path: str, key: str | int) -> str:
    """The path of a part: services.web, or services.web.ports[0]."""
    if isinstance(key, int):
        return f"{path}[{key}]"
    return f"{path}.{key}" if path else key


def walk(node: Node, path: str = "") -> t.Iterator[tuple[str, Node]]:
    """Every node of a tree with its path, the outer one first."""
    yield path, node
    for key, child in node.children.items():
        yield from walk(child, join_path(path, key))
    for index, child in node.numbered():
        yield from walk(child, join_path(path, index))
