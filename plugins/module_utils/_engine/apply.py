# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Carrying a plan out: the effects, in the order that keeps everything whole.

New bytes are on disk before anything stops; what goes is stopped before its file is
deleted; one daemon-reload; then restarts and starts, and a look at what became of them.
Where any of it fails, what was before is put back.
"""

from __future__ import annotations

import contextlib
import dataclasses
import time
import typing as t

from .._core.content import file_record
from .._core.errors import QuadletError
from .._core.gate.failure import make_failure
from .._core.quadlet.kinds import is_companion
from .._core.state.manifest import Manifest, ServiceRecord
from .._core.state.rollout import mark
from .._host.lock import Lock
from .._host.owner import to_quadlet_error
from .context import Outcome, Work
from .dependents import revive_outside, stopped_along
from .generations import make_generation, prune
from .image_tags import keep_images
from .start import start_services
from .timing import timed
from .transaction import Begun, begin, close, commit, save


def apply_plan(work: Work, lock: Lock, *, manager_up: bool) -> Outcome:
    """Carries the plan out, or undoes it.  QuadletError means: nothing has changed.

    The lock of the manager is held until what was written is loaded.
    """
    started = time.time()
    lock.acquire()
    outside = stopped_along(work) if manager_up else []
    begun = None
    generation = make_generation(work, manager_up=manager_up)
    if generation or work.plan.writes or work.plan.deletes or work.plan.load:
        with timed(work.timings, "write"):
            begun = begin(work, generation, outside)
    try:
        outcome = _carry_out(work, begun, lock, started, manager_up=manager_up)
        if not outcome.failures:
            outcome = revive_outside(work, outside, outcome)
        if not outcome.failures or work.app.on_failure == "keep":
            return _finish(work, begun, outcome)
    except Exception as error:  # whatever it was, what was before comes back
        outcome = Outcome(work.before, {}, {}, [_step_failure(to_quadlet_error(error))])
        if work.app.on_failure == "keep":
            return _finish(work, begun, outcome)
    from .rollback import undo

    with timed(work.timings, "rollback"):
        return undo(work, begun, outcome, lock)


def _carry_out(
    work: Work, begun: Begun | None, lock: Lock, started: float, *, manager_up: bool
) -> Outcome:
    if begun:
        with timed(work.timings, "write"), _phase("write"):
            commit(work, begun, manager_up=manager_up)
    elif work.plan.stop:
        work.manager.stop(work.plan.stop, timeout=work.app.gate.timeout)
    if not manager_up:
        return Outcome(work.before, {}, {}, [])
    if work.plan.load:
        with timed(work.timings, "reload"), _phase("load"):
            _reload(work, started)
    lock.release()
    with timed(work.timings, "start"), _phase("start"):
        return start_services(work, started)


@contextlib.contextmanager
def _phase(name: str) -> t.Iterator[None]:
    """Has an error tell in which phase it came."""
    try:
        yield
    except Exception as error:
        known = to_quadlet_error(error)
        known.data.setdefault("phase", name)
        raise known from error


def _step_failure(error: QuadletError) -> dict[str, t.Any]:
    """A failure that is no single service's."""
    head = f"{error.where}: " if error.where else ""
    phase = error.data.get("phase", "write")
    return make_failure(phase, f"{head}{error.what}", hint=error.remedy)


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
        remedy="Correct the unit."
        if own
        else "Look for the generator's message: journalctl -b -t quadlet-generator",
    )


def _finish(work: Work, begun: Begun | None, outcome: Outcome) -> Outcome:
    """Writes the record of this run; an app that is gone has none."""
    passed = not outcome.failures
    manifest = _manifest(work, begun, outcome) if work.desired else None
    warnings: list[str] = []
    if begun:
        close(work, begun, manifest, passed=passed)
        warnings = _tidy(work, begun, manifest)
    elif manifest:
        save(work, manifest)
    return outcome._replace(manifest=manifest or work.before, warnings=tuple(warnings))


def _tidy(work: Work, begun: Begun, manifest: Manifest | None) -> list[str]:
    """Images of the new generation are kept, and what old ones needed goes.

    The run counts by now: what fails here is told, and undoes nothing.
    """
    try:
        return [*keep_images(work, begun.generation), *prune(work, manifest)]
    except Exception as error:
        return [f"what older generations needed could not be removed: {to_quadlet_error(error)}"]


def _manifest(work: Work, begun: Begun | None, outcome: Outcome) -> Manifest:
    before, generation = work.before, begun.generation if begun else None
    wrote = bool(work.plan.writes or work.plan.deletes or work.plan.load)
    failed = {*(failure["service"] for failure in outcome.failures), *outcome.pending}
    unknown = None in failed  # of a step or a probe: no service counts as started
    broken = any(failure["phase"] in ("write", "load") for failure in outcome.failures)
    acted = {*work.plan.restart, *work.plan.start, *work.plan.reload, *work.plan.settled}
    acted -= {*work.plan.stale}
    up = {name for name, found in outcome.states.items() if found.up}
    number = work.app.origin or (generation.number if generation else before.generation)
    return Manifest(
        app=work.app.name,
        generation=number,
        files={path: file_record(blob) for path, blob in work.desired.items()},
        loaded=None if broken else work.loaded,
        written_at=time.time() if wrote else before.written_at,
        services={
            name: _record(
                work,
                name,
                record,
                started=name in acted,
                # What makes an object has done so, whatever a probe says of the app.
                failed=name in failed or (unknown and not (record.makes and name in up)),
            )
            for name, record in work.services.items()
        },
        secrets=dict(work.world.secrets),
        images={name: row[0] for name, row in generation.images.items()}
        if generation
        else work.app.images or before.images,
        deployed=number if generation else before.deployed,
        rollout=mark(
            before, work.app.rollout, returned=bool(work.app.origin), new=generation is not None
        ),
    )


def _record(
    work: Work, name: str, record: ServiceRecord, *, started: bool, failed: bool
) -> ServiceRecord:
    known = work.before.services.get(name)
    if failed and not (record.makes and known and known.started_with):
        return dataclasses.replace(record, started_with=None, reload_with=None)
    if started and not failed:
        inputs = work.inputs[name]
        return dataclasses.replace(record, started_with=inputs.restart, reload_with=inputs.reload)
    if known is None:
        return record
    return dataclasses.replace(
        record, started_with=known.started_with, reload_with=known.reload_with
    )
