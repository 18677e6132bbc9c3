# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Paths of a file that lies elsewhere: relative ones start from its own directory."""

from __future__ import annotations

import dataclasses
import posixpath
import typing as t

from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.node import Node

_ROOT: t.Final = "/" + "x/" * 64
"""What stands for the base of a project, so that paths may lead above it."""
Move = t.Callable[[str], str]
Edit = t.Callable[[Node, Move], Node]


def rebase(root: Node, directory: str, base: str) -> Node:
    """The tree of a file with relative paths from base instead of from directory."""
    if directory == base:
        return root

    def move(path: str) -> str:
        """A relative path from base; another one, or a URL, as it is."""
        if "://" in path or path.startswith(("/", "~", "{{ ", "git@")):
            return path
        moved = posixpath.relpath(
            posixpath.join(_ROOT, directory, path), posixpath.join(_ROOT, base)
        )
        return moved if moved.startswith(".") else f"./{moved}"

    for pattern, edit in _PATHS.items():
        root = _edit_at(root, pattern.split("."), edit, move)
    return root


def _edit_at(node: Node, pattern: list[str], edit: Edit, move: Move) -> Node:
    """The tree with an edit of what a pattern tells; * is any key, [] any item."""
    if not pattern:
        return edit(node, move)
    first, *rest = pattern
    if first == "[]":
        items = tuple(_edit_at(item, rest, edit, move) for item in node.items)
        return dataclasses.replace(node, value=items) if node.is_list else node
    keys = list(node.children) if first == "*" else [key for key in node.children if key == first]
    if not keys:
        return node
    nodes = {key: _edit_at(node.children[key], rest, edit, move) for key in keys}
    return dataclasses.replace(node, value={**node.children, **nodes})


def _scalar(node: Node, move: Move) -> Node:
    if not isinstance(node.value, str) or not node.value:
        return node
    moved = move(node.value)
    return dataclasses.replace(node, value=moved, text=moved)


def _scalars(node: Node, move: Move) -> Node:
    """A path, a list of paths, or of mappings with path."""
    if node.is_list:
        items = tuple(_scalars(item, move) for item in node.items)
        return dataclasses.replace(node, value=items)
    return _edit_at(node, ["path"], _scalar, move) if node.is_mapping else _scalar(node, move)


def _context(node: Node, move: Move) -> Node:
    """A context of a build: a directory, or what a builder fetches."""
    prefixes = ("service:", "target:", "docker-image:", "github.com/")
    if isinstance(node.value, str) and node.value.startswith(prefixes):
        return node
    return _scalar(node, move)


def _contexts(node: Node, move: Move) -> Node:
    if not node.is_list:
        return _edit_at(node, ["*"], _context, move)
    return dataclasses.replace(node, value=tuple(_pair(item, move) for item in node.items))


def _pair(node: Node, move: Move) -> Node:
    name, _equals, path = node.text.partition("=")
    moved = _context(dataclasses.replace(node, value=path, text=path), move).text
    return dataclasses.replace(node, value=f"{name}={moved}", text=f"{name}={moved}")


def _volume(node: Node, move: Move) -> Node:
    """A mount of a service: a path begins with a dot in the short form, and is told by its type in
    the long one.
    """
    if node.is_mapping:
        kind = node.children.get("type")
        is_bind = kind is not None and kind.value == "bind"
        return _edit_at(node, ["source"], _scalar, move) if is_bind else node
    source, colon, rest = node.text.partition(":")
    if not colon or not source.startswith("."):
        return node
    text = f"{move(source)}:{rest}"
    return dataclasses.replace(node, value=text, text=text)


def _bound_volume(node: Node, move: Move) -> Node:
    """driver_opts of a volume that is a directory of the host."""
    options = node.children.get("o")
    is_bind = options is not None and "bind" in options.text.split(",")
    return _edit_at(node, ["device"], _scalar, move) if is_bind else node


_PATHS: t.Final[dict[str, Edit]] = {
    "configs.*.file": _scalar,
    "secrets.*.file": _scalar,
    "services.*.build": _context,
    "services.*.build.additional_contexts": _contexts,
    "services.*.build.context": _context,
    "services.*.credential_spec.file": _scalar,
    "services.*.develop.watch.[].path": _scalar,
    "services.*.env_file": _scalars,
    "services.*.label_file": _scalars,
    "services.*.volumes.[]": _volume,
    "volumes.*.driver_opts": _bound_volume,
}
