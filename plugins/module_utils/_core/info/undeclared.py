# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Which apps of a host an inventory has."""

from __future__ import annotations

import typing as t

Row = dict[str, t.Any]


class Wanted(t.NamedTuple):
    """A declared app.  uid: of its manager, None where the host has no such user."""

    name: str
    uid: int | None
    location: str


def is_declared(name: str, uid: int, location: str, wanted: t.Collection[Wanted]) -> bool:
    """Whether an app of the host is among the declared ones; `system` is the location of root's."""
    place = "home" if location == "system" else location
    return any(
        one.name == name and one.uid == uid and (one.location == place or not uid) for one in wanted
    )
