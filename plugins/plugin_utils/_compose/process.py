# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""What a service runs: command, health check, restarts, stops, hooks."""

from __future__ import annotations

import typing as t

from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose import values
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.dispatch import Handlers
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.reading import (
    UnfitError,
    convert,
    items,
    mapping,
    pairs,
    refusing,
    taken,
    taken_flag,
    text,
    text_value,
)
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.service import Need, Service
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.table import Row
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.taking import Branch
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.model import (
    Health,
    Hook,
    Restart,
    Value,
    Words,
)

_POLICIES: t.Final = frozenset({"no", "always", "on-failure", "unless-stopped"})
_CONDITIONS: t.Final = {
    "none": "no",
    "no": "no",
    "on-failure": "on-failure",
    "any": "always",
    "always": "always",
    "unless-stopped": "unless-stopped",
}
_PULLS: t.Final = {
    "always": "always",
    "never": "never",
    "missing": "missing",
    "if_not_present": "missing",
}
_PERIODS: t.Final = frozenset({"daily", "weekly", "refresh"})


def read_words(branch: Branch) -> Words:
    """The words of a command; a string is split as Compose splits it."""
    if branch.is_mapping:
        raise UnfitError(branch, "it is a mapping, not a command")
    if branch.is_list:
        words = tuple(text(item) for item in branch.each())
        return Value(words, branch.take())
    line = text(branch)
    words, cut = values.split_words(line)
    given = branch.take()
    if cut:
        given.approximated(
            f"Compose cuts a command at {cut[0]!r}: {cut.strip()!r} does not run",
            "Give a shell and the command: [sh, -c, …].",
            "cut-command",
        )
    return Value(words, given)


def _read_command(service: Service, branch: Branch, _row: Row) -> None:
    if branch.node.value is None:
        branch.take().exact("the image's own")
    else:
        service.container.command = read_words(branch)


def _read_entrypoint(service: Service, branch: Branch, _row: Row) -> None:
    if branch.node.value is None:
        branch.take().exact("the image's own")
    else:
        service.container.entrypoint = read_words(branch)


def _read_health(service: Service, branch: Branch, _row: Row) -> None:
    health = Health()
    fields = mapping(branch)
    for key in ("interval", "timeout", "start_period", "start_interval"):
        if key in fields:
            with refusing(fields[key]):
                seconds = convert(fields[key], values.to_seconds)
                setattr(health, key, Value(seconds, fields[key].take()))
    if "retries" in fields:
        with refusing(fields["retries"]):
            retries = convert(fields["retries"], values.to_int)
            health.retries = Value(retries, fields["retries"].take())
    if "test" in fields:
        with refusing(fields["test"]):
            _read_test(health, fields["test"])
    if "disable" in fields:
        with refusing(fields["disable"]):
            _read_disable(health, fields["disable"])
    service.container.health = health


def _read_test(health: Health, branch: Branch) -> None:
    if not branch.is_list:
        health.command, health.shell = Value((text(branch),), branch.take()), True
        return
    kind, *words = [text(item) for item in branch.each()] or [""]
    if kind not in ("CMD", "CMD-SHELL", "NONE"):
        if not words and not kind:
            branch.take().exact("the image's own")
            return
        raise UnfitError(branch, f"a list begins with CMD, CMD-SHELL or NONE, not {kind!r}")
    if kind != "NONE" and not words:
        raise UnfitError(branch, f"{kind} has no command")
    given = branch.take()
    if kind == "CMD-SHELL":
        health.shell = True
        if words[1:]:
            given.approximated("a shell gets the first word behind CMD-SHELL; the rest is unused")
    keep = {"NONE": 0, "CMD-SHELL": 1}.get(kind, len(words))
    health.command = Value(tuple(words[:keep]), given)


def _read_disable(health: Health, branch: Branch) -> None:
    if not convert(branch, values.to_bool):
        branch.take().exact("that is so without it")
        return
    if health.command:
        health.command.given.exact("the check is disabled")
    health.command, health.shell = Value((), branch.take()), False


