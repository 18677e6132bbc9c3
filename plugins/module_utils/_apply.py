# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Carrying a plan out: the effects, in the order that keeps everything whole.

New bytes are on disk before anything stops; what goes is stopped before its file is
deleted; one daemon-reload; then restarts and starts, and a look at what became of them.
"""

from __future__ import annotations

import dataclasses
import time

from ._core.errors import QuadletError
from ._core.kinds import is_companion
from ._core.manifest import Manifest, ServiceRecord, dump_manifest
from ._host import files, state
from ._host.lock import Lock
from ._snapshot import file_record, to_wire
from ._start import start_services
from ._timing import timed
from ._work import Outcome, Work


def apply_plan(work: Work, lock: Lock, *, manager_up: bool) -> Outcome:
    """Carries the plan out.  QuadletError before the first write means: nothing has changed.

    The lock of the manager is held until what was written is loaded.
    """
    started = time.time()
    lock.acquire()
    if work.plan.writes or work.plan.deletes or work.plan.load:
        with timed(work.timings, "write"):
            _write(work, manager_up)
    elif work.plan.stop:
        work.manager.stop(work.plan.stop, timeout=work.app.gate.timeout)
    if not manager_up:
        return _finish(work, Outcome(work.before, {}, {}, []))
    if work.plan.load:
        with timed(work.timings, "reload"):
            _reload(work, started)
    lock.release()
    with timed(work.timings, "start"):
        outcome = start_services(work, started)
    return _finish(work, outcome)


def _write(work: Work, manager_up: bool) -> None:
    layout = work.scope.layout(work.app.name)
    owner, manager = work.scope.files, work.manager
    try:
        if work.plan.writes:
            owner.call(files.stage_files, layout, to_wire(work.desired, work.plan.writes))
        _save(work, _intent(work))
        if manager_up:
            manager.stop(work.plan.stop, timeout=work.app.gate.timeout)
        manager.disable(work.plan.disable)
    except QuadletError:
        owner.call(files.discard_staged, layout)
        raise
    owner.call(files.commit_files, layout, list(work.plan.writes), list(work.plan.deletes))
    manager.enable(work.plan.enable)
    if work.gone or work.moves:
        owner.call(files.move_foreign, [list(m) for m in work.moves], list(work.gone))


def _intent(work: Work) -> Manifest:
    """The record while files change: all that was and all that will be is the app's, so that
    whatever run comes next, should this one die, finds it.
    """
    files = {path: file_record(blob) for path, blob in work.desired.items()}
    return dataclasses.replace(
        work.before,
        loaded=None,
        files={**work.before.files, **files},
        services={**work.services, **work.before.services},
    )


def _save(work: Work, manifest: Manifest) -> None:
    path = state.manifest_path(work.scope.state_dir, work.app.name)
    work.scope.files.call(state.write_text, path, dump_manifest(manifest))


def _reload(work: Work, since: float) -> None:
    """Runs the generator for good, and looks whether every expected service is there."""
    work.manager.reload()
    states = work.manager.read_states(work.services)
    lost = [name for name, found in states.items() if found.load != "loaded"]
    if not lost:
        return
    units = ", ".join(f"{work.services[name].unit} ({name}: {states[name].load})" for name in lost)
    own = [name for name in lost if is_companion(name)]
    said = dict.fromkeys(line for name in own for line in work.manager.read_journal(name, since))
    raise QuadletError(
        f"after the daemon-reload systemd does not have {units}"
        + "".join(f"\n    {line}" for line in said),
        where=f"app {work.app.name}",
        remedy="\nCorrect the unit; the next run tries again."
        if own
        else "Look for the generator's message: journalctl -b -t quadlet-generator",
    )


def _finish(work: Work, outcome: Outcome) -> Outcome:
    """Writes the record of this run; an app that is gone has none."""
    if not work.desired:
        path = state.manifest_path(work.scope.state_dir, work.app.name)
        work.scope.files.call(state.remove, path)
        return outcome
    changed = bool(work.plan.writes or work.plan.deletes)
    failed = {failure["service"] for failure in outcome.failures}
    acted = {*work.plan.restart, *work.plan.start, *work.plan.reload, *work.plan.settled}
    manifest = Manifest(
        app=work.app.name,
        generation=work.before.generation + (1 if changed or not work.before.generation else 0),
        files={path: file_record(blob) for path, blob in work.desired.items()},
        loaded=work.loaded,
        written_at=time.time() if changed or work.plan.load else work.before.written_at,
        services={
            name: _record(work, name, record, started_now=name in acted, failed=name in failed)
            for name, record in work.services.items()
        },
    )
    _save(work, manifest)
    return outcome._replace(manifest=manifest)


def _record(
    work: Work, name: str, record: ServiceRecord, *, started_now: bool, failed: bool
) -> ServiceRecord:
    known = work.before.services.get(name)
    if failed:
        return dataclasses.replace(record, started_with=None, reload_with=None)
    if started_now:
        inputs = work.inputs[name]
        return dataclasses.replace(record, started_with=inputs.restart, reload_with=inputs.reload)
    if known is None:
        return record
    return dataclasses.replace(
        record, started_with=known.started_with, reload_with=known.reload_with
    )
