# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Secrets and images that only dropped generations needed."""

from __future__ import annotations

import contextlib
import typing as t

from .._core.errors import QuadletError, join_errors
from .._core.plan.kept_images import kept_name, parse_kept
from .._core.quadlet.image_name import full_name
from .._core.state.generation import ids_of, images_of, parse_generation, secrets_of
from .._core.state.manifest import parse_manifest
from .._host import podman, state
from .._host.scope import places_of_storage
from .observe import is_up
from .secrets import remove_secrets, stored_of_app

if t.TYPE_CHECKING:
    from .._core.state.generation import Generation
    from .._host.owner import Owner
    from .context import Context


def drop_leftovers(
    context: Context, dropped: t.Sequence[Generation | None], left: t.Sequence[Generation]
) -> None:
    """Removes what no remaining generation needs.  dropped: None for one that can't be read.

    QuadletError: some of it is there still, so that the generations have to be dropped again.
    """
    if not can_run_podman(context):
        return
    errors: list[QuadletError] = []
    owner, app = context.scope.manager, context.app.name
    if any(generation is None or generation.secrets for generation in dropped):
        needed = secrets_of(left)
        spare = [name for name in stored_of_app(owner, app) if name not in needed]
        errors += remove_secrets(owner, spare)
    if any(generation is None or _needs_more(generation, left) for generation in dropped):
        errors += _drop_images(context, [generation for generation in dropped if generation], left)
    if errors:
        raise join_errors(errors)


def can_run_podman(context: Context) -> bool:
    """Whether the owner has a runtime directory; QuadletError where the manager hangs."""
    owner = context.scope.manager
    if not owner.uid or context.manager.answers():
        return True
    if is_up(context.scope):
        raise QuadletError(
            f"the service manager of user {owner.name} does not answer", topic="no-manager"
        )
    return False


def _needs_more(generation: Generation, left: t.Sequence[Generation]) -> bool:
    """Whether a generation may have images that no remaining one needs."""
    names = {full_name(name) for name in images_of(left)}
    brought = {full_name(name) for name in generation.brought}
    return not (brought <= names and ids_of([generation]) <= ids_of(left))


def _drop_images(
    context: Context, dropped: t.Sequence[Generation], left: t.Sequence[Generation]
) -> list[QuadletError]:
    owner, app = context.scope.manager, context.app.name
    ids = {ident[:12] for ident in ids_of(left)}
    tags = parse_kept(app, podman.read_images(owner))
    brought = {name for generation in dropped for name in generation.brought}
    if brought:
        used = {full_name(name) for name in (*images_of(left), *used_by_others(context))}
        brought = {name for name in brought if full_name(name) not in used}
    spare = [kept_name(app, tag) for tag in tags if tag not in ids]
    return remove_images(owner, [*spare, *sorted(brought)])


def remove_images(owner: Owner, names: t.Iterable[str]) -> list[QuadletError]:
    """Removes names of images, and with the last name an image that no container uses; why some
    stay.
    """
    errors = []
    for name in names:
        ran = podman.remove_image(owner, name)
        if ran.status not in _GONE_OR_USED:
            errors.append(
                QuadletError(
                    f"podman image rm {name} failed: {ran.err.strip()}", topic="podman-failed"
                )
            )
    return errors


_GONE_OR_USED = (0, 1, 2)


def used_by_others(context: Context) -> set[str]:
    """Names of images that other apps declare, or can return to, or that containers run."""
    scope = context.scope
    used = {container.image for container in podman.read_containers(scope.manager)}
    for place in places_of_storage(scope):
        for other in place.files.call(state.list_apps, place.state_dir):
            path = state.manifest_path(place.state_dir, str(other))
            text = place.files.call(state.read_text, path)
            if text and (other, place.state_dir) != (context.app.name, scope.state_dir):
                used.update(parse_manifest(str(text), path).images)
                used.update(map(str, place.files.call(_read_wanted, place.state_dir, other)))
    return used


def _read_wanted(state_dir: str, app: str) -> list[str]:
    """The names that an app's generations need; runs as their owner."""
    names: set[str] = set()
    for number, text in state.read_generations(state_dir, app).items():
        with contextlib.suppress(QuadletError):  # nobody can return to one that is damaged
            path = state.generation_path(state_dir, app, int(number))
            names.update(parse_generation(text, path).images)
    return sorted(names)
