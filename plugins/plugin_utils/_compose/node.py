# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""A loaded Compose file as a tree whose nodes know their file and line."""

from __future__ import annotations

import dataclasses
import typing as t

Scalar = t.Union[str, int, float, bool, None]


@dataclasses.dataclass(frozen=True)
class Node:
    """A node.  value: a scalar, a tuple of nodes, or nodes by key in their order.
    tag: '' or a tag of Compose, !reset or !override.  file: as it was named; line: from 1.
    """

    value: Scalar | tuple[Node, ...] | dict[str, Node]
    file: str = ""
    line: int = 0
    tag: str = ""

    @property
    def is_mapping(self) -> bool:
        """Whether it has keys."""
        return isinstance(self.value, dict)

    @property
    def is_list(self) -> bool:
        """Whether it is a list."""
        return isinstance(self.value, tuple)

    def to_data(self) -> t.Any:
        """The plain data, without places."""
        if isinstance(self.value, dict):
            return {key: node.to_data() for key, node in self.value.items()}
        if isinstance(self.value, tuple):
            return [node.to_data() for node in self.value]
        return self.value
