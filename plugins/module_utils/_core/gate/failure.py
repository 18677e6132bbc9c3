# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Failures of a run, as messages and as return values."""

from __future__ import annotations

import dataclasses
import re
import typing as t

from ..errors import QuadletError
from .verdict import DEPENDENCY

if t.TYPE_CHECKING:
    from ..state.manifest import Manifest


@dataclasses.dataclass(frozen=True)
class Failure:
    """Why a run has failed; unknown fields are None.

    phase: write, load, start, reload, health, probe, run or stay.  unit, service: None for a
    failure of the run or of a probe.  job: of the start.  journal: the last lines of the
    invocation that failed.  hint: the remedy.
    """

    phase: str
    reason: str
    unit: str | None = None
    service: str | None = None
    job: str | None = None
    exit_code: int | None = None
    restarts: int | None = None
    health_log: str | None = None
    journal: tuple[str, ...] = ()
    hint: str | None = None

    def to_result(self) -> dict[str, t.Any]:
        """The failure as modules return it."""
        return {**dataclasses.asdict(self), "journal": list(self.journal)}


def step_failure(error: QuadletError) -> Failure:
    """The failure of a step of the run, not of a service."""
    head = f"{error.where}: " if error.where else ""
    return Failure(error.phase or "write", f"{head}{error.what}", hint=error.remedy)


def failure_error(
    app: str,
    result: t.Mapping[str, t.Any],
    failures: t.Sequence[Failure],
    ending: str,
) -> QuadletError:
    """The error of a failed run, with the whole result.

    ending: a sentence about the app's current state.
    """
    first = min(failures, key=lambda failure: failure.reason == DEPENDENCY)
    others = f" (and {len(failures) - 1} more)" if len(failures) > 1 else ""
    lead = _LEADS[first.phase].format(
        others=others, reason=first.reason, service=first.service or "a service"
    )
    lines = [lead, *(f"  {_named(f)}{f.reason}" for f in failures if f is not first)]
    said = last_words(first)
    if said:
        lines.append(f"  {first.service} last said:")
        lines += [f"    {line}" for line in said]
    hints = dict.fromkeys(failure.hint for failure in failures if failure.hint)
    return QuadletError(
        "\n".join(lines),
        where=f"app {app}",
        remedy="\n" + "\n".join([*hints, ending]),
        topic=_TOPICS[first.phase],
        data={**result, "failures": [failure.to_result() for failure in failures]},
    )


_ROUTINE = (
    r"(?:(?:Starting|Started|Stopping|Stopped|Failed to start) {0}\b"
    r"|{0}: (?:(?:Main|Control) process exited|Failed with result|Scheduled restart job"
    r"|Start request repeated|Killing process|Consumed |Deactivated successfully))"
)


def last_words(failure: Failure) -> tuple[str, ...]:
    """The last lines of a journal, without those of systemd's that only repeat the reason."""
    routine = re.compile(_ROUTINE.format(re.escape(failure.service or "")))
    own = tuple(line for line in failure.journal if not routine.match(line))
    return (own or failure.journal)[-8:]


_LEADS = {
    "start": "{service} did not start{others}: {reason}",
    "run": "{service} did not end well{others}: {reason}",
    "reload": "{service} did not reload{others}: {reason}",
    "write": "its files could not be put in place{others}: {reason}",
    "load": "its units could not be loaded{others}: {reason}",
    "health": "{service} did not become healthy{others}: {reason}",
    "probe": "a probe failed{others}: {reason}",
    "stay": "{service} did not stay up{others}: {reason}",
}
_TOPICS = {
    "start": "start-failed",
    "run": "job-failed",
    "reload": "reload-failed",
    "write": "write-failed",
    "load": "load-failed",
    "health": "unhealthy",
    "probe": "probe-failed",
    "stay": "not-stable",
}


def _named(failure: Failure) -> str:
    """The service of a failure; a probe's reason names the probe itself."""
    unit = f" ({failure.unit})" if failure.unit else ""
    return f"{failure.service}{unit}: " if failure.service else ""


def outcome_ending(
    before: Manifest, attempt: t.Any, trouble: str, phases: t.Collection[str] = ()
) -> str:
    """A sentence about the app after a failure.  before: its current record.  phases: those of
    the failures.
    """
    if attempt is None and phases == {"run"}:
        again = "what failed runs again when `run` names it again."
        return f"The app is deployed (on_failure: keep); {again}"
    if attempt is None:
        return "The new files are in place (on_failure: keep); the next run tries again."
    if trouble:
        return f"Not all of it could be undone: {trouble}. The rest is as it was before."
    if not before.files:
        return "The app was not there before, and nothing of it is left but volumes."
    return f"What was there before is back: generation {before.generation}."
