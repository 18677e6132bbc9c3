# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""The return values of a run."""

from __future__ import annotations

import typing as t

from ..plan.model import Step
from ..state.rollout import to_result
from ..systemd_state import Details, State

if t.TYPE_CHECKING:
    from ..state.manifest import Manifest


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
    """A service in the result.  result and restarts are null unless this run asked systemd."""
    return {
        "active": state.active,
        "sub": state.sub,
        "result": details.result if details else None,
        "restarts": details.restarts if details else None,
    }
