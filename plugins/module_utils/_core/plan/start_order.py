# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""The order in which services start and stop, and which of them systemd moves by itself."""

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
    """The services to start, and how.

    names: services that must be up in the end.  acted: those of names that the gate watches;
    None: those that restart or are not up.  restart: those of acted that restart.
    stop_first: what must be down when sockets start.  reload: services that reload their
    configuration.  known: services of the app's record, whose failures systemd remembers;
    states: their states before the run.
    """

    names: tuple[str, ...] = ()
    acted: tuple[str, ...] | None = None
    restart: tuple[str, ...] = ()
    stop_first: tuple[str, ...] = ()
    reload: tuple[str, ...] = ()
    known: t.Collection[str] = ()
    states: t.Mapping[str, State] = dataclasses.field(default_factory=dict)

    def acted_of(self, states: t.Mapping[str, State]) -> tuple[str, ...]:
        """The services that the gate watches.  states: current ones."""
        if self.acted is not None:
            return self.acted
        return tuple(n for n in self.names if n in self.restart or not states.get(n, State()).up)

    def to_start(
        self, services: Services, acted: t.Collection[str], states: t.Mapping[str, State]
    ) -> list[str]:
        """The services to queue: all but those that are up, and that no job moves.

        states: of those that are not acted on, once the jobs of the others are queued.
        """
        moving = [n for n in self.names if n in acted or not states.get(n, State()).rests]
        return drop_pulled_in(services, moving)

    def were_down(self, acted: t.Iterable[str]) -> list[str]:
        """The services that were down before the run: systemd may be restarting them."""
        return [n for n in acted if n in self.known and not self.states.get(n, _UP).up]

    def to_reset(self, services: Services, acted: t.Iterable[str]) -> list[str]:
        """Services whose failures are reset, with those that they trigger."""
        names = dict.fromkeys(n for name in acted for n in (name, *services[name].triggers))
        return [name for name in names if name in self.known]


def start_order(services: Services, names: t.Iterable[str]) -> list[str]:
    """Sorts names: networks, volumes and images first, sockets before services."""
    return sorted(names, key=lambda name: kind_of_service(services[name]).order)


def to_bring_back(services: Services, active: t.Iterable[str]) -> list[str]:
    """The services that an undo starts, of those that were active: no jobs that no run starts."""
    kept = [name for name in active if name in services]
    jobs = {name for name in kept if services[name].waits and services[name].job}
    return start_order(services, [name for name in kept if name not in jobs])


def stop_order(services: Services, names: t.Iterable[str]) -> list[str]:
    """Sorts names: triggers first, so that they do not start the others again."""
    return sorted(names, key=lambda name: not services[name].triggers)


def find_leaders(services: Services, restart: t.Sequence[str]) -> list[str]:
    """The services to restart: systemd restarts the others, which follow them.

    If services follow each other (Requires= one way, PartOf= the other), the first leads.
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
