# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Puts the files of a project together: variables, include, extends, then the merge."""

from __future__ import annotations

import dataclasses
import posixpath
import typing as t

from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.causes import Causes
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.environment import (
    EnvFiles,
    Variables,
)
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.extends import Extender, Source
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.files import Files
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.interpolate import (
    Interpolator,
    Use,
)
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.left_out import LeftOuts
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.merge import Merger
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.node import Node, join_path
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.options import UnsetMode
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.rebase import rebase
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.template import Keep
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.text import parse_documents

_SECTIONS: t.Final = ("services", "networks", "volumes", "configs", "secrets", "models")


@dataclasses.dataclass(frozen=True)
class Scope:
    """What files are read in.  directory: where their relative paths start from; chain: the
    files whose part they become.
    """

    directory: str
    variables: Variables
    interpolator: Interpolator
    chain: tuple[str, ...] = ()


class Document(t.NamedTuple):
    """A document of a file.  path: of the file, for telling files apart."""

    node: Node
    path: str


class Assembler:
    """Puts files together."""

    def __init__(self, files: Files, keep: Keep, causes: Causes, unset: UnsetMode) -> None:
        self.left = LeftOuts()
        self.uses: dict[str, Use] = {}
        self._files = files
        self._unset: UnsetMode = unset
        self._causes = causes
        self._merger = Merger(causes, self.left)
        self._env_files = EnvFiles(files, keep, causes)

    def scope(self, directory: str, variables: Variables, chain: tuple[str, ...] = ()) -> Scope:
        """A scope with variables."""
        interpolator = Interpolator(variables.get, self._unset, self._causes, self.uses)
        return Scope(directory, variables, interpolator, chain)

    def merge(self, documents: t.Sequence[Document], scope: Scope) -> Node:
        """The documents as one tree, each over those before it."""
        merged: Node | None = None
        for document in documents:
            node = self._whole(document, scope)
            merged = self._merger.merge(merged or Node({}, node.file, node.line), node)
        return merged or Node({})

    def _whole(self, document: Document, scope: Scope) -> Node:
        """A document with its variables replaced, and with what it includes and extends."""
        node = scope.interpolator.tree(document.node)
        node = self._checked(node)
        node = self._include(node, scope, (*scope.chain, document.path))
        sources: dict[str, Source | None] = {}

        def load_source(name: str, directory: str, place: Node, where: str) -> Source | None:
            path = self._files.locate(name, directory)
            if path not in sources:
                sources[path] = self._load_source(path, scope, place, where)
            return sources[path]

        extender = Extender(self._merger, self._causes, self.left, load_source)
        return extender.apply(node, document.path, scope.directory)

    def _checked(self, node: Node) -> Node:
        """A document without sections that are no mappings, and services that are none."""
        nodes = dict(node.children)
        for section in _SECTIONS:
            part = nodes.get(section)
            if part is None or part.tag == "!reset" or part.value is None or part.is_mapping:
                continue
            self._causes.add_gap(
                part, section, "it has no names with what they are", "Write a mapping."
            )
            del nodes[section]
        services = nodes.get("services", node)
        for name, service in services.children.items() if services is not node else ():
            if not service.is_mapping and service.value is not None and not service.tag:
                what = "a service is a mapping"
                remedy = "Write its keys below it."
                self._causes.add_gap(service, f"services.{name}", what, remedy)
        return dataclasses.replace(node, value=nodes)

    def _load_source(self, path: str, scope: Scope, place: Node, where: str) -> Source | None:
        """The services of a file that a service extends; None with a cause."""
        documents = self._documents(path, place, where)
        if not documents:
            return None
        directory = posixpath.dirname(path)
        node = Node({})
        for document in documents:
            tree = self._checked(scope.interpolator.tree(document.node))
            node = self._merger.merge(node, rebase(tree, directory, scope.directory))
        services = node.children.get("services")
        return Source(services.children if services else {}, path, directory)

    def _documents(self, path: str, place: Node, where: str) -> list[Document]:
        text = self._files.text(path, place, where)
        known = len(self._causes)
        nodes = parse_documents(text, path, self._causes) if text is not None else []
        if not nodes:
            self._causes.has_gaps = True
        if not nodes and text is not None and len(self._causes) == known:
            self._causes.add(place, where, f"there is nothing in {path}")
        return [Document(node, path) for node in nodes]

    def _include(self, node: Node, scope: Scope, chain: tuple[str, ...]) -> Node:
        """A document with what it includes; of two things of one name, both are to be equal."""
        entries = node.children.get("include")
        if entries is None or entries.value is None:
            return node
        if not entries.is_list:
            what = "include is a list of files"
            self._causes.add_gap(entries, "include", what, "Write a list.")
        nodes = {key: child for key, child in node.children.items() if key != "include"}
        for index, entry in enumerate(entries.items):
            where = join_path("include", index)
            self.left.add("include", where, entry)
            included = self._load_include(entry, where, scope, chain)
            if included is not None:
                self._import(included, nodes)
        return dataclasses.replace(node, value=nodes)

    def _load_include(
        self, entry: Node, where: str, scope: Scope, chain: tuple[str, ...]
    ) -> Node | None:
        names = self._texts(entry.children.get("path") if entry.is_mapping else entry, where)
        if not names:
            what = "the file to include is missing"
            self._causes.add_gap(entry, where, what, "Give its path.")
            return None
        paths = [self._files.locate(name, scope.directory) for name in names]
        for path in paths:
            if path in chain:
                links = " includes ".join((*chain, path))
                self._causes.add_gap(
                    entry, where, f"files include each other: {links}", "End the circle."
                )
                return None
        given = self._texts(entry.children.get("project_directory"), where)
        directory = (
            self._files.locate(given[0], scope.directory) if given else posixpath.dirname(paths[0])
        )
        documents = [document for path in paths for document in self._documents(path, entry, where)]
        if not documents:
            return None
        inner = self.scope(directory, self._variables(entry, where, scope, directory), chain)
        merged = self.merge(documents, inner)
        return rebase(merged, directory, scope.directory)

    def _variables(self, entry: Node, where: str, scope: Scope, directory: str) -> Variables:
        """The variables of an included project: those of this one win."""
        env_file = entry.children.get("env_file")
        if env_file is None:
            return self._env_files.add_default(scope.variables, directory)
        paths = [
            self._files.locate(name, scope.directory)
            for name in self._texts(env_file, where)
            if name != "/dev/null"
        ]
        return self._env_files.add_files(scope.variables, paths, env_file, f"{where}.env_file")

    def _texts(self, node: Node | None, where: str) -> list[str]:
        """The texts of a node that is one or a list, and that have to be known now."""
        texts = []
        for item in (node.items if node.is_list else (node,)) if node else ():
            if item.unset:
                names = ", ".join(unset.name for unset in item.unset)
                what = f"the variable {names} has no value, and is needed to find the file"
                self._causes.add_gap(item, where, what, "Give it in env, or in an env file.")
            elif isinstance(item.value, str) and item.value:
                texts.append(item.value)
        return texts

    def _import(self, included: Node, nodes: dict[str, Node]) -> None:
        """Adds what an included file has."""
        for section in _SECTIONS:
            theirs = included.children.get(section)
            if theirs is None or not theirs.is_mapping:
                continue
            ours = nodes.get(section)
            own = dict(ours.children) if ours else {}
            for name, node in theirs.children.items():
                known = own.get(name)
                if known is not None and known.to_data() != node.to_data():
                    what = f"{node.place} has another {section[:-1]} of this name, and is included"
                    remedy = "Rename one, or include both files in one path: [FILE, CHANGES]."
                    self._causes.add(known, f"{section}.{name}", what, remedy)
                own.setdefault(name, node)
            nodes[section] = dataclasses.replace(ours or theirs, value=own)
