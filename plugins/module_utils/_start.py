# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Restarts, starts and reloads, and the gate behind them."""

from __future__ import annotations

import time
import typing as t

from ._core import gate
from ._core.hints import find_hint
from ._core.unitstate import Details, State
from ._core.world import start_order
from ._host import systemd
from ._host.owner import Ran
from ._work import Outcome, Work


def start_services(work: Work, since: float) -> Outcome:
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
