# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Nodes from the events of a YAML parser.

Nothing recurses, an alias shares its anchor's nodes, and what aliases stand for is counted before
anything walks it: a short text can't make a large tree.
"""

from __future__ import annotations

import dataclasses
import typing as t

import yaml

from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.causes import Causes
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.node import Node, join_path
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.scalars import (
    TAGS,
    resolve_plain,
    resolve_tagged,
)

MOST_NODES: t.Final = 50_000
"""Of a text, with those that aliases stand for."""
DEEPEST: t.Final = 100
_MOST_DOCUMENTS: t.Final = 100
_COMPOSE_TAGS: t.Final = ("!reset", "!override")
_COLLECTION_TAGS: t.Final = {"tag:yaml.org,2002:map", "tag:yaml.org,2002:seq"}
_MERGE: t.Final = "<<"


class TooLargeError(Exception):
    """A text that stands for more nodes, or deeper ones, than a Compose file can have."""


@dataclasses.dataclass
class _Open:
    """A mapping or list that is being read.  key: the key whose value comes next.
    size: the nodes in it, those of aliases counted each time.
    """

    line: int
    anchor: str | None
    tag: str
    is_mapping: bool
    key: Node | None = None
    keys: dict[str, Node] = dataclasses.field(default_factory=dict)
    nodes: dict[str, Node] = dataclasses.field(default_factory=dict)
    items: list[Node] = dataclasses.field(default_factory=list)
    merged: list[Node] = dataclasses.field(default_factory=list)
    size: int = 1


class Builder:
    """Builds the documents of a text."""

    def __init__(self, file: str, causes: Causes) -> None:
        self.documents: list[Node] = []
        self._begun = 0
        self._size = 0
        self._file = file
        self._causes = causes
        self._stack: list[_Open] = []
        self._anchors: dict[str, tuple[Node, int]] = {}

    def feed(self, event: yaml.Event) -> None:
        """Takes an event.  TooLargeError: there are too many nodes."""
        if isinstance(event, yaml.ScalarEvent):
            self._add(self._scalar(event), 1, event.anchor)
        elif isinstance(event, (yaml.MappingStartEvent, yaml.SequenceStartEvent)):
            self._open(event)
        elif isinstance(event, (yaml.MappingEndEvent, yaml.SequenceEndEvent)):
            self._close()
        elif isinstance(event, yaml.AliasEvent):
            self._alias(event)
        elif isinstance(event, yaml.DocumentStartEvent):
            self._begin(event.start_mark.line + 1)

    def _begin(self, line: int) -> None:
        """A document begins: it does not know the anchors of others."""
        self._anchors.clear()
        self._begun += 1
        if self._begun > _MOST_DOCUMENTS:
            raise TooLargeError(f"{self._file}:{line}: there are more than {_MOST_DOCUMENTS} ---")

    def _path(self) -> str:
        """Where the next node stands."""
        path = ""
        for open_ in self._stack:
            if not open_.is_mapping:
                path = join_path(path, len(open_.items))
            elif open_.key is not None and open_.key.text != _MERGE:
                path = join_path(path, open_.key.text)
        return path

    def _complain(self, line: int, what: str, remedy: str = "") -> None:
        self._causes.add(
            f"{self._file}:{line}" if self._file else str(line), self._path(), what, remedy
        )

    def _scalar(self, event: yaml.ScalarEvent) -> Node:
        text, line = event.value, event.start_mark.line + 1
        tag = event.tag
        if tag is None or tag == "!":
            plain = tag is None and event.implicit[0]
            return Node(resolve_plain(text) if plain else text, self._file, line, "", text)
        if tag in _COMPOSE_TAGS:
            value = resolve_plain(text) if event.style is None else text
            return Node(value, self._file, line, tag, text)
        kind = TAGS.get(tag, "")
        try:
            if kind in ("", "merge"):
                raise ValueError(f"the tag {_short(tag)} means nothing to Compose")
            return Node(resolve_tagged(text, kind), self._file, line, "", text)
        except ValueError as error:
            self._complain(line, str(error), "Leave the tag out, or mend the value.")
            return Node(text, self._file, line, "", text)

    def _open(self, event: yaml.MappingStartEvent | yaml.SequenceStartEvent) -> None:
        line = event.start_mark.line + 1
        tag = event.tag or ""
        if len(self._stack) >= DEEPEST:
            raise TooLargeError(f"{self._file}:{line}: more than {DEEPEST} levels are nested")
        if tag not in (*_COMPOSE_TAGS, "", "!") and tag not in _COLLECTION_TAGS:
            self._complain(line, f"the tag {_short(tag)} means nothing to Compose", "Leave it out.")
        is_mapping = isinstance(event, yaml.MappingStartEvent)
        kept = tag if tag in _COMPOSE_TAGS else ""
        self._stack.append(_Open(line, event.anchor, kept, is_mapping))

    def _close(self) -> None:
        open_ = self._stack.pop()
        value: dict[str, Node] | tuple[Node, ...]
        value = _with_merged(open_) if open_.is_mapping else tuple(open_.items)
        self._add(Node(value, self._file, open_.line, open_.tag), open_.size, open_.anchor)

    def _alias(self, event: yaml.AliasEvent) -> None:
        name, line = event.anchor, event.start_mark.line + 1
        if any(open_.anchor == name for open_ in self._stack):
            self._complain(
                line,
                f"the alias *{name} stands inside of its own anchor &{name}",
                "Name another anchor.",
            )
            self._add(Node(None, self._file, line), 1, None)
        elif name not in self._anchors:
            self._complain(
                line, f"no anchor &{name} stands above the alias *{name}", "Define it first."
            )
            self._add(Node(None, self._file, line), 1, None)
        else:
            node, size = self._anchors[name]
            self._add(node, size, None)

    def _add(self, node: Node, size: int, anchor: str | None) -> None:
        if anchor is not None:
            self._anchors[anchor] = (node, size)
        if not self._stack:
            self.documents.append(node)
            self._size += size
            return
        open_ = self._stack[-1]
        open_.size += size
        if self._size + open_.size > MOST_NODES:
            raise TooLargeError(
                f"{self._file}:{node.line}: the text stands for more than {MOST_NODES} values,"
                " with those that aliases repeat"
            )
        if not open_.is_mapping:
            open_.items.append(dataclasses.replace(node, index=len(open_.items)))
        elif open_.key is None:
            self._add_key(open_, node)
        else:
            self._add_value(open_, open_.key, node)

    def _add_key(self, open_: _Open, node: Node) -> None:
        """A key; Compose takes texts only, such as yes and 22:22, but no numbers."""
        if not isinstance(node.value, str):
            is_scalar = not (node.is_list or node.is_mapping)
            shown = f"the key {node.text or 'null'} is no text"
            what = shown if is_scalar else "a list or mapping stands where a key is expected"
            self._complain(node.line, what, "Put it into quotes.")
            text = node.text or f"({len(open_.keys)})"
            node = Node(text, node.file, node.line, "", text)
        open_.key = node

    def _add_value(self, open_: _Open, key: Node, node: Node) -> None:
        name = key.text
        if name in open_.keys:
            first = open_.keys[name].line
            self._complain(
                key.line,
                f"the key stands twice, on the lines {first} and {key.line}",
                "Use << once, with a list of aliases." if name == _MERGE else "Remove one.",
            )
        elif name == _MERGE:
            self._merge(open_, key, node)
        else:
            open_.nodes[name] = node
        open_.keys.setdefault(name, key)
        open_.key = None

    def _merge(self, open_: _Open, key: Node, node: Node) -> None:
        sources = list(node.items) if node.is_list else [node]
        if all(source.is_mapping for source in sources):
            open_.merged = sources
        else:
            self._complain(
                key.line, "<< takes a mapping, or a list of mappings", "Name anchors of mappings."
            )


def _with_merged(open_: _Open) -> dict[str, Node]:
    """The keys of a mapping, and of those it merges: its own win, then the earlier ones."""
    nodes = open_.nodes
    for source in open_.merged:
        for key, node in source.children.items():
            nodes.setdefault(key, node)
    return nodes


def _short(tag: str) -> str:
    return tag.replace("tag:yaml.org,2002:", "!!")
