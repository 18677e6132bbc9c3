# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Undoing a run that failed: what was active before is active again, as it was."""

from __future__ import annotations

import contextlib
import dataclasses
import time
import typing as t

from .._core.content import from_wire
from .._core.errors import QuadletError
from .._core.gate.options import Gate, parse_gate
from .._core.info.result import service_result
from .._core.plan.model import Plan, kind_of_service, start_order
from .._core.state.intent import were_active, were_retried
from .._core.state.manifest import Manifest
from .._host import files, linger
from .._host.lock import Lock
from .context import Outcome, Work
from .dependents import revive_outside
from .generations import read_one
from .image_tags import put_tags_back
from .observe import read_manifest
from .start import bring_up
from .transaction import Begun, restore


def undo(work: Work, begun: Begun | None, failed: Outcome, lock: Lock) -> Outcome:
    """The outcome of the run with what was before in place again, or with what hinders that."""
    attempt = {
        "generation": begun.generation.number if begun and begun.generation else None,
        "services": {
            name: service_result(found, failed.details.get(name))
            for name, found in failed.states.items()
        },
    }
    try:
        lock.acquire()
        before = _put_back(work, begun, failed)
        lock.release()
        outcome = _bring_back(before, begun, failed)
    except QuadletError as error:
        return failed._replace(attempt=attempt, trouble=str(error))
    return outcome._replace(
        failures=failed.failures,
        attempt=attempt,
        trouble="; ".join(f"{f['service'] or 'gate'}: {f['reason']}" for f in outcome.failures),
        services=before.services,
    )


def _put_back(work: Work, begun: Begun | None, failed: Outcome) -> Work:
    """Files, record, images and what the manager knows; the app as it was."""
    scope, manager = work.scope, work.manager
    if not scope.is_system and not manager.answers():
        linger.ensure_manager(scope, manager)
    manager.stop(_to_stop(work, failed), timeout=work.app.gate.timeout)
    if work.plan.remake and _came_to_start(failed):
        from .recreate import remake_objects

        remake_objects(work, undo=True)
    if begun:
        _forget_networks(work, begun)
        restore(work, begun)
    moved = begun.intent.images if begun else work.pulled.replaced
    warnings = put_tags_back(scope.manager, moved, work.services) if moved else []
    manifest, content = _read_before(work)
    if begun:
        manager.reload()
    return dataclasses.replace(
        work,
        app=dataclasses.replace(work.app, gate=_gate_of(work, manifest.generation)),
        before=manifest,
        services=manifest.services,
        desired=content,
        plan=Plan(reload=tuple(n for n in work.plan.reload if n in manifest.services)),
        pulled=work.pulled._replace(warnings=tuple(warnings)),
    )


def _gate_of(work: Work, number: int) -> Gate:
    """The gate that a generation has passed; the run's without its probes where nobody knows."""
    with contextlib.suppress(QuadletError):  # a file that is damaged hinders no rollback
        generation = read_one(work.scope, work.app.name, number)
        if generation:
            return parse_gate(generation.gate)
    return work.app.gate._replace(probes=())


def _forget_networks(work: Work, begun: Begun) -> None:
    """Removes networks that the run has made: Podman leaves one that is there as it is, so the
    next release would get this one's.
    """
    new = {
        name: record
        for name, record in work.services.items()
        if name not in work.before.services and kind_of_service(record).suffix == "network"
    }
    if not new:
        return
    from .recreate import read_made_at

    for name, made_at in read_made_at(work.scope.manager, new).items():
        if made_at >= int(begun.intent.started_at):  # Podman tells whole seconds
            work.scope.manager.run(["podman", "network", "rm", new[name].makes])


def _to_stop(work: Work, failed: Outcome) -> list[str]:
    """What the run has started, or was about to; what triggers others first."""
    if not _came_to_start(failed):
        return []
    plan = work.plan
    names = dict.fromkeys((*plan.restart, *plan.start, *plan.pause))
    known = [name for name in names if name in work.services]
    return sorted(known, key=lambda name: not work.services[name].triggers)


def _came_to_start(failed: Outcome) -> bool:
    return bool(failed.states) or any(one["phase"] == "start" for one in failed.failures)


def _read_before(work: Work) -> tuple[Manifest, dict[str, t.Any]]:
    scope, name = work.scope, work.app.name
    manifest = read_manifest(scope, name) or Manifest(name)
    found = scope.files.call(files.read_app, scope.layout(name), sorted(manifest.files))
    return manifest, from_wire(found["files"], manifest.on_change)


def _bring_back(before: Work, begun: Begun | None, failed: Outcome) -> Outcome:
    """Starts what was active, and looks through the same gate."""
    manager, services, since = before.manager, before.services, time.time()
    active = begun.intent.active if begun else were_active(before.states)
    retried = begun.intent.retried if begun else were_retried(before.states)
    own = [name for name in active if name in services]
    manager.reset_failed(own)
    reload = before.plan.reload if _came_to_start(failed) else ()
    outcome = bring_up(before, start_order(services, own), since, reload=reload)
    manager.queue("start", [name for name in retried if name in services])
    outcome = revive_outside(before, [n for n in active if n not in services], outcome)
    return outcome._replace(
        manifest=before.before,
        states=manager.read_states(services),
        warnings=before.pulled.warnings,
    )
