# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Active services of other apps: those that will stop because of a plan, and their way back."""

from __future__ import annotations

import dataclasses
import typing as t

from .._core.gate.failure import Failure
from .._core.plan.external import External, Move, Relations, is_real, next_moves
from .._core.plan.model import state_of
from .._host.clock import wait_until
from .._host.systemd import Manager

if t.TYPE_CHECKING:
    from .context import Decision


def foresee(decision: Decision, manager: Manager) -> Decision:
    """The decision with what stops outside of the app; it is asked once for each plan."""
    if decision.foreseen:
        return decision
    external = foresee_external(decision, manager)
    return dataclasses.replace(decision, external=external, foreseen=True)


def foresee_external(decision: Decision, manager: Manager) -> tuple[External, ...]:
    """What stops outside of the app, by what systemd knows and by the texts that are to come."""
    moves, known = _own_moves(decision), {*decision.inputs.manifest.services}
    known |= {*decision.inputs.services}
    found: dict[str, External] = {}
    seen, coming = set(moves), _coming_relations(decision)
    while moves:
        relations = manager.read_relations(list(moves))
        for name in moves:
            relations[name] = _joined(relations.get(name, {}), coming.get(name, {}))
        reached = {n: row for n, row in next_moves(moves, relations).items() if n not in seen}
        states = manager.read_states(list(reached))
        moves = {n: move for n, (move, _why) in reached.items() if is_real(move, states.get(n))}
        seen |= set(reached)
        for name, move in moves.items():
            if move.stops and name not in known:
                found[name] = External(name, move.because, reached[name][1], move.excluded)
    sources = manager.read_sources(list(found))
    return tuple(one._replace(source=sources.get(name, "")) for name, one in found.items())


def _own_moves(decision: Decision) -> dict[str, Move]:
    plan, inputs = decision.plan, decision.inputs
    stopped = dict.fromkeys((*plan.restart, *plan.stop, *plan.stop_first))
    down = {name for name in stopped if state_of(inputs, name).up}
    up = {*plan.start, *plan.restart, *plan.stop_first, *plan.run}
    return {
        name: Move(name, stops=name in down, starts=name in up)
        for name in (*stopped, *plan.start, *plan.run)
        if name in down or name in up
    }


def _coming_relations(decision: Decision) -> dict[str, Relations]:
    """What systemd does not know yet: relations in texts that are not loaded."""
    services = decision.validation.services if decision.validation else ()
    return {
        service.name: {"Conflicts": service.excludes, "PropagatesStopTo": service.stops}
        for service in services
    }


def _joined(one: Relations, other: Relations) -> dict[str, tuple[str, ...]]:
    return {key: (*one.get(key, ()), *other.get(key, ())) for key in {*one, *other}}


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
