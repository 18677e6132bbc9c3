# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""The gate module: checks the gates of deployed apps again, and accepts a rollout."""

from __future__ import annotations

import dataclasses
import typing as t

from .._core.app.app import App, parse_app_name
from .._core.errors import NOT_READY, QuadletError
from .._core.gate.failure import Failure, failure_error
from .._core.gate.options import parse_gate
from .._core.gate.verdict import ever_started, restarts_until
from .._core.state.manifest import dump_manifest
from .._core.state.rollout import is_open, parse_rollout, to_result
from .._engine.decide import look
from .._engine.gate import pass_gate
from .._engine.generations import read_one
from .._engine.observe import Snapshot, read_manifest
from .._engine.start_failures import Report
from .._engine.watch import Watch, make_watched
from .._host import progress, state
from .._host.lock import Lock
from .._host.scope import Scope, resolve_scope
from .._host.systemd import Manager
from .base import run_module

if t.TYPE_CHECKING:
    from ansible.module_utils.basic import AnsibleModule


def ask_gates(
    given: t.Sequence[t.Mapping[str, t.Any]], accept: str, *, check: bool
) -> dict[str, t.Any]:
    """The gate module's result: an entry for each app; QuadletError with all entries if an app
    does not pass.  accept: the rollout that ends for apps that pass.
    """
    apps = [_ask_gate(item, accept, check=check) for item in given]
    result = {"changed": any(app["changed"] for app in apps), "apps": apps}
    failed = [app for app in apps if not app["passed"]]
    if failed:
        raise QuadletError("\n".join(app["msg"] for app in failed), data=result, topic=None)
    return result


def _ask_gate(given: t.Mapping[str, t.Any], accept: str, *, check: bool) -> dict[str, t.Any]:
    name = parse_app_name(given["name"])
    try:
        with progress.of_app(name, given["user"]):
            progress.enter("start")
            return _ask_deployed(name, given, accept, check=check)
    except QuadletError as error:
        if not (check and NOT_READY in error.data):
            raise
        message = f"app {name}: it can't be asked yet, since {error.what}"
        ready = {"passed": True, "changed": False, "msg": message, "failures": []}
        none = {"generation": 0, "rollout": None, "seconds": 0.0}
        return {"name": name, "user": given["user"], **none, **ready}


def _ask_deployed(
    name: str, given: t.Mapping[str, t.Any], accept: str, *, check: bool
) -> dict[str, t.Any]:
    """An app's answer; QuadletError with NOT_READY where an earlier task would deploy it."""
    scope = resolve_scope(given["user"], given["location"])
    manager = Manager(scope.manager, system=scope.is_system)
    started = manager.clock.monotonic()
    snapshot = look(App(name, state="present"), scope, manager)
    result: dict[str, t.Any] = {
        "name": name,
        "user": given["user"],
        "generation": snapshot.manifest.generation,
    }
    if check and not snapshot.manifest.files:
        raise QuadletError(
            f"in {scope.label} it is not installed", data={NOT_READY: True}, topic="not-installed"
        )
    try:
        rests = given.get("state") in ("present", "stopped") and snapshot.manifest.files
        failures = [] if rests else _gate_failures(name, scope, manager, snapshot)
        if failures:
            raise failure_error(name, {}, failures, "It was left as it is.")
        changed = is_open(snapshot.manifest, accept) and (check or _accept(name, scope, accept))
    except QuadletError as error:
        rows = error.data.get("failures", [])
        result |= {"passed": False, "changed": False, "msg": str(error), "failures": rows}
    else:
        result |= {"passed": True, "changed": changed, "msg": "", "failures": []}
    seconds = round(manager.clock.monotonic() - started, 3)
    return {**result, "rollout": to_result(snapshot.manifest), "seconds": seconds}


def _gate_failures(name: str, scope: Scope, manager: Manager, snapshot: Snapshot) -> list[Failure]:
    """The failures of the gate that the deployed generation passed."""
    manifest = snapshot.manifest
    _check_whole(name, scope, snapshot)
    generation = read_one(scope, name, manifest.generation)
    app = App(name, gate=parse_gate(generation.gate if generation else {}))
    names = ever_started(manifest.services)
    watched = make_watched(app, scope, manager, manifest.services, snapshot.current)
    watch, clock = Watch(watched, names, names), manager.clock
    details = manager.read_details(names)
    age = clock.time() - manifest.written_at
    watch.restarts_before = restarts_until(details, clock.monotonic() - age)
    watch.wait_settled()
    report = Report(watched, watch, manifest.written_at, {}, "")
    fallen = [dataclasses.replace(failure, phase="stay") for failure in report.of_starts()]
    return fallen or pass_gate(report)[1]


def _check_whole(name: str, scope: Scope, snapshot: Snapshot) -> None:
    """Refuses apps whose gate can't be checked."""
    problems = {
        "it is not installed": not snapshot.manifest.files,
        "a run of it did not end": snapshot.died is not None,
        "the service manager does not run": not snapshot.manager_up,
    }
    for what, is_true in problems.items():
        if is_true:
            raise QuadletError(
                f"in {scope.label} {what}",
                where=f"app {name}",
                remedy="Deploy it again.",
                topic="not-whole",
            )


def _accept(name: str, scope: Scope, rollout: str) -> bool:
    """Ends the rollout of an app; returns whether that rollout was under way."""
    app_lock = Lock(scope.manager, name)
    app_lock.acquire()
    try:
        record = read_manifest(scope, name)
        if record is None or not is_open(record, rollout):
            return False
        ended = dataclasses.replace(record, rollout=record.rollout._replace(under_way=False))
        path = state.manifest_path(scope.state_dir, name)
        scope.files.call(state.write_text, path, dump_manifest(ended))
        return True
    finally:
        app_lock.release()


def run(module: AnsibleModule) -> None:
    """Ends the module."""
    params = module.params
    apps = [
        {**item, **{key: item[key] or params[key] for key in ("user", "location")}}
        for item in params["apps"]
    ]
    run_module(
        module,
        lambda: ask_gates(apps, parse_rollout(params["accept"]), check=module.check_mode),
    )
