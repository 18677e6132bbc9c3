# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Secrets and images that only dropped generations needed."""

from __future__ import annotations

import typing as t

from .._core.errors import QuadletError, join_errors
from .._core.plan.kept_images import kept_name, parse_kept
from .._core.quadlet.image_name import full_name
from .._core.state.generation import ids_of, images_of, secrets_of
from .._core.state.manifest import parse_manifest
from .._host import podman, state
from .._host.scope import places_of_storage
from .observe import is_up
from .secrets import remove_secrets, stored_of_app

if t.TYPE_CHECKING:
    from .._core.state.generation import Generation
    from .context import Context


def drop_leftovers(
    context: Context, dropped: t.Sequence[Generation | None], left: t.Sequence[Generation]
) -> None:
    """Removes what no remaining generation needs.  dropped: None for one that can't be read.

    QuadletError: some of it is there still, so that the generations have to be dropped again.
    """
    errors: list[QuadletError] = []
    owner, app = context.scope.manager, context.app.name
    if owner.uid and not context.manager.answers():
        if is_up(context.scope):
            raise QuadletError(
                f"the service manager of user {owner.name} does not answer", topic="no-manager"
            )
        return  # Podman is not to be run without the user's runtime directory
    if any(generation is None or generation.secrets for generation in dropped):
        needed = secrets_of(left)
        spare = [name for name in stored_of_app(owner, app) if name not in needed]
        errors += remove_secrets(owner, spare)
    if any(generation is None or _needs_more(generation, left) for generation in dropped):
        errors += _drop_images(context, [generation for generation in dropped if generation], left)
    if errors:
        raise join_errors(errors)


def _needs_more(generation: Generation, left: t.Sequence[Generation]) -> bool:
    """Whether a generation may have images that no remaining one needs."""
    names = {full_name(name) for name in images_of(left)}
    brought = {full_name(name) for name in generation.brought}
    return not (brought <= names and ids_of([generation]) <= ids_of(left))


def _drop_images(
    context: Context, dropped: t.Sequence[Generation], left: t.Sequence[Generation]
) -> list[QuadletError]:
    errors = []
    owner, app = context.scope.manager, context.app.name
    ids = {ident[:12] for ident in ids_of(left)}
    tags = parse_kept(app, podman.read_images(owner))
    brought = {name for generation in dropped for name in generation.brought}
    if brought:
        used = {full_name(name) for name in (*images_of(left), *_used_by_others(context))}
        brought = {name for name in brought if full_name(name) not in used}
    for name in [*(kept_name(app, tag) for tag in tags if tag not in ids), *sorted(brought)]:
        ran = podman.remove_image(owner, name)
        if ran.status not in _GONE_OR_USED:
            errors.append(
                QuadletError(
                    f"podman image rm {name} failed: {ran.err.strip()}", topic="podman-failed"
                )
            )
    return errors


_GONE_OR_USED = (0, 1, 2)


def _used_by_others(context: Context) -> set[str]:
    """Names of images that other apps declare, or containers run."""
    scope = context.scope
    used = {container.image for container in podman.read_containers(scope.manager)}
    for place in places_of_storage(scope):
        for other in place.files.call(state.list_apps, place.state_dir):
            path = state.manifest_path(place.state_dir, str(other))
            text = place.files.call(state.read_text, path)
            if text and (other, place.state_dir) != (context.app.name, scope.state_dir):
                used.update(parse_manifest(str(text), path).images)
    return used
