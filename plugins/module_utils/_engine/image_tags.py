# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Names of images: kept for generations, and put back where a pull has moved them."""

from __future__ import annotations

import typing as t

from .._core.plan.kept_images import kept_name, to_keep
from .._core.plan.model import Pulled
from .._host import podman

if t.TYPE_CHECKING:
    from .._core.state.generation import Generation
    from .._host.owner import Owner
    from .context import Work


def keep_images(work: Work, generation: Generation | None) -> list[str]:
    """Names the generation's images, so that no pruning takes them; what failed, for people."""
    ids = {row[0] for row in generation.images.values()} if generation else set()
    warnings = []
    for ident in to_keep(ids, work.before.images.values()):
        ran = podman.tag(work.scope.manager, ident, kept_name(work.app.name, ident))
        if ran.status != 0:
            warnings.append(f"the image {ident[:12]} could not be named: {ran.err.strip()}")
    return warnings


def put_tags_back(
    owner: Owner, images: t.Mapping[str, str], services: t.Collection[str]
) -> list[str]:
    """Lets names stand for the images that they stood for; who else uses such a name.

    services: those of the app, who are not told.
    """
    troubles = [
        f"{name} could not be put back to the image {ident[:12]}: {ran.err.strip()}"
        for name, ident in images.items()
        for ran in [podman.tag(owner, ident, name)]
        if ran.status != 0
    ]
    return [*troubles, *_told(owner, images, services)]


def return_tags(
    owner: Owner, images: t.Mapping[str, str], services: t.Mapping[str, str | None], *, check: bool
) -> Pulled:
    """The same for an older generation.  An image that is gone is left to be pulled.

    services: the image that each active service names.
    """
    now = podman.read_image_ids(owner, list(images)) if images else {}
    moved = {name: ident for name, ident in images.items() if now.get(name, ident) != ident}
    if not check:
        moved = {n: i for n, i in moved.items() if podman.tag(owner, i, n).status == 0}
    return Pulled(
        happened=bool(moved) and not check,
        renewed=frozenset(name for name, image in services.items() if image in moved),
        replaced={name: now[name] for name in moved},
        warnings=tuple(_told(owner, moved, services)),
    )


def _told(owner: Owner, names: t.Collection[str], mine: t.Container[str]) -> list[str]:
    if not names:
        return []
    return [
        f"{one.image} stands for an older image again; {one.service or one.name} uses that name too"
        for one in podman.read_containers(owner)
        if one.image in names and one.service not in mine
    ]
