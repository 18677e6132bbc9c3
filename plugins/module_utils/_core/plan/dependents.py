# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Which services must follow when others restart."""

from __future__ import annotations

import typing as t

from .model import PlanInput, kind_of_service, state_of


def follow(world: PlanInput, actions: dict[str, str], why: dict[str, list[str]]) -> None:
    """Adds what must follow: active services that need, or are part of, one that restarts.

    A build ends by itself, so it is started and not restarted; who uses its image follows too,
    and the service of a socket: systemd starts no socket beside its active service.  A job that
    a timer or path unit started goes on.
    """
    queue = [
        name
        for name, action in actions.items()
        if action == "restart"
        or (action == "start" and (_makes_anew(world, name) or _is_socket(world, name)))
    ]
    while queue:
        leader = queue.pop()
        for name, record in world.services.items():
            listens = _is_socket(world, leader) and name in world.services[leader].triggers
            follows = leader in record.follows and not (record.triggered and record.once)
            if (follows or listens) and state_of(world, name).up:
                if actions.get(name) != "restart":
                    actions[name] = "restart"
                    why[name] = []
                    queue.append(name)
                if f"follows {leader}" not in why[name]:
                    why[name].append(f"follows {leader}")


def _makes_anew(world: PlanInput, name: str) -> bool:
    record = world.services[name]
    return record.once and not kind_of_service(record).runs


def _is_socket(world: PlanInput, name: str) -> bool:
    return kind_of_service(world.services[name]).suffix == "socket"


def paused(world: PlanInput, actions: t.Mapping[str, str]) -> tuple[str, ...]:
    """Sockets that are about to start while a service of theirs is active, and that service."""
    found: dict[str, None] = {}
    for name, action in actions.items():
        up = [one for one in world.services[name].triggers if state_of(world, one).up]
        if action in ("start", "restart") and _is_socket(world, name) and up:
            found.update(dict.fromkeys([name, *up]))
    return tuple(found)


def restart_whole_pods(
    world: PlanInput, actions: dict[str, str], why: dict[str, list[str]]
) -> bool:
    """A pod stops when its last container does: where all restart, the pod does.

    Whether there is such a pod that did not restart yet.
    """
    found = False
    for pod, record in world.services.items():
        if kind_of_service(record).suffix != "pod":
            continue
        members = [
            name
            for name, other in world.services.items()
            if pod in other.needs and state_of(world, name).up
        ]
        idle = pod not in actions and state_of(world, pod).up
        if members and idle and all(actions.get(name) == "restart" for name in members):
            actions[pod] = "restart"
            why[pod] = ["all its running containers restart"]
            found = True
    return found
