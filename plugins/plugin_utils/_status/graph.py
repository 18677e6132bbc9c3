# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""The graph of an app's services in layers, as a page draws it from left to right.

A service stands right of all that it needs and of what triggers it.  Within a layer, services stand
beside those that they are tied to (the barycenter rule of Sugiyama, Tagawa and Toda, 1981).
"""

from __future__ import annotations

import typing as t

Edge = tuple[str, str]
"""From what is needed, or triggers, to what needs it, or is triggered."""

Places = dict[str, tuple[int, int]]
_SWEEPS = 4


def edges_of(services: t.Mapping[str, t.Mapping[str, t.Any]]) -> list[Edge]:
    """The edges between an app's own services, each once."""
    found: dict[Edge, None] = {}
    for name, service in services.items():
        found.update({(other, name): None for other in service.get("needs") or ()})
        found.update({(name, other): None for other in service.get("triggers") or ()})
    return [(a, b) for a, b in found if a != b and a in services and b in services]


def place_nodes(names: t.Sequence[str], edges: t.Sequence[Edge]) -> Places:
    """(layer, place in it) of each node; also where the edges make a circle."""
    layers = _find_layers(names, edges)
    rows: list[list[str]] = [[] for _layer in range(max(layers.values(), default=-1) + 1)]
    for name in names:
        rows[layers[name]].append(name)
    for sweep in range(_SWEEPS):
        _sort_rows(rows, edges, forward=sweep % 2 == 0)
    return {
        name: (number, place) for number, row in enumerate(rows) for place, name in enumerate(row)
    }


def _find_layers(names: t.Sequence[str], edges: t.Sequence[Edge]) -> dict[str, int]:
    """The longest way to each node; an edge that would close a circle counts for nothing."""
    before: dict[str, list[str]] = {name: [] for name in names}
    for source, target in edges:
        before[target].append(source)
    layers: dict[str, int] = {}
    for name in names:
        stack, under_way = [name] if name not in layers else [], {name}
        while stack:
            node = stack[-1]
            todo = [n for n in before[node] if n not in layers and n not in under_way]
            if todo:
                stack.append(todo[0])
                under_way.add(todo[0])
                continue
            layers[node] = 1 + max((layers[n] for n in before[node] if n in layers), default=-1)
            under_way.discard(stack.pop())
    return layers


def _sort_rows(rows: list[list[str]], edges: t.Sequence[Edge], *, forward: bool) -> None:
    """Sorts each layer by the mean place of the neighbours before it, or behind it."""
    ties: dict[str, list[str]] = {}
    for source, target in edges:
        node, other = (target, source) if forward else (source, target)
        ties.setdefault(node, []).append(other)
    places = {name: float(n) for row in rows for n, name in enumerate(row)}
    for row in rows if forward else rows[::-1]:
        row.sort(key=lambda name: _mean([places[n] for n in ties.get(name, ())], places[name]))
        places.update({name: float(n) for n, name in enumerate(row)})


def _mean(values: t.Sequence[float], otherwise: float) -> float:
    return sum(values) / len(values) if values else otherwise
