# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Which secrets a plan needs."""

from __future__ import annotations

import typing as t

from ..secrets.stored_names import find_stored

if t.TYPE_CHECKING:
    from .model import Plan, PlanInput


def needed_secrets(inputs: PlanInput, plan: Plan) -> tuple[dict[str, str], dict[str, str]]:
    """Stored names by declared names: (of services that the plan starts, of other written units
    and of services that keep running).
    """
    acted = dict.fromkeys((*plan.start, *plan.restart, *plan.stop_first, *plan.run))
    paths = [p for name in acted for p in inputs.digests[name].restart]
    others = [p for n in plan.keep_active if acted or plan.stop for p in inputs.digests[n].restart]

    def within(names: t.Iterable[str]) -> dict[str, str]:
        named = {path: inputs.desired[path] for path in names if path in inputs.desired}
        return find_stored(named, inputs.app.name)

    return within(paths), within([*others, *plan.writes])
