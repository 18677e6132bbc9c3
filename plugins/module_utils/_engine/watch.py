# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Services on their way up, polled: a blocking start would wait for the slowest."""

from __future__ import annotations

import typing as t

from .._core.app.app import App
from .._core.content import Blob
from .._core.effective import container_value
from .._core.errors import QuadletError
from .._core.gate.options import Gate
from .._core.gate.stable import seconds_left, stable_times
from .._core.gate.verdict import has_come_up, next_pause
from .._core.state.manifest import ServiceRecord
from .._core.systemd_state import Details, State
from .._host import podman, progress
from .._host.clock import Clock
from .._host.owner import Owner
from .._host.scope import Scope
from .._host.systemd import Manager

if t.TYPE_CHECKING:
    from .._core.validate.conflicts import Container

_GRACE, _ENDING = 1.0, 10.0
_DETAILS_EVERY, _HEALTH_EVERY = 4.0, 2.0
_MANY, _ALL_EVERY, _FRESH = 50, 1.0, 0.5
"""From so many services on, a poll of all takes its time while systemd moves one of them: it is
made at the end, and each second.  States that are fresh are not asked for once more.
"""


class Watched(t.NamedTuple):
    """What waiting for services takes.  owner: of their containers."""

    manager: Manager
    owner: Owner
    clock: Clock
    gate: Gate
    services: t.Mapping[str, ServiceRecord]
    content: t.Mapping[str, Blob]
    is_system: bool


def make_watched(
    app: App,
    scope: Scope,
    manager: Manager,
    services: t.Mapping[str, ServiceRecord],
    content: t.Mapping[str, Blob],
) -> Watched:
    """An app's services as something to wait for."""
    clock, owner = manager.clock, scope.manager
    return Watched(manager, owner, clock, app.gate, services, content, scope.is_system)


