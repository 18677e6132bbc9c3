# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""The judgement on a network or volume that is there: is it what its unit declares?"""

from __future__ import annotations

import typing as t

from ..host.podman_output import parse_made_at
from .model import ANY, Difference, Judged, Row, without_password
from .networks import network_rows
from .volumes import volume_rows

if t.TYPE_CHECKING:
    from .create_command import CreateCommand


def judge_object(
    kind: str, command: CreateCommand | None, shown: t.Mapping[str, t.Any] | None
) -> Judged:
    """An object as Podman shows it, beside its declaration.  shown: None, it is not there."""
    if shown is None:
        return Judged(there=False)
    made_at = parse_made_at(shown, kind)
    if command is None:
        return Judged(there=True, made_at=made_at)
    rows = _rows(kind, command, shown)
    if command.unknown:  # a default may be none any more
        usual = {(key, value) for key, _t, value in _rows(kind, command.bare, shown)}
        rows = [row for row in rows if (row[0], row[2]) not in usual]
    found = tuple(Difference(*row) for row in rows if _differs(row))
    unclear = dict.fromkeys(map(without_password, (*command.unknown, *command.unclear)))
    return Judged(True, made_at, found, tuple(unclear))


def _rows(kind: str, command: CreateCommand, shown: t.Mapping[str, t.Any]) -> list[Row]:
    return list(network_rows(command, shown) if kind == "network" else volume_rows(command, shown))


def _differs(row: Row) -> bool:
    _key, there, declared = row
    return there != declared and ANY not in (declared or "")
