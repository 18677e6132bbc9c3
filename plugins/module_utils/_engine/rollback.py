# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Undoing a run that failed: what was active before is active again, as it was.

Each step is done whatever befell another, and what could not be done is told.  Stops have the time
that systemd needs for them, whatever the gate's timeout is.
"""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import typing as t

from .._core.content import from_wire
from .._core.errors import QuadletError
from .._core.gate.options import Gate, parse_gate
from .._core.gate.stable import USUAL
from .._core.info.result import service_result
from .._core.plan.model import kind_of_service
from .._core.plan.start_order import StartOrder, stop_order, to_bring_back
from .._core.state.intent import were_active, were_restarting
from .._core.state.manifest import Manifest
from .._host import files, linger
from .._host.stopping import stop_services
from .context import Context, Outcome
from .dependents import restore_external
from .gate import load_ask
from .generations import read_one
from .image_tags import restore_tags
from .recreate import find_recreated, read_made_at, recreate_objects
from .start import bring_up
from .steps import Steps
from .transaction import Begun, read_before, restore_record, restoring
from .watch import make_watched

if t.TYPE_CHECKING:
    from .._core.content import Blob


class Restored(t.NamedTuple):
    """The app as it was, on disk and in its manager again.  gate: the one that it has passed.

    certain: nothing of the failed run is on disk, loaded or running any more.
    """

    manifest: Manifest
    content: dict[str, Blob]
    gate: Gate
    certain: bool


class Undo(t.NamedTuple):
    """A failed run on its way back.  begun: None where it has written nothing.

    since: when it began (seconds since the epoch).
    """

    context: Context
    begun: Begun | None
    failed: Outcome
    since: float
    steps: Steps


def describe_attempt(begun: Begun | None, failed: Outcome) -> dict[str, t.Any]:
    """What the run had tried, for the result."""
    return {
        "generation": begun.generation.number if begun and begun.generation else None,
        "services": {
            name: service_result(state, failed.details.get(name))
            for name, state in failed.states.items()
        },
    }


def load_probes_of(context: Context) -> None:
    """Loads what asks probes, if the run's gate has any, or the one that an undo leads back to."""
    before = context.record.generation
    if context.app.gate.probes or (before and _gate_of(context, before).probes):
        load_ask()


def begin(context: Context, begun: Begun | None, failed: Outcome, since: float) -> Undo:
    """An undo of which nothing is done yet."""
    return Undo(context, begun, failed, since, Steps())


def put_back(undo: Undo) -> Restored:
    """Restores files, record, images, and what the manager knows."""
    context, begun, steps = undo.context, undo.begun, undo.steps
    scope, manager = context.scope, context.manager
    if not scope.is_system and not steps.do("asking the manager", manager.answers, otherwise=False):
        steps.do("starting the manager", lambda: linger.ensure_manager(scope, manager), None)
    _stop_started(undo)
    _remove_recreated(undo)
    before = context.record
    if begun:
        before = steps.do("reading the record", lambda: read_before(context), before)
        _restore_before(undo, begun, before)
    moved = begun.intent.images if begun else context.pulled.replaced
    if moved:
        restore = functools.partial(restore_tags, scope.manager, moved, context.services)
        steps.warnings += steps.do("tags of images", restore, [])
    if begun:
        steps.do("daemon-reload", manager.reload, None)
    certain = not steps.troubles
    if context.made:
        context.made.undo(steps)
    content = steps.do("reading the files", lambda: _read_content(context, before), {})
    gate = functools.partial(_gate_of, context, before.generation)
    found = steps.do("its gate", gate, context.app.gate._replace(probes=()), harmless=True)
    return Restored(before, content, found, certain)


def _gate_of(context: Context, number: int) -> Gate:
    """The gate that a generation has passed; the run's without its probes where it is unknown."""
    with contextlib.suppress(QuadletError):  # a file that is damaged hinders no rollback
        generation = read_one(context.scope, context.app.name, number)
        if generation:
            return parse_gate(generation.gate)
    return context.app.gate._replace(probes=())


def _stop_started(undo: Undo) -> None:
    """Stops what the run has started, or was about to, and waits for what it was stopping."""
    context, steps = undo.context, undo.steps
    names = _to_stop(context, undo.failed)
    stopping = steps.do("states", lambda: _still_stopping(context), [])
    names = list(dict.fromkeys((*names, *stopping)))
    steps.do("stopping", lambda: stop_services(context.manager, names, kill=True), None)


def _to_stop(context: Context, failed: Outcome) -> list[str]:
    if not failed.came_to_start:
        return []
    plan = context.plan
    names = dict.fromkeys((*failed.ran, *plan.restart, *plan.start, *plan.stop_first))
    return stop_order(context.services, [name for name in names if name in context.services])


