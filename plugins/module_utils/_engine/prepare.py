# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""The last step before anything is written: linger, the user's manager, names in use."""

from __future__ import annotations

from .._core.errors import QuadletError
from .._host import linger, progress
from .context import Decision, Run


def prepare(run: Run, decision: Decision) -> bool:
    """Makes the user's manager answer, and checks names once more; True if the manager runs."""
    app, scope = decision.app, run.scope
    progress.enter("prepare")
    if not decision.lingers:
        linger.set_linger(scope.user or "", on=True)
    up = decision.snapshot.manager_up
    if not scope.is_system and (not up or not decision.lingers) and app.state != "absent":
        if not up and not app.linger:
            raise QuadletError(
                f"the service manager of user {scope.user} does not run, and linger is off",
                where="linger",
                remedy="Use linger: true, or let the user log in first.",
                topic="linger-off",
            )
        linger.ensure_manager(scope, run.manager)
        up = True
    if decision.validation and up:
        from .validate_names import check_names

        check_names(scope, run.manager, decision)
    return up
