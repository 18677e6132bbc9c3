# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""In which order services start, restart and stop, and which of them systemd moves by itself."""

from __future__ import annotations

import dataclasses
import typing as t

from ..state.manifest import ServiceRecord
from ..systemd_state import State
from .model import kind_of_service

Services = t.Mapping[str, ServiceRecord]
_UP = State(active="active")


@dataclasses.dataclass(frozen=True)
class StartOrder:
    """What has to come up, and how.

    names: services that have to be up in the end.  acted: those of names that have to prove
    themselves; None: what restarts, and what is not up.  restart: those of acted that restart.
    stop_first: what has to be down when sockets start.  reload: services that read their
    configuration again.  known: services of the app's record, whose failures systemd remembers;
    states: theirs before the run.
    """

    names: tuple[str, ...] = ()
    acted: tuple[str, ...] | None = None
    restart: tuple[str, ...] = ()
    stop_first: tuple[str, ...] = ()
    reload: tuple[str, ...] = ()
    known: t.Collection[str] = ()
    states: t.Mapping[str, State] = dataclasses.field(default_factory=dict)

    def acted_of(self, states: t.Mapping[str, State]) -> tuple[str, ...]:
        """The services that have to prove themselves.  states: now."""
        if self.acted is not None:
            return self.acted
        return tuple(n for n in self.names if n in self.restart or not states.get(n, State()).up)

    def were_down(self, acted: t.Iterable[str]) -> list[str]:
        """Those that were down before the run: systemd may be trying them again and again."""
        return [n for n in acted if n in self.known and not self.states.get(n, _UP).up]

    def to_reset(self, services: Services, acted: t.Iterable[str]) -> list[str]:
        """Services whose failures no longer count: what a socket, timer or path starts, too."""
        names = dict.fromkeys(n for name in acted for n in (name, *services[name].triggers))
        return [name for name in names if name in self.known]


def start_order(services: Services, names: t.Iterable[str]) -> list[str]:
    """The names sorted so that what others need comes first, sockets before services."""
    return sorted(names, key=lambda name: kind_of_service(services[name]).order)


def stop_order(services: Services, names: t.Iterable[str]) -> list[str]:
    """What triggers others comes first, so that it does not start them again."""
    return sorted(names, key=lambda name: not services[name].triggers)


def find_leaders(services: Services, restart: t.Sequence[str]) -> list[str]:
    """Services to restart themselves: systemd restarts those that follow them along.

    Of those that follow each other (Requires= one way, PartOf= the other) the first leads.
    """
    follows = {name: set(restart) & set(services[name].follows) for name in restart}
    leaders = [name for name in restart if not follows[name]]
    led: set[str] = set()
    for name in [*leaders, *restart]:
        if name in led:
            continue
        leaders += [] if name in leaders else [name]
        queue = [name]
        while queue:
            leader = queue.pop()
            led.add(leader)
            queue += [n for n in restart if leader in follows[n] and n not in led]
    return leaders


def drop_pulled_in(services: Services, names: t.Sequence[str]) -> list[str]:
    """The names without one-shots that another start already pulls in; they would run twice."""
    pulled_in = {need for name in names for need in services[name].needs}
    return [n for n in names if not (services[n].once and n in pulled_in)]
