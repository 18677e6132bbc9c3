# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Restarts, starts and reloads, and the gate behind them."""

from __future__ import annotations

import typing as t

from .._core.gate import verdict
from .._core.gate.failure import make_failure
from .._core.gate.hints import NETWORK_WAIT, NETWORK_WAIT_UNIT, find_hint
from .._core.plan.model import start_order
from .._core.systemd_state import Details, State
from .._host.owner import own_process
from .context import Outcome, Work
from .watch import Watch

UP = State(active="active")

Failures = list[dict[str, t.Any]]


def start_services(work: Work, since: float) -> Outcome:
    """What the plan restarts, starts and reloads, and what was active and has to be so again."""
    plan = work.plan
    acted = list(dict.fromkeys((*plan.restart, *plan.start)))
    wanted = list(dict.fromkeys((*acted, *plan.revive))) if acted or plan.stop else acted
    if plan.remake:
        from .recreate import remake_objects

        remake_objects(work)
    return bring_up(
        work, wanted, since, acted=acted, restart=plan.restart, pause=plan.pause, reload=plan.reload
    )


def bring_up(
    work: Work,
    names: t.Sequence[str],
    since: float,
    *,
    acted: t.Sequence[str] | None = None,
    restart: t.Sequence[str] = (),
    pause: t.Sequence[str] = (),
    reload: t.Sequence[str] = (),
) -> Outcome:
    """Starts services that are loaded, restarts some, and follows them through the whole gate.

    since: what their journals said before (seconds since the epoch) is not told.  acted: those
    that have to prove themselves; by default what restarts, and what of names is not up.
    """
    manager = work.manager
    if acted is None:
        states = manager.read_states(names)
        acted = [n for n in names if n in restart or not states.get(n, State()).up]
    old = {name: one.invocation for name, one in manager.read_details(restart).items()}
    said = _queue(work, names, acted, restart, pause) if names else ""
    watch = Watch(work, names, acted)
    watch.follow()
    unheard = [name for name in reload if manager.reload_service(name).status != 0]
    if acted and not (watch.down or watch.pending):
        watch.stay()
    report = Report(work, watch, since, old, said)
    failures = report.of_starts()
    failures += [report.entry(name, "reload", "its reload failed") for name in unheard]
    health: dict[str, str] = {}
    if acted and not failures:
        health, failures = pass_gate(work, watch, report)
    pending = tuple(name for name in names if name in watch.pending)
    states = manager.read_states(list(work.services))
    told = [_masked(failure, work.mask) for failure in failures]
    return Outcome(work.before, states, watch.details, told, health, pending=pending)


def _queue(
    work: Work,
    names: t.Sequence[str],
    acted: t.Sequence[str],
    restart: t.Sequence[str],
    pause: t.Sequence[str],
) -> str:
    """Queues all jobs; what systemctl said of those that it refused."""
    manager = work.manager
    # Between two crashes a service reads like a good one, and systemd counts on.
    manager.stop(_still_trying(work, acted), timeout=work.app.gate.timeout)
    manager.reset_failed(_to_forget(work, acted))
    manager.stop(pause, timeout=work.app.gate.timeout)
    leaders = dict.fromkeys([*_leaders(work, restart), *pause])
    first = manager.queue("restart", start_order(work.services, leaders))
    then = manager.queue("start", start_order(work.services, _roots(work, names)))
    return f"{first.err}\n{then.err}"


def _still_trying(work: Work, acted: t.Sequence[str]) -> list[str]:
    """Services that systemd starts by itself meanwhile: their next crash would count as one of
    what this run starts.
    """
    known = [n for n in acted if n in work.before.services and not work.states.get(n, UP).up]
    states = work.manager.read_states(known)
    return [name for name, state in states.items() if state.active not in ("inactive", "failed")]


def _to_forget(work: Work, acted: t.Sequence[str]) -> list[str]:
    """Services whose failures no longer count, those too that a socket, timer or path starts."""
    names = [one for name in acted for one in (name, *work.services[name].triggers)]
    return [name for name in dict.fromkeys(names) if name in work.before.services]


def _leaders(work: Work, restart: t.Sequence[str]) -> list[str]:
    """Services to restart themselves: systemd restarts those that follow them along.

    Of those that follow each other (Requires= one way, PartOf= the other) the first leads.
    """
    follows = {name: set(restart) & set(work.services[name].follows) for name in restart}
    leaders = [name for name in restart if not follows[name]]
    led: set[str] = set()
    for name in [*leaders, *restart]:
        if name in led:
            continue
        leaders += [] if name in leaders else [name]
        queue = [name]
        while queue:
            one = queue.pop()
            led.add(one)
            queue += [n for n in restart if one in follows[n] and n not in led]
    return leaders


