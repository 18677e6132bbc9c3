# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Reads the deployed apps of scopes, for module info and the timer of role status.

Nothing is changed, and nothing of Ansible is needed.
"""

from __future__ import annotations

import contextlib
import os
import time
import typing as t

from .._core.app.app import App
from .._core.effective import declared_image
from .._core.errors import HELD_UP, QuadletError
from .._core.info import drift
from .._core.info.drift import Storage
from .._core.info.result import service_result
from .._core.info.undeclared import Wanted, is_declared
from .._core.plan.enabling import installable
from .._core.plan.inputs import AppInputs, Inputs
from .._core.plan.model import is_literal
from .._core.quadlet.kinds import is_unit
from .._core.state.generation import to_row
from .._core.state.manifest import ServiceRecord
from .._core.state.rollout import to_result
from .._core.state.roster import Place
from .._core.systemd_state import Details, Running, State
from .._core.validate.conflicts import Container
from .._engine.decide import find_started_otherwise, look
from .._engine.generations import Kept, read_all
from .._engine.objects import read_shown
from .._engine.observe import Snapshot, is_up
from .._host import linger, podman, state
from .._host.app_users import read_app_users
from .._host.owner import to_quadlet_error
from .._host.roster import read_projects
from .._host.scope import Scope, resolve_scope
from .._host.systemd import Manager
from .failed_runs import read_runs
from .info_pull import read_pulls

Row = dict[str, t.Any]


def read_scopes(user: str | None, errors: list[Row]) -> list[Scope]:
    """The scopes of a user; without a user all that the calling process may read.

    errors: why a user has none is added, unless that user was asked for.
    """
    if user is not None:
        users = [user]
    elif os.geteuid() == 0:
        lingering = linger.read_lingering_users()
        return [
            *_scopes_of(["root", *lingering], user, errors),
            *_scopes_with_apps({"root", *lingering}, errors),
        ]
    else:
        users = [str(os.geteuid())]
    return _scopes_of(users, user, errors)


def _scopes_with_apps(known: t.Collection[str], errors: list[Row]) -> list[Scope]:
    """The scopes of other users, as far as they have apps."""
    managers = {place.uid for place in read_projects() if place.uid}
    users = [name for name in read_app_users(managers) if name not in known]
    scopes = []
    for scope in _scopes_of(users, None, []):
        try:
            if scope.files.call(state.list_apps, scope.state_dir):
                scopes.append(scope)
        except Exception as error:
            if to_quadlet_error(error).data.get(HELD_UP):
                place = {"user": scope.user, "location": scope.location, "app": None}
                errors.append({**place, "msg": str(error)})
    return scopes


def _scopes_of(users: t.Iterable[str], user: str | None, errors: list[Row]) -> list[Scope]:
    scopes = []
    for name in users:
        try:
            home = resolve_scope(name)
        except QuadletError as error:
            if user is not None:
                raise
            errors.append({"user": name, "location": None, "app": None, "msg": str(error)})
            continue
        scopes.append(home)
        if not home.is_system and os.geteuid() == 0:
            scopes.append(resolve_scope(name, "admin"))
    return scopes


def read_apps(
    scope: Scope, wanted: t.Collection[str] | None, errors: list[Row]
) -> list[dict[str, t.Any]]:
    """All apps of a scope, or the wanted ones; each with its warnings.

    errors: why one of them, or the whole scope, can't be read is added, whatever it was: a user can
    write anything there, and answer anything, and hides no other scope by that.
    """
    place = {"user": scope.user, "location": scope.location}
    apps: list[dict[str, t.Any]] = []
    try:
        names = scope.files.call(state.list_apps, scope.state_dir)
        chosen = [str(name) for name in names if wanted is None or name in wanted]
        manager = Manager(scope.manager, system=scope.is_system)
        snapshots = {}
        for name in chosen:
            with _one(errors, {**place, "app": name}):
                snapshots[name] = look(App(name, state="present"), scope, manager)
        up = any(snapshot.manager_up for snapshot in snapshots.values())
        storage = _read_storage(scope, snapshots.values()) if up else Storage()
        running = manager.read_running() if up else []
        for name, snapshot in snapshots.items():
            with _one(errors, {**place, "app": name}):
                apps.append(_app(name, scope, manager, snapshot, storage, running))
    except Exception as error:
        errors.append({**place, "app": None, "msg": str(to_quadlet_error(error))})
    return apps


@contextlib.contextmanager
def _one(errors: list[Row], place: Row) -> t.Iterator[None]:
    """The reading of one app: an error is its own, unless the user's processes held it up."""
    try:
        yield
    except Exception as error:
        known = to_quadlet_error(error)
        if known.data.get(HELD_UP):
            raise
        errors.append({**place, "msg": str(known)})


