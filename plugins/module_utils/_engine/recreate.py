# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Making networks and volumes again: with their users down they go, and the starts make them."""

from __future__ import annotations

import typing as t

from .._core.errors import QuadletError
from .._core.plan.model import Plan, PlanInput, kind_of_service
from .._core.plan.recreate import check_names, in_use_error, split_users
from .._core.state.manifest import ServiceRecord
from .._host import podman
from .._host.owner import Owner
from .._host.scope import Scope

if t.TYPE_CHECKING:
    from .context import Context


def read_made_at(owner: Owner, records: t.Mapping[str, ServiceRecord]) -> dict[str, float]:
    """Creation times of existing networks and volumes, by service."""
    kinds = {name: kind_of_service(record).suffix for name, record in records.items()}
    made = {
        kind: podman.read_made_at(
            owner, kind, [records[n].makes for n in kinds if kinds[n] == kind]
        )
        for kind in set(kinds.values())
    }
    return {
        name: made[kind][records[name].makes]
        for name, kind in kinds.items()
        if records[name].makes in made[kind]
    }


def check_recreate(inputs: PlanInput, plan: Plan, scope: Scope) -> None:
    """Refuses, before anything stops, to remove an object that keeps other users."""
    check_names(inputs)
    for name in plan.recreate:
        record = inputs.services[name]
        kind = kind_of_service(record).suffix
        users = podman.read_users(scope.manager, kind, record.makes)
        theirs, _ours = split_users(inputs, plan, users)
        if theirs:
            raise in_use_error(kind, record.makes, record.unit, theirs)


def recreate_objects(context: Context, services: t.Sequence[str]) -> None:
    """Removes the networks and volumes of services that are down; their starts make them anew."""
    owner = context.scope.manager
    for name in services:
        record = context.services[name]
        kind = kind_of_service(record).suffix
        _theirs, left = split_users(
            context.decision.inputs, context.plan, podman.read_users(owner, kind, record.makes)
        )
        if left:  # of a service that died without cleaning up
            owner.run(["podman", "rm", "--force", "--ignore", "--", *(one.name for one in left)])
        ran = owner.run(["podman", kind, "rm", "--", record.makes])
        if ran.status not in (0, 1):  # 1: there is none
            raise QuadletError(
                f"podman {kind} rm failed: {ran.err.strip()}",
                where=record.unit,
                remedy=f"Remove what uses the {kind}, then run again.",
            )


def find_recreated(context: Context, since: float) -> list[str]:
    """Services whose network or volume this run has made anew; the others' are as they were."""
    services = {name: context.services[name] for name in context.plan.recreate}
    made = read_made_at(context.scope.manager, services) if services else {}
    return [name for name, at in made.items() if at >= int(since)]  # Podman tells whole seconds
