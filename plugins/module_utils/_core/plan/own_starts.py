# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Services that systemd started by itself with what is installed: they count as started with it."""

from __future__ import annotations

import typing as t

from ..systemd_state import Details
from .model import PlanInput
from .plan import file_changes


def find_suspects(inputs: PlanInput) -> list[str]:
    """Active services whose recorded start is another than what is installed now."""
    writes, deletes = file_changes(inputs.desired, inputs.current, inputs.manifest)
    if writes or deletes or inputs.loaded != inputs.manifest.loaded:
        return []
    found = []
    for name, known in inputs.manifest.services.items():
        state, wanted = inputs.states.get(name), inputs.inputs.get(name)
        if not (state and state.up and wanted):
            continue
        if (known.started_with, known.reload_with or {}) != (wanted.restart, wanted.reload):
            found.append(name)
    return found


def confirmed_starts(details: t.Mapping[str, Details], written_at: float) -> frozenset[str]:
    """Those that started after the last write.  A crash loop starts again all the time: that is
    no start to count on.
    """
    return frozenset(
        name for name, d in details.items() if d.started_at > written_at and not d.restarts
    )


def made_before(
    makers: t.Iterable[str], made_at: t.Mapping[str, float], written_at: float
) -> frozenset[str]:
    """Services whose network or volume is older than the last write: it is what it was, whatever
    has started since.
    """
    return frozenset(name for name in makers if made_at.get(name, written_at) <= written_at)