def _read_storage(scope: Scope, snapshots: t.Iterable[Snapshot]) -> Storage:
    """Podman's storage; of networks and volumes those that the apps' services make."""
    makers = {
        name: record
        for snapshot in snapshots
        for name, record in snapshot.manifest.services.items()
        if is_literal(record.makes)
    }
    every = podman.read_containers(scope.manager)
    return Storage(
        containers={c.service: c for c in every},
        every=every,
        images=podman.read_images(scope.manager),
        objects=read_shown(scope.manager, makers) if makers else {},
    )


def _app(
    name: str,
    scope: Scope,
    manager: Manager,
    snapshot: Snapshot,
    storage: Storage,
    running: t.Sequence[Running],
) -> dict[str, t.Any]:
    manifest = snapshot.manifest
    declared = {
        service: declared_image(record.unit, snapshot.current)
        for service, record in manifest.services.items()
    }
    enabled = manager.read_enabled(installable(snapshot.current, manifest.files))
    details = manager.read_details(manifest.services) if snapshot.manager_up else {}
    inputs, current, states = _inputs(name, scope, snapshot), snapshot.current, snapshot.states
    own = drift.find_drift(manifest, current, inputs, states, enabled, details, scope.user)
    kept = read_all(scope, name)
    return {
        "name": name,
        "user": scope.user,
        "location": scope.location,
        "directory": scope.app_dir(name),
        "generation": manifest.generation,
        "rollout": to_result(manifest),
        "generations": _generations(kept, manifest.generation),
        "units": sorted(path for path in manifest.files if is_unit(path)),
        "files": sorted(path for path in manifest.files if not is_unit(path)),
        "services": {
            n: _service(n, record, snapshot, details, storage.containers, declared[n])
            for n, record in manifest.services.items()
        },
        "drift": [
            *drift.find_died(snapshot.died),
            *own,
            *drift.find_started_otherwise(_others(name, scope, manager, snapshot), own),
            *drift.find_strays(manifest, scope.app_dir(name), running),
            *_object_drift(scope, snapshot, inputs, storage),
            *drift.find_storage_drift(manifest.services, states, declared, storage),
            *drift.find_image_drift(manifest, declared, storage),
            *_gone_secrets(scope, snapshot),
            *kept.warnings(),
        ],
        "warnings": kept.warnings(),
    }


def _generations(kept: Kept, current: int) -> list[dict[str, t.Any]]:
    return [
        to_row(generation, current, _iso(generation.made_at)) for generation in kept.whole.values()
    ]


def _others(name: str, scope: Scope, manager: Manager, snapshot: Snapshot) -> t.Collection[str]:
    """Services that somebody started with other texts than are installed."""
    if not snapshot.manager_up:
        return ()
    try:
        return find_started_otherwise(App(name, state="present"), scope, manager, snapshot)
    except QuadletError as error:
        if error.data.get(HELD_UP):
            raise
        return ()  # a generator that is gone, say: the next run tells


def _inputs(name: str, scope: Scope, snapshot: Snapshot) -> dict[str, Inputs]:
    app_dir, home = scope.app_dir(name), scope.manager.home
    sources = AppInputs(snapshot.current, snapshot.drop_ins, app_dir=app_dir, home=home)
    return {
        service: sources.of(record.unit)
        for service, record in snapshot.manifest.services.items()
        if record.unit in snapshot.current
    }


def _object_drift(
    scope: Scope, snapshot: Snapshot, inputs: t.Mapping[str, Inputs], storage: Storage
) -> list[str]:
    manifest = snapshot.manifest
    there = {n: r for n, r in manifest.services.items() if storage.objects.get(n) is not None}
    if not there:
        return []
    from .._engine.declared_objects import Units
    from .._engine.objects import judge_objects

    loaded = frozenset(there) if snapshot.manager_up and manifest.loaded else frozenset()
    units = Units(snapshot.current, loaded)
    judged = judge_objects(scope, manifest.app, there, units, storage.objects)
    return drift.find_object_drift(manifest, inputs, snapshot.states, judged)


