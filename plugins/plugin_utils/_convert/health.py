# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Health checks, in the forms that Podman 5.4 to 6.1 read alike."""

from __future__ import annotations

import re

from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.model import (
    Container,
    Health,
    Value,
)
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.texts import (
    duration,
    parse_duration,
    parse_whole,
)
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.unit import Unit

_PLAIN_WORD = re.compile(r"[^\s\"'\[\\]+")
_MARKED = re.compile(r"\s*(?:\[|(?:CMD|CMD-SHELL|NONE)(?:\s|$))", re.IGNORECASE)


def write_health(unit: Unit, container: Container) -> None:
    """The check and its times."""
    health = container.health
    if health is None:
        return
    if health.command is not None:
        _write_command(unit, health, health.command)
    if not has_check(container):
        _settle_times(health)
        return
    times = (
        ("HealthInterval", health.interval),
        ("HealthTimeout", health.timeout),
        ("HealthStartPeriod", health.start_period),
    )
    for key, time in times:
        if time is not None:
            unit.put(key, duration(time.value), time.given)
    if health.retries is not None:
        unit.put("HealthRetries", str(health.retries.value), health.retries.given)
    if health.start_interval is not None:
        _write_startup(unit, health, health.start_interval)


def _settle_times(health: Health) -> None:
    """Times without a command: Podman has none for a check that only the image knows."""
    for item in (
        *(health.interval, health.timeout, health.retries),
        *(health.start_period, health.start_interval),
    ):
        if item is not None and health.command is not None:
            item.given.exact("there is no check")
        elif item is not None:
            item.given.dropped(
                "Podman changes the times of an image's check only together with its command",
                "Give the command of the check.",
                "health-command",
            )


def has_check(container: Container) -> bool | None:
    """Whether it has a health check; None: the image may have one."""
    health = container.health
    if health is not None and health.command is not None:
        return bool(health.command.value)
    for option in container.options:
        if option.name == "--health-cmd":
            return option.value not in ("", "none", None)
    return False if any(o.name == "--no-healthcheck" for o in container.options) else None


def start_limit(container: Container) -> int:
    """Seconds until a container is healthy, at the latest: that of systemd must be above."""
    health = container.health or Health()
    given = {option.name: option.value or "" for option in container.options}
    interval = _time(health.interval, given.get("--health-interval"), 30)
    patience = _time(health.timeout, given.get("--health-timeout"), 30)
    period = _time(health.start_period, given.get("--health-start-period"), 0)
    number = parse_whole(given.get("--health-retries", ""))
    retries = health.retries.value if health.retries else 3 if number is None else number
    return int(period + max(retries, 1) * (interval + patience) + 60)


def _time(value: Value[float] | None, option: str | None, usual: float) -> float:
    """A time in seconds, of Docker's or as Podman's option has it."""
    if value is not None:
        return value.value
    seconds = parse_duration(option) if option else None
    return usual if seconds is None else seconds


def _write_command(unit: Unit, health: Health, command: Value[tuple[str, ...]]) -> None:
    words, given = command.value, command.given
    if not words:
        unit.put("HealthCmd", "none", given)
    elif health.shell:
        _write_script(unit, command)
    elif all(_PLAIN_WORD.fullmatch(word) for word in words):
        unit.put("HealthCmd", " ".join(["CMD", *words]), given)
    elif len(words) > 1 and words[0].upper() not in ("CMD", "CMD-SHELL", "NONE"):
        error = unit.words("HealthCmd", words, given)
        if error:
            given.fail(error)
    else:
        given.refused(
            f"there is no form for a check of these words alone: {list(words)!r}",
            "Use CMD-SHELL, or a program without blanks in its name.",
            "health-command",
        )


def _write_script(unit: Unit, command: Value[tuple[str, ...]]) -> None:
    """A string is a shell's for Podman, unless its first word is one of Docker's or it is JSON."""
    script = " ".join(command.value)
    plain = not _MARKED.match(script) and unit.fits("HealthCmd", script)
    if plain:
        unit.put("HealthCmd", script, command.given)
        return
    error = unit.words("HealthCmd", ["CMD-SHELL", *command.value], command.given)
    if error:
        command.given.fail(error)


def _write_startup(unit: Unit, health: Health, interval: Value[float]) -> None:
    """Docker asks more often while a container starts; Podman has a check of its own for that."""
    given, check = interval.given, unit.sections[unit.section].get("HealthCmd")
    if health.command is None or not health.command.value or check is None:
        given.dropped(
            "Podman asks more often only with a command that is given here",
            "Give the command of the check.",
            "start-interval",
        )
        return
    unit.sections[unit.section]["HealthStartupCmd"] = check
    unit.put("HealthStartupInterval", duration(interval.value), given)
    given.approximated(
        "Podman asks at this interval until the check succeeds for the first time",
        rule="start-interval",
    )
