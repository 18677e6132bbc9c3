# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""The sections of systemd: restarts, dependencies, times, and the start at boot."""

from __future__ import annotations

import math

from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.health import (
    has_check,
    start_limit,
)
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.model import (
    Container,
    Dependency,
    Pod,
    Restart,
)
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.texts import (
    duration,
    whole_seconds,
)
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.unit import Unit
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.writing import Writing

_STOP_LIMIT = 80
_HEALTHY_SINCE = (5, 0)
"""The first Podman with Notify=healthy."""
_DOCKER_FORGETS = 10
"""Seconds after which Docker counts the tries of a restart anew."""


def write_service(writing: Writing, unit: Unit, container: Container) -> None:
    """What systemd has to know of a container.  Its own lines come first."""
    for line in container.lines:
        unit.line(line.section, line.key, line.value, line.given)
    _write_dependencies(writing, unit, container)
    is_job = container.name in writing.jobs
    if is_job:
        unit.default("Service", "Type", "oneshot")
        if _is_needed(writing, container.name):
            unit.default("Service", "RemainAfterExit", "yes")
    if container.restart is not None:
        _write_restart(unit, container.restart, is_job)
        _keep_dependents(writing, unit, container)
    waits = container.name in writing.awaited and unit.podman >= _HEALTHY_SINCE
    if waits and not is_job and has_check(container):
        unit.default(unit.section, "Notify", "healthy")
        unit.default("Service", "TimeoutStartSec", str(start_limit(container)))
    _write_stop(unit, container)
    _write_success(unit)
    pulled_in = is_job and _is_needed(writing, container.name)
    if _starts_at_boot(writing, container) and container.pod is None and not pulled_in:
        unit.default("Install", "WantedBy", "default.target")


def _write_success(unit: Unit) -> None:
    """What a stop ends with is no failure: 143 of a process that ends on SIGTERM, 137 of one that
    was killed because it did not.  Without Restart=always a kill by the kernel has to count.
    """
    if unit.has("Service", "SuccessExitStatus"):
        return
    unit.line("Service", "SuccessExitStatus", "143")
    if unit.sections["Service"].get("Restart") == "always":
        unit.line("Service", "SuccessExitStatus", "137")


def write_pod_service(writing: Writing, unit: Unit, pod: Pod) -> None:
    """What systemd has to know of a pod."""
    for line in pod.lines:
        unit.line(line.section, line.key, line.value, line.given)
    if _starts_at_boot(writing, pod):
        unit.default("Install", "WantedBy", "default.target")


def _starts_at_boot(writing: Writing, made: Container | Pod) -> bool:
    """As its source says, or as the options do."""
    return writing.options.boot if made.boot is None else made.boot


def _is_needed(writing: Writing, stem: str) -> bool:
    return any(need.container == stem for c in writing.model.containers for need in c.dependencies)


def _write_dependencies(writing: Writing, unit: Unit, container: Container) -> None:
    for need in container.dependencies:
        target = writing.containers.get(need.container)
        if target is None:
            if need.required:
                need.given.absent(
                    f"there is no service {need.container}", "Add it, or set required: false."
                )
            else:
                need.given.dropped(f"there is no service {need.container}, and none is required")
            continue
        keys = ("Requires" if _requires(writing, need, target) else "Wants", "After")
        for key in keys:
            unit.line("Unit", key, writing.service(need.container), need.given)


def _requires(writing: Writing, need: Dependency, target: Container) -> bool:
    """Whether it is Requires= rather than Wants=; what that changes is told."""
    given = need.given
    if need.condition == "healthy":
        return _waits_for_health(writing, need, target)
    if not need.required:
        return False
    if need.condition == "completed":
        return True
    if need.restart:
        given.approximated(
            "it also stops with the service that it needs, and does not come back with it",
            rule="dependency",
        )
    return need.restart


def _waits_for_health(writing: Writing, need: Dependency, target: Container) -> bool:
    given, check = need.given, has_check(target)
    if check is False:
        given.absent(f"{target.name} has no health check to wait for", "Give it one.", "dependency")
    elif check is None:
        given.approximated(
            f"it starts when {target.name} has started: whether its image has a health check is "
            "not known",
            f"Give {target.name} a health check.",
            "dependency",
        )
    wants = writing.options.healthy == "wants" or not need.required
    if check and writing.options.podman < _HEALTHY_SINCE:
        given.approximated(
            f"it starts when {target.name} has started: Podman before 5.0 does not tell systemd of "
            "its health",
            rule="dependency",
        )
    elif check:
        given.approximated(
            "it starts even if that never gets healthy"
            if wants
            else "it also stops and restarts with what it waits for, at any time",
            rule="dependency",
        )
    return not wants


def _write_restart(unit: Unit, restart: Restart, is_job: bool) -> None:
    given, policy = restart.given, restart.policy
    if policy in ("no", "none", ""):
        given.exact("nothing is written: systemd's default is no")
        return
    if is_job and policy != "on-failure":
        given.approximated("a job that has succeeded is not started again", rule="restart-job")
    if policy == "unless-stopped":
        given.approximated(
            "a service that was stopped by hand starts at the next boot",
            "Use systemctl mask, or state: stopped.",
            "restart",
        )
    form = "on-failure" if is_job or policy == "on-failure" else "always"
    unit.default("Service", "Restart", form)
    given.write(unit.name, "Restart")
    delay = 1.0 if restart.delay is None else restart.delay
    whole = delay == int(delay)
    unit.default("Service", "RestartSec", str(int(delay)) if whole else duration(delay))
    if restart.tries:
        _write_tries(unit, restart, delay)
        return
    unit.default("Unit", "StartLimitIntervalSec", "0")
    if restart.delay is None:
        unit.default("Service", "RestartSteps", "6")
        unit.default("Service", "RestartMaxDelaySec", "60")


def _keep_dependents(writing: Writing, unit: Unit, container: Container) -> None:
    """A restart of itself is none of its dependents, and a failed try no end of their wait, as with
    Docker.  Older releases of systemd than 254 ignore the key.  Who is in its namespaces has to
    follow: they are new ones.
    """
    joined = any(_joins(other, container.name) for other in writing.model.containers)
    is_needed = container.engine == "docker" and _is_needed(writing, container.name)
    if is_needed and not joined and unit.has("Service", "Restart"):
        unit.default("Service", "RestartMode", "direct")


def _joins(other: Container, stem: str) -> bool:
    """Whether it uses a namespace of a container."""
    modes = [option.value for option in other.options]
    if other.network_mode is not None:
        modes.append(other.network_mode.value)
    return f"service:{stem}" in modes


def _write_tries(unit: Unit, restart: Restart, delay: float) -> None:
    """The first start and so many tries; systemd counts those of a span of time."""
    starts = restart.tries + 1
    span = math.ceil(starts * (delay + _DOCKER_FORGETS))
    unit.default("Unit", "StartLimitIntervalSec", str(span))
    unit.default("Unit", "StartLimitBurst", str(starts))
    restart.given.approximated(
        f"systemd counts the tries of {span} seconds; Docker those without ten seconds of running "
        "between them",
        rule="restart",
    )


def _write_stop(unit: Unit, container: Container) -> None:
    if container.stop_timeout is None:
        return
    seconds, given = container.stop_timeout.value, container.stop_timeout.given
    unit.put("StopTimeout", whole_seconds(seconds), given)
    if seconds > _STOP_LIMIT:
        unit.default("Service", "TimeoutStopSec", whole_seconds(seconds + 10))
        given.write(unit.name, "TimeoutStopSec")
