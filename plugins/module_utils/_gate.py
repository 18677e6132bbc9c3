# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""The gate behind the starts: health of containers that have a check, and probes."""

from __future__ import annotations

import time
import typing as t

from ._core.conflicts import Container
from ._core.inputs import has_health_check
from ._host import podman, systemd

if t.TYPE_CHECKING:
    from ._core.probes import Probe
    from ._work import Work

_IN_THE_USERS_GROUP = ("systemd-run", "--user", "--quiet", "--pipe", "--wait", "--collect")
"""A process outside of a user's control groups can't enter a container of that user."""


class Complaint(t.NamedTuple):
    """What did not pass.  service: '' for a probe, which asks no particular one."""

    service: str
    phase: str
    reason: str


def look_inside(
    work: Work, acted: t.Sequence[str], end: float
) -> tuple[dict[str, str], list[Complaint]]:
    """Health by service, and what does not pass until the end (monotonic clock)."""
    checked = [
        name
        for name in acted
        if work.app.gate.healthy == "auto"
        and has_health_check(work.services[name].unit, work.desired)
    ]
    health = _wait_for_health(work, checked, end)
    complaints = [
        Complaint(name, "health", _why_not(health.get(name)))
        for name in checked
        if health.get(name) != "healthy"
    ]
    return health, complaints or _ask_all(work, end)


def _wait_for_health(work: Work, names: t.Sequence[str], end: float) -> dict[str, str]:
    found: dict[str, str] = {}

    def settled() -> bool:
        by_service = _containers(work)
        found.update({name: by_service[name].health or "" for name in names if name in by_service})
        return all(found.get(name) != "starting" for name in names)

    if names:
        systemd.wait_until(settled, max(0.0, end - time.monotonic()))
    return found


def _containers(work: Work) -> dict[str, Container]:
    return {one.service: one for one in podman.read_containers(work.scope.manager)}


def _why_not(health: str | None) -> str:
    return {
        None: "it has no container any more",
        "": "Podman does not know its health",
        "starting": "it is still starting, and the gate's timeout is over",
    }.get(health, "its health check fails")


def _ask_all(work: Work, end: float) -> list[Complaint]:
    reasons = [(probe.name, _ask(work, probe, end)) for probe in work.app.gate.probes]
    return [Complaint("", "probe", f"{name}: {reason}") for name, reason in reasons if reason]


def _ask(work: Work, probe: Probe, end: float) -> str | None:
    from ._core.probes import pauses
    from ._host.probes import ask

    prefix: list[str] = []
    if probe.container:
        names = [n for n, record in work.services.items() if record.unit == probe.container]
        container = _containers(work).get(names[0]) if names else None
        if container is None:
            return f"{probe.container} has no container"
        prefix = [] if work.scope.is_system else list(_IN_THE_USERS_GROUP)
        prefix += ["podman", "exec", container.name]
    reason = ask(probe, work.scope.manager, prefix)
    for pause in pauses(probe):
        if reason is None or time.monotonic() + pause > end:
            break
        time.sleep(pause)
        reason = ask(probe, work.scope.manager, prefix)
    return reason
