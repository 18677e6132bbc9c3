# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""The decision on an app: desired content beside what is there, validated where a unit changed."""

from __future__ import annotations

import dataclasses
import typing as t

from .._core.app.app import App
from .._core.errors import NOT_READY, QuadletError, join_errors
from .._core.info.restarts import find_restarted, lasting
from .._core.plan.inputs import AppInputs, loaded_digest
from .._core.plan.model import Plan, PlanInput, has_companions, is_literal
from .._core.plan.own_starts import (
    Times,
    confirmed_starts,
    find_edits,
    find_suspects,
)
from .._core.plan.plan import file_changes, make_plan, needed_objects
from .._core.plan.recreate import check_found, find_vanished, objects_to_ask
from .._core.quadlet.kinds import is_unit
from .._core.secrets.private import find_private
from .._core.state.manifest import ServiceRecord
from .._host import heard, linger
from .._host.cgroups import started_after
from .._host.owner import own_process
from .._host.scope import Scope
from .._host.systemd import Manager
from .context import Decision
from .desired import decide_desired
from .observe import Snapshot, is_up, read_installed, read_snapshot

if t.TYPE_CHECKING:
    from .._core.app.directories_option import Directory
    from .._core.content import Blob
    from .._core.state.manifest import Manifest
    from .declared_objects import Units
    from .validate import Validation


def look(app: App, scope: Scope, manager: Manager) -> Snapshot:
    """The snapshot that a plan for this app starts from."""
    installed = read_installed(app, scope)
    desired = decide_desired(app, scope, installed.manifest, installed.current)
    for content in (desired.content, installed.current):
        heard.note_private(find_private(content))
    directories = _expand_home(app, scope) if app.directories else ()
    snapshot = read_snapshot(app.name, scope, manager, installed, desired, directories)
    if app.beside:
        from .beside import surround

        snapshot = surround(app, scope, snapshot)
    return snapshot


def _expand_home(app: App, scope: Scope) -> tuple[Directory, ...]:
    from .._core.plan.directories import expand_home

    return expand_home(app.directories, scope.manager.home)


def check_installed(app: App, scope: Scope, snapshot: Snapshot) -> None:
    """Refuses to act on an installed set that is not there."""
    given = app.content is not None or app.patch
    if not (given or app.state == "absent" or snapshot.manifest.files):
        raise QuadletError(
            f"app {app.name!r} is not installed in {scope.label}, and no units are given",
            where="units",
            remedy="Give units or src; without them the installed set is meant.",
            data={NOT_READY: True},
            topic="not-installed",
        )


def needs_validation(snapshot: Snapshot) -> bool:
    """Whether a unit's text is other than at the last reload, so that the generator is asked."""
    if not (snapshot.desired or snapshot.manifest.files):
        return False
    writes, deletes = file_changes(snapshot.desired, snapshot.current, snapshot.manifest)
    loaded = loaded_digest(snapshot.desired, snapshot.drop_ins)
    if any(map(is_unit, [*writes, *deletes])) or loaded != snapshot.manifest.loaded:
        return True
    return bool(writes) and _names_mounts_elsewhere(snapshot)


def _names_mounts_elsewhere(snapshot: Snapshot) -> bool:
    """Whether files other than units may say what containers get of the host.

    YAML of pods, settings of Podman, and variables of a service that are parts of a path.
    """
    texts = [blob.data for path, blob in snapshot.desired.items() if is_unit(path)]
    return any(
        b"Yaml" in text
        or b"ContainersConfModule" in text
        or b"--module" in text
        or b"CONTAINERS_" in text
        or (b"EnvironmentFile" in text and b"$" in text)
        for text in texts
    )


def decide(
    app: App,
    scope: Scope,
    manager: Manager,
    snapshot: Snapshot,
    renewed: frozenset[str] = frozenset(),
) -> Decision:
    """The plan; QuadletError with everything that is wrong with the app, before any change."""
    validation = None
    services = snapshot.manifest.services
    if needs_validation(snapshot):
        validation, snapshot, services = _validate(app, scope, snapshot)
        services = _with_literal_names(services, app, scope, snapshot)
    inputs = _read_inputs(app, scope, snapshot, services)._replace(renewed=renewed)
    if app.on_demand is not None or snapshot.manifest.on_demand or app.run:
        inputs = _with_jobs(inputs)
    if validation:
        inputs = _with_new_names(inputs, validation, scope, manager, snapshot)
    other_text, confirmed = _other_texts(inputs, scope, manager, snapshot)
    own_start = _own_starts(inputs, manager) - other_text
    inputs = inputs._replace(own_start=own_start, other_text=other_text)
    if has_companions(inputs):
        from .._core.plan.enabling import installable

        enabled = manager.read_enabled(installable(inputs.desired, inputs.current))
        inputs = inputs._replace(enabled=enabled)
    plan = make_plan(inputs) if snapshot.desired or snapshot.manifest.files else Plan()
    if snapshot.manager_up:
        inputs, plan = _with_objects(inputs, plan, scope)
    _refuse_masked(inputs, plan, scope)
    plan = _with_paths(app, scope, snapshot, inputs, plan, validation)
    if snapshot.manager_up and plan.empty:
        plan = dataclasses.replace(
            plan, warnings=(*plan.warnings, *_restarted(inputs, scope, manager, snapshot))
        )
    unasked = scope.user is None or app.state == "absent" or not app.linger
    lingers = unasked or linger.is_lingering(scope.user or "")
    decision = Decision(inputs, plan, validation, snapshot, lingers, confirmed=confirmed)
    return _check_removed(decision, scope, manager)