def _still_stopping(context: Context) -> list[str]:
    states = context.manager.read_states(context.plan.stop)
    return [name for name, state in states.items() if state.active == "deactivating"]


def _remove_recreated(undo: Undo) -> None:
    """Removes networks and volumes that the run has made anew, after the release that failed."""
    context, steps = undo.context, undo.steps
    if not (context.plan.recreate and undo.failed.came_to_start):
        return
    names = steps.do("networks and volumes", lambda: find_recreated(context, undo.since), [])
    for name in names:
        remove = functools.partial(recreate_objects, context, [name])
        steps.do(f"removing {context.services[name].makes}", remove, None)


def _restore_before(undo: Undo, begun: Begun, before: Manifest) -> None:
    """Restores files and links, and removes what the run has made."""
    context, steps = undo.context, undo.steps
    for what, step in restoring(context, begun):
        steps.do(what, step, None)
    new = [name for name in context.record.services if name not in before.services]
    order = stop_order(context.record.services, new)  # of a run that died before this one
    steps.do("stopping", lambda: stop_services(context.manager, order, kill=True), None)
    remove = functools.partial(_remove_new_networks, context, begun, before)
    steps.warnings += steps.do("removing new networks", remove, [], harmless=True)


def _remove_new_networks(context: Context, begun: Begun, before: Manifest) -> list[str]:
    """Removes networks that the run has made, or one that died before it: Podman leaves an
    existing one as it is, so the next release would get this one's.  Warnings of those that stay.
    """
    new = {
        name: record
        for name, record in {**context.record.services, **context.services}.items()
        if name not in before.services and kind_of_service(record).suffix == "network"
    }
    made = read_made_at(context.scope.manager, new) if new else {}
    warnings = []
    for name, made_at in made.items():
        if made_at < int(begun.intent.started_at):  # Podman tells whole seconds
            continue
        ran = context.scope.manager.run(["podman", "network", "rm", new[name].makes])
        if ran.status not in (0, 1):  # 1: there is none
            warnings.append(f"the network {new[name].makes} stays: {ran.err.strip()}")
    return warnings


def _read_content(context: Context, manifest: Manifest) -> dict[str, Blob]:
    layout = context.scope.layout(context.app.name)
    found = context.scope.files.call(files.read_app, layout, sorted(manifest.files))
    return from_wire(found["files"], manifest.on_change)


def bring_back(undo: Undo, restored: Restored) -> Outcome:
    """Starts what was active, and follows it through the gate that it had passed."""
    context, begun, steps = undo.context, undo.begun, undo.steps
    manager, services = context.manager, restored.manifest.services
    active = begun.intent.active if begun else were_active(context.states)
    retried = begun.intent.retried if begun else were_restarting(context.states)
    own = to_bring_back(services, active)
    outcome = steps.do(
        "starting",
        lambda: _start(undo, restored, own),
        undo.failed,
    )
    if outcome is undo.failed:  # systemd may take what could not be followed
        steps.do("starting", lambda: manager.queue("start", own), None)
    again = to_bring_back(services, retried)
    steps.do("starting", lambda: manager.queue("start", again), None)
    external = [name for name in active if name not in services]
    timeout = restored.gate.timeout
    lost = steps.do("other apps", lambda: restore_external(manager, external, timeout), ())
    if begun and restored.certain:  # a run that dies before it is carried forward
        restarted = undo.failed.came_to_start
        restore = functools.partial(restore_record, context, restarted=restarted)
        steps.do("restoring the record", restore, None)
    states = steps.do("states", lambda: manager.read_states(services), {}, harmless=True)
    failures = () if outcome is undo.failed else outcome.failures
    troubles = [f"{f.service or 'gate'}: {f.reason}" for f in (*failures, *lost)]
    return outcome._replace(
        record=restored.manifest,
        failures=undo.failed.failures,
        attempt=undo.failed.attempt,
        services=services,
        states=states,
        warnings=tuple(steps.warnings),
        trouble="; ".join([*steps.troubles, *troubles]),
    )


def _start(undo: Undo, restored: Restored, own: t.Sequence[str]) -> Outcome:
    context, services = undo.context, restored.manifest.services
    manager, since = context.manager, context.run.clock.time()
    manager.reset_failed(own)
    moved = context.plan.reload if undo.failed.came_to_start else ()
    order = StartOrder(
        names=tuple(own),
        reload=tuple(name for name in moved if name in services),
        known=services,
        states=context.states,
    )
    gate = restored.gate  # what it has passed is no release that nobody knows
    gate = gate._replace(stable=USUAL if gate.stable is None else gate.stable)
    app = dataclasses.replace(context.app, gate=gate)
    watched = make_watched(app, context.scope, manager, services, restored.content)
    return bring_up(watched, order, restored.manifest, since)
