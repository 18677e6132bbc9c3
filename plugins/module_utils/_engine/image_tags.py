# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Tags of images: kept for generations, and pointed back where a pull has moved them."""

from __future__ import annotations

import typing as t

from .._core.plan.kept_images import kept_name, to_keep
from .._core.plan.model import Pulled
from .._core.quadlet.image_name import full_name
from .._host import podman

if t.TYPE_CHECKING:
    from .._core.state.generation import Generation
    from .._host.owner import Owner
    from .context import Context


def keep_images(context: Context, generation: Generation | None) -> list[str]:
    """Tags the generation's images, so that no pruning removes them; warnings of what failed."""
    ids = {row[0] for row in generation.images.values()} if generation else set()
    warnings = []
    for ident in to_keep(ids, context.record.images.values()):
        ran = podman.tag(context.scope.manager, ident, kept_name(context.app.name, ident))
        if ran.status != 0:
            warnings.append(f"the image {ident[:12]} could not be named: {ran.err.strip()}")
    return warnings


def restore_tags(
    owner: Owner, images: t.Mapping[str, str], services: t.Collection[str]
) -> list[str]:
    """Points tags back at their previous images; returns warnings about other users of them.

    services: those of the app, who are not warned about.
    """
    warnings = []
    for name, ident in images.items():
        ran = podman.tag(owner, ident, name)
        if ran.status != 0:
            warnings.append(
                f"{name} could not be put back to the image {ident[:12]}: {ran.err.strip()}"
            )
    return [*warnings, *_other_users(owner, images, services)]


class MovedTags(t.NamedTuple):
    """Tags that an older generation has elsewhere: its image ids, and the ids now, by name."""

    wanted: dict[str, str]
    now: dict[str, str]


def find_moved_tags(owner: Owner, images: t.Mapping[str, str]) -> MovedTags:
    """The tags that do not point at these images; those of images that are gone are left alone."""
    now = podman.read_image_ids(owner, list(images)) if images else {}
    wanted = {name: ident for name, ident in images.items() if now.get(name, ident) != ident}
    return MovedTags(wanted, now)


def point_tags(owner: Owner, moved: MovedTags) -> MovedTags:
    """Points tags at their older images; those that Podman took."""
    wanted = {n: i for n, i in moved.wanted.items() if podman.tag(owner, i, n).status == 0}
    return moved._replace(wanted=wanted)


def describe_moved(
    owner: Owner, moved: MovedTags, services: t.Mapping[str, str | None], *, fetched: bool
) -> Pulled:
    """What moved tags mean for services.  services: the image that each active one names."""
    names = moved.wanted
    return Pulled(
        fetched=bool(names) and fetched,
        renewed=frozenset(name for name, image in services.items() if image in names),
        replaced={name: moved.now[name] for name in names},
        warnings=tuple(_other_users(owner, names, services)),
    )


def _other_users(owner: Owner, names: t.Collection[str], mine: t.Container[str]) -> list[str]:
    if not names:
        return []
    full = {full_name(name) for name in names}
    return [
        f"{c.image} points at an older image again; {c.service or c.name} uses that tag too"
        for c in podman.read_containers(owner)
        if full_name(c.image) in full and c.service not in mine
    ]
