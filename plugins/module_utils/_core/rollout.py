# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""The rollout that an app's deployed state is part of, until it is accepted or taken back."""

from __future__ import annotations

import re
import typing as t

from .errors import QuadletError

if t.TYPE_CHECKING:
    from .manifest import Manifest

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+:@-]{0,99}")


def parse_rollout(given: str | None) -> str:
    """The id of a rollout as it was given, '' for none."""
    if not given or _ID.fullmatch(given):
        return given or ""
    raise QuadletError(
        f"{given!r} can't be the id of a rollout",
        where="rollout",
        remedy="Use up to 100 letters, digits and '._+:@-', a letter or digit first.",
    )


def mark(before: Manifest, rollout: str, *, returned: bool, new: bool) -> tuple[str, int]:
    """The open rollout of a record after a run, and the generation from before it.

    returned: the run went back to an older generation.  new: it made one.  A deployment outside
    of any rollout ends the one before it.
    """
    if returned or (new and not rollout):
        return "", 0
    if not rollout or rollout == before.rollout:
        return before.rollout, before.rollout_from
    return rollout, before.generation


def revert_target(before: Manifest, rollout: str, *, died: bool) -> int | None:
    """The generation that taking a rollout back leads to; 0: the app was not there before; None:
    it is no part of that rollout.  died: a run did not end, and its target is what was before it.
    """
    if before.rollout == rollout:
        return before.rollout_from
    return before.generation if died else None


def to_result(record: Manifest) -> dict[str, t.Any] | None:
    """The open rollout as modules return it."""
    return {"id": record.rollout, "from": record.rollout_from} if record.rollout else None
