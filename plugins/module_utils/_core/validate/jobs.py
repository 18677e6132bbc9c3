# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Which services a run leaves to others: to a timer, to another unit, or to whoever wants them.

A job that nothing starts, such as the restore of a backup, must not run because it was deployed.
"""

from __future__ import annotations

import typing as t

from ..quadlet.kinds import companion_of, kind_of

if t.TYPE_CHECKING:
    from .generator import Service


def is_job(service: Service) -> bool:
    """Whether a service does its work and ends: a one-shot that runs a program.

    Those of networks, volumes, images and builds are one-shots, too, but make an object.
    """
    kind = kind_of(service.unit)
    return service.oneshot and (kind is None or kind.runs)


def find_waiting(services: t.Sequence[Service]) -> frozenset[str]:
    """Services that no run starts: what a timer, socket or path starts, companions that only others
    start, and jobs that nothing starts which a run does.  [Install] makes any of them start.
    """
    triggered = {name for service in services for name in service.triggers}
    waiting = {service.name for service in services if _is_left(service, triggered)}
    jobs = {s.name for s in services if is_job(s) and not s.installed} - waiting
    roots = [s.name for s in services if s.name not in waiting and s.name not in jobs]
    return frozenset(waiting | (jobs - _reached(services, roots)))


def _is_left(service: Service, triggered: t.Collection[str]) -> bool:
    companion = companion_of(service.unit)
    started = companion.started if companion else "untriggered"
    waits = {
        "never": True,
        "installed": not service.installed,
        "untriggered": service.name in triggered and not service.installed,
    }
    return waits.get(started, False)


def _reached(services: t.Sequence[Service], roots: t.Iterable[str]) -> set[str]:
    """What systemd starts along with the roots."""
    pulls = {service.name: service.pulls for service in services}
    reached: set[str] = set()
    queue = list(roots)
    while queue:
        name = queue.pop()
        if name not in reached:
            reached.add(name)
            queue += pulls.get(name, ())
    return reached
