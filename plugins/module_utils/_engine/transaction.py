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
import typing as t

from .._core.app.layout import Swap, plan_swaps
from .._core.content import to_wire
from .._core.errors import QuadletError
from .._core.plan.enabling import installable
from .._core.state import records
from .._core.state.after_run import record_of_unmoved
from .._core.state.intent import Intent, carry_forward, were_active, were_restarting
from .._core.state.manifest import Manifest, dump_manifest, parse_manifest
from .._core.state.union import union_record
from .._host import exchange, state
from .._host.child import CHANGE
from .._host.stopping import stop_services

if t.TYPE_CHECKING:
    from .._core.state.generation import Generation
    from .._host.scope import Scope
    from .context import Context


class Begun(t.NamedTuple):
    """A run that has kept what was, and changed nothing yet.  generation: what it is to become,
    None where the app is removed or stays as it is.
    """

    intent: Intent
    swaps: tuple[Swap, ...]
    generation: Generation | None


def begin(context: Context, generation: Generation | None, outside: t.Sequence[str]) -> Begun:
    """Writes new bytes, keeps old ones and records the run; QuadletError: nothing has changed.

    outside: active services of other apps that may stop along.
    """
    owner, place, app = context.scope.files, context.scope.state_dir, context.app.name
    layout = context.scope.layout(app)
    swaps = _swaps(context)
    paths = {layout.real(path): path for path in context.plan.writes}
    texts = to_wire(context.desired, context.plan.writes)
    bytes_of = {target: texts[path] for target, path in paths.items()}
    try:
        kept = owner.call(
            exchange.stage, layout, [list(one) for one in swaps], bytes_of, limit=CHANGE
        )
        intent = _make_intent(context, kept, outside)
        if generation:
            pending = state.pending_path(place, app, generation.number)
            owner.call(state.write_text, pending, records.dump(generation))
        union = dump_manifest(union_record(context.decision.inputs, context.plan))
        owner.call(state.open_intent, place, app, records.dump(intent), union)
    except Exception:
        _forget_pending(context)
        if context.decision.snapshot.died:
            owner.call(exchange.forget_new, layout)
        else:
            owner.call(exchange.forget_all, layout)
            owner.call(state.undo_intent, place, app)
        raise
    return Begun(intent, swaps, generation)


def _make_intent(context: Context, kept: t.Mapping[str, str], outside: t.Sequence[str]) -> Intent:
    links = _links(context)
    enabled = context.manager.read_enabled(links)
    if links and not enabled:
        raise QuadletError(
            f"systemctl does not tell whether {', '.join(links)} are enabled",
            where=f"app {context.app.name}",
            remedy="Nothing was changed; run again.",
            topic="systemd-answer",
        )
    now = Intent(
        app=context.app.name,
        started_at=context.run.clock.time(),
        kept={str(target): str(old) for target, old in kept.items()},
        active=(*were_active(context.states), *outside),
        retried=were_restarting(context.states),
        enabled=enabled,
        images=dict(context.pulled.replaced),
    )
    return carry_forward(context.decision.snapshot.died, now)


def _links(context: Context) -> list[str]:
    """Installed companions whose links the plan touches."""
    return installable(
        context.decision.inputs.current, (*context.plan.enable, *context.plan.disable)
    )


def _swaps(context: Context) -> tuple[Swap, ...]:
    decision = context.decision
    return plan_swaps(
        context.scope.layout(context.app.name),
        writes=context.plan.writes,
        deletes=context.plan.deletes,
        moves=decision.moves,
        gone=decision.gone,
        kept=decision.snapshot.died.kept if decision.snapshot.died else {},
    )


def commit(context: Context, begun: Begun, *, manager_up: bool) -> None:
    """Stops services of removed units, then exchanges the files."""
    if manager_up:
        stop_services(context.manager, context.plan.stop)
    context.manager.disable(context.plan.disable)
    layout = context.scope.layout(context.app.name)
    swaps, known = [list(one) for one in begun.swaps], list(begun.intent.kept)
    context.scope.files.call(exchange.commit, layout, swaps, known, limit=CHANGE)
    context.manager.enable(context.plan.enable)


