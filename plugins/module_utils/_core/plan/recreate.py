# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Networks and volumes whose definition changed: Podman leaves one that exists as it was."""

from __future__ import annotations

import typing as t

from ..app.recreate_option import ASK, MADE_ONCE
from ..errors import QuadletError
from .model import Plan, PlanInput, kind_of_service, state_of

if t.TYPE_CHECKING:
    from ..state.manifest import ServiceRecord
    from ..validate.conflicts import Container


def check_names(world: PlanInput) -> None:
    """Refuses names of units that the app, as it will be, does not have."""
    for unit in world.app.recreate:
        if unit not in world.desired:
            raise QuadletError(
                f"{unit!r} is no unit of app {world.app.name!r}",
                where="recreate",
                remedy="Name a network or volume unit that it has.",
            )


def is_stale(world: PlanInput, name: str) -> bool:
    """Whether Podman has a network or volume that was made from another definition."""
    record, known = world.services[name], world.manifest.services.get(name)
    if kind_of_service(record).suffix not in MADE_ONCE or record.triggered:
        return False
    if known is None or name in world.own_start or name in world.vanished:
        return False
    if is_renamed(record, known):
        return False
    return known.started_with not in (None, world.inputs[name].restart)


def is_renamed(record: ServiceRecord, known: ServiceRecord | None) -> bool:
    """Whether a service makes a network or volume of another name than it did."""
    return known is not None and known.makes not in ("", record.makes)


def is_recreated(world: PlanInput, name: str) -> bool:
    """Whether this run makes it anew: its definition changed, and that was asked for."""
    return world.services[name].unit in world.app.recreate and is_stale(world, name)


def stays_old(world: PlanInput, name: str) -> bool:
    """Whether it stays as it was, whatever is started."""
    return is_stale(world, name) and not is_recreated(world, name)


def why_recreated(world: PlanInput, name: str) -> str:
    """The reason for the plan."""
    kind = kind_of_service(world.services[name]).suffix
    lost = ", and its data is lost" if kind == "volume" else ""
    return f"recreate makes its {kind} anew{lost}"


def stale_resources(world: PlanInput) -> list[str]:
    """Warnings of networks and volumes that stay other than their units say."""
    found = []
    for name, record in world.services.items():
        kind, unit = kind_of_service(record).suffix, record.unit
        if not state_of(world, name).up or not stays_old(world, name):
            continue
        ask, price = (ASK, ", and loses its data") if kind == "volume" else ("", "")
        found.append(
            f"{unit} changed since {name} made its {kind}, which stays as it was. "
            f"recreate: ['{unit}{ask}'] makes it anew, its containers stop meanwhile{price}."
        )
    return found


def strangers(
    world: PlanInput, plan: Plan, users: t.Iterable[Container]
) -> tuple[list[Container], list[Container]]:
    """(containers that this run does not stop, those that it does) of some on an object."""
    moved = {*plan.restart, *plan.start, *plan.stop}
    names = {
        name for service in moved & {*world.services} for name in world.services[service].objects
    }
    theirs: list[Container] = []
    ours: list[Container] = []
    for one in users:
        (ours if one.service in moved or one.name in names else theirs).append(one)
    return theirs, ours


def in_use(kind: str, made: str, unit: str, users: t.Sequence[Container]) -> QuadletError:
    """The error of an object that others use, too."""
    told = ", ".join(f"{one.name} ({one.service or 'made outside of Quadlet'})" for one in users)
    return QuadletError(
        f"the {kind} {made} of {unit} can't be made anew, it is used by what this run does not "
        f"stop: {told}",
        where="recreate",
        remedy="Stop and remove those containers first, or let their units name "
        f"{unit} (then they stop and start with it). Nothing was written or stopped.",
    )
