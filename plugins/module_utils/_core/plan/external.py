# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Services of other apps that stop because of a plan, from systemd's own relations of units."""

from __future__ import annotations

import typing as t

if t.TYPE_CHECKING:
    from ..systemd_state import State

STOPS_WITH: t.Final[dict[str, str]] = {
    "RequiredBy": "Requires=",
    "RequisiteOf": "Requisite=",
    "BoundBy": "BindsTo=",
    "ConsistsOf": "PartOf=",
    "PropagatesStopTo": "PropagatesStopTo= or StopPropagatedFrom=",
}
"""Properties of a unit that name those which stop with it, with the setting that makes each.

All of the Unit interface of org.freedesktop.systemd1(5) that do; a test tries each of that
interface's lists of units on a host.
"""

EXCLUDES: t.Final[dict[str, str]] = {"Conflicts": "Conflicts=", "ConflictedBy": "Conflicts="}
"""Properties that name those which stop when the unit starts."""

PULLS_IN: t.Final[tuple[str, ...]] = ("Requires", "BindsTo", "Wants", "Upholds")
"""Properties that name those which start with the unit."""

PROPERTIES: t.Final[tuple[str, ...]] = (*STOPS_WITH, *EXCLUDES, *PULLS_IN)

Relations = t.Mapping[str, t.Sequence[str]]
"""A unit's related units by property."""


class External(t.NamedTuple):
    """An active unit that is not the app's, and will stop.

    because: the app's service.  setting: what relates them.  excluded: that service's start stops
    it, so that it can't be started again.  source: the file that it comes from, or ''.
    """

    name: str
    because: str
    setting: str
    excluded: bool = False
    source: str = ""

    def warning(self) -> str:
        """What the plan tells."""
        label = f"{self.name} ({self.source})" if self.source else self.name
        if self.excluded:
            return (
                f"{label} is active, does not belong to this app, and stops when {self.because} "
                f"starts: {self.setting} excludes one of them. It stays stopped."
            )
        return (
            f"{label} is active, does not belong to this app, and stops with {self.because} "
            f"({self.setting}); it is started again afterwards"
        )


class Move(t.NamedTuple):
    """A unit that a plan stops or starts.  because: the app's service that it stops or starts for;
    excluded: it stops since that one starts.
    """

    because: str
    stops: bool
    starts: bool
    excluded: bool = False


def next_moves(
    moves: t.Mapping[str, Move], relations: t.Mapping[str, Relations]
) -> dict[str, tuple[Move, str]]:
    """Units that move because others do, each with the setting.

    A unit that stops counts only if it is active, one that starts only if it is not.
    """
    found: dict[str, tuple[Move, str]] = {}
    for name, move in moves.items():
        related = relations.get(name, {})
        if move.stops:
            for key, setting in STOPS_WITH.items():
                stops = Move(move.because, stops=True, starts=False, excluded=move.excluded)
                for other in related.get(key, ()):
                    found.setdefault(other, (stops, setting))
        if move.starts:
            for key, setting in EXCLUDES.items():
                stops = Move(move.because, stops=True, starts=False, excluded=True)
                for other in related.get(key, ()):
                    found.setdefault(other, (stops, setting))
            for key in PULLS_IN:
                starts = Move(move.because, stops=False, starts=True)
                for other in related.get(key, ()):
                    found.setdefault(other, (starts, f"{key}="))
    return found


def is_real(move: Move, state: State | None) -> bool:
    """Whether a unit in that state moves at all."""
    up = state is not None and state.up
    return (move.stops and up) or (move.starts and not up)
