# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""The decision on an app: what is wanted beside what is there, judged where it must be."""

from __future__ import annotations

import dataclasses
import typing as t

from .._core.app.app import App
from .._core.plan import inputs as core_inputs
from .._core.plan.model import Plan, World, has_companions, kind_of_service
from .._core.plan.plan import file_changes, make_plan, needed_objects
from .._core.quadlet.kinds import is_unit
from .._core.state.manifest import ServiceRecord
from .._host import linger
from .._host.owner import own_process
from .._host.scope import Scope
from .._host.systemd import Manager
from .observe import Snapshot

if t.TYPE_CHECKING:
    from .validate import Judgement


@dataclasses.dataclass(frozen=True)
class Decided:
    """A plan, and what it was made from."""

    world: World
    plan: Plan
    judgement: Judgement | None
    snapshot: Snapshot
    lingers: bool


def needs_judgement(snapshot: Snapshot) -> bool:
    """Whether a unit's text is other than at the last reload, so that the generator is asked."""
    if not (snapshot.desired or snapshot.manifest.files):
        return False
    writes, deletes = file_changes(snapshot.desired, snapshot.current, snapshot.manifest)
    loaded = core_inputs.loaded_digest(snapshot.desired, snapshot.drop_ins)
    return any(map(is_unit, [*writes, *deletes])) or loaded != snapshot.manifest.loaded


def decide(
    app: App,
    scope: Scope,
    manager: Manager,
    snapshot: Snapshot,
    renewed: frozenset[str] = frozenset(),
) -> Decided:
    """The plan; QuadletError with everything that is wrong with the app, before any change."""
    judgement = None
    services = snapshot.manifest.services
    if needs_judgement(snapshot):
        judgement, snapshot, services = _judge(app, scope, snapshot)
    world = _world(app, scope, snapshot, services)._replace(renewed=renewed)
    if judgement:
        world = world._replace(adopted={name: old.text for name, old in judgement.adopted.items()})
        new = {n: r for n, r in services.items() if n not in snapshot.manifest.services}
        if snapshot.manager_up:
            from .validate_names import check_service_names

            free = check_service_names(manager, scope, new)
            world = world._replace(states={**world.states, **free})
    world = world._replace(own_start=_own_starts(world, manager, scope))
    if has_companions(world):
        from .._core.plan.enabling import installable

        enabled = manager.read_enabled(installable(world.desired, world.current))
        world = world._replace(enabled=enabled)
    plan = make_plan(world) if snapshot.desired or snapshot.manifest.files else Plan()
    vanished = _vanished(world, plan, scope) if snapshot.manager_up else ()
    if vanished:
        world = world._replace(vanished=frozenset(vanished))
        plan = make_plan(world)
    if app.recreate:
        from .recreate import check_recreate

        check_recreate(world, plan, scope)
    unasked = scope.user is None or app.state == "absent" or not app.linger
    lingers = unasked or linger.is_lingering(scope.user or "")
    return Decided(world, plan, judgement, snapshot, lingers)


def _judge(
    app: App, scope: Scope, snapshot: Snapshot
) -> tuple[Judgement, Snapshot, dict[str, ServiceRecord]]:
    """The verdict, the snapshot with drop-ins where they will be, and the services."""
    from .._host import podman

    asked = podman.ask_version(own_process())  # Podman starts while our own rules are loaded
    from .._core.validate.companions import to_records
    from .validate import judge_app

    judgement = judge_app(app, scope, snapshot, asked)
    drop_ins = {
        judgement.moves.get(path, path): sha
        for path, sha in snapshot.drop_ins.items()
        if path not in judgement.replaced
    }
    snapshot = dataclasses.replace(snapshot, drop_ins=drop_ins)
    return judgement, snapshot, to_records(judgement.services)


def _world(app: App, scope: Scope, snapshot: Snapshot, services: dict[str, ServiceRecord]) -> World:
    sources = core_inputs.AppInputs(
        snapshot.desired,
        snapshot.drop_ins,
        app_dir=scope.app_dir(app.name),
        home=scope.manager.home,
    )
    return World(
        app=app,
        desired=snapshot.desired,
        current=snapshot.current,
        manifest=snapshot.manifest,
        loaded=core_inputs.loaded_digest(snapshot.desired, snapshot.drop_ins),
        services=services,
        inputs={
            name: sources.of(record.unit)
            for name, record in services.items()
            if record.unit in snapshot.desired
        },
        states=snapshot.states,
        secrets=snapshot.secrets,
    )


def _vanished(world: World, plan: Plan, scope: Scope) -> frozenset[str]:
    """Networks and volumes that someone removed; the services that made them may read active.

    Asked only for what a start is about to need.
    """
    needed = needed_objects(world, plan)
    kinds = {kind_of_service(record).suffix for record in needed.values()}
    if not kinds:
        return frozenset()
    from .._host import podman

    there = {kind: podman.read_names(scope.manager, kind) for kind in sorted(kinds)}
    return frozenset(
        name
        for name, record in needed.items()
        if record.makes not in there[kind_of_service(record).suffix]
    )


def _own_starts(world: World, manager: Manager, scope: Scope) -> frozenset[str]:
    """Services that systemd itself started with what is installed, at boot say."""
    writes, deletes = file_changes(world.desired, world.current, world.manifest)
    if writes or deletes or world.loaded != world.manifest.loaded:
        return frozenset()
    suspects = []
    for name, known in world.manifest.services.items():
        state, wanted = world.states.get(name), world.inputs.get(name)
        same = wanted and (known.started_with, known.reload_with or {}) == (
            wanted.restart,
            wanted.reload,
        )
        if state and state.up and wanted and not same:
            suspects.append(name)
    details = manager.read_details(suspects)
    since = world.manifest.written_at
    # A crash loop starts anew all the time: that is no start to count on.
    found = {n for n, d in details.items() if d.started_at > since and not d.restarts}
    made_once = {n: r for n, r in world.services.items() if n in found and r.makes}
    if made_once:  # what was there already is what it was, whatever has started since
        from .recreate import read_made_at

        made = read_made_at(scope.manager, made_once)
        found -= {name for name in made_once if made.get(name, since) <= since}
    return frozenset(found)
