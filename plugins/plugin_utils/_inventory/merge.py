# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Merges lists of apps from several variables by the names of apps."""

from __future__ import annotations

import typing as t

from ansible_collections.quadlet.fleet.plugins.module_utils._core.errors import QuadletError

Item = dict[str, t.Any]

BY_KEY: t.Final = ("units", "files", "secrets")
"""Options whose keys are merged; every other option is replaced."""


class Layer(t.NamedTuple):
    """The value of a variable.  source: its name."""

    source: str
    value: t.Any


def merge_apps(layers: t.Sequence[Layer]) -> list[Item]:
    """The apps of a host, in the order in which they first appear.  A later layer is more specific.

    QuadletError for a layer that is no list of apps, or whose item matches several apps.
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
    """The index of the app that an item matches, None for a new app."""
    same = [number for number, app in enumerate(known) if app["name"] == item["name"]]
    exact = [number for number in same if _user(known[number]) == _user(item)]
    either = [n for n in same if None in (_user(known[n]), _user(item))]
    matches = exact or either
    if len(matches) > 1:
        users = " and ".join(f"user {_user(known[n]) or 'root'}" for n in matches)
        raise QuadletError(
            f"it is not said which app {item['name']!r} is meant: there is one of {users}",
            where=source,
            remedy="Give user too.",
        )
    return matches[0] if matches else None


def _user(item: Item) -> str | None:
    """The user of an item, as text also for a uid; None if it is not set."""
    return None if item.get("user") in (None, "") else str(item["user"])


def _merge(old: Item, new: Item) -> Item:
    """Merges an item over an older one; null removes an option, unit, file or secret."""
    merged = {**old, **new}
    for key in BY_KEY:
        if isinstance(merged.get(key), dict):
            before = old.get(key) if isinstance(old.get(key), dict) else {}
            merged[key] = _given({**(before or {}), **merged[key]})
    return _given(merged)


def _given(values: Item) -> Item:
    return {key: value for key, value in values.items() if value is not None}
