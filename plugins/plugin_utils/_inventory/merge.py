# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Merges lists of apps from several variables by the names of apps."""

from __future__ import annotations

import typing as t

from ansible_collections.quadlet.fleet.plugins.module_utils._core.errors import (
    QuadletError,
    shape,
)
from ansible_collections.quadlet.fleet.plugins.plugin_utils._content.overlay import (
    Overlay,
    settle,
)

Item = dict[str, t.Any]

OVER_SRC: t.Final = ("units", "files")
"""Options that lie over what `src` holds, which is read later."""


class Layer(t.NamedTuple):
    """The value of a variable.  source: its name."""

    source: str
    value: t.Any


def merge_apps(layers: t.Sequence[Layer]) -> list[Item]:
    """The apps of a host, in the order in which they first appear.  A later layer is more specific.

    QuadletError for a layer that is no list of apps, whose item matches several apps, or whose
    value can't be laid over that of a layer before it.
    """
    merged: list[Item] = []
    with_src = {
        item["name"] for layer in layers for item in _items(layer) if item.get("src") is not None
    }
    for layer in layers:
        known = len(merged)
        for item in _items(layer):
            name = item["name"]
            over = Overlay(f"{layer.source}, app {name}", base_follows=name in with_src)
            place = _find(merged[:known], item, layer.source)
            if place is None:
                merged.append(over.merge({}, item))
            else:
                merged[place] = over.merge(merged[place], item)
    return [_settle(app) for app in merged]


def _settle(app: Item) -> Item:
    """An app as its task takes it: over `src` the nulls and signs of units and files stay."""
    if app.get("src") is None:
        return settle(app)
    settled = settle({key: value for key, value in app.items() if _bare(key) not in OVER_SRC})
    lying_over = {_bare(key): value for key, value in app.items() if _bare(key) in OVER_SRC}
    return {**settled, **{key: value for key, value in lying_over.items() if value is not None}}


def _bare(key: str) -> str:
    return key.rstrip("+=")


def pick_options(value: t.Any, names: t.Collection[str]) -> t.Any:
    """A list of apps with some of their options alone; any other value, or item, as it is."""
    if not isinstance(value, list):
        return value
    return [
        {key: item[key] for key in item if key in names} if isinstance(item, dict) else item
        for item in value
    ]


def _items(layer: Layer) -> list[Item]:
    value = layer.value
    if not isinstance(value, list):
        raise QuadletError(
            f"it is a list of apps, not {shape(value)}", where=layer.source, topic="apps-variable"
        )
    for number, item in enumerate(value):
        if not isinstance(item, dict) or not isinstance(item.get("name"), str):
            raise QuadletError(
                f"item {number + 1} is no mapping with a name",
                where=layer.source,
                remedy="Each app has a name, by which it is found in other lists.",
                topic="apps-variable",
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
            topic="ambiguous-app",
        )
    return matches[0] if matches else None


def _user(item: Item) -> str | None:
    """The user of an item, as text also for a uid; None if it is not set."""
    return None if item.get("user") in (None, "") else str(item["user"])
