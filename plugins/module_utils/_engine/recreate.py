# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Making networks and volumes again: with their users down they go, and the starts make them."""

from __future__ import annotations

import typing as t

from .._core.errors import QuadletError
from .._core.host.podman_output import parse_made_at
from .._core.objects.create_command import find_place
from .._core.plan.model import kind_of_service
from .._core.plan.recreate import (
    Origin,
    check_names,
    find_deleted,
    in_use_error,
    split_users,
)
from .._core.state.manifest import ServiceRecord
from .._host import podman
from .._host.owner import Owner
from .._host.scope import Scope
from .objects import read_shown

if t.TYPE_CHECKING:
    from .._core.validate.conflicts import Container
    from .._host.systemd import Manager
    from .context import Context, Decision


def read_made_at(owner: Owner, records: t.Mapping[str, ServiceRecord]) -> dict[str, float]:
    """Creation times of existing networks and volumes, by service."""
    return {
        name: parse_made_at(shown, kind_of_service(records[name]).suffix)
        for name, shown in read_shown(owner, records).items()
        if shown is not None
    }


def check_users(decision: Decision, scope: Scope, manager: Manager) -> Decision:
    """Refuses, before anything stops, to remove an object that keeps other users; the decision,
    with what stops along where that was asked.
    """
    from .dependents import foresee

    inputs, plan = decision.inputs, decision.plan
    check_names(inputs)
    removed = find_deleted(inputs, plan)
    for name in (*plan.recreate, *removed):
        record = removed.get(name) or inputs.services[name]
        kind, place = kind_of_service(record).suffix, find_place(record.creates)
        users = podman.read_users(scope.manager, kind, record.makes, place)
        theirs, _ours = split_users(inputs, plan, users)
        if theirs:
            decision = foresee(decision, manager)
            along = {one.name for one in decision.external if not one.excluded}
            stays = [user for user in theirs if user.service not in along]
            if stays:
                origins = _read_origins(scope, manager, stays)
                raise in_use_error(record, stays, origins, anew=name not in removed)
    return decision


def _read_origins(
    scope: Scope, manager: Manager, users: t.Sequence[Container]
) -> dict[str, Origin]:
    from .validate_ownership import read_owner

    sources = manager.read_sources([user.service for user in users if user.service])
    return {name: Origin(path, read_owner(scope, path)) for name, path in sources.items()}


def recreate_objects(context: Context, services: t.Sequence[str]) -> None:
    """Removes the networks and volumes of services that are down; their starts make them anew."""
    owner = context.scope.manager
    for name in services:
        record = context.services[name]
        kind = kind_of_service(record).suffix
        place = find_place(record.creates)
        users = podman.read_users(owner, kind, record.makes, place)
        _theirs, left = split_users(context.decision.inputs, context.plan, users)
        if left:  # of a service that died without cleaning up
            names = [container.name for container in left]
            owner.run(["podman", *place, "rm", "--force", "--ignore", "--", *names])
        ran = owner.run(["podman", *place, kind, "rm", "--", record.makes])
        if ran.status not in (0, 1):  # 1: there is none
            raise QuadletError(
                f"podman {kind} rm failed: {ran.err.strip()}",
                where=record.unit,
                remedy=f"Remove what uses the {kind}, then run again.",
                topic="podman-failed",
            )


def find_recreated(context: Context, since: float) -> list[str]:
    """Services whose network or volume this run has made anew; the others' are as they were."""
    services = {name: context.services[name] for name in context.plan.recreate}
    made = read_made_at(context.scope.manager, services) if services else {}
    return [name for name, at in made.items() if at >= int(since)]  # Podman tells whole seconds
