# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Carrying a plan out: write, load, record.

New bytes are on disk before anything stops; a removed unit's service stops before its file is
deleted; one daemon-reload.  Order and locks are reconcile's.
"""

from __future__ import annotations

import contextlib
import typing as t

from .._core.errors import QuadletError
from .._core.gate.failure import Failure, step_failure
from .._core.quadlet.kinds import is_companion
from .._core.state.after_run import Ended, record_after
from .._host.owner import to_quadlet_error
from .._host.stopping import stop_services
from .context import Context, Outcome
from .generations import make_generation, prune
from .image_tags import keep_images
from .noted_images import settle_images
from .start import start_services
from .timing import timed
from .transaction import Begun, begin, close, commit, save

if t.TYPE_CHECKING:
    from .._core.state.manifest import Manifest


def prepare_write(context: Context, external: t.Sequence[str], *, manager_up: bool) -> Begun | None:
    """Keeps what was and writes new bytes beside it; None where nothing is to be written.

    QuadletError: nothing has changed.  external: services of other apps that may stop along.
    """
    plan, generation = context.plan, make_generation(context, manager_up=manager_up)
    if not (generation or plan.writes or plan.deletes or plan.daemon_reload):
        return None
    with timed(context.run.timings, "write"):
        return begin(context, generation, external)


def write(context: Context, begun: Begun | None, *, manager_up: bool) -> None:
    """Stops services of removed units, and exchanges the files."""
    if begun:
        with timed(context.run.timings, "write"), _phase("write"):
            commit(context, begun, manager_up=manager_up)
    elif context.plan.stop:
        stop_services(context.manager, context.plan.stop)


def load(context: Context, since: float) -> None:
    """Runs the generator for good, and checks that every expected service is there."""
    if not context.plan.daemon_reload:
        return
    with timed(context.run.timings, "reload"), _phase("load"):
        context.manager.reload()
        _check_loaded(context, since)


def start(context: Context, since: float) -> Outcome:
    """Moves services, and follows them through the gate."""
    with timed(context.run.timings, "start"), _phase("start"):
        return start_services(context, since)


def run(context: Context, outcome: Outcome) -> Outcome:
    """Runs the jobs that are asked for."""
    from .jobs import run_jobs

    with timed(context.run.timings, "run"), _phase("run"):
        return run_jobs(context, outcome)


@contextlib.contextmanager
def _phase(name: str) -> t.Iterator[None]:
    """Records the current phase in any error."""
    try:
        yield
    except Exception as error:
        known = to_quadlet_error(error)
        known.phase = known.phase or name
        raise known from error


def failed_step(error: Exception) -> Failure:
    """The failure of a run that any error ended."""
    return step_failure(to_quadlet_error(error))


def _check_loaded(context: Context, since: float) -> None:
    manager, services = context.manager, context.services
    states = manager.read_states(services)
    lost = [name for name, state in states.items() if state.load != "loaded"]
    if not lost:
        return
    units = ", ".join(f"{services[name].unit} ({name}: {states[name].load})" for name in lost)
    own = [name for name in lost if is_companion(name)]
    said = dict.fromkeys(line for name in own for line in manager.read_journal(name, since))
    raise QuadletError(
        f"after the daemon-reload systemd does not have {units}"
        + "".join(f"\n    {line}" for line in said),
        remedy="Correct the unit."
        if own
        else "Look for the generator's message: journalctl -b -t quadlet-generator",
        topic="not-loaded",
    )


def finish(context: Context, begun: Begun | None, outcome: Outcome) -> Outcome:
    """Writes the record of this run; an app that is gone has none."""
    record = _record(context, begun, outcome) if context.desired else None
    warnings: list[str] = []
    if begun:
        warnings = keep_images(context, begun.generation)
        close(context, begun, record, passed=not outcome.failures)
        warnings += prune(context, record)
    elif record:
        save(context, record)
    warnings += settle_images(context, record)
    return outcome._replace(record=record or context.record, warnings=tuple(warnings))


def _record(context: Context, begun: Begun | None, outcome: Outcome) -> Manifest:
    ended = Ended(
        outcome.states,
        outcome.failures,
        outcome.pending,
        begun.generation if begun else None,
        context.run.clock.time(),
    )
    return record_after(context.decision.inputs, context.plan, ended)
