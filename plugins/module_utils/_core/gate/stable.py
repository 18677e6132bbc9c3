# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""How long a service must have been up to count, where the gate does not say."""

from __future__ import annotations

import typing as t

from ..effective import has_health_check, whole_text
from ..quadlet.unitfile import join_texts
from ..systemd_state import Details

if t.TYPE_CHECKING:
    from ..content import Blob

USUAL = 1.0
RESTARTED = 5.0
"""For a service, a job apart, that systemd restarts and whose health nobody checks: between two
crashes it reads like a good one, and a loop of some seconds shows itself by nothing else.
"""


def stable_times(
    given: float | None, units: t.Mapping[str, str], content: t.Mapping[str, Blob]
) -> dict[str, float]:
    """Seconds by service.  given: by the gate.  units: unit files by service."""
    return {
        name: given if given is not None else _time_of(unit, content)
        for name, unit in units.items()
    }


def _time_of(unit: str, content: t.Mapping[str, Blob]) -> float:
    if unit not in content:
        return USUAL
    if unit.endswith(".kube"):  # Podman restarts what is in it
        return RESTARTED
    text = join_texts(unit, [one for one in whole_text(unit, content) if one])
    restarts = (text.value("Service", "Restart") or "no").strip() != "no"
    restarts = restarts and (text.value("Service", "Type") or "").strip() != "oneshot"
    return RESTARTED if restarts and not has_health_check(unit, content) else USUAL


def seconds_left(
    stable: t.Mapping[str, float], now: float, details: t.Mapping[str, Details]
) -> float:
    """How long until each service has been active for its time (monotonic clock)."""
    left = (
        min(seconds, details[name].active_since + seconds - now)
        if name in details and details[name].active_since
        else 0.0
        for name, seconds in stable.items()
    )
    return max(0.0, *left, 0.0)
