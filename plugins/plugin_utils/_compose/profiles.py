# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Profiles: the services that no active one has are left out, and nobody may need them."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.causes import Causes
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.left_out import LeftOuts
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.node import Node, join_path


class _Need(t.NamedTuple):
    """A use of another service.  key: of the dependency, where it is one of a mapping."""

    service: str
    node: Node
    path: str
    required: bool = True
    key: str = ""


def select_services(root: Node, active: t.Collection[str], causes: Causes, left: LeftOuts) -> Node:
    """The tree with the services of the active profiles; '*' is every profile."""
    services = root.children.get("services")
    if services is None or not services.is_mapping:
        return root
    selected = {}
    for name, service in services.children.items():
        if _is_active(service, active):
            selected[name] = service
        else:
            detail = ", ".join(node.text for node in service.children["profiles"].items)
            for key, node in service.children.items():
                left.add("profile", f"services.{name}.{key}", node, detail)
    known = services.children
    whole = {
        name: _checked(name, service, selected, known, causes, left)
        for name, service in selected.items()
    }
    merged = dataclasses.replace(services, value=whole)
    return dataclasses.replace(root, value={**root.children, "services": merged})


def _is_active(service: Node, active: t.Collection[str]) -> bool:
    profiles = service.children.get("profiles")
    if profiles is None or not profiles.items or "*" in active:
        return True
    return any(node.text in active for node in profiles.items)


def _checked(
    name: str,
    service: Node,
    selected: t.Mapping[str, Node],
    known: t.Mapping[str, Node],
    causes: Causes,
    left: LeftOuts,
) -> Node:
    """The service without dependencies that it does not require and that are not there."""
    gone = set()
    for need in _needs(service, f"services.{name}"):
        is_unsure = need.service not in known and (causes.has_gaps or need.node.wrong)
        if need.service in selected or is_unsure:
            continue
        if need.service in known:
            profiles = ", ".join(
                node.text for node in known[need.service].children["profiles"].items
            )
            what = f"the service {need.service} is only in the profiles {profiles}"
            remedy = "Give one of them in profiles, or set required: false."
        else:
            what = f"there is no service {need.service}"
            remedy = "Correct the name, or give the file that has it."
        if need.required:
            causes.add(need.node, need.path, what, remedy)
        else:
            left.add("dependency", need.path, need.node, what)
            gone.add(need.key)
    if not gone:
        return service
    depends_on = service.children["depends_on"]
    nodes = {key: node for key, node in depends_on.children.items() if key not in gone}
    rest = dataclasses.replace(depends_on, value=nodes)
    return dataclasses.replace(service, value={**service.children, "depends_on": rest})


def _needs(service: Node, path: str) -> t.Iterator[_Need]:
    """The other services that a service names."""
    yield from _dependencies(service.children.get("depends_on"), f"{path}.depends_on")
    for key in ("links", "volumes_from"):
        node = service.children.get(key)
        for index, item in node.numbered() if node else ():
            name = item.text.partition(":")[0]
            if isinstance(item.value, str) and name != "container":
                yield _Need(name, item, join_path(f"{path}.{key}", index))
    for key in ("ipc", "network_mode", "pid"):
        node = service.children.get(key)
        if node is not None and isinstance(node.value, str) and node.value.startswith("service:"):
            yield _Need(node.value.partition(":")[2], node, f"{path}.{key}")


def _dependencies(node: Node | None, path: str) -> t.Iterator[_Need]:
    if node is None:
        return
    for index, item in node.numbered():
        if isinstance(item.value, str):
            yield _Need(item.value, item, join_path(path, index))
    for name, item in node.children.items():
        required = item.children.get("required")
        is_required = required is None or required.value is not False
        yield _Need(name, item, join_path(path, name), is_required, name)
