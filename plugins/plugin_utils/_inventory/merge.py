# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Lists of apps from several variables, made one by the apps' names."""

from __future__ import annotations

import typing as t

from ansible_collections.quadlet.fleet.plugins.module_utils._core.errors import QuadletError

Item = dict[str, t.Any]

BY_KEY: t.Final = ("units", "files", "secrets")
"""Options whose keys are merged; every other option is replaced."""


class Layer(t.NamedTuple):
    """What one variable says.  source: its name."""

    source: str
    value: t.Any


def merge_apps(layers: t.Sequence[Layer]) -> list[Item]:
    """The apps of a host, in the order in which they first appear.  A later layer is more specific.

    QuadletError where a layer is no list of apps, or does not say which app it means.
    """
    merged: list[Item] = []
    for layer in layers:
        known = len(merged)
        for item in _items(layer):
            place = _find(merged[:known], item, layer.source)
            if place is None:
                merged.append(_merge({}, item))
            else:
                merged[place] = _merge(merged[place], item)
    return merged


def _items(layer: Layer) -> list[Item]:
    value = layer.value
    if not isinstance(value, list):
        # Not the type's own name: Ansible's types have names like _AnsibleTaggedDict.
        kind = "a mapping" if isinstance(value, dict) else f"{value!r}"
        raise QuadletError(f"it is a list of apps, not {kind}", where=layer.source)
    for number, item in enumerate(value):
        if not isinstance(item, dict) or not isinstance(item.get("name"), str):
            raise QuadletError(
                f"item {number + 1} is no mapping with a name",
                where=layer.source,
                remedy="Each app has a name, by which it is found in other lists.",
            )
    return value


def _find(known: t.Sequence[Item], item: Item, source: str) -> int | None:
    """The number of the app that an item means, None for a new one."""
    same = [number for number, one in enumerate(known) if one["name"] == item["name"]]
    exact = [number for number in same if _user(known[number]) == _user(item)]
    either = [n for n in same if None in (_user(known[n]), _user(item))]
    found = exact or either
    if len(found) > 1:
        users = " and ".join(f"user {_user(known[n]) or 'root'}" for n in found)
        raise QuadletError(
            f"it is not said which app {item['name']!r} is meant: there is one of {users}",
            where=source,
            remedy="Give user too.",
        )
    return found[0] if found else None


def _user(item: Item) -> str | None:
    """The user as far as it is given; a uid is text as a name is."""
    return None if item.get("user") in (None, "") else str(item["user"])


def _merge(old: Item, new: Item) -> Item:
    """null takes an option, unit, file or secret away again."""
    found = {**old, **new}
    for key in BY_KEY:
        if isinstance(found.get(key), dict):
            before = old.get(key) if isinstance(old.get(key), dict) else {}
            found[key] = _given({**(before or {}), **found[key]})
    return _given(found)


def _given(values: Item) -> Item:
    return {key: value for key, value in values.items() if value is not None}
