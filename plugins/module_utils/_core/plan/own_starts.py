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
from .inputs import Inputs
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

    reads: whether it has files of the second kind.
    """

    unit: float = 0.0
    files: float = 0.0
    reads: bool = False


def find_edits(inputs: PlanInput, touched: t.Mapping[str, float]) -> dict[str, Edits]:
    """The edits of each active service whose texts are those of its recorded start, or that counts
    as started with what is installed.

    touched: times of all edits since the record.
    """
    writes, deletes = file_changes(inputs.desired, inputs.current, inputs.manifest)
    times = {**touched, **dict.fromkeys((*writes, *deletes), _NOW)}
    suspects = {*find_suspects(inputs)}
    return {
        name: _edits_of(inputs.digests[name], known.started_with or (), times)
        for name, known in inputs.manifest.services.items()
        if name in inputs.digests
        and state_of(inputs, name).up
        and (known.started_with == inputs.digests[name].restart or name in suspects)
    }


def _edits_of(now: Inputs, before: t.Iterable[str], times: t.Mapping[str, float]) -> Edits:
    edits = [(is_unit(path), times[path]) for path in {*now.restart, *before} if path in times]
    unit, files = (max((at for u, at in edits if u is kind), default=0.0) for kind in (True, False))
    return Edits(unit, files, not all(map(is_unit, (*now.restart, *now.reload))))


class Moved(t.NamedTuple):
    """When directories that a start is made from were last changed (seconds since the epoch):
    something may have come there and gone.

    units: those that the generator reads; beside: of these, other apps'.  files: those of the app
    and its files.  services: those of systemd's own units and drop-ins, and these.  above: those on
    the way to them, where they were renamed, or a link was.
    """

    units: float = 0.0
    beside: float = 0.0
    files: float = 0.0
    services: float = 0.0
    above: float = 0.0


class Loads(t.NamedTuple):
    """When a manager loaded its units: at its own start, and last; without end: not known."""

    first: float = 0.0
    last: float = float("inf")


class Times(t.NamedTuple):
    """When the app's record was written, directories were changed, and systemd loaded its units."""

    recorded: float
    moved: Moved
    loads: Loads


class Traits(t.NamedTuple):
    """What a service is.  generated: of a Quadlet file; tells: its container or pod keeps the
    command that it was created with; makes: it makes a network or volume, which are compared;
    relabels: its start gives files new labels or owners, which is no edit.
    """

    generated: bool = True
    tells: bool = False
    makes: bool = False
    relabels: bool = False


OURS, LOADED, UNCLEAR, OTHER = "ours", "loaded", "unclear", "other"
"""What a start was made with: the installed texts; what systemd has loaded now; what only the
container can tell; other texts, or nobody can know.
"""


def judge_starts(
    edits: t.Mapping[str, Edits],
    details: t.Mapping[str, Details],
    traits: t.Mapping[str, Traits],
    times: Times,
) -> dict[str, str]:
    """What is known of the texts of services that others started since the record.

    A file that was changed behind the start was another one at the start; so may be all in a
    directory that was.  What was changed before the last time that systemd loaded its units before
    the start was loaded as it is now.  What was changed behind that may have been another one.
    """
    foreign = {name: row for name, row in details.items() if row.begun_at > times.recorded}
    labels = [
        (row.begun_at, row.active_at + _SLACK)
        for name, row in foreign.items()
        if traits[name].relabels
    ]
    moved, loads = times.moved, times.loads

    def is_behind(at: float, begun_at: float) -> bool:
        return at > begun_at and not any(begin < at < end for begin, end in labels)

    found = {}
    for name, row in foreign.items():
        edit, begun_at = edits[name], row.begun_at
        swapped = max(moved.files, moved.above) if edit.reads else 0.0
        if edit.unit > begun_at or any(is_behind(at, begun_at) for at in (edit.files, swapped)):
            found[name] = OTHER
            continue
        loaded_at = max(at for at in (times.recorded, *loads) if at <= begun_at)
        found[name] = _judge_texts(edit, traits[name], moved, loaded_at, loads.last <= begun_at)
    return found


def _judge_texts(edit: Edits, traits: Traits, moved: Moved, loaded_at: float, is_last: bool) -> str:
    """loaded_at: when systemd certainly loaded the service's texts; is_last: and never again."""
    own, beside = edit.unit, 0.0
    if traits.generated:
        own, beside = max(own, moved.units, moved.files, moved.above), moved.beside
    if max(own, beside, moved.services) <= loaded_at or traits.makes:
        return OURS
    if is_last and not (edit.unit > loaded_at and not traits.generated):
        return LOADED
    if max(edit.unit if not traits.generated else 0.0, moved.services) > loaded_at:
        return OTHER
    if traits.tells:
        return UNCLEAR
    return OTHER if own > loaded_at else OURS


_NOW = float("inf")
_SLACK = 2.0


def confirmed_starts(details: t.Mapping[str, Details], written_at: float) -> frozenset[str]:
    """The services that started after the last write.  Starts in a crash loop do not count."""
    return frozenset(
        name for name, d in details.items() if d.started_at > written_at and not d.restarts
    )
