# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Making networks and volumes again: their users stop, they are removed, the starts make them."""

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


def recreate_objects(context: Context, *, undo: bool = False) -> None:
    """Stops the services of the plan's objects, dependents first, and removes the objects.

    undo: objects that the run has made; one that it never removed may stay.
    """
    owner = context.scope.manager
    context.manager.stop(context.plan.recreate, timeout=context.app.gate.timeout)
    for name in context.plan.recreate:
        record = context.services[name]
        kind = kind_of_service(record).suffix
        _theirs, left = split_users(
            context.decision.inputs, context.plan, podman.read_users(owner, kind, record.makes)
        )
        if left:  # of a service that died without cleaning up
            owner.run(
                ["podman", "rm", "--force", "--ignore", *(container.name for container in left)]
            )
        ran = owner.run(["podman", kind, "rm", record.makes])
        if ran.status not in (0, 1) and not undo:  # 1: there is none
            raise QuadletError(
                f"podman {kind} rm failed: {ran.err.strip()}",
                where=record.unit,
                remedy=f"Remove what uses the {kind}, then run again.",
            )
