# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Every value that an inventory gives a variable of a host, not only the one that wins."""

from __future__ import annotations

import typing as t

from ansible import constants
from ansible.inventory.helpers import sort_groups
from ansible.vars.plugins import get_vars_from_inventory_sources, get_vars_from_path

from ansible_collections.quadlet.fleet.plugins.plugin_utils._inventory.merge import Layer


class Places(t.NamedTuple):
    """Where Ansible looks.  folders: of the playbook, with group_vars and host_vars beside it."""

    loader: t.Any
    sources: t.Sequence[str]
    folders: t.Sequence[str]


def places_of(loader: t.Any, inventory: t.Any, search_path: t.Sequence[str]) -> Places:
    """The places as ansible.vars.manager has them."""
    root = constants.config.get_config_value("PLAYBOOK_VARS_ROOT")
    folders = [loader.get_basedir()]
    if root != "top" and search_path:
        folders = list(search_path) if root == "all" else list(search_path[:1])
    return Places(loader, list(inventory._sources), folders)


def read_layers(name: str, host: t.Any, inventory: t.Any, places: Places) -> list[Layer]:
    """The variable's values as written, in the order of Ansible's own precedence, so that the last
    one is what the inventory makes of it.
    """
    everyone = [inventory.groups["all"]]
    groups = sort_groups([group for group in host.get_groups() if group.name != "all"])
    readers: dict[str, t.Callable[[], t.Iterator[Layer]]] = {
        "all_inventory": lambda: _inline(name, everyone),
        "groups_inventory": lambda: _inline(name, groups),
        "all_plugins_inventory": lambda: _beside_inventory(name, everyone, places),
        "groups_plugins_inventory": lambda: _beside_inventory(name, groups, places),
        "all_plugins_play": lambda: _beside_playbook(name, everyone, places),
        "groups_plugins_play": lambda: _beside_playbook(name, groups, places),
    }
    found = [
        layer
        for entry in constants.config.get_config_value("VARIABLE_PRECEDENCE")
        if entry in readers
        for layer in readers[entry]()
    ]
    found += _inline(name, [host])
    found += _beside_inventory(name, [host], places)
    found += _beside_playbook(name, [host], places)
    return found


def _inline(name: str, entities: t.Iterable[t.Any]) -> t.Iterator[Layer]:
    for one in entities:
        yield from _layer(name, one.get_vars(), f"{_tell(one)} in the inventory")


def _beside_inventory(name: str, entities: t.Iterable[t.Any], places: Places) -> t.Iterator[Layer]:
    for source in places.sources:
        for one in entities:
            values = get_vars_from_inventory_sources(places.loader, [source], [one], "task")
            yield from _layer(name, values, f"{_tell(one)} beside the inventory {source}")


def _beside_playbook(name: str, entities: t.Iterable[t.Any], places: Places) -> t.Iterator[Layer]:
    for folder in places.folders:
        for one in entities:
            values = get_vars_from_path(places.loader, folder, [one], "task")
            yield from _layer(name, values, f"{_tell(one)} beside the playbook")


def _layer(name: str, values: t.Mapping[str, t.Any], source: str) -> t.Iterator[Layer]:
    if name in values:
        yield Layer(source, values[name])


def _tell(entity: t.Any) -> str:
    return f"{'group' if hasattr(entity, 'child_groups') else 'host'} {entity.name}"