def _check_removed(decision: Decision, scope: Scope, manager: Manager) -> Decision:
    inputs = decision.inputs
    deletes = any(record.deletes for record in inputs.manifest.services.values())
    if inputs.app.recreate or (deletes and decision.snapshot.manager_up):
        from .recreate import check_users

        return check_users(decision, scope, manager)
    return decision


def _with_paths(
    app: App,
    scope: Scope,
    snapshot: Snapshot,
    inputs: PlanInput,
    plan: Plan,
    validation: Validation | None,
) -> Plan:
    """The plan with the directories that it makes; refuses a start whose bind source is missing."""
    if app.directories:
        from .directories import plan_directories

        plan = plan_directories(app, scope, snapshot, plan)
    if validation or plan.start or plan.restart or plan.run:
        from .validate_sources import check_sources

        survey = validation.survey if validation else None
        warnings = check_sources(scope, snapshot, inputs, plan, survey)
        plan = dataclasses.replace(plan, warnings=(*plan.warnings, *warnings))
    return plan


def _with_jobs(inputs: PlanInput) -> PlanInput:
    """The inputs with what the options on_demand and run say; refuses names that can't be meant."""
    from .._core.plan.jobs import check_jobs, on_demand_of, with_on_demand

    names = on_demand_of(inputs.app, inputs.manifest, inputs.desired)
    services = with_on_demand(inputs.services, names)
    inputs = inputs._replace(on_demand=names, services=services)
    check_jobs(inputs)
    return inputs


def _refuse_masked(inputs: PlanInput, plan: Plan, scope: Scope) -> None:
    moved = {*plan.start, *plan.restart, *plan.run}
    reload = plan.daemon_reload
    if inputs.app.state == "absent" or not (moved or reload):
        return
    if all(state.load != "masked" for state in inputs.states.values()):
        return
    from .._core.validate.conflicts import find_masked

    user = not scope.is_system
    errors = find_masked(inputs.services, inputs.states, moved, reload=reload, user=user)
    if errors:
        raise join_errors(errors)


def _validate(
    app: App, scope: Scope, snapshot: Snapshot
) -> tuple[Validation, Snapshot, dict[str, ServiceRecord]]:
    """The verdict, the snapshot with drop-ins where they will be, and the services."""
    from .._host import podman

    asked = podman.ask_version(own_process())  # Podman starts while our own rules are loaded
    from .._core.validate.companions import to_records
    from .validate import validate_app

    validation = validate_app(app, scope, snapshot, asked)
    drop_ins = {
        validation.moves.get(path, path): sha
        for path, sha in snapshot.drop_ins.items()
        if path not in validation.replaced
    }
    snapshot = dataclasses.replace(snapshot, drop_ins=drop_ins)
    return validation, snapshot, to_records(validation.services)


def _read_inputs(
    app: App, scope: Scope, snapshot: Snapshot, services: dict[str, ServiceRecord]
) -> PlanInput:
    app_dir, home = scope.app_dir(app.name), scope.manager.home
    sources = AppInputs(snapshot.desired, snapshot.drop_ins, app_dir=app_dir, home=home)
    return PlanInput(
        app=app,
        desired=snapshot.desired,
        current=snapshot.current,
        manifest=snapshot.manifest,
        loaded=loaded_digest(snapshot.desired, snapshot.drop_ins),
        services=services,
        digests={
            name: sources.of(record.unit)
            for name, record in services.items()
            if record.unit in snapshot.desired
        },
        states=snapshot.states,
        secrets=snapshot.secrets,
    )


