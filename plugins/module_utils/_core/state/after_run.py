# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""The record of an app after a run."""

from __future__ import annotations

import dataclasses
import typing as t

from ..content import file_record
from .manifest import Manifest, ServiceRecord, is_stopped_after
from .rollout import mark

if t.TYPE_CHECKING:
    from ..app.app import App
    from ..gate.failure import Failure
    from ..plan.model import Plan, PlanInput
    from ..systemd_state import State
    from .generation import Generation


class Ended(t.NamedTuple):
    """How a run ended.  states: of services.  pending: services that still start.  generation: the
    new generation, or None.  at: seconds since the epoch.
    """

    states: t.Mapping[str, State]
    failures: t.Sequence[Failure]
    pending: t.Collection[str]
    generation: Generation | None
    at: float


def record_after(inputs: PlanInput, plan: Plan, ended: Ended) -> Manifest:
    """The record after a run, of an app that stays installed."""
    before, generation, app = inputs.manifest, ended.generation, inputs.app
    wrote = bool(plan.writes or plan.deletes or plan.daemon_reload)
    broken = any(failure.phase in ("write", "load") for failure in ended.failures)
    number = app.origin or (generation.number if generation else before.generation)
    return Manifest(
        app=app.name,
        generation=number,
        files={path: file_record(blob) for path, blob in inputs.desired.items()},
        loaded=None if broken else inputs.loaded,
        written_at=ended.at if wrote else before.written_at,
        services=_services_after(inputs, plan, ended),
        secrets=dict(inputs.secrets),
        images={name: row[0] for name, row in generation.images.items()}
        if generation
        else app.images or before.images,
        deployed=number if generation else before.deployed,
        rollout=mark(before, app.rollout, returned=bool(app.origin), new=generation is not None),
        on_demand=inputs.on_demand,
    )


def _services_after(inputs: PlanInput, plan: Plan, ended: Ended) -> dict[str, ServiceRecord]:
    failed = {*(failure.service for failure in ended.failures), *ended.pending}
    unknown = None in failed  # a step or a probe failed: no service counts as started
    acted = {*plan.restart, *plan.start, *plan.reload, *plan.run, *plan.in_sync}
    acted -= {*plan.outdated}
    up = {name for name, state in ended.states.items() if state.up}
    return {
        name: _service_after(
            inputs,
            name,
            started=name in acted,
            up=name in up,
            # A network or volume exists, even if a probe of the app failed.
            failed=name in failed or (unknown and not (record.makes and name in up)),
        )
        for name, record in inputs.services.items()
    }


def record_of_unmoved(app: App, before: Manifest, states: t.Mapping[str, State]) -> Manifest:
    """The record after a run that had nothing to do: it tells which services are to stay down."""
    services = {
        name: _settled(row, row, app, up=name in states and states[name].up)
        for name, row in before.services.items()
    }
    return dataclasses.replace(before, services=services)


def _settled(
    record: ServiceRecord, known: ServiceRecord | None, app: App, *, up: bool
) -> ServiceRecord:
    selected = app.only in (None, record.unit)
    stopped = is_stopped_after(known, app.state, selected=selected, up=up)
    return record if record.stopped == stopped else dataclasses.replace(record, stopped=stopped)


def _service_after(
    inputs: PlanInput, name: str, *, started: bool, up: bool, failed: bool
) -> ServiceRecord:
    known = inputs.manifest.services.get(name)
    record = _settled(inputs.services[name], known, inputs.app, up=up)
    if failed and not (record.makes and known and known.started_with):
        return dataclasses.replace(record, started_with=None, reload_with=None)
    if started and not failed:
        wanted = inputs.digests[name]
        return dataclasses.replace(record, started_with=wanted.restart, reload_with=wanted.reload)
    if known is None:
        return record
    return dataclasses.replace(
        record, started_with=known.started_with, reload_with=known.reload_with
    )