def _roots(work: Work, wanted: t.Sequence[str]) -> list[str]:
    """All but what ends by itself and is started along: it would run twice otherwise."""
    pulled = {need for name in wanted for need in work.services[name].needs}
    return [n for n in wanted if not (work.services[n].once and n in pulled)]


def pass_gate(work: Work, watch: Watch, report: Report) -> tuple[dict[str, str], Failures]:
    """Health, and what did not pass of it and of the probes, once all is up."""
    from .gate import look_inside

    health, complaints = look_inside(work, watch)
    failures = []
    if watch.down:
        watch.follow()
        failures = report.of_starts()
    failed = {failure["service"] for failure in failures}
    for service, phase, reason, log in complaints:
        if service and service not in failed:
            failures.append(report.entry(service, phase, reason, log))
        elif not service:
            failures.append(make_failure(phase, reason))
    return health, failures


def _masked(failure: dict[str, t.Any], mask: t.Callable[[str], str]) -> dict[str, t.Any]:
    """The failure without values of secrets, which a service may print."""
    texts = {key: mask(failure[key]) for key in ("reason", "health_log", "hint") if failure[key]}
    return {**failure, **texts, "journal": [mask(line) for line in failure["journal"]]}


class Report(t.NamedTuple):
    """What tells why services fail.

    old: invocations that were before this run, by service.  said: systemctl's own words.
    """

    work: Work
    watch: Watch
    since: float
    old: t.Mapping[str, str]
    said: str

    def of_starts(self) -> Failures:
        """Every service that is not up; those on their way only once time is up."""
        work, watch = self.work, self.watch
        doubtful = any(not watch.states.get(n, State()).up for n in watch.names)
        doubtful = doubtful or bool(watch.down or watch.pending)
        if doubtful:  # what was just said may be on its way; only root can have it hurry
            own_process().run(["journalctl", "--sync"], timeout=5)
        jobs = work.manager.read_job_results(self.since) if doubtful else {}
        failures = []
        for name in watch.names:
            if name in watch.pending and name not in watch.down and not watch.over:
                continue
            if name in watch.pending and watch.unhealthy(name):
                from .gate import complain_of_health

                failures.append(self.entry(*complain_of_health(work, watch, name)))
                continue
            reason = self._reason(name, jobs.get(name, ""))
            if reason:
                failures.append(self.entry(name, "start", reason, job=jobs.get(name)))
        return self._explain_waiting(failures)

    def _explain_waiting(self, failures: Failures) -> Failures:
        """A rootless service that was not begun may wait for the network: its journal is empty."""
        begun = [f for f in failures if f["reason"] != verdict.NOT_BEGUN]
        if len(begun) == len(failures) or self.work.scope.is_system:
            return failures
        state = self.work.manager.read_states([NETWORK_WAIT_UNIT]).get(NETWORK_WAIT_UNIT, State())
        if state.active != "activating":
            return failures
        told = {"reason": f"{verdict.NOT_BEGUN}: {NETWORK_WAIT.cause}", "hint": NETWORK_WAIT.remedy}
        return [f if f in begun else {**f, **told} for f in failures]

    def _details(self, name: str) -> Details | None:
        """Of a service that runs again systemd does not tell any more how it ended before."""
        found = self.watch.details.get(name)
        if found and found.restarts and found.exit_code is None:
            from .._core.gate.journal import last_end

            end = last_end(self._journal(name, found))
            if end:
                result = end[0] if found.result == "success" else found.result
                return found._replace(result=result, exit_code=end[1])
        return found

    def _journal(self, name: str, details: Details | None) -> list[str]:
        """What the invocation that failed has said; of a crash loop all of this run."""
        only = details.invocation if details and not details.restarts else ""
        but_not = self.old.get(name, "")
        return self.work.manager.read_journal(name, self.since, only=only, but_not=but_not)

    def _reason(self, name: str, job: str) -> str | None:
        state, details = self.watch.states.get(name, State()), self._details(name)
        once = self.work.services[name].once
        before = self.watch.restarts_before.get(name, 0)
        reason = verdict.reason_down(state, details, job, once=once, restarts_before=before)
        refused = verdict.refusal(name, self.said) if reason and not job else None
        return refused or reason

    def entry(
        self, name: str, phase: str, reason: str, log: str | None = None, job: str | None = None
    ) -> dict[str, t.Any]:
        """One failure, with what the journal says of the invocation that failed."""
        details = self._details(name)
        journal = self._journal(name, details)
        hint = find_hint([*journal, *(log or "").split("\n")])
        return {
            "unit": self.work.services[name].unit,
            "service": name,
            "phase": phase,
            "reason": f"{reason}: {hint.cause}" if hint else reason,
            "job": job or None,
            "exit_code": details.exit_code if details else None,
            "restarts": details.restarts if details else None,
            "health_log": log,
            "journal": journal,
            "hint": hint.remedy if hint else None,
        }