def _with_new_names(
    inputs: PlanInput, validation: Validation, scope: Scope, manager: Manager, snapshot: Snapshot
) -> PlanInput:
    """The inputs with the old texts of adopted units, and states of new services."""
    adopted = {name: old.text for name, old in validation.adopted.items()}
    inputs = inputs._replace(adopted=adopted)
    if not snapshot.manager_up:
        return inputs
    from .validate_names import check_service_names

    new = {n: r for n, r in inputs.services.items() if n not in snapshot.manifest.services}
    free = check_service_names(manager, scope, new)
    return inputs._replace(states={**inputs.states, **free})


def decide_late(decision: Decision, scope: Scope, manager: Manager) -> Decision:
    """The decision with networks and volumes, in a scope whose manager did not run before."""
    inputs, plan = _with_objects(decision.inputs, decision.plan, scope)
    decision = dataclasses.replace(decision, inputs=inputs, plan=plan, foreseen=False)
    return _check_removed(decision, scope, manager)


def _units(
    scope: Scope,
    desired: dict[str, Blob],
    manifest: Manifest,
    services: t.Mapping[str, ServiceRecord],
) -> Units:
    """The app's units, and the services of which systemd has loaded the same command."""
    from .declared_objects import Units

    known = manifest.services if is_up(scope) and manifest.loaded else {}
    same = (n for n, row in services.items() if n in known and known[n].creates == row.creates)
    return Units(desired, frozenset(same))


def _with_literal_names(
    services: dict[str, ServiceRecord], app: App, scope: Scope, snapshot: Snapshot
) -> dict[str, ServiceRecord]:
    """The services with the names of networks and volumes as systemd expands them, where that is
    known.
    """
    makers = {n: row for n, row in services.items() if row.makes and not is_literal(row.makes)}
    if not makers:
        return services
    from .declared_objects import declare_objects

    units = _units(scope, snapshot.desired, snapshot.manifest, makers)
    declared = declare_objects(scope, app.name, makers, units)
    names = {name: command.name for name, command in declared.items() if command}
    return {
        name: dataclasses.replace(row, makes=names[name]) if name in names else row
        for name, row in services.items()
    }


def _with_objects(inputs: PlanInput, plan: Plan, scope: Scope) -> tuple[PlanInput, Plan]:
    """The plan that knows the networks and volumes which are there, asked where that matters."""
    needed = needed_objects(inputs, plan)
    asked = objects_to_ask(inputs, plan, needed)
    if asked:
        from .objects import judge_objects

        units = _units(scope, inputs.desired, inputs.manifest, asked)
        inputs = inputs._replace(objects=judge_objects(scope, inputs.app.name, asked, units))
        inputs = inputs._replace(vanished=find_vanished(inputs))
        check_found(inputs, scope.user)
        plan = make_plan(inputs)
    return inputs, plan


def _restarted(inputs: PlanInput, scope: Scope, manager: Manager, snapshot: Snapshot) -> list[str]:
    """What a run that changes nothing tells of services that do not stay up."""
    names = lasting(inputs.services, inputs.states)
    details = manager.read_details(started_after(scope, names, snapshot.recorded_at))
    return find_restarted(details) if details else []


def find_started_otherwise(
    app: App, scope: Scope, manager: Manager, snapshot: Snapshot
) -> frozenset[str]:
    """Services of an installed app that others started since the last run with other texts."""
    inputs = _read_inputs(app, scope, snapshot, {**snapshot.manifest.services})
    return _other_texts(inputs, scope, manager, snapshot)[0]


def _other_texts(
    inputs: PlanInput, scope: Scope, manager: Manager, snapshot: Snapshot
) -> tuple[frozenset[str], bool]:
    """Services that somebody started since the last run with texts that are not there any more;
    and whether all that somebody started were found to have the installed ones.
    """
    edits, recorded_at = find_edits(inputs, snapshot.touched), snapshot.recorded_at
    is_still = not snapshot.touched and max(snapshot.moved) <= recorded_at
    details = manager.read_details(started_after(scope, edits, recorded_at, certain=is_still))
    details = {n: row for n, row in details.items() if row.begun_at > recorded_at}
    if not details or is_still:  # later changes are not to be held against these starts
        return frozenset(), bool(details) and not any(row.restarts for row in details.values())
    from .other_texts import find_other_texts

    times = Times(recorded_at, snapshot.moved, manager.read_loads())
    return find_other_texts(inputs, scope, edits, details, times)


def _own_starts(inputs: PlanInput, manager: Manager) -> frozenset[str]:
    """Services that systemd itself started with what is installed, at boot say."""
    suspects = find_suspects(inputs)
    details = manager.read_details(suspects)
    started = confirmed_starts(details, inputs.manifest.written_at)
    return frozenset(name for name in started if not inputs.services[name].makes)
