# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Whether a started service has come up: from its job result, state and restarts."""

from __future__ import annotations

import json
import typing as t

from ..systemd_state import Details, State

if t.TYPE_CHECKING:
    from ..state.manifest import ServiceRecord

_RESULTS = {
    "exit-code": "its process ended with status {code}",
    "signal": "its process was killed by signal {code}",
    "timeout": "it did not become ready within its TimeoutStartSec",
    "start-limit-hit": "it failed too often in a row, systemd gave up",
    "oom-kill": "it was killed for want of memory",
    "resources": "systemd could not give it what it needs",
    "protocol": "it ended before it reported to be ready",
}
_UNKNOWN_ENDS = {
    "exit-code": "one of its commands failed",
    "signal": "one of its processes was killed by a signal",
}
"""The same where systemd does not tell which process it was."""

DEPENDENCY = "a service that it needs did not start"
NOT_BEGUN = "it still waits for what starts before it, and the gate's timeout is over"
STOPPING = "what ran before still stops (see TimeoutStopSec), and the gate's timeout is over"
_JOBS = {
    "dependency": DEPENDENCY,
    "timeout": "its start job timed out",
    "canceled": "its start was cancelled by another job",
    "skipped": "a condition or assertion of its unit does not hold",
    "assert": "an assertion of its unit does not hold",
    "unsupported": "this host can't start a unit of its type: a container has no automounts, say",
}


def has_come_up(state: State, *, once: bool, was_up: bool) -> bool | None:
    """True: up, or a job (once) that is done.  False: failed.  None: still starting.

    was_up: this run has seen it up before, so that it has failed if it is down now.  A job that
    systemd starts again after a failure (Restart=on-failure) has not ended yet.
    """
    if state.load not in ("loaded", ""):
        return False
    if state.active in _UP:
        return None if state.job not in ("", "reload") else True
    if was_up and not once:
        return False
    if state.job:
        return None
    if state.active == "activating" and not state.crashing:
        return None
    if once and (state.active == "deactivating" or state.crashing):
        return None
    return once and state.active == "inactive"


_UP = ("active", "reloading", "refreshing")


def reason_down(
    state: State, details: Details | None, job: str, *, once: bool, restarts_before: int = 0
) -> str | None:
    """Why a service does not count as started, in words; None if it does.

    once: it is a job, so inactive after success is fine.
    """
    if state.load not in ("loaded", ""):
        return f"systemd has no such unit ({state.load})"
    if job in _JOBS:
        return _JOBS[job]
    rose = details is not None and details.restarts > restarts_before
    rises = rose and not once
    if state.up and state.active != "activating" and not rises:
        return None
    if (
        once
        and state.active == "inactive"
        and not state.job
        and (details is None or details.result == "success")
    ):
        return None
    if state.active == "deactivating" and state.job:
        return STOPPING  # a result is that of the stop
    if state.active in ("inactive", "failed") and state.job:
        return NOT_BEGUN
    if state.active == "activating" and not state.crashing and not rises:
        return "it is still starting, and the gate's timeout is over"
    reason = _down_reason(state, details, rose)
    return f"{reason}, and the gate's timeout is over" if once and state.crashing else reason


def refusal(service: str, messages: str) -> str | None:
    """Why systemctl queued no job for a service, from its messages."""
    lines = messages.split("\n")
    return next((n for n in lines if n.startswith("Failed to ") and f" {service}: " in n), None)


def _down_reason(state: State, details: Details | None, rises: bool) -> str:
    code = details.exit_code if details else None
    text = _RESULTS.get(details.result if details else "", "")
    if code is None:
        text = _UNKNOWN_ENDS.get(details.result if details else "", text)
    reason = text.format(code=code) if text else f"it is {state.active} ({state.sub})"
    if not (rises or state.crashing):
        return reason
    times = details.restarts if details else 0
    return f"{reason}; systemd {_restarts(times)}"


def _restarts(times: int) -> str:
    if times == 0:  # the first restart is not counted yet
        return "restarts it"
    return "restarted it once" if times == 1 else f"restarted it {times} times"


def ever_started(services: t.Mapping[str, ServiceRecord]) -> list[str]:
    """Services of an app's record that a run has started and that must stay up."""
    return [
        name
        for name, record in services.items()
        if not (record.waits or record.stopped) and record.started_with is not None
    ]


def restarts_until(details: t.Mapping[str, Details], since: float) -> dict[str, int]:
    """Restarts by systemd of services that became active before a time (monotonic clock)."""
    return {name: d.restarts for name, d in details.items() if d.active_since < since}


def next_pause(pause: float, before: int, left: int, of: int) -> float:
    """Seconds until the next poll: they grow, but shrink with the share of services left.

    before, left: services that were and are still starting.  of: all of them.
    """
    return max(0.05, 0.25 * left / of) if left < before else min(pause * 1.1, 0.25)


def unhealthy_reason(health: str | None, log: str | None) -> str:
    """Why a container is not healthy.  health: None without a container, '' if unknown."""
    reason = _HEALTH_REASONS.get(health, "its health check fails")
    first = log.split("\n", 1)[0] if log else ""
    return f"{reason}: {first}" if first else reason


_HEALTH_REASONS: dict[str | None, str] = {
    None: "it has no container any more",
    "": "Podman does not know its health",
    "starting": "it is still starting, and the gate's timeout is over",
}


def parse_health_log(text: str) -> str | None:
    """The output of the last failed check, from a container's health log as JSON."""
    try:
        rows = [row for row in json.loads(text) or () if row["ExitCode"]]
        output = _end_of(str(rows[-1]["Output"]).strip()) if rows else None
    except (ValueError, RecursionError, KeyError, TypeError, AttributeError):
        return None
    if output == "":
        return f"status {rows[-1]['ExitCode']}, no output"
    return output


_LOG_LENGTH = 2000


def _end_of(text: str) -> str:
    """The sign of the cut has masking look for what a cut leaves of a secret."""
    return text if len(text) <= _LOG_LENGTH else f"…{text[-_LOG_LENGTH:]}"