def _gone_secrets(scope: Scope, snapshot: Snapshot) -> list[str]:
    stored = snapshot.manifest.secrets
    if not stored or not snapshot.manager_up:
        return []
    from .._host.secrets import read_names

    present = read_names(scope.manager)
    return [f"secret {name} is gone" for name in stored if stored[name] not in present]


def _orphans(scopes: t.Iterable[Scope], apps: t.Iterable[t.Mapping[str, t.Any]]) -> list[str]:
    """Messages about containers that run though systemd no longer has their unit."""
    known = {service for app in apps for service in app["services"]}
    messages = []
    for scope in {scope.manager.uid: scope for scope in scopes}.values():
        manager = Manager(scope.manager, system=scope.is_system)
        try:
            running = manager.read_running("not-found") if is_up(scope) else []
            containers = podman.read_containers(scope.manager) if running else []
        except Exception as error:
            messages.append(f"{scope.label}: {to_quadlet_error(error)}")
            continue
        orphans = drift.find_orphans(known, running, containers)
        messages += [f"{scope.label}: {text}" for text in orphans]
    return messages


def _iso(seconds: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def _service(
    name: str,
    record: ServiceRecord,
    snapshot: Snapshot,
    details: t.Mapping[str, Details],
    containers: t.Mapping[str, Container],
    declared: str | None,
) -> dict[str, t.Any]:
    running = containers.get(name)
    return {
        "unit": record.unit,
        "job": record.job,
        "once": record.once,
        "waits": record.waits,
        "stopped": record.stopped,
        "needs": list(dict.fromkeys((*record.needs, *record.follows))),
        "triggers": list(record.triggers),
        **service_result(snapshot.states.get(name, State()), details.get(name)),
        "image": {
            "declared": declared,
            "running": running.image if running else None,
            "running_id": running.image_id if running else None,
        },
        "health": running.health if running else None,
    }


def _mark(apps: t.Iterable[Row], scopes: t.Sequence[Scope], declared: list[Row] | None) -> None:
    """Adds to each app the project that deployed it, and whether it is declared."""
    uids = {scope.user: scope.manager.uid for scope in scopes}
    wanted = [_wanted(item) for item in declared or ()]
    projects = read_projects()
    for app in apps:
        place = Place(app["name"], uids[app["user"]], app["location"])
        app["project"] = projects.get(place)
        app["declared"] = None if declared is None else is_declared(*place, wanted)


def _wanted(item: Row) -> Wanted:
    uid = None
    with contextlib.suppress(QuadletError):
        uid = resolve_scope(item.get("user")).manager.uid
    return Wanted(str(item.get("name")), uid, item.get("location") or "home")


def read_inventory(
    user: str | None,
    wanted: t.Collection[str] | None,
    declared: list[Row] | None = None,
    lines: int = 0,
) -> dict[str, t.Any]:
    """The info module's result: all apps of the scopes, and warnings about the host.

    lines: how many of the journal each service that has failed comes with.
    """
    errors: list[Row] = []
    scopes = read_scopes(user, errors)
    apps = [app for scope in scopes for app in read_apps(scope, wanted, errors)]
    warnings = [f"app {app['name']}: {text}" for app in apps for text in app.pop("warnings")]
    users = [scope for scope in scopes if not scope.is_system]
    if users:
        warnings += linger.online_warning(Manager(users[0].manager, system=True))
    _mark(apps, scopes, declared)
    if wanted is None:
        warnings += _orphans(scopes, apps)
    if lines:
        from .journals import add_journals

        add_journals(apps, scopes, lines)
    pulls, troubles = read_pulls(scopes, errors)
    failures = read_runs(scopes, wanted, warnings)
    if errors and not apps and user is not None:
        raise QuadletError("\n".join(row["msg"] for row in errors), topic=None)
    warnings += [*troubles, *map(_describe, errors)]
    return {
        "changed": False,
        "apps": apps,
        "failures": failures,
        "pull": pulls,
        "errors": errors,
        "warnings": warnings,
    }


def _describe(error: Row) -> str:
    """An error as a warning, that says whose it is."""
    whose = f"user {error['user']}" if error["user"] else "the system scope"
    app = f"app {error['app']} of {whose}" if error["app"] else f"the apps of {whose}"
    return f"{app} could not be read: {error['msg']}"
