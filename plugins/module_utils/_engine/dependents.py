# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Services of others that need some of the app: they stop along, and have to come back."""

from __future__ import annotations

import typing as t

from .._core.gate.failure import make_failure
from .._host.systemd import wait_until
from .context import Outcome, Work


def stopped_along(work: Work) -> list[str]:
    """Active services outside of the app that stop or restart with services of it."""
    plan, known = work.plan, {**work.before.services, **work.services}
    names = dict.fromkeys((*plan.restart, *plan.stop, *plan.pause))
    todo = [name for name in names if name in work.states and work.states[name].up]
    seen = set(todo)
    while todo:
        new = set(work.manager.read_dependents(todo)) - seen
        seen |= new
        todo = sorted(new)
    outside = sorted(seen - set(known))
    return [name for name, state in work.manager.read_states(outside).items() if state.up]


def revive_outside(work: Work, names: t.Sequence[str], outcome: Outcome) -> Outcome:
    """Starts those that are down; one that stays so is a failure of the run."""
    manager = work.manager

    def down() -> list[str]:
        states = manager.read_states(names)
        return [n for n, s in states.items() if s.active != "active" or s.crashing]

    left = down()
    if left:
        manager.reset_failed(left)
        manager.queue("start", left)
        wait_until(lambda: not down(), work.app.gate.timeout)
    reason = "it is of another app, was active before and did not come back"
    failures = [make_failure("start", reason, service=name) for name in (down() if left else ())]
    return outcome._replace(failures=[*outcome.failures, *failures])
