# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Which variable, and which file that sets it, gave what of an app: for messages of failures."""

from __future__ import annotations

import typing as t

from ansible_collections.quadlet.fleet.plugins.plugin_utils._content.overlay import (
    is_instance,
    place_of,
)

if t.TYPE_CHECKING:
    from ansible_collections.quadlet.fleet.plugins.plugin_utils._inventory.merge import Layer

_MOST = 6
_BY_NAME = ("units", "files", "secrets", "directories")


def describe_origins(
    layers: t.Sequence[Layer], name: str, message: str, files: t.Mapping[str, str]
) -> str:
    """What each variable gave of an app, the one that counts most last; '' for a single variable.

    message: of the failure; what it mentions comes first.  files: by variable, where it is known.
    """
    given = [(layer.source, _places(layer.value, name)) for layer in layers]
    given = [(source, places) for source, places in given if places is not None]
    if len(given) < 2:
        return ""
    lines = [f"app {name} is merged from {len(given)} variables, of which the later wins:"]
    for source, places in given:
        ordered = sorted(places or (), key=lambda path: not _mentions(message, path))
        words = [place_of(path) for path in ordered[:_MOST]]
        more = f" and {len(ordered) - _MOST} more" if len(ordered) > _MOST else ""
        where = f" ({files[source]})" if source in files else ""
        lines.append(f"  {source}{where}: {', '.join(words) or 'its name'}{more}")
    return "\n".join(lines)


def app_names(layers: t.Sequence[Layer]) -> list[str]:
    """The names of all apps of these lists."""
    items = [item for layer in layers if isinstance(layer.value, list) for item in layer.value]
    return list(dict.fromkeys(str(item.get("name")) for item in items if isinstance(item, dict)))


def _places(value: t.Any, name: str) -> list[tuple[str, ...]] | None:
    """The paths that a list of apps gives for one of them; None if it does not have it."""
    if not isinstance(value, list):
        return None
    items = [item for item in value if isinstance(item, dict) and item.get("name") == name]
    return [path for item in items for path in _paths(item)] if items else None


def _paths(item: t.Mapping[str, t.Any]) -> t.Iterator[tuple[str, ...]]:
    for option, value in item.items():
        if option in ("name", "user"):
            continue
        if option in _BY_NAME and isinstance(value, dict):
            for key, inner in value.items():
                yield from _in_unit((option, str(key)), inner)
        else:
            yield (option,)


def _in_unit(path: tuple[str, ...], value: t.Any) -> t.Iterator[tuple[str, ...]]:
    if path[0] != "units" or not isinstance(value, dict) or is_instance(value):
        yield path
        return
    for section, keys in value.items():
        if isinstance(keys, dict):
            yield from ((*path, str(section), str(key)) for key in keys)
        else:
            yield (*path, str(section))


def _mentions(message: str, path: tuple[str, ...]) -> bool:
    """Whether a message is about a path: its unit or file, and its key where it has one."""
    return path[-1].rstrip("+=") in message and (len(path) < 2 or path[1] in message)
