# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""A failure, as a person and a playbook read it."""

from __future__ import annotations

import typing as t

from ..errors import QuadletError
from .verdict import DEPENDENCY

if t.TYPE_CHECKING:
    from ..state.manifest import Manifest


def make_failure(phase: str, reason: str, **known: t.Any) -> dict[str, t.Any]:
    """A failure with all that is known of it; what is not is null."""
    unknown = dict.fromkeys(
        ("unit", "service", "job", "exit_code", "restarts", "health_log", "hint")
    )
    return {**unknown, "phase": phase, "reason": reason, "journal": [], **known}


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
