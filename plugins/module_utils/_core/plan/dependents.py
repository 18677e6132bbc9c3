# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Services that must restart with others."""

from __future__ import annotations

import typing as t

from .model import PlanInput, kind_of_service, state_of


def add_dependents(inputs: PlanInput, actions: dict[str, str], why: dict[str, list[str]]) -> None:
    """Adds restarts of active services that need, or are part of, a restarting service.

    A build ends by itself, so it is started and not restarted; services that use its image
    restart too, and so does the service of a socket: systemd starts no socket beside its active
    service.  A job that something else has started continues.
    """
    queue = [
        name
        for name, action in actions.items()
        if action == "restart"
        or (action == "start" and (_rebuilds(inputs, name) or _is_socket(inputs, name)))
    ]
    while queue:
        leader = queue.pop()
        for name, record in inputs.services.items():
            listens = _is_socket(inputs, leader) and name in inputs.services[leader].triggers
            follows = leader in record.follows and not (record.waits and record.job)
            if (follows or listens) and state_of(inputs, name).up:
                if actions.get(name) != "restart":
                    actions[name] = "restart"
                    why[name] = []
                    queue.append(name)
                if f"follows {leader}" not in why[name]:
                    why[name].append(f"follows {leader}")


def _rebuilds(inputs: PlanInput, name: str) -> bool:
    record = inputs.services[name]
    return record.once and not kind_of_service(record).runs


def _is_socket(inputs: PlanInput, name: str) -> bool:
    return kind_of_service(inputs.services[name]).suffix == "socket"


def find_stop_first(inputs: PlanInput, actions: t.Mapping[str, str]) -> tuple[str, ...]:
    """Sockets that will start while their service is active, with that service."""
    names: dict[str, None] = {}
    for name, action in actions.items():
        up = [other for other in inputs.services[name].triggers if state_of(inputs, other).up]
        if action in ("start", "restart") and _is_socket(inputs, name) and up:
            names.update(dict.fromkeys([name, *up]))
    return tuple(names)


def restart_whole_pods(
    inputs: PlanInput, actions: dict[str, str], why: dict[str, list[str]]
) -> bool:
    """Adds restarts of pods whose running containers all restart; returns whether it added any.

    A pod stops with its last container.
    """
    added = False
    for pod, record in inputs.services.items():
        if kind_of_service(record).suffix != "pod":
            continue
        members = [
            name
            for name, other in inputs.services.items()
            if pod in other.needs and state_of(inputs, name).up
        ]
        idle = pod not in actions and state_of(inputs, pod).up
        if members and idle and all(actions.get(name) == "restart" for name in members):
            actions[pod] = "restart"
            why[pod] = ["all its running containers restart"]
            added = True
    return added