def _read_restart(service: Service, branch: Branch, _row: Row) -> None:
    line = text(branch)
    policy, colon, tries = line.partition(":")
    if policy not in _POLICIES or (colon and policy != "on-failure"):
        raise UnfitError(
            branch, f"{line!r} is no policy", "Write no, always, unless-stopped, on-failure[:N]."
        )
    service.restart = Restart(policy, branch.take(), values.to_int(tries) if colon else 0)


def _read_policy(service: Service, branch: Branch, _row: Row) -> None:
    fields = mapping(branch)
    condition = taken(fields, "condition") or "any"
    if condition not in _CONDITIONS:
        raise UnfitError(fields["condition"], f"{condition!r} is none of none, on-failure and any")
    policy = Restart(_CONDITIONS[condition], branch.head())
    if "max_attempts" in fields:
        policy.tries = convert(fields["max_attempts"], values.to_int)
        fields["max_attempts"].take().exact()
    if "delay" in fields:
        policy.delay = convert(fields["delay"], values.to_seconds)
        fields["delay"].take().exact()
    if "window" in fields:
        convert(fields["window"], values.to_seconds)
        fields["window"].take().dropped("systemd counts a start as one at once, not after a time")
    service.policy = policy


def settle_restart(service: Service) -> None:
    """The policy that counts: that of deploy, if there is one."""
    if service.policy and service.restart:
        service.restart.given.exact("deploy.restart_policy is taken in its place")
    service.container.restart = service.policy or service.restart


def _read_grace(service: Service, branch: Branch, _row: Row) -> None:
    seconds = convert(branch, values.to_seconds)
    service.container.stop_timeout = Value(seconds, branch.take())


def _read_pull(service: Service, branch: Branch, _row: Row) -> None:
    policy = text(branch)
    if policy in _PULLS:
        service.set("--pull", _PULLS[policy], branch)
    elif policy == "build":
        branch.take().exact("a unit builds the image, and nothing pulls it")
    elif policy in _PERIODS or policy.startswith("every_"):
        if policy.startswith("every_"):
            values.to_seconds(policy.removeprefix("every_"))
        service.set("--pull", "newer", branch)
        branch.take().approximated(
            "a newer image is looked for at each start, not after a time", rule="pull-period"
        )
    else:
        raise UnfitError(branch, f"{policy!r} is no policy of pulls")


def _read_hooks(service: Service, branch: Branch, row: Row) -> None:
    for item in items(branch):
        with refusing(item):
            hook = _read_hook(item)
            hook.when = t.cast("t.Literal['start', 'stop']", row.argument)
            service.container.hooks.append(hook)


def _read_hook(item: Branch) -> Hook:
    fields = mapping(item)
    if "command" not in fields:
        raise UnfitError(item, "it has no command")
    environment = {}
    if "environment" in fields:
        for key, value in pairs(fields["environment"]):
            value.given.exact()
            environment[key] = value.value
    words = read_words(fields["command"])
    words.given.exact()
    if not words.value:
        raise UnfitError(item, "it has no command")
    return Hook(
        words.value,
        item.head(),
        taken(fields, "user"),
        taken(fields, "working_dir"),
        taken_flag(fields, "privileged"),
        environment,
    )


def _read_namespace(service: Service, branch: Branch, row: Row) -> None:
    mode = text(branch)
    if mode.startswith("service:"):
        given = branch.take()
        service.needs.append(Need(mode.removeprefix("service:"), branch, given, restart=True))
    service.set(row.argument, mode, branch)


def _read_user(service: Service, branch: Branch, _row: Row) -> None:
    service.container.user = text_value(branch)


def _read_read_only(service: Service, branch: Branch, _row: Row) -> None:
    if convert(branch, values.to_bool):
        service.container.read_only = Value(True, branch.take())
    else:
        branch.take().exact("that is so without it")


PROCESS: t.Final[Handlers[Service]] = {
    "command": _read_command,
    "entrypoint": _read_entrypoint,
    "healthcheck": _read_health,
    "restart": _read_restart,
    "restart_policy": _read_policy,
    "stop_grace_period": _read_grace,
    "pull_policy": _read_pull,
    "hooks": _read_hooks,
    "namespace": _read_namespace,
    "user": _read_user,
    "read_only": _read_read_only,
}
"""Handlers by their names in the table."""
