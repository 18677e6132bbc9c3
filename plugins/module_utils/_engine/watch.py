# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Services on their way up, looked at again and again: a blocking start waits for the slowest."""

from __future__ import annotations

import time
import typing as t

from .._core.effective import container_value
from .._core.errors import QuadletError
from .._core.gate.verdict import next_pause, seconds_left, stands
from .._core.systemd_state import Details, State
from .._host import podman

if t.TYPE_CHECKING:
    from .._core.validate.conflicts import Container
    from .context import Work

_GRACE, _ENDING = 1.0, 10.0
_DETAILS_EVERY, _HEALTH_EVERY = 4.0, 2.0


class Watch:
    """What was seen at the last look.

    acted: services that this run starts; only their restarts count.  down: those that failed
    for certain; ending: one of them still stops.  pending: those on their way.  end: of the gate,
    by the monotonic clock.
    restarts_before: by systemd, from before the time that counts, by service.
    """

    def __init__(self, work: Work, names: t.Sequence[str], acted: t.Sequence[str]) -> None:
        self._work = work
        self.names, self.acted = list(names), list(acted)
        self.end = time.monotonic() + max(1.0, work.app.gate.timeout)
        self.states: dict[str, State] = {}
        self.details: dict[str, Details] = {}
        self.containers: dict[str, Container] = {}
        self.down: set[str] = set()
        self.pending: set[str] = set()
        self.restarts_before: dict[str, int] = {}
        self.ending = False
        self._was_up: set[str] = set()
        self._wait_for_health = _tell_health(work, acted)
        self._details_due = time.monotonic() + _DETAILS_EVERY
        self._health_due = 0.0

    def look(self) -> bool:
        """One look; whether nothing is on its way any more."""
        self.states = self._work.manager.read_states(self.names)
        self.down, self.pending = set(), set()
        for name in self.names:
            once, was_up = self._work.services[name].once, name in self._was_up
            fine = stands(self.states.get(name, State()), once=once, was_up=was_up)
            found = {True: self._was_up, False: self.down, None: self.pending}[fine]
            found.add(name)
        self._look_closer()
        downs = [self.states.get(name, State()).active for name in self.down]
        self.ending = "deactivating" in downs
        return not self.pending and not self.ending

    def _look_closer(self) -> None:
        """What costs more: restarts, and the health of those that wait for it."""
        if time.monotonic() >= self._details_due:
            self.read_details()
        self.down |= {name for name in self.acted if self._restarted(name)}
        waiting = self.pending & self._wait_for_health
        if waiting and time.monotonic() >= self._health_due:
            self.containers = read_containers(self._work) or self.containers
            self._health_due = time.monotonic() + _HEALTH_EVERY
        self.down |= {name for name in waiting if self.unhealthy(name)}

    def read_details(self) -> None:
        """Details of what this run starts, and of what is down."""
        started = time.monotonic()
        names = dict.fromkeys([*self.acted, *sorted(self.down)])
        self.details = self._work.manager.read_details(list(names))
        now = time.monotonic()
        self._details_due = now + max(_DETAILS_EVERY, 10 * (now - started))

    def _restarted(self, name: str) -> bool:
        before = self.restarts_before.get(name, 0)
        return name in self.details and self.details[name].restarts > before

    def unhealthy(self, name: str) -> bool:
        """Whether Podman said at the last look that a container's check fails."""
        return name in self.containers and self.containers[name].health == "unhealthy"

    @property
    def over(self) -> bool:
        """Whether the gate's timeout is over."""
        return time.monotonic() >= self.end

    def follow(self) -> None:
        """Until all are up or done; after the first certain failure the others have a second, and
        what failed some more to come to its end, which tells most.
        """
        pause, since, left = 0.05, None, len(self.names)
        while not self.look():
            now = time.monotonic()
            since = (since or now) if self.down else None
            last = since + (_ENDING if self.ending else _GRACE) if since else self.end
            if now >= min(last, self.end):
                break
            time.sleep(pause)
            before, left = left, len(self.pending)
            pause = next_pause(pause, before, left, len(self.names))
        self.read_details()

    def stay(self) -> None:
        """Until each has been up for the stable time; what falls or restarts ends it at once."""
        stable = self._work.app.gate.stable
        seconds = seconds_left(stable, time.monotonic(), self.details.values())
        until, pause = time.monotonic() + seconds, 0.1
        while not self.down and time.monotonic() < until:
            time.sleep(max(0.0, min(pause, until - time.monotonic())))
            pause = min(pause * 1.5, 0.5)
            self.look()
        if seconds:
            self.follow()


def _tell_health(work: Work, names: t.Iterable[str]) -> frozenset[str]:
    """Services whose start is done when the first health check succeeds."""
    return frozenset(
        name
        for name in names
        if container_value(work.services[name].unit, work.desired, "Notify") == "healthy"
    )


def read_containers(work: Work) -> dict[str, Container] | None:
    """Containers by their services; None where Podman is just too busy to tell."""
    try:
        found = podman.read_containers(work.scope.manager)
    except QuadletError:
        return None
    return {one.service: one for one in found}
