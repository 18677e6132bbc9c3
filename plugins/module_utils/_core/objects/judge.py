# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""The judgement on a network or volume that is there: is it what its unit declares?"""

from __future__ import annotations

import re
import typing as t

from ..host.podman_output import parse_made_at
from ..mounts.expand import Environment, expand_words, sure_specifiers
from ..mounts.facts import ANYTHING, UNKNOWN
from .create_command import CreateCommand, parse_create
from .model import ANY, Difference, Judged, Row
from .networks import network_rows
from .volumes import volume_rows

if t.TYPE_CHECKING:
    from ..mounts.facts import Ground


def declared_object(service: str, words: t.Sequence[str], ground: Ground) -> CreateCommand | None:
    """The command of a service, with what systemd expands in it; None if it can't be read.

    What is not known before systemd expands it becomes ANY.
    """
    table = sure_specifiers(service, ground)
    words = expand_words(words, table, Environment(ground))
    words = [re.sub(f"[{UNKNOWN}{ANYTHING}]", ANY, word) for word in words]
    command = parse_create(words)
    if command is None or ANY in command.name or any(ANY in word for word in command.place):
        return None
    return command


def judge_object(
    kind: str, command: CreateCommand | None, shown: t.Mapping[str, t.Any] | None
) -> Judged:
    """An object as Podman shows it, beside its declaration.  shown: None, it is not there."""
    if shown is None:
        return Judged(there=False)
    made_at = parse_made_at(shown, kind)
    if command is None:
        return Judged(there=True, made_at=made_at)
    rows = network_rows(command, shown) if kind == "network" else volume_rows(command, shown)
    return Judged(True, made_at, tuple(Difference(*row) for row in rows if _differs(row)))


def _differs(row: Row) -> bool:
    _key, there, declared = row
    return there != declared and ANY not in (declared or "")
