# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Services that systemd started by itself with the installed files, for example at boot."""

from __future__ import annotations

import typing as t

from ..systemd_state import Details
from .model import PlanInput, state_of
from .plan import file_changes


def find_suspects(inputs: PlanInput) -> list[str]:
    """Active services whose recorded start had other files than are installed now."""
    writes, deletes = file_changes(inputs.desired, inputs.current, inputs.manifest)
    if writes or deletes or inputs.loaded != inputs.manifest.loaded:
        return []
    suspects = []
    for name, known in inputs.manifest.services.items():
        state, wanted = inputs.states.get(name), inputs.digests.get(name)
        if not (state and state.up and wanted):
            continue
        if (known.started_with, known.reload_with or {}) != (wanted.restart, wanted.reload):
            suspects.append(name)
    return suspects


def find_edited(inputs: PlanInput, touched: t.Mapping[str, float]) -> dict[str, float]:
    """Active services whose files were edited since they were recorded, and are as they were, or
    are about to be; with the time of the last edit of each, none for what a run puts in order.

    touched: times of all edits.
    """
    writes, deletes = file_changes(inputs.desired, inputs.current, inputs.manifest)
    edits = {**touched, **dict.fromkeys((*writes, *deletes), _NOW)}
    return {
        name: max(edits[path] for path in inputs.digests[name].restart if path in edits)
        for name, known in inputs.manifest.services.items()
        if name in inputs.digests
        and state_of(inputs, name).up
        and known.started_with == inputs.digests[name].restart
        and not edits.keys().isdisjoint(known.started_with)
    }


def find_other_texts(
    edited: t.Mapping[str, float], details: t.Mapping[str, Details], recorded_at: float
) -> frozenset[str]:
    """Of those, the services that somebody started between the record and the last edit: their
    files were others then.
    """
    return frozenset(
        name for name, row in details.items() if recorded_at < row.started_at < edited[name]
    )


_NOW = float("inf")


def confirmed_starts(details: t.Mapping[str, Details], written_at: float) -> frozenset[str]:
    """The services that started after the last write.  Starts in a crash loop do not count."""
    return frozenset(
        name for name, d in details.items() if d.started_at > written_at and not d.restarts
    )
