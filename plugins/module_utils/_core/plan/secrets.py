# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Which secrets a plan needs."""

from __future__ import annotations

import typing as t

from ..secrets.stored_names import find_stored

if t.TYPE_CHECKING:
    from .model import Plan, PlanInput


def needed_secrets(world: PlanInput, plan: Plan) -> tuple[dict[str, str], dict[str, str]]:
    """Stored names by declared ones: those of services that the plan starts, and others that it
    writes into units or that run and are to run on.
    """
    acted = dict.fromkeys((*plan.start, *plan.restart, *plan.stop_first))
    paths = [p for name in acted for p in world.inputs[name].restart]
    others = [p for n in plan.keep_active if acted or plan.stop for p in world.inputs[n].restart]

    def within(names: t.Iterable[str]) -> dict[str, str]:
        named = {path: world.desired[path] for path in names if path in world.desired}
        return find_stored(named, world.app.name)

    return within(paths), within([*others, *plan.writes])
