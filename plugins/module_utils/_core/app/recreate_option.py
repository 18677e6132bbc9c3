# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""The option recreate: units whose network or volume may be made again."""

from __future__ import annotations

import typing as t

from ..errors import QuadletError

ASK = ":lose-data"
MADE_ONCE = ("network", "volume")


def parse_recreate(given: t.Sequence[str], state: str, restart: str) -> tuple[str, ...]:
    """The units whose network or volume may be recreated."""
    refusals = [_refusal(item) for item in given]
    if given and (restart == "never" or state not in ("started", "restarted", "rolled_back")):
        how = "restart: never" if restart == "never" else f"state: {state}"
        refusals.append(("it stops and starts services", f"Leave it out, or {how}."))
    for what, remedy in filter(None, refusals):
        raise QuadletError(what, where="recreate", remedy=remedy, topic="option-value")
    return tuple(item.partition(":")[0] for item in given)


def _refusal(item: str) -> tuple[str, str] | None:
    """(what is wrong with an item, remedy), or None."""
    unit = item.partition(":")[0]
    suffix = unit.rpartition(".")[2]
    if suffix not in MADE_ONCE:
        return (
            f"{unit!r} is neither a network nor a volume unit",
            f"Name units as NAME.network or NAME.volume{ASK}.",
        )
    if suffix == "network" and item != unit:
        return f"{item!r} asks for more than a network can give", f"Write {unit}."
    if suffix == "volume" and item != unit + ASK:
        return (
            f"to make the volume of {unit} anew would lose its data",
            f"If that is meant, write {unit}{ASK}; if not, copy it to another volume.",
        )
    return None
