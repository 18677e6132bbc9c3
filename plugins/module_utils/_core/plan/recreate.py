# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Networks and volumes that are not as declared: Podman never changes existing ones."""

from __future__ import annotations

import typing as t

from ..app.recreate_option import ASK, MADE_ONCE
from ..errors import QuadletError, join_errors
from ..objects.model import Judged
from ..quadlet.kinds import Kind
from .model import Plan, PlanInput, is_literal, kind_of_service, state_of

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
                topic="unknown-unit",
            )


def is_stale(inputs: PlanInput, name: str) -> bool:
    """Whether a service's network or volume is not as its unit declares it.

    What Podman shows decides.  Where that was not asked or can't be compared, as a whole or in
    parts: whether the unit changed since the service made the object.
    """
    record, known = inputs.services[name], inputs.manifest.services.get(name)
    if kind_of_service(record).suffix not in MADE_ONCE or name in inputs.vanished:
        return False
    judged = inputs.objects.get(name, _NOT_ASKED)
    if judged.differences or (judged.differences is not None and not judged.unclear):
        return bool(judged.differences)
    if record.triggered or known is None or is_renamed(record, known):
        return False
    return has_changed(inputs, name) and judged.made_at <= inputs.manifest.written_at


_NOT_ASKED = Judged(there=True)


def has_changed(inputs: PlanInput, name: str) -> bool:
    """Whether a unit has another text than the one that its service made an object of."""
    known = inputs.manifest.services.get(name)
    return known is not None and known.started_with not in (None, inputs.digests[name].restart)


def is_renamed(record: ServiceRecord, known: ServiceRecord | None) -> bool:
    """Whether a service makes a network or volume of another name than before."""
    return known is not None and known.makes not in ("", record.makes)


def is_own(inputs: PlanInput, name: str) -> bool:
    """Whether the app's own service has made the object, or taken it as it was."""
    record, known = inputs.services[name], inputs.manifest.services.get(name)
    return known is not None and known.started_with is not None and not is_renamed(record, known)


def is_recreated(inputs: PlanInput, name: str) -> bool:
    """Whether this run recreates a network or volume: it is stale, and option recreate names it."""
    return inputs.services[name].unit in inputs.app.recreate and is_stale(inputs, name)


def is_outdated(inputs: PlanInput, name: str) -> bool:
    """Whether a stale network or volume stays as it is."""
    return is_stale(inputs, name) and not is_recreated(inputs, name)


def is_as_declared(inputs: PlanInput, name: str) -> bool:
    """Whether Podman shows a service's network or volume as its unit declares it."""
    judged = inputs.objects.get(name, _NOT_ASKED)
    return judged.there and judged.differences == () and not judged.unclear


def why_recreated(inputs: PlanInput, name: str) -> str:
    """The reason of a recreation, for the plan."""
    kind = kind_of_service(inputs.services[name]).suffix
    lost = ", and its data is lost" if kind == "volume" else ""
    found = _differences(inputs, name)
    return f"recreate makes its {kind} anew{lost}{f' ({found})' if found else ''}"


def _differences(inputs: PlanInput, name: str) -> str:
    return "; ".join(map(str, inputs.objects.get(name, _NOT_ASKED).differences or ()))


def outdated_warnings(inputs: PlanInput) -> list[str]:
    """Warnings about networks and volumes that stay different from their units."""
    warnings = []
    for name, record in inputs.services.items():
        kind, unit = kind_of_service(record).suffix, record.unit
        if not is_outdated(inputs, name) or not (
            state_of(inputs, name).up or name in inputs.objects
        ):
            continue
        ask, price = (ASK, ", and loses its data") if kind == "volume" else ("", "")
        found = _differences(inputs, name)
        what = (
            f"{unit} changed since {name} made its {kind}, which stays as it was"
            if has_changed(inputs, name)
            else f"the {kind} {record.makes} is not as {unit} declares it, and stays as it is"
        )
        warnings.append(
            f"{what}{f' ({found})' if found else ''}. "
            f"recreate: ['{unit}{ask}'] makes it anew, its containers stop meanwhile{price}."
        )
    return warnings


def unclear_warnings(inputs: PlanInput) -> list[str]:
    """Warnings about objects that the app has not made, and that could not be compared wholly."""
    warnings = []
    for name, judged in inputs.objects.items():
        if not (judged.there and judged.unclear) or is_own(inputs, name):
            continue
        record = inputs.services[name]
        kind, what = kind_of_service(record).suffix, ", ".join(judged.unclear)
        warnings.append(
            f"the {kind} {record.makes} is there already, and is taken: whether it is as "
            f"{record.unit} declares it is not known of {what}"
            if is_literal(record.makes)
            else f"{record.unit}: which {kind} is meant is known to systemd alone ({what}): one "
            "that is there already is taken as it is"
        )
    return warnings


