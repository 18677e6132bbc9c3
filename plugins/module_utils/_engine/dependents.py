# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Services of other apps that depend on this one: they stop with it and must be started again."""

from __future__ import annotations

import typing as t

from .._core.gate.failure import Failure
from .._host.clock import wait_until
from .._host.systemd import Manager
from .context import Context


def find_external(context: Context) -> list[str]:
    """Active services outside of the app that stop or restart with services of it."""
    plan, known = context.plan, {**context.record.services, **context.services}
    names = dict.fromkeys((*plan.restart, *plan.stop, *plan.stop_first))
    todo = [name for name in names if name in context.states and context.states[name].up]
    seen = set(todo)
    while todo:
        new = set(context.manager.read_dependents(todo)) - seen
        seen |= new
        todo = sorted(new)
    outside = sorted(seen - set(known))
    return [name for name, state in context.manager.read_states(outside).items() if state.up]


def restore_external(
    manager: Manager, names: t.Sequence[str], timeout: float
) -> tuple[Failure, ...]:
    """Starts those that are down, and waits for them; a failure for each that stays so."""

    def down() -> list[str]:
        states = manager.read_states(names)
        return [n for n, s in states.items() if s.active != "active" or s.crashing]

    stopped = down()
    if not stopped:
        return ()
    manager.reset_failed(stopped)
    manager.queue("start", stopped)
    wait_until(lambda: not down(), timeout, manager.clock)
    reason = "it is of another app, was active before and did not come back"
    return tuple(Failure("start", reason, service=name) for name in down())