def close(context: Context, begun: Begun, manifest: Manifest | None, *, passed: bool) -> None:
    """Makes the run count: its generation, its record; then removes what was kept."""
    owner, place, app = context.scope.files, context.scope.state_dir, context.app.name
    generation = begun.generation
    if generation and not passed:
        pending = state.pending_path(place, app, generation.number)
        failed = dataclasses.replace(generation, passed=False)
        owner.call(state.write_text, pending, records.dump(failed))
    if manifest is None:
        owner.call(state.remove, state.manifest_path(place, app))
    else:
        save(context, manifest)
    with contextlib.suppress(QuadletError):  # it counts by now; the next run tidies up
        forget_ended(context.scope, app, manifest.generation if manifest else 0)
    with contextlib.suppress(QuadletError):
        owner.call(state.mark_end, place, app, _ended_at(context))


def _ended_at(context: Context) -> float | None:
    """The time of the record's end: None for now, and where the run has left alone what runs with
    other texts than are installed, that of the last one.
    """
    decision, plan = context.decision, context.plan
    left = decision.inputs.other_text - {*plan.restart, *plan.start}
    return decision.snapshot.recorded_at if left else None


def forget_ended(scope: Scope, app: str, number: int) -> None:
    """Removes what a run keeps, once it has ended, or has never begun.

    number: the generation that is there, which counts from now on.
    """
    scope.files.call(state.settle_generations, scope.state_dir, app, number)
    scope.files.call(exchange.forget_all, scope.layout(app))
    scope.files.call(state.close_intent, scope.state_dir, app)


def save(context: Context, manifest: Manifest) -> None:
    """Writes the app's manifest."""
    path = state.manifest_path(context.scope.state_dir, context.app.name)
    context.scope.files.call(state.write_text, path, dump_manifest(manifest))


def save_unmoved(context: Context) -> None:
    """Writes the record after a run that had nothing to do."""
    save(context, record_of_unmoved(context.app, context.record, context.states))


def read_before(context: Context) -> Manifest:
    """The record that the run has kept."""
    path = state.kept_manifest_path(context.scope.state_dir, context.app.name)
    text = context.scope.files.call(state.read_text, path)
    return parse_manifest(str(text), path) if text else Manifest(context.app.name)


def restoring(context: Context, begun: Begun) -> t.Iterator[tuple[str, t.Callable[[], None]]]:
    """What restores files and links, step by step; each can be repeated."""
    layout, owner, manager = (
        context.scope.layout(context.app.name),
        context.scope.files,
        context.manager,
    )
    kept, enabled = begun.intent.kept, begun.intent.enabled
    new = [name for name in context.plan.enable if enabled.get(name) != "enabled"]
    yield "links of companions", lambda: manager.disable(new)
    yield "files", lambda: owner.call(exchange.restore, layout, kept, limit=CHANGE)
    touched = {*context.plan.enable, *context.plan.disable}
    old = [name for name, was in enabled.items() if was == "enabled" and name in touched]
    yield "links of companions", lambda: manager.enable(old)


def restore_record(context: Context, *, restarted: bool) -> None:
    """Restores the record; with that the undo counts.

    restarted: the undo has started again what the run was to restart.  Otherwise what others have
    started with texts that are not installed still runs.
    """
    _forget_pending(context)
    settled = restarted or not context.decision.inputs.other_text
    owner, place, app = context.scope.files, context.scope.state_dir, context.app.name
    owner.call(state.undo_intent, place, app)
    if settled:
        owner.call(state.mark_end, place, app)


def _forget_pending(context: Context) -> None:
    owner, place, app = context.scope.files, context.scope.state_dir, context.app.name
    owner.call(state.settle_generations, place, app, 0)
    owner.call(state.drop_generations, place, app, [])
