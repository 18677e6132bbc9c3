# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Merges the trees of two files, or a service and what it extends, by Compose's rules.

Mappings are merged key by key, lists are appended, and a later scalar wins; null changes
nothing.  !reset removes what stands there, !override replaces it whole.  The exceptions are the
rows below.  Source: the Compose specification, "Merge", and compose-go where it says more.
"""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.causes import Causes
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.left_out import LeftOuts
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.node import Node, join_path
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.unique import (
    IS_PAIRS,
    compile_pattern,
    identity_at,
    matching,
    unify,
)

_MOST_STEPS: t.Final = 500_000


class TooMuchError(Exception):
    """Files that repeat each other so often that their merging has no end in sight."""


Path = tuple[str, ...]


class Merger:
    """Merges trees.  steps: how many keys and items it has looked at."""

    def __init__(self, causes: Causes, left: LeftOuts) -> None:
        self.steps = 0
        self._causes = causes
        self._left = left

    def merge(self, base: Node, over: Node, path: Path = ()) -> Node:
        """A tree with another one over it."""
        self._count(base, over)
        if over.tag == "!override":
            return self.settle(over, path)
        rule = _rule_at(path)
        if rule:
            return rule(self, base, over, path)
        if over.value is None:
            return base
        if base.is_mapping and over.is_mapping:
            return self.mappings(base, over, path)
        if base.is_list and over.is_list:
            return self.lists(base, over, path)
        if base.is_mapping or base.is_list:
            kinds = f"{_kind(over)} can't be merged over {_kind(base)} of {base.place}"
            remedy = "Write both in one form, or use !override."
            self._causes.add_gap(over, _shown(path), kinds, remedy)
            return base
        return self.settle(over, path)

    def mappings(self, base: Node, over: Node, path: Path) -> Node:
        """Mappings, key by key."""
        nodes = dict(base.children)
        for key, node in over.children.items():
            where = (*path, key)
            if node.tag == "!reset":
                self._left.add("reset", _shown(where), node)
                nodes.pop(key, None)
            elif key in nodes:
                nodes[key] = self.merge(nodes[key], node, where)
            else:
                nodes[key] = self.settle(node, where)
        return dataclasses.replace(base, value=nodes)

    def lists(self, base: Node, over: Node, path: Path) -> Node:
        """Lists, one behind the other; a later item replaces the same one, and what stands there
        as it is comes no second time.
        """
        later = self.settle(over, path).items
        identify = identity_at(path)
        if identify:
            items, _replaced = unify([*base.items, *later], identify)
            return dataclasses.replace(base, value=tuple(items))
        known = {repr(item.to_data()) for item in base.items}
        new = [item for item in later if repr(item.to_data()) not in known]
        return dataclasses.replace(base, value=(*base.items, *new))

    def settle(self, node: Node, path: Path = ()) -> Node:
        """A tree that nothing stands below: without !reset and !override, and without items
        that a later one of their list replaces.
        """
        if isinstance(node.value, dict):
            self._count(node, node)
            nodes = {
                key: self.settle(child, (*path, key))
                for key, child in node.value.items()
                if not self._is_reset(child, (*path, key))
            }
            return dataclasses.replace(node, value=nodes, tag="")
        if isinstance(node.value, tuple):
            return self._settle_list(node, node.value, path)
        return dataclasses.replace(node, tag="") if node.tag else node

    def _settle_list(self, node: Node, items: tuple[Node, ...], path: Path) -> Node:
        self._count(node, node)
        kept = [
            self.settle(item, (*path, "[]"))
            for index, item in enumerate(items)
            if not self._is_reset(item, (*path, f"[{index}]"))
        ]
        identify = identity_at(path)
        if identify:
            kept, replaced = unify(kept, identify)
            for item in replaced:
                where = join_path(_shown(path), max(item.index, 0))
                self._left.add("duplicate", where, item)
        return dataclasses.replace(node, value=tuple(kept), tag="")

    def _is_reset(self, node: Node, path: Path) -> bool:
        if node.tag == "!reset":
            self._left.add("reset", _shown(path), node)
        return node.tag == "!reset"

    def _count(self, base: Node, over: Node) -> None:
        self.steps += 1
        for node in (base, over):
            if isinstance(node.value, (dict, tuple)):
                self.steps += len(node.value)
        if self.steps > _MOST_STEPS:
            raise TooMuchError(
                f"merging takes more than {_MOST_STEPS} steps, as services extend or files"
                " include each other so often"
            )


Rule = t.Callable[[Merger, Node, Node, Path], Node]


def _replace(merger: Merger, _base: Node, over: Node, path: Path) -> Node:
    """The later one wins whole, even null."""
    return merger.settle(over, path)


def _pairs(merger: Merger, base: Node, over: Node, path: Path) -> Node:
    """NAME=VALUE in a list, or a mapping."""
    if base.is_list and over.is_list:
        return merger.lists(base, over, path)
    return _as(_to_pairs)(merger, base, over, path)


def _as(convert: t.Callable[[Node], Node]) -> Rule:
    """Both in one form, then as usual."""

    def rule(merger: Merger, base: Node, over: Node, path: Path) -> Node:
        if over.value is None:
            return base
        base, over = convert(base), convert(over)
        if base.is_mapping and over.is_mapping:
            return _merge_null_keys(merger, base, over, path)
        if base.is_list and over.is_list:
            return merger.lists(base, over, path)
        return merger.settle(over, path)

    return rule


def _merge_null_keys(merger: Merger, base: Node, over: Node, path: Path) -> Node:
    """Mappings; in pairs, a name without a value wins too."""
    if not any(name in IS_PAIRS for name in matching(path)):
        return merger.mappings(base, over, path)
    merged = merger.mappings(base, over, path)
    nodes = {
        key: over.children[key]
        for key, node in over.children.items()
        if node.value is None and node.tag != "!reset"
    }
    return dataclasses.replace(merged, value={**merged.children, **nodes})


def _to_pairs(node: Node) -> Node:
    """A list of NAME=VALUE as a mapping."""
    if not node.is_list:
        return node
    pairs = {}
    for item in node.items:
        name, equals, value = item.text.partition("=")
        pairs[name] = dataclasses.replace(item, value=value if equals else None, text=value)
    return dataclasses.replace(node, value=pairs)


def _to_hosts(node: Node) -> Node:
    """A mapping of names and addresses as a list of NAME=ADDRESS."""
    if not node.is_mapping:
        return node
    items = [
        dataclasses.replace(address, value=f"{name}={address.text}", text=f"{name}={address.text}")
        for name, value in node.children.items()
        for address in (value.items or (value,))
    ]
    return dataclasses.replace(node, value=tuple(items))


def _hosts(merger: Merger, base: Node, over: Node, path: Path) -> Node:
    if over.value is None:
        return base
    base, over = _to_hosts(base), merger.settle(_to_hosts(over), path)
    known = {item.text for item in base.items}
    new = [item for item in over.items if item.text not in known]
    return dataclasses.replace(base, value=(*base.items, *new))


def _to_names(**defaults: str | bool) -> t.Callable[[Node], Node]:
    """A list of names as a mapping."""

    def convert(node: Node) -> Node:
        if not node.is_list:
            return node
        return dataclasses.replace(
            node,
            value={
                item.text: dataclasses.replace(
                    item,
                    value={
                        key: Node(value, item.file, item.line, "", str(value).lower())
                        for key, value in defaults.items()
                    }
                    or None,
                    text="",
                )
                for item in node.items
            },
        )

    return convert


def _to_list(node: Node) -> Node:
    return node if node.is_list else dataclasses.replace(node, value=(node,), text="")


def _to_build(node: Node) -> Node:
    if node.is_mapping or node.value is None:
        return node
    return dataclasses.replace(node, value={"context": node}, text="")


def _logging(merger: Merger, base: Node, over: Node, path: Path) -> Node:
    """Options belong to their driver: with another driver those of before are gone."""
    if base.is_mapping and over.is_mapping:
        drivers = [
            node.children["driver"].text for node in (base, over) if "driver" in node.children
        ]
        if len(set(drivers)) < 2:
            return merger.mappings(base, over, path)
    return base if over.value is None else merger.settle(over, path)


def _limit(merger: Merger, base: Node, over: Node, path: Path) -> Node:
    """A number, or soft and hard."""
    if base.is_mapping and over.is_mapping:
        return merger.mappings(base, over, path)
    return base if over.value is None else merger.settle(over, path)


def _subnets(merger: Merger, base: Node, over: Node, path: Path) -> Node:
    """Items with the same subnet are merged."""
    if not (base.is_list and over.is_list):
        return base if over.value is None else merger.settle(over, path)
    items = {_subnet_of(item, index): item for index, item in enumerate(base.items)}
    for index, item in enumerate(over.items, len(items)):
        name = _subnet_of(item, index)
        known = items.get(name)
        items[name] = merger.mappings(known, item, path) if known else merger.settle(item, path)
    return dataclasses.replace(base, value=tuple(items.values()))


def _subnet_of(node: Node, index: int) -> str:
    subnet = node.children.get("subnet")
    return subnet.text if subnet else f"[{index}]"


_DEPENDENCIES: t.Final = _as(_to_names(condition="service_started", required=True))
_NAMES: t.Final = _as(_to_names())
_WORDS: t.Final = _as(_to_list)
_RULES: t.Final[dict[Path, Rule]] = {
    **{
        compile_pattern(pattern): rule
        for pattern, rule in {
            "networks.*.ipam.config": _subnets,
            "services.*.build": _as(_to_build),
            "services.*.build.extra_hosts": _hosts,
            "services.*.command": _replace,
            "services.*.depends_on": _DEPENDENCIES,
            "services.*.dns": _WORDS,
            "services.*.dns_opt": _WORDS,
            "services.*.dns_search": _WORDS,
            "services.*.entrypoint": _replace,
            "services.*.env_file": _WORDS,
            "services.*.extra_hosts": _hosts,
            "services.*.healthcheck.test": _replace,
            "services.*.label_file": _WORDS,
            "services.*.logging": _logging,
            "services.*.models": _NAMES,
            "services.*.networks": _NAMES,
            "services.*.tmpfs": _WORDS,
            "services.*.ulimits.*": _limit,
        }.items()
    },
    **dict.fromkeys(IS_PAIRS, _pairs),
}
_DEPTHS: t.Final = frozenset(len(pattern) for pattern in _RULES)


def _rule_at(path: Path) -> Rule | None:
    if len(path) not in _DEPTHS:
        return None
    return next((_RULES[name] for name in matching(path) if name in _RULES), None)


def _kind(node: Node) -> str:
    return "a mapping" if node.is_mapping else "a list" if node.is_list else "a single value"


def _shown(path: Path) -> str:
    text = ""
    for part in path:
        text = f"{text}{part}" if part.startswith("[") else join_path(text, part)
    return text
