# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Services that extend others: of the same file, or of another one."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.causes import Causes
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.left_out import LeftOuts
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.merge import Merger
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.node import Node, join_path

Services = t.Mapping[str, Node]


@dataclasses.dataclass(frozen=True)
class Source:
    """Where services stand.  file: its path, for telling files apart; directory: where relative
    paths in it start from.
    """

    services: Services
    file: str
    directory: str


LoadSource = t.Callable[[str, str, Node, str], t.Optional[Source]]
"""Loads a file by its name and the directory it is named from, for a node at a path."""
_DEEPEST: t.Final = 50


class Extender:
    """Resolves extends."""

    def __init__(
        self, merger: Merger, causes: Causes, left: LeftOuts, load_source: LoadSource
    ) -> None:
        self._merger = merger
        self._causes = causes
        self._left = left
        self._load_source = load_source
        self._done: dict[tuple[str, str], Node] = {}

    def apply(self, root: Node, file: str, directory: str) -> Node:
        """The tree of a file whose services are whole."""
        services = root.children.get("services")
        if services is None or not any(
            "extends" in node.children for node in services.children.values()
        ):
            return root
        source = Source(services.children, file, directory)
        self._done = {}
        whole = {name: self._resolve(name, source, ()) for name in source.services}
        merged = dataclasses.replace(services, value=whole)
        return dataclasses.replace(root, value={**root.children, "services": merged})

    def _resolve(self, name: str, source: Source, chain: tuple[tuple[str, str], ...]) -> Node:
        """A service with what it extends.  chain: the services whose part it becomes."""
        service = source.services[name]
        extends = service.children.get("extends")
        here = (source.file, name)
        if extends is None:
            return service
        if here in self._done:
            return self._done[here]
        where = f"services.{name}.extends"
        own = {key: node for key, node in service.children.items() if key != "extends"}
        whole = dataclasses.replace(service, value=own)
        if here in chain:
            names = " extends ".join(f"{link[1]} of {link[0]}" for link in (*chain, here))
            what = f"services extend each other: {names}"
            self._causes.add_gap(extends, where, what, "End the circle.")
            return whole
        if len(chain) >= _DEEPEST:
            what = f"more than {_DEEPEST} services extend one another"
            self._causes.add_gap(extends, where, what, "Make the chain shorter.")
            return whole
        self._left.add("extends", where, extends)
        base = self._base(extends, where, source, (*chain, here))
        if base is not None:
            whole = self._merger.merge(base, whole, ("services", name))
        self._done[here] = whole
        return whole

    def _base(
        self, extends: Node, where: str, source: Source, chain: tuple[tuple[str, str], ...]
    ) -> Node | None:
        """What is extended; None with a cause: there is none."""
        name_node, file_node = _parts(extends)
        name = self._text(name_node, join_path(where, "service"), extends)
        if file_node is not None:
            path = join_path(where, "file")
            file = self._text(file_node, path, extends)
            loaded = self._load_source(file, source.directory, file_node, path) if file else None
            if loaded is None:
                return None
            source = loaded
        if not name:
            return None
        if name not in source.services:
            what = f"there is no service {name} in {source.file}"
            remedy = "Name one of the same file, or give its file."
            self._causes.add_gap(extends, where, what, remedy)
            return None
        return self._resolve(name, source, chain)

    def _text(self, node: Node | None, path: str, place: Node) -> str:
        """A text that has to be known now; '' with a cause."""
        if node is None or not isinstance(node.value, str) or not (node.value or node.unset):
            self._causes.add_gap(node or place, path, "a name is missing", "Name a service.")
            return ""
        if node.unset:
            names = ", ".join(unset.name for unset in node.unset)
            what = f"the variable {names} has no value, and is needed to find the service"
            self._causes.add_gap(node, path, what, "Give it in env, or in an env file.")
            return ""
        return node.value


def _parts(extends: Node) -> tuple[Node | None, Node | None]:
    """The nodes of the service and the file."""
    if not extends.is_mapping:
        return extends, None
    file = extends.children.get("file")
    return extends.children.get("service"), file if file and file.value is not None else None
