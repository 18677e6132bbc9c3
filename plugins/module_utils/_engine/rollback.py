# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Undoing a run that failed: what was active before is active again, as it was."""

from __future__ import annotations

import contextlib
import dataclasses
import typing as t

from .._core.content import from_wire
from .._core.errors import QuadletError
from .._core.gate.options import Gate, parse_gate
from .._core.info.result import service_result
from .._core.plan.model import kind_of_service
from .._core.plan.start_order import StartOrder, start_order, stop_order
from .._core.state.intent import were_active, were_restarting
from .._core.state.manifest import Manifest
from .._host import files, linger
from .context import Context, Outcome
from .dependents import restore_external
from .gate import load_ask
from .generations import read_one
from .image_tags import restore_tags
from .recreate import read_made_at, recreate_objects
from .start import bring_up
from .transaction import Begun, read_before, restore_files, restore_record
from .watch import make_watched

if t.TYPE_CHECKING:
    from .._core.content import Blob


class Restored(t.NamedTuple):
    """The app as it was, on disk and in its manager again.  gate: the one that it has passed."""

    manifest: Manifest
    content: dict[str, Blob]
    gate: Gate
    warnings: tuple[str, ...]


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


def put_back(context: Context, begun: Begun | None, failed: Outcome) -> Restored:
    """Restores files, record, images, and what the manager knows."""
    scope, manager = context.scope, context.manager
    if not scope.is_system and not manager.answers():
        linger.ensure_manager(scope, manager)
    manager.stop(_to_stop(context, failed), timeout=context.app.gate.timeout)
    if context.plan.recreate and failed.came_to_start:
        recreate_objects(context, undo=True)
    warnings = _restore_before(context, begun) if begun else []
    moved = begun.intent.images if begun else context.pulled.replaced
    warnings += restore_tags(scope.manager, moved, context.services) if moved else []
    if begun:
        manager.reload()
    manifest = read_before(context) if begun else context.record
    content = _read_content(context, manifest)
    gate = _gate_of(context, manifest.generation)
    return Restored(manifest, content, gate, tuple(warnings))


def _gate_of(context: Context, number: int) -> Gate:
    """The gate that a generation has passed; the run's without its probes where it is unknown."""
    with contextlib.suppress(QuadletError):  # a file that is damaged hinders no rollback
        generation = read_one(context.scope, context.app.name, number)
        if generation:
            return parse_gate(generation.gate)
    return context.app.gate._replace(probes=())


def _restore_before(context: Context, begun: Begun) -> list[str]:
    """Restores the files, and removes what the run has made; warnings of what stays."""
    before = read_before(context)
    restore_files(context, begun)
    warnings = []
    try:
        _stop_new(context, before)
    except QuadletError as error:
        warnings.append(str(error))
    return [*warnings, *_remove_new_networks(context, begun, before)]


def _stop_new(context: Context, before: Manifest) -> None:
    """Stops what a run that died before this one may have started."""
    new = [name for name in context.record.services if name not in before.services]
    order = stop_order(context.record.services, new)
    context.manager.stop(order, timeout=context.app.gate.timeout)


def _remove_new_networks(context: Context, begun: Begun, before: Manifest) -> list[str]:
    """Removes networks that the run has made, or one that died before it: Podman leaves an
    existing one as it is, so the next release would get this one's.
    """
    new = {
        name: record
        for name, record in {**context.record.services, **context.services}.items()
        if name not in before.services and kind_of_service(record).suffix == "network"
    }
    warnings = []
    try:
        made = read_made_at(context.scope.manager, new) if new else {}
    except QuadletError as error:
        return [f"the networks {' '.join(r.makes for r in new.values())} may stay: {error}"]
    for name, made_at in made.items():
        if made_at < int(begun.intent.started_at):  # Podman tells whole seconds
            continue
        ran = context.scope.manager.run(["podman", "network", "rm", new[name].makes])
        if ran.status not in (0, 1):  # 1: there is none
            warnings.append(f"the network {new[name].makes} stays: {ran.err.strip()}")
    return warnings


def _to_stop(context: Context, failed: Outcome) -> list[str]:
    """What the run has started, or was about to."""
    if not failed.came_to_start:
        return []
    plan = context.plan
    names = dict.fromkeys((*plan.restart, *plan.start, *plan.stop_first))
    return stop_order(context.services, [name for name in names if name in context.services])


def _read_content(context: Context, manifest: Manifest) -> dict[str, Blob]:
    layout = context.scope.layout(context.app.name)
    found = context.scope.files.call(files.read_app, layout, sorted(manifest.files))
    return from_wire(found["files"], manifest.on_change)


def bring_back(
    context: Context, begun: Begun | None, failed: Outcome, restored: Restored
) -> Outcome:
    """Starts what was active, and follows it through the gate that it had passed."""
    manager, services = context.manager, restored.manifest.services
    since = context.run.clock.time()
    active = begun.intent.active if begun else were_active(context.states)
    retried = begun.intent.retried if begun else were_restarting(context.states)
    own = [name for name in active if name in services]
    manager.reset_failed(own)
    reload = [n for n in context.plan.reload if n in services] if failed.came_to_start else []
    order = StartOrder(
        names=tuple(start_order(services, own)),
        reload=tuple(reload),
        known=services,
        states=context.states,
    )
    app = dataclasses.replace(context.app, gate=restored.gate)
    watched = make_watched(app, context.scope, manager, services, restored.content, context.mask)
    outcome = bring_up(watched, order, restored.manifest, since)
    manager.queue("start", [name for name in retried if name in services])
    external = [name for name in active if name not in services]
    lost = restore_external(manager, external, restored.gate.timeout)
    if begun:
        restore_record(context)  # a run that dies before is carried forward
    return outcome._replace(
        failures=failed.failures,
        services=services,
        states=manager.read_states(services),
        warnings=restored.warnings,
        trouble="; ".join(f"{f.service or 'gate'}: {f.reason}" for f in (*outcome.failures, *lost)),
    )
