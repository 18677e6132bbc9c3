# Copyright (c) quadlet.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Carrying a plan out: the effects, in the order that keeps everything whole.

New bytes are on disk before anything stops; what goes is stopped before its file is
deleted; one daemon-reload; then restarts and starts, and a look at what became of them.
"""

from __future__ import annotations

import dataclasses
import time
import types
import typing as t

from ._core import gate
from ._core.errors import QuadletError
from ._core.hints import find_hint
from ._core.inputs import Inputs
from ._core.kinds import is_companion
from ._core.manifest import Manifest, ServiceRecord, dump_manifest
from ._core.spec import App, Blob
from ._core.unitstate import Details, State
from ._core.world import Plan, start_order
from ._host import files, state, systemd
from ._host.lock import Lock
from ._host.owner import Ran
from ._host.scope import Scope
from ._snapshot import file_record, to_wire
from ._timing import timed

if t.TYPE_CHECKING:
    from ._decide import Decided


@dataclasses.dataclass(frozen=True)
class Work:
    """One plan with all that carrying it out needs.

    moves: (source, target) of adopted units' drop-ins.  gone: paths of adopted units, and
    of drop-ins that the app replaces.
    """

    app: App
    scope: Scope
    manager: systemd.Manager
    plan: Plan
    desired: dict[str, Blob]
    before: Manifest
    services: dict[str, ServiceRecord]
    inputs: dict[str, Inputs]
    states: dict[str, State]
    loaded: str
    moves: tuple[tuple[str, str], ...] = ()
    gone: tuple[str, ...] = ()
    timings: dict[str, float] = dataclasses.field(default_factory=dict)


def make_work(
    scope: Scope, manager: systemd.Manager, decided: Decided, timings: dict[str, float]
) -> Work:
    """What there is to carry out of a decision."""
    world = decided.world
    judgement = decided.judgement
    return Work(
        app=world.app,
        scope=scope,
        manager=manager,
        plan=decided.plan,
        desired=world.desired,
        before=world.manifest,
        services=world.services,
        inputs=world.inputs,
        states=world.states,
        loaded=world.loaded,
        moves=tuple(judgement.moves.items()) if judgement else (),
        gone=judgement.gone if judgement else (),
        timings=timings,
    )


class Outcome(t.NamedTuple):
    """What a run left behind."""

    manifest: Manifest
    states: dict[str, State]
    details: dict[str, Details]
    failures: list[dict[str, t.Any]]
    health: t.Mapping[str, str] = types.MappingProxyType({})


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
        outcome = _start(work, started)
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


def _start(work: Work, since: float) -> Outcome:
    """Restarts, starts and reloads; then what must be up is looked at until it is stable."""
    plan, manager = work.plan, work.manager
    acted = list(dict.fromkeys((*plan.restart, *plan.start)))
    wanted = list(dict.fromkeys((*acted, *plan.revive))) if acted or plan.stop else acted
    names = list(work.services)
    ran = Ran(0, "", "")
    if wanted:
        # Between two crashes a service reads like a good one, and systemd counts on.
        manager.reset_failed(_to_forget(work, acted))
        manager.stop(plan.pause, timeout=work.app.gate.timeout)
        leaders = dict.fromkeys([*_leaders(work), *plan.pause])
        manager.queue("restart", start_order(work.services, leaders))
        roots = start_order(work.services, _roots(work, wanted))
        ran = manager.wait_for_start(roots, work.app.gate.timeout)
    unheard = [name for name in plan.reload if manager.reload_service(name).status != 0]
    states, details = _settle(work, names, acted)
    failures = _failures(work, wanted, states, details, since, ran)
    failures += [_failure(work, n, "its reload failed", None, since) for n in unheard]
    health: dict[str, str] = {}
    if acted and not failures:
        health, failures = _pass_gate(work, acted, since)
    return Outcome(work.before, states, details, failures, health)


def _pass_gate(
    work: Work, acted: t.Sequence[str], since: float
) -> tuple[dict[str, str], list[dict[str, t.Any]]]:
    """Health, and what did not pass of it and of the probes, once all is up."""
    from ._gate import look_inside

    left = since + work.app.gate.timeout - time.time()
    health, complaints = look_inside(work, acted, time.monotonic() + max(0.0, left))
    failures = []
    for service, phase, reason in complaints:
        known = _failure(work, service, reason, None, since) if service else _UNKNOWN
        failures.append({**known, "phase": phase, "reason": reason})
    return health, failures


_UNKNOWN: dict[str, t.Any] = {
    "unit": None,
    "service": None,
    "exit_code": None,
    "journal": [],
    "hint": None,
}


def _to_forget(work: Work, acted: t.Sequence[str]) -> list[str]:
    """Services whose failures no longer count, those too that a socket, timer or path starts."""
    names = [one for name in acted for one in (name, *work.services[name].triggers)]
    return [name for name in dict.fromkeys(names) if name in work.before.services]


def _leaders(work: Work) -> list[str]:
    """Services to restart themselves: systemd restarts those that follow them along."""
    restart = set(work.plan.restart)
    return [n for n in work.plan.restart if not restart & set(work.services[n].follows)]


def _roots(work: Work, wanted: t.Sequence[str]) -> list[str]:
    """All but what ends by itself and is started along: it would run twice otherwise."""
    pulled = {need for name in wanted for need in work.services[name].needs}
    return [n for n in wanted if not (work.services[n].once and n in pulled)]


def _settle(
    work: Work, names: t.Sequence[str], acted: t.Sequence[str]
) -> tuple[dict[str, State], dict[str, Details]]:
    """States and details once each acted service has been up for the stable time, or is not up."""
    states = work.manager.read_states(names)
    details = work.manager.read_details(acted)
    left = gate.seconds_left(work.app.gate.stable, time.monotonic(), details.values())
    if not acted or not left:
        return states, details
    first = {name: states[name] for name in acted if name in states}
    systemd.wait_until(lambda: _worse(work.manager, first), left)
    return work.manager.read_states(names), work.manager.read_details(acted)


def _worse(manager: systemd.Manager, first: t.Mapping[str, State]) -> bool:
    now = manager.read_states(list(first))
    return any(first[name].up and not now[name].up for name in first)


def _failures(
    work: Work,
    wanted: t.Sequence[str],
    states: t.Mapping[str, State],
    details: t.Mapping[str, Details],
    since: float,
    ran: Ran,
) -> list[dict[str, t.Any]]:
    doubtful = ran.status != 0 or any(not states.get(n, State()).up for n in wanted)
    jobs = work.manager.read_job_results(since) if doubtful else {}
    failures = []
    for name in wanted:
        record = work.services[name]
        reason = gate.reason_down(
            states.get(name, State()),
            details.get(name),
            jobs.get(name, ""),
            once=record.once,
            restarts_before=0 if name in work.plan.start or name in work.plan.restart else 1 << 30,
        )
        if reason:
            failures.append(_failure(work, name, reason, details.get(name), since))
    return failures


def _failure(
    work: Work, name: str, reason: str, details: Details | None, since: float
) -> dict[str, t.Any]:
    journal = work.manager.read_journal(name, since)
    hint = find_hint(journal)
    return {
        "unit": work.services[name].unit,
        "service": name,
        "phase": "reload" if name in work.plan.reload else "start",
        "reason": f"{reason}: {hint.cause}" if hint else reason,
        "exit_code": details.exit_code if details else None,
        "journal": journal,
        "hint": hint.remedy if hint else None,
    }


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
