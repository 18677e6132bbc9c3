# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""A run's result, and its failure, as a person and a playbook read them."""

from __future__ import annotations

import typing as t

from .errors import QuadletError
from .gate import DEPENDENCY
from .rollout import to_result
from .unitstate import Details, State
from .world import Step

if t.TYPE_CHECKING:
    from .intent import Intent
    from .manifest import Manifest


def make_result(
    steps: t.Sequence[Step],
    *,
    services: t.Mapping[str, t.Mapping[str, t.Any]],
    manifest: Manifest,
    warnings: t.Sequence[str],
    lint: t.Sequence[t.Mapping[str, t.Any]],
    diff: t.Sequence[t.Mapping[str, str]],
    timings: t.Mapping[str, float],
) -> dict[str, t.Any]:
    """The return values of the app and unit modules."""
    return {
        "changed": bool(steps),
        "plan": [step.to_result() for step in steps],
        "services": dict(services),
        "generation": manifest.generation,
        "rollout": to_result(manifest),
        "rolled_back": False,
        "warnings": list(warnings),
        "lint": [dict(finding) for finding in lint],
        "diff": list(diff),
        "timings": dict(timings),
    }


def service_result(state: State, details: Details | None) -> dict[str, t.Any]:
    """One service.  result and restarts are null where this run had no reason to ask."""
    return {
        "active": state.active,
        "sub": state.sub,
        "result": details.result if details else None,
        "restarts": details.restarts if details else None,
    }


def failure_error(
    app: str,
    result: t.Mapping[str, t.Any],
    failures: t.Sequence[t.Mapping[str, t.Any]],
    ending: str,
) -> QuadletError:
    """The error of a run whose services did not come up; it carries the whole result.

    ending: what the app is now, in a sentence.
    """
    first = min(failures, key=lambda failure: failure["reason"] == DEPENDENCY)
    more = f" (and {len(failures) - 1} more)" if len(failures) > 1 else ""
    lead = _LEADS[first["phase"]]
    told = [lead.format(more=more, **{**first, "service": first["service"] or "a service"})]
    told += [f"  {_named(f)}{f['reason']}" for f in failures if f is not first]
    if first["journal"]:
        told.append(f"  {first['service']} last said:")
        told += [f"    {line}" for line in first["journal"][-8:]]
    hints = dict.fromkeys(failure["hint"] for failure in failures if failure["hint"])
    return QuadletError(
        "\n".join(told),
        where=f"app {app}",
        remedy="\n" + "\n".join([*hints, ending]),
        data={**result, "failures": [dict(failure) for failure in failures]},
    )


_LEADS = {
    "start": "{service} did not start{more}: {reason}",
    "reload": "{service} did not reload{more}: {reason}",
    "write": "its files could not be put in place{more}: {reason}",
    "load": "its units could not be loaded{more}: {reason}",
    "health": "{service} did not become healthy{more}: {reason}",
    "probe": "a probe failed{more}: {reason}",
    "stay": "{service} did not stay up{more}: {reason}",
}


def _named(failure: t.Mapping[str, t.Any]) -> str:
    """A probe's reason names it."""
    unit = f" ({failure['unit']})" if failure["unit"] else ""
    return f"{failure['service']}{unit}: " if failure["service"] else ""


def outcome_ending(before: Manifest, attempt: t.Any, trouble: str) -> str:
    """What the app is after a failure.  before: its record as it is now."""
    if attempt is None:
        return "The new files are in place (on_failure: keep); the next run tries again."
    if trouble:
        return f"It could not be undone: {trouble}"
    if not before.files:
        return "The app was not there before, and nothing of it is left but volumes."
    return f"What was there before is back: generation {before.generation}."


def died_warning(app: str, died: Intent) -> str:
    """That a run did not end, and that this one goes on from where it stopped."""
    return (
        f"a run of app {app} that began {_time(died.started_at)} did not end; this run carries it "
        "forward, and what was before it is what a failure leads back to"
    )


def _time(seconds: float) -> str:
    hours, rest = divmod(int(seconds) % 86400, 3600)
    return f"at {hours:02}:{rest // 60:02}:{rest % 60:02} UTC"
