# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Cycles of services that wait for each other: systemd starts none of them, or drops a start."""

from __future__ import annotations

import typing as t

from ..errors import QuadletError

if t.TYPE_CHECKING:
    from .generator import Service


def find_cycles(services: t.Iterable[Service]) -> list[QuadletError]:
    """An error for a cycle of the order (After=, Before=), and for one of the requirements
    (Requires=, BindsTo=, Requisite=).

    PartOf= only passes stops on.  Templates have no state, and other units are ignored.
    """
    known = {service.name: service for service in services if not service.template}
    pairs = [(name, other) for name, service in known.items() for other in service.after]
    pairs += [(other, name) for name, service in known.items() for other in service.before]
    after = _graph(known, pairs)
    needs = _graph(known, ((name, other) for name, s in known.items() for other in s.needs))
    cycles = [
        (_cycle(after), "start after each other", "After= or Before="),
        (_cycle(needs), "need each other", "Requires= or BindsTo="),
    ]
    return [_error(known, *row) for row in cycles if row[0]]


def _graph(known: t.Iterable[str], pairs: t.Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    """The services that each waits for; systemd ignores a service that names itself."""
    graph: dict[str, list[str]] = {name: [] for name in known}
    for name, other in pairs:
        if name in graph and other in graph and name != other:
            graph[name].append(other)
    return graph


def _cycle(graph: t.Mapping[str, t.Sequence[str]]) -> list[str]:
    """A cycle of names, each before the name that it waits for, the first again at the end."""
    import graphlib

    try:
        graphlib.TopologicalSorter(graph).prepare()
    except graphlib.CycleError as error:
        names: list[str] = error.args[1]
        start = names.index(min(names))
        circle = names[start:-1] + names[:start]
        return [*circle, circle[0]][::-1]
    return []


def _error(
    known: t.Mapping[str, Service], circle: t.Sequence[str], how: str, keys: str
) -> QuadletError:
    units = ", ".join(dict.fromkeys(known[name].unit for name in circle))
    return QuadletError(
        f"these services {how}: {' → '.join(circle)} ({units})",
        where=known[circle[0]].unit,
        remedy=f"Remove one {keys} of the circle; systemd would drop a start, or wait for ever.",
        topic="service-circle",
    )
