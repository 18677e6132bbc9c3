# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Generations of an app: made, read, returned to, and dropped with what only they need."""

from __future__ import annotations

import contextlib
import dataclasses
import typing as t

from .._core.app.app import App
from .._core.errors import NOT_READY, QuadletError
from .._core.state.generation import (
    Generation,
    choose_target,
    damaged_warning,
    from_record,
    next_number,
    parse_generation,
    to_files,
    to_prune,
)
from .._core.state.manifest import Manifest
from .._core.state.noted_images import parse_noted
from .._core.state.rollout import revert_target
from .._host import podman, state
from .._host.owner import caller_name, to_quadlet_error
from .._host.scope import Scope, places_of_storage
from .observe import read_manifest

if t.TYPE_CHECKING:
    from .context import Context


def make_generation(context: Context, *, manager_up: bool) -> Generation | None:
    """The generation that the run makes; None where the app stays, is removed, or returns to an
    older one.
    """
    plan, before = context.plan, context.record
    wrote = bool(plan.writes or plan.deletes)
    regrouped = context.decision.inputs.on_demand != before.on_demand
    if (
        not context.desired
        or context.app.origin
        or not (wrote or plan.daemon_reload or context.pulled.fetched or regrouped)
    ):
        return None
    images = _read_images(context) if manager_up else {}
    ids = {name: row[0] for name, row in images.items()}
    if before.generation and not (wrote or regrouped) and ids == before.images:
        return None
    owner, place = context.scope.files, context.scope.state_dir
    numbers = owner.call(state.list_generations, place, context.app.name)
    return Generation(
        app=context.app.name,
        number=next_number(map(int, numbers), max(before.deployed, before.generation)),
        made_at=context.run.clock.time(),
        made_by=caller_name(),
        changes=tuple(step.to_text() for step in (*context.pulled.steps, *plan.steps)),
        files=to_files(context.desired),
        secrets=dict(context.decision.inputs.secrets),
        images=images,
        brought=_still_brought(context, images),
        gate=context.app.gate_option,
        rollout=context.app.rollout,
        on_demand=context.decision.inputs.on_demand,
    )


def _still_brought(context: Context, images: t.Iterable[str]) -> tuple[str, ...]:
    """The names that the generation answers for: what its run has pulled, and of its images what
    earlier runs of this app have, or of the scope's other apps.  Their generations may be dropped
    first, and who is dropped last removes the image.
    """
    scope, app, pulled = context.scope, context.app.name, context.pulled.brought
    wanted = [name for name in images if name not in pulled]
    earlier: set[str] = set()
    own, *others = places_of_storage(scope)
    for place, apps in ((own, [app]), (own, []), *((other, []) for other in others)):
        if not earlier.issuperset(wanted):
            with contextlib.suppress(QuadletError):  # the end of the run tells what can't be read
                earlier |= {*map(str, place.files.call(_read_brought, place.state_dir, apps))}
    return (*pulled, *(name for name in wanted if name in earlier))


def _read_brought(state_dir: str, apps: list[str]) -> list[str]:
    """The names that generations of these apps answer for, or of all, and those that runs have
    noted; runs as their owner.
    """
    names: set[str] = set()
    for app in apps or {*state.list_apps(state_dir), *state.list_noted(state_dir)}:
        path = state.noted_path(state_dir, app)
        with contextlib.suppress(QuadletError):
            names.update(parse_noted(state.read_text(path) or "", path).names)
        for number, text in state.read_generations(state_dir, app).items():
            path = state.generation_path(state_dir, app, int(number))
            with contextlib.suppress(QuadletError):
                names |= {name for name in parse_generation(text, path).brought if name}
    return sorted(names)


def _read_images(context: Context) -> dict[str, tuple[str, str]]:
    from .._core.plan.images import declared_images

    names = declared_images(context.decision.inputs)
    known = context.pulled.present
    if all(name in known for name in names):
        return {name: known[name] for name in names}
    return podman.read_image_digests(context.scope.manager, names)


