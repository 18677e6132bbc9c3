# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Stopping services, and waiting for it as long as systemd itself does."""

from __future__ import annotations

import typing as t

from .._core.errors import QuadletError
from . import progress
from .systemd import Manager

if t.TYPE_CHECKING:
    from .._core.gate.stops import Seen

_AT_FIRST = 10.0
_AFTER_KILL = 15.0


def stop_services(manager: Manager, services: t.Collection[str], *, kill: bool = False) -> None:
    """Stops services; QuadletError for those that are not down in the end.

    A process that does not heed SIGTERM is killed by systemd when its TimeoutStopSec= is over, and
    its service reads failed; that failure is reset.  kill: where systemd does not, this does.
    """
    if not services:
        return
    progress.tell("stop", services)
    ran = manager.stop(services, timeout=_AT_FIRST)
    # 5: one of them is not loaded (any more), so it does not run.
    if ran.status not in (0, 5, 124):
        raise manager.failed(f"stopping {', '.join(services)} failed", ran)
    if ran.status == 124:
        _wait_out(manager, services, kill=kill)
    manager.reset_failed(services)


def _wait_out(manager: Manager, services: t.Collection[str], *, kill: bool) -> None:
    from .._core.gate.stops import Stops

    clock, pause = manager.clock, 0.25
    stops, killed_at = Stops(manager.read_stop_limits(services)), None
    while True:
        seen, now = stops.see(manager.read_states(services), clock.monotonic()), clock.monotonic()
        if not seen.busy:
            break
        if killed_at is not None and now - killed_at > _AFTER_KILL:
            raise _not_down(seen, " although they were killed")
        if seen.overdue and not kill:
            raise _not_down(seen, " after the time that systemd gives them")
        if seen.overdue and killed_at is None:
            manager.kill(seen.overdue)
            killed_at = now
        clock.sleep(pause)
        pause = min(pause * 1.5, 1.0)
    if seen.again:
        raise QuadletError(
            f"stopping {', '.join(seen.again)} failed: something started them again",
            remedy="Look for what does: a socket, a timer, a path unit, another run.",
            topic="stop-failed",
        )


def _not_down(seen: Seen, why: str) -> QuadletError:
    return QuadletError(
        f"{', '.join(seen.overdue or seen.busy)} did not stop{why}",
        remedy=f"Look at: systemctl status {' '.join(seen.overdue or seen.busy)}",
        topic="stop-failed",
    )
