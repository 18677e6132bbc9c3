# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Services that somebody else than a run started: systemd at boot, an administrator.

A start counts as one with the installed texts where nothing speaks against it.
"""

from __future__ import annotations

import typing as t

from ..quadlet.kinds import is_unit
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


class Edits(t.NamedTuple):
    """When files of a service were last changed: what its unit is made of, and what the container
    reads itself.  0: not since the record; without end: this run puts them in order.
    """

    unit: float = 0.0
    files: float = 0.0


def find_edits(inputs: PlanInput, touched: t.Mapping[str, float]) -> dict[str, Edits]:
    """The edits of each active service whose texts are those of its recorded start, or that counts
    as started with what is installed.

    touched: times of all edits since the record.
    """
    writes, deletes = file_changes(inputs.desired, inputs.current, inputs.manifest)
    times = {**touched, **dict.fromkeys((*writes, *deletes), _NOW)}
    suspects = {*find_suspects(inputs)}
    return {
        name: _edits_of({*inputs.digests[name].restart, *(known.started_with or ())}, times)
        for name, known in inputs.manifest.services.items()
        if name in inputs.digests
        and state_of(inputs, name).up
        and (known.started_with == inputs.digests[name].restart or name in suspects)
    }


def _edits_of(paths: t.Iterable[str], times: t.Mapping[str, float]) -> Edits:
    edits = [(is_unit(path), times[path]) for path in paths if path in times]
    return Edits(
        *(max((at for u, at in edits if u is unit), default=0.0) for unit in (True, False))
    )


class Starts(t.NamedTuple):
    """Services that others started since the record.  other: with other texts than are installed;
    unclear: only their container can tell.
    """

    other: frozenset[str]
    unclear: frozenset[str]


def judge_starts(
    edits: t.Mapping[str, Edits],
    details: t.Mapping[str, Details],
    recorded_at: float,
    relabelling: t.Collection[str] = (),
) -> Starts:
    """What is known of those services' texts at their start.

    A file that was changed behind the start was another one at the start.  A unit that was changed
    before may have been another one at the last daemon-reload before it.
    relabelling: services whose start gives files new labels or owners, which is no edit.
    """
    foreign = {name: row for name, row in details.items() if row.begun_at > recorded_at}
    starts = [
        (row.begun_at, row.active_at + _SLACK) for n, row in foreign.items() if n in relabelling
    ]
    other = {
        name
        for name, row in foreign.items()
        if edits[name].unit > row.begun_at
        or (
            edits[name].files > row.begun_at
            and not any(begin < edits[name].files < end for begin, end in starts)
        )
    }
    return Starts(frozenset(other), frozenset(foreign.keys() - other))


_NOW = float("inf")
_SLACK = 2.0


def confirmed_starts(details: t.Mapping[str, Details], written_at: float) -> frozenset[str]:
    """The services that started after the last write.  Starts in a crash loop do not count."""
    return frozenset(
        name for name, d in details.items() if d.started_at > written_at and not d.restarts
    )
