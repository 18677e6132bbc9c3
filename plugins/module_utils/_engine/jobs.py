# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Jobs that a run is asked for: each in its turn, once the app is up, with its result."""

from __future__ import annotations

import dataclasses
import typing as t

from .._core.gate.failure import Failure
from .._core.gate.hints import find_skip
from .._core.plan.start_order import StartOrder
from .._core.systemd_state import State
from .._host.clock import wait_until
from .context import Context, Outcome
from .start import bring_up
from .start_failures import Report
from .watch import Watch, Watched, make_watched

_BUSY = ("activating", "deactivating", "reloading")
_MORE_TIME = "Give it more time: gate.timeout, in seconds, counts for each job."


def run_jobs(context: Context, outcome: Outcome) -> Outcome:
    """The outcome with that of the jobs, up to the first that fails.  A service that a job has
    stopped, by Conflicts= say, starts again.
    """
    app, scope, manager = context.app, context.scope, context.manager
    watched = make_watched(app, scope, manager, context.services, context.desired)
    since, details = context.run.clock.time(), dict(outcome.details)
    ran: list[str] = []
    failures: list[Failure] = []
    for name in context.plan.run:
        ran.append(name)
        failures = _run_job(watched, name, details)
        if failures:
            break
    states = manager.read_states(list(context.services))
    fallen = [name for name in states if _has_fallen(context, outcome, states, name)]
    if fallen and not failures:
        order = StartOrder(names=tuple(fallen), known=context.services, states=states)
        again = bring_up(watched, order, outcome.record, since)
        states, failures = dict(again.states), list(again.failures)
        details.update(again.details)
    return outcome._replace(
        states=states, details=details, failures=tuple(failures), ran=tuple(ran)
    )


def _run_job(watched: Watched, name: str, details: dict[str, t.Any]) -> list[Failure]:
    """Why a job did not end well.  details: takes those of its service."""
    manager, timeout = watched.manager, max(1.0, watched.gate.timeout)

    def state() -> State:
        return manager.read_states([name]).get(name, State())

    if not wait_until(lambda: not _is_busy(state()), timeout, watched.clock):
        reason = "it still runs since before this run, and the gate's timeout is over"
        unit = watched.services[name].unit
        return [Failure("run", reason, unit=unit, service=name, hint=_MORE_TIME)]
    since = watched.clock.time()
    manager.reset_failed([name])
    said = manager.queue("restart" if state().active == "active" else "start", [name]).err
    watch = Watch(watched, [name], [name])
    watch.wait_settled()
    details.update(watch.details)
    report = Report(watched, watch, since, {}, said)
    failures = report.of_starts() or _of_condition(report, name)
    runs = name in watch.pending and not watch.states.get(name, State()).crashing
    return [_as_job(failure, pending=runs) for failure in failures]


def _of_condition(report: Report, name: str) -> list[Failure]:
    """The failure of a job that systemd has skipped: it reads like one that is done."""
    if report.watch.states.get(name, State()).up:
        return []
    found = find_skip(report.watched.manager.read_journal(name, report.since))
    return [report.explain(name, "run", "it did not run")] if found else []


def _is_busy(state: State) -> bool:
    return bool(state.job) or (state.active in _BUSY and not state.crashing)


def _as_job(failure: Failure, *, pending: bool) -> Failure:
    if not pending or failure.service is None:
        return dataclasses.replace(failure, phase="run")
    reason = "it still runs, and the gate's timeout is over"
    hint = failure.hint or _MORE_TIME
    return dataclasses.replace(failure, phase="run", reason=reason, hint=hint)


def _has_fallen(
    context: Context, before: Outcome, states: t.Mapping[str, State], name: str
) -> bool:
    """Whether a service was up before the jobs and is not any more."""
    known = before.states.get(name, State())
    lasts = not context.services[name].job
    return lasts and known.active == "active" and not states[name].up
