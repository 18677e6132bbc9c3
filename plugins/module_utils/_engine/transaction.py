# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""A run's changes, all or none: what was before is kept until the run has ended.

A run that dies leaves its intent; the next run of that app carries it forward, and what was
before the first of them stays what a rollback leads to.
"""

from __future__ import annotations

import contextlib
import dataclasses
import time
import typing as t

from .._core.app.layout import Swap
from .._core.content import file_record, to_wire
from .._core.errors import QuadletError
from .._core.plan.enabling import installable
from .._core.state import records
from .._core.state.intent import Intent, carry_forward, were_active, were_retried
from .._core.state.manifest import Manifest, dump_manifest
from .._host import exchange as swap
from .._host import state

if t.TYPE_CHECKING:
    from .._core.state.generation import Generation
    from .._host.scope import Scope
    from .context import Work


class Begun(t.NamedTuple):
    """A run that has kept what was, and changed nothing yet.  generation: what it is to become,
    None where the app goes or stays what it is.
    """

    intent: Intent
    swaps: tuple[Swap, ...]
    generation: Generation | None


def begin(work: Work, generation: Generation | None, outside: t.Sequence[str]) -> Begun:
    """Writes new bytes, keeps old ones and records the run; QuadletError: nothing has changed.

    outside: active services of other apps that may stop along.
    """
    owner, place, app = work.scope.files, work.scope.state_dir, work.app.name
    layout = work.scope.layout(app)
    swaps = _swaps(work)
    paths = {layout.real(path): path for path in work.plan.writes}
    texts = to_wire(work.desired, work.plan.writes)
    bytes_of = {target: texts[path] for target, path in paths.items()}
    kept = owner.call(swap.stage, layout, [list(one) for one in swaps], bytes_of)
    intent = carry_forward(
        work.died,
        Intent(
            app=app,
            started_at=time.time(),
            kept={str(target): str(old) for target, old in kept.items()},
            active=(*were_active(work.states), *outside),
            retried=were_retried(work.states),
            enabled=work.manager.read_enabled(_links(work)),
            images=dict(work.pulled.replaced),
        ),
    )
    try:
        if generation:
            pending = state.pending_path(place, app, generation.number)
            owner.call(state.write_text, pending, records.dump(generation))
        union = dump_manifest(_union(work))
        owner.call(state.open_intent, place, app, records.dump(intent), union)
    except Exception:
        _forget_pending(work)
        owner.call(swap.forget_new if work.died else swap.forget_all, layout)
        raise
    return Begun(intent, swaps, generation)


def _links(work: Work) -> list[str]:
    """The companions that are there and whose links the plan touches."""
    return installable(work.world.current, (*work.plan.enable, *work.plan.disable))


def _swaps(work: Work) -> tuple[Swap, ...]:
    """Every real path that the plan changes, with where its new and old bytes are."""
    layout, plan = work.scope.layout(work.app.name), work.plan
    sources = {target: source for source, target in work.moves}
    targets = [*(layout.real(path) for path in plan.writes), *sources]
    goes = [*(layout.real(path) for path in plan.deletes), *sources.values(), *work.gone]
    known = work.died.kept if work.died else {}
    found = []
    for number, target in enumerate(dict.fromkeys((*targets, *goes))):
        new = layout.beside(target, "new", number) if target in targets else ""
        old = layout.beside(target, "old", len(known) + number) if target not in known else ""
        found.append(Swap(target, new, old, sources.get(target, "")))
    return tuple(found)


def _union(work: Work) -> Manifest:
    """The record while files change: all that was and all that will be is the app's, so that
    whatever run comes next, should this one die, finds it.  What this run acts on counts as not
    started: nobody knows yet with which files it runs.
    """
    files = {path: file_record(blob) for path, blob in work.desired.items()}
    acted = {*work.plan.restart, *work.plan.start, *work.plan.reload}
    services = {**work.services, **work.before.services}
    return dataclasses.replace(
        work.before,
        loaded=None,
        files={**work.before.files, **files},
        services={
            name: dataclasses.replace(record, started_with=None)
            if name in acted and not record.makes
            else record
            for name, record in services.items()
        },
        secrets={**work.before.secrets, **work.world.secrets},
    )


def commit(work: Work, begun: Begun, *, manager_up: bool) -> None:
    """Stops what goes, then exchanges the files."""
    if manager_up:
        work.manager.stop(work.plan.stop, timeout=work.app.gate.timeout)
    work.manager.disable(work.plan.disable)
    layout = work.scope.layout(work.app.name)
    work.scope.files.call(swap.commit, layout, [list(one) for one in begun.swaps])
    work.manager.enable(work.plan.enable)


def close(work: Work, begun: Begun, manifest: Manifest | None, *, passed: bool) -> None:
    """Makes the run count: its generation, its manifest; then what was kept goes."""
    owner, place, app = work.scope.files, work.scope.state_dir, work.app.name
    generation = begun.generation
    if generation and not passed:
        pending = state.pending_path(place, app, generation.number)
        failed = dataclasses.replace(generation, passed=False)
        owner.call(state.write_text, pending, records.dump(failed))
    if manifest is None:
        owner.call(state.remove, state.manifest_path(place, app))
    else:
        save(work, manifest)
    with contextlib.suppress(QuadletError):  # it counts by now; the next run tidies up
        forget_ended(work.scope, app, manifest.generation if manifest else 0)


def forget_ended(scope: Scope, app: str, number: int) -> None:
    """Removes what a run keeps, once it has ended, or has never begun.

    number: the generation that is there, which counts from now on.
    """
    scope.files.call(state.settle_generations, scope.state_dir, app, number)
    scope.files.call(state.close_intent, scope.state_dir, app)
    scope.files.call(swap.forget_all, scope.layout(app))


def save(work: Work, manifest: Manifest) -> None:
    """Writes the app's manifest."""
    path = state.manifest_path(work.scope.state_dir, work.app.name)
    work.scope.files.call(state.write_text, path, dump_manifest(manifest))


def restore(work: Work, begun: Begun) -> None:
    """Puts the files, links and the record back that were there before."""
    layout, owner = work.scope.layout(work.app.name), work.scope.files
    enabled = begun.intent.enabled
    work.manager.disable(n for n in work.plan.enable if enabled.get(n) != "enabled")
    owner.call(swap.restore, layout, begun.intent.kept)
    touched = (*work.plan.enable, *work.plan.disable)
    work.manager.enable([n for n, was in enabled.items() if was == "enabled" and n in touched])
    _forget_pending(work)
    owner.call(state.undo_intent, work.scope.state_dir, work.app.name)


def _forget_pending(work: Work) -> None:
    owner, place, app = work.scope.files, work.scope.state_dir, work.app.name
    owner.call(state.settle_generations, place, app, 0)
    owner.call(state.drop_generations, place, app, [])
