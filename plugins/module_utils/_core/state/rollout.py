# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""The rollout that an app's deployed state is part of: its target for a revert, its end."""

from __future__ import annotations

import re
import typing as t

from ..errors import QuadletError
from .manifest import Mark

if t.TYPE_CHECKING:
    from .manifest import Manifest

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+:@-]{0,99}")


def parse_rollout(given: str | None) -> str:
    """The id of a rollout from its option, '' for none."""
    if not given or _ID.fullmatch(given):
        return given or ""
    raise QuadletError(
        f"{given!r} can't be the id of a rollout",
        where="rollout",
        remedy="Use up to 100 letters, digits and '._+:@-', a letter or digit first.",
        topic="rollout-id",
    )


def mark(before: Manifest, rollout: str, *, returned: bool, new: bool) -> Mark:
    """The mark of an app's record after a run.

    returned: the run returned to an older generation.  new: it made a new generation.  A
    deployment outside of any rollout ends the rollout before it.
    """
    if returned or (new and not rollout):
        return Mark()
    known = before.rollout
    if not rollout or (rollout == known.rollout and (known.under_way or not new)):
        return known
    return Mark(rollout, before.generation, under_way=True)


def revert_target(before: Manifest, rollout: str, *, died: bool) -> int | None:
    """The generation that reverting a rollout returns to; 0: the app was not deployed before;
    None: it is no part of that rollout.  died: a run did not end; it returns to the state before.
    """
    known = before.rollout
    if known.rollout == rollout:
        return known.came_from
    return before.generation if died else None


def to_result(record: Manifest) -> dict[str, t.Any] | None:
    """The rollout as modules return it."""
    known = record.rollout
    if not known.rollout:
        return None
    return {"id": known.rollout, "from": known.came_from, "under_way": known.under_way}


def is_open(record: Manifest, rollout: str) -> bool:
    """Whether the app is part of that rollout and not accepted yet."""
    return record.rollout.under_way and record.rollout.rollout == rollout
