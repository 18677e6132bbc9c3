# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Extensions: keys that begin with x-, which every reader of Compose passes over.

Where keys are names, such as those of variables or services, x-name is a name like others.
"""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.left_out import LeftOuts
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.node import Node, join_path

_NAMES: t.Final = {
    *("additional_contexts", "annotations", "args", "aux_addresses", "configs", "depends_on"),
    *("driver_opts", "environment", "extra_hosts", "labels", "models", "networks", "options"),
    *("secrets", "services", "ssh", "storage_opt", "sysctls", "ulimits", "volumes"),
}
"""The keys whose mappings have names as keys."""


def remove_extensions(node: Node, left: LeftOuts, path: str = "", key: str = "") -> Node:
    """The tree without extensions.  left: is told of each."""
    if node.is_list:
        items = tuple(
            remove_extensions(child, left, join_path(path, index))
            for index, child in node.numbered()
        )
        return dataclasses.replace(node, value=items)
    if not node.is_mapping:
        return node
    nodes = {}
    for name, child in node.children.items():
        place = join_path(path, name)
        if name.startswith("x-") and key not in _NAMES:
            left.add("extension", place, child)
        else:
            inner = "" if key in _NAMES else name
            nodes[name] = remove_extensions(child, left, place, inner)
    return dataclasses.replace(node, value=nodes)
