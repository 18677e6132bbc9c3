# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""The gate behind the starts: health of containers that have a check, and probes."""

from __future__ import annotations

import time
import typing as t

from .._core.effective import has_health_check
from .._core.gate.verdict import why_unhealthy
from .._host import podman
from .watch import read_containers

if t.TYPE_CHECKING:
    from .._core.gate.probes import Probe
    from .context import Work
    from .watch import Watch

_IN_THE_USERS_GROUP = ("systemd-run", "--user", "--quiet", "--pipe", "--wait", "--collect")
"""A process outside of a user's control groups can't enter a container of that user."""


class Complaint(t.NamedTuple):
    """What did not pass.  service: '' for a probe, which asks no particular one."""

    service: str
    phase: str
    reason: str
    health_log: str | None = None


def look_inside(work: Work, watch: Watch) -> tuple[dict[str, str], list[Complaint]]:
    """Health by service, and what does not pass until the gate ends, or something falls."""
    checked = [
        name
        for name in watch.acted
        if work.app.gate.healthy == "auto"
        and not work.services[name].once
        and has_health_check(work.services[name].unit, work.desired)
    ]
    health = _wait_for_health(work, watch, checked) if checked else {}
    sick = [n for n in checked if health.get(n) not in ("healthy", "starting")]
    slow = [n for n in checked if health.get(n) == "starting" and watch.over]
    complaints = [complain_of_health(work, watch, name) for name in [*sick, *slow]]
    known = {name: said for name, said in health.items() if said}
    return known, complaints or ([] if watch.down else _ask_all(work, watch))


def _wait_for_health(work: Work, watch: Watch, names: t.Sequence[str]) -> dict[str, str | None]:
    """What Podman says of each once none is starting, or one is unhealthy or falls, or time is up.

    None: it has no container; '': no health.
    """
    pause = 0.25
    while True:
        watch.containers = read_containers(work) or watch.containers
        there = {name: watch.containers.get(name) for name in names}
        found = {name: one.health or "" if one else None for name, one in there.items()}
        watch.look()
        said = set(found.values())
        if said - {"healthy", "starting"} or said == {"healthy"} or watch.down or watch.over:
            return found
        time.sleep(pause)
        pause = min(pause * 1.5, 1.0)


def complain_of_health(work: Work, watch: Watch, name: str) -> Complaint:
    """What is wrong with a service's health, with the last words of its check."""
    one = watch.containers.get(name)
    log = podman.read_health_log(work.scope.manager, one.name) if one else None
    return Complaint(name, "health", why_unhealthy(one.health or "" if one else None, log), log)


def _ask_all(work: Work, watch: Watch) -> list[Complaint]:
    reasons = [(probe.name, _ask(work, watch, probe)) for probe in work.app.gate.probes]
    return [Complaint("", "probe", f"{name}: {reason}") for name, reason in reasons if reason]


def _ask(work: Work, watch: Watch, probe: Probe) -> str | None:
    from .._core.gate.probes import pauses
    from .._host.probes import ask

    prefix: list[str] = []
    if probe.container:
        names = [n for n, record in work.services.items() if record.unit == probe.container]
        container = (read_containers(work) or {}).get(names[0]) if names else None
        if container is None:
            return f"{probe.container} has no container"
        prefix = [] if work.scope.is_system else list(_IN_THE_USERS_GROUP)
        prefix += ["podman", "exec", container.name]
    reason = ask(probe, work.scope.manager, prefix)
    for pause in pauses(probe):
        if reason is None or time.monotonic() + pause > watch.end:
            break
        time.sleep(pause)
        watch.look()
        if watch.down:
            break
        reason = ask(probe, work.scope.manager, prefix)
    return reason
