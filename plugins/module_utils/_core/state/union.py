# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""The record of an app while its files are exchanged."""

from __future__ import annotations

import dataclasses
import typing as t

from ..content import file_record
from .manifest import Manifest

if t.TYPE_CHECKING:
    from ..plan.model import Plan, PlanInput


def union_record(inputs: PlanInput, plan: Plan) -> Manifest:
    """The record during a run: the app owns its old and its new files, services and secrets.

    The next run finds all of them, should this run die.  A service that this run restarts, starts
    or reloads counts as not started: nobody knows yet which files it runs with.  A network or
    volume stays what it is; a new one is created as it is now.
    """
    before = inputs.manifest
    acted = {*plan.restart, *plan.start, *plan.reload, *plan.run}
    new = {n: dataclasses.replace(row, stopped=True) for n, row in inputs.services.items()}
    services = {**new, **before.services}
    for name in acted & set(services):
        record, wanted = services[name], inputs.digests.get(name)
        if not record.makes:
            services[name] = dataclasses.replace(record, started_with=None)
        elif wanted and not record.started_with:
            services[name] = dataclasses.replace(
                record, started_with=wanted.restart, reload_with=wanted.reload
            )
    return dataclasses.replace(
        before,
        loaded=None,
        files={**before.files, **{path: file_record(b) for path, b in inputs.desired.items()}},
        services=services,
        secrets={**before.secrets, **inputs.secrets},
    )
