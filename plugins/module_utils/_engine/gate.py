# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""The gate behind the starts: health of containers that have a check, then probes."""

from __future__ import annotations

import typing as t

from .._core.effective import has_health_check
from .._core.gate.failure import Failure
from .._core.gate.pods import find_fallen, pods_of
from .._core.gate.probes import pauses
from .._host import heard, podman, progress
from .start_failures import Report
from .watch import Watch, Watched, read_containers

if t.TYPE_CHECKING:
    from .._core.gate.probes import Probe
    from .._host.owner import Owner

_IN_THE_USERS_GROUP = ("systemd-run", "--user", "--quiet", "--pipe", "--wait", "--collect")
"""A process outside of a user's control groups can't enter a container of that user."""


def pass_gate(report: Report) -> tuple[dict[str, str], list[Failure]]:
    """Health by service, and what does not pass, once all is up."""
    watch = report.watch
    broken = _of_pods(report)
    if broken:
        return {}, broken
    health, failures = check_health_and_probes(report)
    if not watch.down:
        return health, failures
    watch.wait_settled()
    fallen = report.of_starts()
    known = {failure.service for failure in fallen}
    return health, [*fallen, *(f for f in failures if not f.service or f.service not in known)]


def _of_pods(report: Report) -> list[Failure]:
    """Pods of Kubernetes YAML of which a container has ended."""
    watched = report.watched
    names = pods_of(watched.services, report.watch.acted)
    if not names:
        return []
    fallen = find_fallen(names, podman.read_containers(watched.owner), report.since)
    return [report.explain(name, "start", reason) for name, reason in fallen.items()]


def check_health_and_probes(report: Report) -> tuple[dict[str, str], list[Failure]]:
    """The same until the gate ends, or a service falls."""
    watched, watch = report.watched, report.watch
    checked = [
        name
        for name in watch.acted
        if watched.gate.healthy == "auto"
        and not watched.services[name].once
        and has_health_check(watched.services[name].unit, watched.content)
    ]
    health = _wait_healthy(watched, watch, checked) if checked else {}
    sick = [n for n in checked if health.get(n) not in ("healthy", "starting")]
    slow = [n for n in checked if health.get(n) == "starting" and watch.timed_out]
    failures = [report.of_health(name) for name in [*sick, *slow]]
    if not failures and not watch.down:
        failures = _ask_probes(watched, watch)
    return {name: status for name, status in health.items() if status}, failures


def _wait_healthy(watched: Watched, watch: Watch, names: t.Sequence[str]) -> dict[str, str | None]:
    """Podman's word on each once none is starting, or one is unhealthy or falls, or time is up.

    None: it has no container; '': no health.
    """
    pause = 0.25
    while True:
        watch.containers = read_containers(watched.owner) or watch.containers
        containers = {name: watch.containers.get(name) for name in names}
        health = {name: c.health or "" if c else None for name, c in containers.items()}
        watch.poll()
        seen = set(health.values())
        unsure = [name for name in names if health[name] != "healthy"]
        progress.tell("health", unsure, len(names) - len(unsure), len(names))
        unhealthy = bool(seen - {"healthy", "starting"})
        if unhealthy or seen == {"healthy"} or watch.down or watch.timed_out:
            return health
        watched.clock.sleep(pause)
        pause = min(pause * 1.5, 1.0)


def _ask_probes(watched: Watched, watch: Watch) -> list[Failure]:
    """What does not pass; an answer is the service's own word."""
    reasons, probes = [], watched.gate.probes
    for number, probe in enumerate(probes, 1):
        progress.tell("probe", [probe.kind, *filter(None, [probe.container])], number, len(probes))
        reasons.append((probe.name, _ask(watched, watch, probe)))
    heard.note_words(watched.owner, *(reason or "" for _name, reason in reasons))
    return [Failure("probe", f"{name}: {reason}") for name, reason in reasons if reason]


def load_ask() -> t.Callable[[Probe, Owner, t.Sequence[str]], str | None]:
    """What asks a probe; loaded only where there are any, since HTTP takes a while."""
    from .._host.probes import ask

    return ask


def _ask(watched: Watched, watch: Watch, probe: Probe) -> str | None:
    ask = load_ask()
    prefix: list[str] = []
    if probe.container:
        names = [n for n, record in watched.services.items() if record.unit == probe.container]
        container = (read_containers(watched.owner) or {}).get(names[0]) if names else None
        if container is None:
            return f"{probe.container} has no container"
        prefix = [] if watched.is_system else list(_IN_THE_USERS_GROUP)
        prefix += ["podman", "exec", "--", container.name]
    reason = ask(probe, watched.owner, prefix)
    for pause in pauses(probe):
        if reason is None or watched.clock.monotonic() + pause > watch.end:
            break
        watched.clock.sleep(pause)
        watch.poll()
        if watch.down:
            break
        reason = ask(probe, watched.owner, prefix)
    return reason
