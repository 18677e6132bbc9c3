# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Services that wait for each other in a circle: systemd starts none of them, or drops one."""

from __future__ import annotations

import typing as t

from ..errors import QuadletError

if t.TYPE_CHECKING:
    from .generator import Service


def find_cycles(services: t.Iterable[Service]) -> list[QuadletError]:
    """One error for the order (After=, Before=) and one for the needs (Requires=, BindsTo=,
    Requisite=) that lead back to where they began.

    PartOf= passes a stop on and asks for nothing.  Templates have no state of their own, and what
    lies outside is not looked at.
    """
    known = {service.name: service for service in services if not service.template}
    pairs = [(name, other) for name, one in known.items() for other in one.after]
    pairs += [(other, name) for name, one in known.items() for other in one.before]
    after = _graph(known, pairs)
    needs = _graph(known, ((name, other) for name, one in known.items() for other in one.needs))
    found = [
        (_cycle(after), "start after each other", "After= or Before="),
        (_cycle(needs), "need each other", "Requires= or BindsTo="),
    ]
    return [_error(known, *row) for row in found if row[0]]


def _graph(known: t.Iterable[str], pairs: t.Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    """What each waits for; systemd drops a word about itself."""
    graph: dict[str, list[str]] = {name: [] for name in known}
    for name, other in pairs:
        if name in graph and other in graph and name != other:
            graph[name].append(other)
    return graph


def _cycle(graph: t.Mapping[str, t.Sequence[str]]) -> list[str]:
    """A circle of names, each before the one that it waits for, the first again at the end."""
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
    )
