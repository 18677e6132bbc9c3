# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Jobs that a run is asked for, and units that no run starts."""

from __future__ import annotations

import dataclasses
import typing as t

from ..app.app import App
from ..errors import QuadletError, join_errors
from ..quadlet.kinds import is_template, is_unit, template_of
from ..state.manifest import Manifest, ServiceRecord
from .model import PlanInput

if t.TYPE_CHECKING:
    from ..content import Blob

Services = dict[str, ServiceRecord]


def on_demand_of(app: App, manifest: Manifest, desired: t.Mapping[str, Blob]) -> tuple[str, ...]:
    """The units that no run starts: as given, or those that the installed set has."""
    if app.on_demand is not None:
        return app.on_demand
    keeps = app.content is None or not app.prune
    return tuple(name for name in (manifest.on_demand if keeps else ()) if name in desired)


def with_on_demand(services: Services, names: t.Collection[str]) -> Services:
    """The records, with what the option says; a template stands for its instances."""
    return {
        name: record
        if record.on_demand is _is_named(record.unit, names)
        else dataclasses.replace(record, on_demand=not record.on_demand)
        for name, record in services.items()
    }


def _is_named(unit: str, names: t.Collection[str]) -> bool:
    return bool(names) and (unit in names or template_of(unit) in names)


def jobs_to_run(inputs: PlanInput) -> tuple[str, ...]:
    """Services of the jobs that a run is asked for, in their order."""
    app = inputs.app
    if app.state not in ("started", "restarted"):  # a rollout that leads back to no app
        return ()
    return tuple(
        name for unit in app.run for name, record in inputs.services.items() if record.unit == unit
    )


def check_jobs(inputs: PlanInput) -> None:
    """Refuses names that are no units of the desired app, and jobs that are none."""
    if not inputs.desired:
        return
    app = inputs.app
    errors = [_unknown("on_demand", name, inputs) for name in app.on_demand or ()]
    errors += [_unknown("run", name, inputs) or _no_job(name, inputs) for name in app.run]
    found = [error for error in errors if error]
    if found:
        raise join_errors(found)


def _unknown(option: str, name: str, inputs: PlanInput) -> QuadletError | None:
    units = sorted(path for path in inputs.desired if is_unit(path) and "/" not in path)
    if name in units:
        return None
    return QuadletError(
        f"{name!r} is no unit of app {inputs.app.name!r}",
        where=option,
        remedy=f"Name its files; it has {', '.join(units)}.",
        topic="unknown-unit",
    )


def _no_job(name: str, inputs: PlanInput) -> QuadletError | None:
    records = [record for record in inputs.services.values() if record.unit == name]
    if not records and is_template(name):
        return QuadletError(
            f"{name!r} is a template, which has no service",
            where="run",
            remedy=f"Declare and name an instance, such as {name.replace('@.', '@NAME.')}.",
            topic="no-job",
        )
    if records and all(record.job for record in records):
        return None
    return QuadletError(
        f"{name!r} is no job: its service stays up, or makes an object",
        where="run",
        remedy="A job is a container, kube or service unit with Type=oneshot under [Service].",
        topic="no-job",
    )


def add_jobs(
    inputs: PlanInput, actions: dict[str, str], why: dict[str, list[str]]
) -> tuple[str, ...]:
    """The jobs to run.  One that would start anyway does so once, when the app is up."""
    names = jobs_to_run(inputs)
    for name in names:
        actions.pop(name, None)
        why[name] = ["run names it", *why.get(name, ())]
    return names


def running_warning(name: str, changes: t.Sequence[str]) -> str:
    """What a run tells of a job that it leaves running, whose text has changed."""
    return (
        f"{name} runs since before this run and goes on with its old text ({', '.join(changes)}); "
        "its next start takes the new one"
    )


def demand_changes(inputs: PlanInput) -> dict[str, str]:
    """Services that are started on demand from now on, or not any more, with the words for it."""
    found = {}
    for name, record in inputs.services.items():
        known = inputs.manifest.services.get(name)
        if known and known.on_demand is not record.on_demand:
            found[name] = "on_demand names it" + (" no more" if known.on_demand else "")
    return found