def objects_to_ask(
    inputs: PlanInput, plan: Plan, needed: t.Container[str]
) -> dict[str, ServiceRecord]:
    """Services whose network or volume Podman is asked for, where one may be other than declared.

    Those that are new, that start, whose unit changed since, or that option recreate names; and
    what the run needs.  Podman can be asked for literal names alone.
    """
    app, moved = inputs.app, {*plan.start, *plan.restart}
    if app.state == "absent":
        return {}
    return {
        name: record
        for name, record in inputs.services.items()
        if record.makes
        and (
            name in needed
            or name in moved
            or (app.only in (None, record.unit) and _is_in_question(inputs, plan, name))
        )
    }


def _is_in_question(inputs: PlanInput, plan: Plan, name: str) -> bool:
    """Whether a unit is new or changed, or its object is asked to be recreated."""
    record, known = inputs.services[name], inputs.manifest.services.get(name)
    if known is None or is_renamed(record, known) or record.unit in inputs.app.recreate:
        return True
    if known.started_with is None:
        return not {*plan.writes, *plan.deletes}.isdisjoint(inputs.digests[name].restart)
    return has_changed(inputs, name)


def find_vanished(inputs: PlanInput) -> frozenset[str]:
    """Services whose network or volume was asked for and is not there, whatever systemd says."""
    return frozenset(name for name, judged in inputs.objects.items() if not judged.there)


def check_found(inputs: PlanInput, user: str | None) -> None:
    """Refuses an object that the app has not made, and that is not as its unit declares it.

    Podman would leave it as it is, so that containers would get it instead of the declared one.
    """
    found = [
        _found_error(inputs, name, user)
        for name in inputs.objects
        if is_outdated(inputs, name) and not is_own(inputs, name)
    ]
    if found:
        raise join_errors(found)


def _found_error(inputs: PlanInput, name: str, user: str | None) -> QuadletError:
    record = inputs.services[name]
    kind, unit = kind_of_service(record), record.unit
    ask, price = (ASK, ", with its data") if kind.suffix == "volume" else ("", "")
    name_key = kind.name_key if isinstance(kind, Kind) else ""
    whose = f" as user {user}" if user else ""
    return QuadletError(
        f"the {kind.suffix} {record.makes} is there already, and is not as {unit} declares it: "
        f"{_differences(inputs, name)}",
        where=unit,
        remedy=f"Declare what is there; or give yours another name with {name_key}=; or remove it"
        f"{price}: recreate: ['{unit}{ask}'], or{whose or ' on the host'} podman {kind.suffix} rm "
        f"{record.makes}. Podman leaves an existing {kind.suffix} as it is. Nothing was written.",
        topic="object-differs",
    )


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


class Origin(t.NamedTuple):
    """Where the service of a container comes from: the file, and its app or None."""

    path: str
    app: str | None


def find_deleted(inputs: PlanInput, plan: Plan) -> dict[str, ServiceRecord]:
    """Active services that this run stops, and that remove their network when they stop."""
    known = {**inputs.services, **inputs.manifest.services}
    return {
        name: known[name]
        for name in (*plan.stop, *plan.restart)
        if known[name].deletes and state_of(inputs, name).up and name not in plan.recreate
    }


def in_use_error(
    record: ServiceRecord,
    users: t.Sequence[Container],
    origins: t.Mapping[str, Origin],
    *,
    anew: bool,
) -> QuadletError:
    """The error of an object that other containers use.  anew: it would be recreated."""
    kind, unit = kind_of_service(record).suffix, record.unit
    names = ", ".join(f"{c.name} ({_origin(c, origins)})" for c in users)
    what = "be made anew" if anew else "be removed when its service stops (NetworkDeleteOnStop)"
    apps = sorted({o.app for c in users for o in [origins.get(c.service)] if o and o.app})
    first = f"state: stopped for app {', '.join(apps)}" if apps else "podman rm"
    return QuadletError(
        f"the {kind} {record.makes} of {unit} can't {what}, it is used by what this run does not "
        f"stop: {names}",
        where="recreate" if anew else unit,
        remedy=f"Stop and remove those containers first ({first}), or let their units name "
        f"{unit} (then they stop and start with it). Nothing was written or stopped.",
        topic="object-in-use",
    )


def _origin(container: Container, origins: t.Mapping[str, Origin]) -> str:
    origin = origins.get(container.service)
    if not container.service:
        return "made outside of Quadlet"
    if origin is None or not origin.path:
        return container.service
    unit = origin.path.rpartition("/")[2]
    whose = f"{unit} of app {origin.app}" if origin.app else f"{origin.path}, of no app"
    return f"{container.service}, made of {whose}"
