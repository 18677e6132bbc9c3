# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Restarts, starts and reloads, followed through the whole gate."""

from __future__ import annotations

import typing as t

from .._core.plan.start_order import StartOrder, find_leaders, start_order
from .._core.state.manifest import Manifest
from .._core.systemd_state import State
from .._host.stopping import stop_services
from .context import Context, Outcome
from .gate import pass_gate
from .start_failures import Report
from .watch import Watch, Watched, make_watched


def start_services(context: Context, since: float) -> Outcome:
    """What the plan restarts, starts and reloads, and what was active and has to be so again."""
    plan = context.plan
    acted = tuple(dict.fromkeys((*plan.restart, *plan.start)))
    moves = acted or plan.stop
    order = StartOrder(
        names=tuple(dict.fromkeys((*acted, *plan.keep_active))) if moves else acted,
        acted=acted,
        restart=plan.restart,
        stop_first=plan.stop_first,
        reload=plan.reload,
        known=context.record.services,
        states=context.states,
    )
    if plan.recreate:
        from .recreate import recreate_objects

        stop_services(context.manager, plan.recreate)
        recreate_objects(context, plan.recreate)
    app, scope, manager = context.app, context.scope, context.manager
    watched = make_watched(app, scope, manager, context.services, context.desired)
    return bring_up(watched, order, context.record, since)


def bring_up(watched: Watched, order: StartOrder, record: Manifest, since: float) -> Outcome:
    """Starts services that are loaded, restarts some, and follows them through the whole gate.

    record: the app's.  since: what journals said before (seconds since the epoch) does not count.
    """
    manager, names = watched.manager, order.names
    acted = order.acted_of(manager.read_states(names) if order.acted is None else {})
    old = {name: row.invocation for name, row in manager.read_details(order.restart).items()}
    said, others = _queue(watched, order, acted) if names else ("", {})
    watch = Watch(watched, names, acted, others)
    watch.wait_settled()
    unheard = [name for name in order.reload if manager.reload_service(name).status != 0]
    if acted and not (watch.down or watch.pending):
        watch.wait_stable()
    report = Report(watched, watch, since, old, said)
    failures = report.of_starts() or report.of_restarts()
    failures += [report.explain(name, "reload", "its reload failed") for name in unheard]
    health: dict[str, str] = {}
    if acted and not failures:
        health, failures = pass_gate(report)
    return Outcome(
        record,
        states=(manager if failures else watch).read_states(list(watched.services)),
        details=watch.details,
        failures=tuple(failures),
        health=health,
        pending=tuple(name for name in names if name in watch.pending),
    )


def _queue(
    watched: Watched, order: StartOrder, acted: t.Sequence[str]
) -> tuple[str, dict[str, State]]:
    """Queues all jobs; what systemctl said of those that it refused, and states of the services
    that are not acted on.
    """
    manager, services = watched.manager, watched.services
    stop_services(manager, _auto_restarting(watched, order.were_down(acted)))
    manager.reset_failed(order.to_reset(services, acted))
    stop_services(manager, order.stop_first)
    leaders = dict.fromkeys([*find_leaders(services, order.restart), *order.stop_first])
    restarted = manager.queue("restart", start_order(services, leaders))
    others = manager.read_states([name for name in order.names if name not in acted])
    to_start = order.to_start(services, acted, others)
    if restarted.status == 0:  # else what systemd refused is asked for once more
        to_start = [name for name in to_start if name not in leaders]
    started = manager.queue("start", start_order(services, to_start))
    return f"{restarted.err}\n{started.err}", others


def _auto_restarting(watched: Watched, names: t.Sequence[str]) -> list[str]:
    """Services in an automatic-restart loop; stopped first, so that old crashes are not counted
    against this run.  Between two crashes such a service reads like a good one.
    """
    states = watched.manager.read_states(names)
    return [name for name, state in states.items() if state.active not in ("inactive", "failed")]
