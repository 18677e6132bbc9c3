# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Networks and volumes whose definition changed: Podman never changes existing ones."""

from __future__ import annotations

import typing as t

from ..app.recreate_option import ASK, MADE_ONCE
from ..errors import QuadletError
from .model import Plan, PlanInput, kind_of_service, state_of

if t.TYPE_CHECKING:
    from ..state.manifest import ServiceRecord
    from ..validate.conflicts import Container


def check_names(inputs: PlanInput) -> None:
    """Refuses names that are no units of the desired app."""
    for unit in inputs.app.recreate:
        if unit not in inputs.desired:
            raise QuadletError(
                f"{unit!r} is no unit of app {inputs.app.name!r}",
                where="recreate",
                remedy="Name a network or volume unit that it has.",
            )


def is_stale(inputs: PlanInput, name: str) -> bool:
    """Whether a service's network or volume has another definition than its unit."""
    record, known = inputs.services[name], inputs.manifest.services.get(name)
    if kind_of_service(record).suffix not in MADE_ONCE or record.triggered:
        return False
    if known is None or name in inputs.own_start or name in inputs.vanished:
        return False
    if is_renamed(record, known):
        return False
    return known.started_with not in (None, inputs.digests[name].restart)


def is_renamed(record: ServiceRecord, known: ServiceRecord | None) -> bool:
    """Whether a service makes a network or volume of another name than before."""
    return known is not None and known.makes not in ("", record.makes)


def is_recreated(inputs: PlanInput, name: str) -> bool:
    """Whether this run recreates a network or volume: it is stale, and option recreate names it."""
    return inputs.services[name].unit in inputs.app.recreate and is_stale(inputs, name)


def is_outdated(inputs: PlanInput, name: str) -> bool:
    """Whether a stale network or volume stays as it is."""
    return is_stale(inputs, name) and not is_recreated(inputs, name)


def why_recreated(inputs: PlanInput, name: str) -> str:
    """The reason of a recreation, for the plan."""
    kind = kind_of_service(inputs.services[name]).suffix
    lost = ", and its data is lost" if kind == "volume" else ""
    return f"recreate makes its {kind} anew{lost}"


def outdated_warnings(inputs: PlanInput) -> list[str]:
    """Warnings about networks and volumes that stay different from their units."""
    warnings = []
    for name, record in inputs.services.items():
        kind, unit = kind_of_service(record).suffix, record.unit
        if not state_of(inputs, name).up or not is_outdated(inputs, name):
            continue
        ask, price = (ASK, ", and loses its data") if kind == "volume" else ("", "")
        warnings.append(
            f"{unit} changed since {name} made its {kind}, which stays as it was. "
            f"recreate: ['{unit}{ask}'] makes it anew, its containers stop meanwhile{price}."
        )
    return warnings


def split_users(
    inputs: PlanInput, plan: Plan, users: t.Iterable[Container]
) -> tuple[list[Container], list[Container]]:
    """(containers that this run does not stop, containers that it stops) of an object's users."""
    moved = {*plan.restart, *plan.start, *plan.stop}
    names = {
        name for service in moved & {*inputs.services} for name in inputs.services[service].objects
    }
    theirs: list[Container] = []
    ours: list[Container] = []
    for container in users:
        is_ours = container.service in moved or container.name in names
        (ours if is_ours else theirs).append(container)
    return theirs, ours


def in_use_error(kind: str, made: str, unit: str, users: t.Sequence[Container]) -> QuadletError:
    """The error of an object that other containers use."""
    names = ", ".join(f"{c.name} ({c.service or 'made outside of Quadlet'})" for c in users)
    return QuadletError(
        f"the {kind} {made} of {unit} can't be made anew, it is used by what this run does not "
        f"stop: {names}",
        where="recreate",
        remedy="Stop and remove those containers first, or let their units name "
        f"{unit} (then they stop and start with it). Nothing was written or stopped.",
    )