class Watch:
    """What the last poll saw.

    acted: services that this run starts; only their restarts count.  down: those that failed
    for certain; ending: one of them still stops.  pending: those on their way.  end: of the gate,
    by the monotonic clock.
    restarts_before: by systemd, from before the time that counts, by service.
    seen: states of those that are not acted on, read just now.
    """

    def __init__(
        self,
        watched: Watched,
        names: t.Sequence[str],
        acted: t.Sequence[str],
        seen: t.Mapping[str, State] | None = None,
    ) -> None:
        self._watched = watched
        self._clock = watched.clock
        self.names, self.acted = list(names), list(acted)
        self.end = self._clock.monotonic() + max(1.0, watched.gate.timeout)
        seen = seen if seen and len(names) >= _MANY else {}
        self.states: dict[str, State] = dict(seen)
        self.details: dict[str, Details] = {}
        self.containers: dict[str, Container] = {}
        self.down: set[str] = set()
        self.pending: set[str] = set()
        self.restarts_before: dict[str, int] = {}
        self.ending = False
        self._was_up: set[str] = set()
        self._was_up |= {name for name in seen if self._has_come_up(name)}
        self._all_at = self._clock.monotonic() if seen else -_ALL_EVERY
        self._all_due = self._all_at + _ALL_EVERY
        self._is_partial = False
        self._wait_for_health = _notify_healthy(watched, acted)
        self._details_due = self._clock.monotonic() + _DETAILS_EVERY
        self._health_due = 0.0

    def poll(self) -> bool:
        """Looks once at all; whether nothing is on its way any more."""
        started = self._clock.monotonic()
        settled = self._poll(self.names)
        self._all_at = self._clock.monotonic()
        self._all_due = self._all_at + max(_ALL_EVERY, 10 * (self._all_at - started))
        self._is_partial = False
        return settled

    def _follow(self) -> bool:
        """The same; of many services at those that move, and at all before it says that nothing
        does, and now and then: another one may fall.
        """
        acted = frozenset(self.acted)
        moving = [n for n in self.names if n in acted or n not in self._was_up]
        few = max(_MANY, 4 * len(moving)) <= len(self.names)
        if few and self._clock.monotonic() < self._all_due and not self._poll(moving):
            self._is_partial = True
            return False
        return self.poll()

    def read_states(self, names: t.Iterable[str]) -> dict[str, State]:
        """States of services; those of a poll of all just now are not asked for once more."""
        is_fresh = not self._is_partial and self._clock.monotonic() - self._all_at < _FRESH
        known = {n: self.states[n] for n in self.names if n in self.states} if is_fresh else {}
        names = list(names)
        found = {**known, **self._watched.manager.read_states([n for n in names if n not in known])}
        return {name: found[name] for name in names if name in found}

    def _has_come_up(self, name: str) -> bool | None:
        once, was_up = self._watched.services[name].once, name in self._was_up
        return has_come_up(self.states.get(name, State()), once=once, was_up=was_up)

    def _poll(self, names: t.Sequence[str]) -> bool:
        self.states = {
            **{name: self.states[name] for name in {*self.states}.difference(names)},
            **self._watched.manager.read_states(names),
        }
        self.down.difference_update(names)
        self.pending.difference_update(names)
        for name in names:
            up = self._has_come_up(name)
            if up is None:
                self.pending.add(name)
            elif up:
                self._was_up.add(name)
            else:
                self.down.add(name)
        self._poll_closer()
        downs = [self.states.get(name, State()).active for name in self.down]
        self.ending = "deactivating" in downs
        return not self.pending and not self.ending

    def _poll_closer(self) -> None:
        """What costs more: restarts, and the health of services that wait for it."""
        if self._clock.monotonic() >= self._details_due:
            self.read_details()
        self.down |= {name for name in self.acted if self._restarted(name)}
        waiting = self.pending & self._wait_for_health
        if waiting and self._clock.monotonic() >= self._health_due:
            self.containers = read_containers(self._watched.owner) or self.containers
            self._health_due = self._clock.monotonic() + _HEALTH_EVERY
        self.down |= {name for name in waiting if self.unhealthy(name)}

    def read_details(self) -> None:
        """Details of what this run starts, and of what is down."""
        started = self._clock.monotonic()
        names = dict.fromkeys([*self.acted, *sorted(self.down)])
        self.details = self._watched.manager.read_details(list(names))
        now = self._clock.monotonic()
        self._details_due = now + max(_DETAILS_EVERY, 10 * (now - started))

    def _restarted(self, name: str) -> bool:
        """Whether systemd restarted a service that has to stay up; of a job the last try counts."""
        if self._watched.services[name].once:
            return False
        before = self.restarts_before.get(name, 0)
        return name in self.details and self.details[name].restarts > before

    def unhealthy(self, name: str) -> bool:
        """Whether Podman said at the last poll that a container's check fails."""
        return name in self.containers and self.containers[name].health == "unhealthy"

    @property
    def timed_out(self) -> bool:
        """Whether the gate's timeout is over."""
        return self._clock.monotonic() >= self.end

    def wait_settled(self) -> None:
        """Until all are up or done.  After the first certain failure the others have a second, and
        a failed service that still stops some more: its end tells most.
        """
        pause, since, left = 0.05, None, len(self.names)
        while not self._follow():
            now = self._clock.monotonic()
            since = (since or now) if self.down else None
            last = since + (_ENDING if self.ending else _GRACE) if since else self.end
            if now >= min(last, self.end):
                break
            if progress.is_on():
                self._tell_pending()
            self._clock.sleep(pause)
            before, left = left, len(self.pending)
            pause = next_pause(pause, before, left, len(self.names))
        if self._is_partial:
            self.poll()
        self.read_details()

    def _tell_pending(self) -> None:
        names = [name for name in self.names if name in self.pending]
        progress.tell("start", names, len(self.names) - len(names), len(self.names))

    def wait_stable(self) -> None:
        """Until each has been up for the stable time; a fall or a restart ends it at once."""
        watched = self._watched
        units = {name: watched.services[name].unit for name in self.acted}
        stable = stable_times(watched.gate.stable, units, watched.content)
        seconds = seconds_left(stable, self._clock.monotonic(), self.details)
        until, pause = self._clock.monotonic() + seconds, 0.1
        progress.tell("stable", self.acted, of=round(seconds))
        while not self.down and self._clock.monotonic() < until:
            self._clock.sleep(max(0.0, min(pause, until - self._clock.monotonic())))
            pause = min(pause * 1.5, 0.5)
            self.poll()
        if seconds:
            self.wait_settled()


def _notify_healthy(watched: Watched, names: t.Iterable[str]) -> frozenset[str]:
    """Services whose start is done when the first health check succeeds."""
    return frozenset(
        name
        for name in names
        if container_value(watched.services[name].unit, watched.content, "Notify") == "healthy"
    )


def read_containers(owner: Owner) -> dict[str, Container] | None:
    """Containers by their services; None where Podman is too busy to answer."""
    try:
        containers = podman.read_containers(owner)
    except QuadletError:
        return None
    return {container.service: container for container in containers}