class Kept(t.NamedTuple):
    """The generations that are kept, by number.  damaged: why others can't be read."""

    whole: dict[int, Generation]
    damaged: dict[int, QuadletError]

    def warnings(self, gone: t.Container[int] = ()) -> list[str]:
        """A warning for each damaged generation.  gone: numbers of those that were dropped."""
        return [damaged_warning(n, why) for n, why in self.damaged.items() if n not in gone]


def read_all(scope: Scope, app: str) -> Kept:
    """The generations that are kept."""
    kept = Kept({}, {})
    for number, text in scope.files.call(state.read_generations, scope.state_dir, app).items():
        path = state.generation_path(scope.state_dir, app, int(number))
        try:
            kept.whole[int(number)] = parse_generation(str(text), path)
        except QuadletError as error:
            kept.damaged[int(number)] = error
    return kept


def read_one(scope: Scope, app: str, number: int) -> Generation | None:
    """One generation, or None where it is not kept."""
    path = state.generation_path(scope.state_dir, app, number)
    text = scope.files.call(state.read_text, path)
    return parse_generation(str(text), path) if text is not None else None


def return_to(app: App, scope: Scope) -> App:
    """The app that `state: rolled_back` means: an older generation of it."""
    manifest = read_manifest(scope, app.name)
    if not manifest and app.rollout:
        return dataclasses.replace(app, state="absent")
    if not manifest:
        raise QuadletError(
            f"app {app.name!r} is not installed in {scope.label}",
            where="state",
            remedy="There is nothing to roll back; deploy it first.",
            data={NOT_READY: True},
            topic="not-installed",
        )
    kept = read_all(scope, app.name)
    wanted = app.generation
    if app.rollout:
        wanted = _before_rollout(app, scope, manifest)
        if not wanted:
            return dataclasses.replace(app, state="present" if wanted is None else "absent")
    if wanted in kept.damaged:
        raise kept.damaged[wanted]
    passed = {number: generation.passed for number, generation in kept.whole.items()}
    number = choose_target(app.name, passed, wanted, manifest.deployed, kept.damaged)
    generation = kept.whole[number]
    return dataclasses.replace(
        app,
        state="started",
        content=generation.content,
        prune=True,
        origin=number,
        images={name: row[0] for name, row in generation.images.items()},
        warnings=tuple(kept.warnings()),
        on_demand=generation.on_demand,
    )


def _before_rollout(app: App, scope: Scope, manifest: Manifest) -> int | None:
    intent = scope.files.call(state.read_text, state.intent_path(scope.state_dir, app.name))
    return revert_target(manifest, app.rollout, died=bool(intent and not manifest.loaded))


def prune(context: Context, manifest: Manifest | None) -> list[str]:
    """Removes what only dropped generations needed; warnings.

    The run counts by now: what fails here is a warning, and undoes nothing.
    """
    try:
        return _prune(context, manifest)
    except Exception as error:
        return [f"what older generations needed could not be removed: {to_quadlet_error(error)}"]


def _prune(context: Context, manifest: Manifest | None) -> list[str]:
    """Drops generations beyond those that are to be kept, and secrets and images that no other
    needs; all of them where the app is gone.  Warnings of those that can't be read.
    """
    scope, app = context.scope, context.app.name
    kept = read_all(scope, app)
    needed = {manifest.generation, manifest.deployed} if manifest else set()
    if manifest and manifest.rollout.under_way:
        needed.add(manifest.rollout.came_from)
    numbers = [*kept.whole, *kept.damaged]
    drop = to_prune(numbers, context.app.generations if manifest else 0, needed)
    warnings = kept.warnings(gone=drop)
    if not drop and manifest:
        return warnings
    from .cleanup import drop_leftovers

    left = [generation for number, generation in kept.whole.items() if number not in drop]
    left += [from_record(manifest)] if manifest else []
    drop_leftovers(context, [kept.whole.get(number) for number in drop], left)
    scope.files.call(state.drop_generations, scope.state_dir, app, drop, not manifest)
    return warnings
