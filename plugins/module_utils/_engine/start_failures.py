# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Why services fail: job results, states, restarts, the journal and health, a failure for each."""

from __future__ import annotations

import dataclasses
import typing as t

from .._core.effective import whole_text
from .._core.gate import verdict
from .._core.gate.failure import Failure
from .._core.gate.hints import NETWORK_WAIT, NETWORK_WAIT_UNIT, describe, find_hint
from .._core.gate.journal import last_end
from .._core.systemd_state import Details, State
from .._core.validate.drop_ins import is_foreign
from .._host import heard, podman
from .._host.owner import own_process
from .watch import Watch, Watched


class Report(t.NamedTuple):
    """What explains a failure.

    since: journals before it (seconds since the epoch) do not count.  old: invocations from before
    this run, by service.  said: systemctl's own words.
    """

    watched: Watched
    watch: Watch
    since: float
    old: t.Mapping[str, str]
    said: str

    def of_starts(self) -> list[Failure]:
        """Every service that is not up; those on their way only once time is up."""
        watch, manager = self.watch, self.watched.manager
        doubtful = any(not watch.states.get(n, State()).up for n in watch.names)
        doubtful = doubtful or bool(watch.down or watch.pending)
        if doubtful:  # the last lines may be on their way; only root can have the journal hurry
            own_process().run(["journalctl", "--sync"], timeout=5)
        jobs = manager.read_job_results(self.since) if doubtful else {}
        failures = [self._of_start(name, jobs.get(name, "")) for name in watch.names]
        return self._explain_waiting([failure for failure in failures if failure])

    def of_restarts(self) -> list[Failure]:
        """Services that are up, but are those from before the restart that was asked for."""
        watch, reason = self.watch, "systemd did not restart it"
        return [
            self.explain(name, "start", verdict.refusal(name, self.said) or reason)
            for name, before in self.old.items()
            for details in [watch.details.get(name)]
            if before and details and details.invocation == before and name not in watch.pending
        ]

    def _of_start(self, name: str, job: str) -> Failure | None:
        watch = self.watch
        if name in watch.pending and name not in watch.down and not watch.timed_out:
            return None
        if name in watch.pending and watch.unhealthy(name):
            return self.of_health(name)
        reason = self._reason(name, job)
        return self.explain(name, "start", reason, job=job) if reason else None

    def _explain_waiting(self, failures: list[Failure]) -> list[Failure]:
        """A rootless service that was not begun may wait for the network: its journal is empty."""
        waiting = [f for f in failures if f.reason == verdict.NOT_BEGUN]
        if not waiting or self.watched.is_system:
            return failures
        states = self.watched.manager.read_states([NETWORK_WAIT_UNIT])
        if states.get(NETWORK_WAIT_UNIT, State()).active != "activating":
            return failures
        reason = f"{verdict.NOT_BEGUN}: {NETWORK_WAIT.cause}"
        return [
            dataclasses.replace(f, reason=reason, hint=NETWORK_WAIT.remedy) if f in waiting else f
            for f in failures
        ]

    def _details(self, name: str) -> Details | None:
        """Of a service that runs again systemd does not tell any more how it ended before, and of
        commands beside the main process (ExecStartPre=) it never does.
        """
        details = self.watch.details.get(name)
        failed = details and details.result in ("exit-code", "signal")
        ended = failed or (details and details.restarts)
        unlike = details and (details.exit_code is None or (failed and details.exit_code == 0))
        if details and ended and unlike:
            end = last_end(self._journal(name, details))
            if end:
                result = end[0] if details.result == "success" else details.result
                return details._replace(result=result, exit_code=end[1])
        return details

    def _journal(self, name: str, details: Details | None) -> list[str]:
        """Lines of the invocation that failed; of a crash loop all of this run."""
        only = details.invocation if details and not details.restarts else ""
        but_not = self.old.get(name, "")
        begun = details.started_at if details and only else 0.0
        return self.watched.manager.read_journal(
            name,
            self.since,
            only=only,
            but_not=but_not,
            begun=begun,
            pid=details.main_pid if details else 0,
            containers=self.watched.services[name].objects,
        )

    def _reason(self, name: str, job: str) -> str | None:
        state, details = self.watch.states.get(name, State()), self._details(name)
        once = self.watched.services[name].once
        before = self.watch.restarts_before.get(name, 0)
        reason = verdict.reason_down(state, details, job, once=once, restarts_before=before)
        refused = verdict.refusal(name, self.said) if reason and not job else None
        return refused or reason

    def of_health(self, name: str) -> Failure:
        """What is wrong with a container's health, with the last words of its check."""
        container = self.watch.containers.get(name)
        log = podman.read_health_log(self.watched.owner, container.name) if container else None
        health = container.health or "" if container else None
        return self.explain(name, "health", verdict.unhealthy_reason(health, log), log=log)

    def explain(
        self, name: str, phase: str, reason: str, *, log: str | None = None, job: str = ""
    ) -> Failure:
        """A service's failure, with what the journal says of the invocation that failed."""
        details = self._details(name)
        journal = self._journal(name, details)
        hint = find_hint([*journal, *(log or "").split("\n")])
        if hint:
            heard.note_words(self.watched.owner, hint.cause, hint.remedy)
        return Failure(
            phase,
            describe(reason, hint, self._assertions(name)) if hint else reason,
            unit=self.watched.services[name].unit,
            service=name,
            job=job or None,
            exit_code=details.exit_code if details else None,
            restarts=details.restarts if details else None,
            health_log=log,
            journal=tuple(journal),
            hint=self._with_drop_ins(name, hint.remedy if hint else "") or None,
        )

    def _assertions(self, name: str) -> list[str]:
        texts = whole_text(self.watched.services[name].unit, self.watched.content)
        entries = [entry for text in texts if text for entry in text.entries]
        named = [e for e in entries if e.section == "Unit" and e.key.startswith("Assert")]
        return [f"{entry.key}={entry.value}" for entry in named]

    def _with_drop_ins(self, name: str, remedy: str) -> str:
        """The remedy, and the drop-ins of people that systemd adds to a service: it may be they."""
        paths = [p for p in self.watched.manager.read_drop_ins(name) if is_foreign(p)]
        added = f"systemd adds {', '.join(paths)} to it: look there, too." if paths else ""
        return f"{remedy} {added}".strip()
