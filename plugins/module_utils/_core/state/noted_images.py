# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Images that runs of an app have pulled or loaded, and that no generation answers for yet."""

from __future__ import annotations

import dataclasses
import typing as t

from ..quadlet.image_name import full_name
from . import records
from .generation import ids_of, images_of

if t.TYPE_CHECKING:
    from .generation import Generation


@dataclasses.dataclass(frozen=True)
class NotedImages:
    """names: those that the host lacked before.  ids: of images to which a pull has moved a name
    that was there; where an undo has moved it back, they have none.
    """

    app: str
    names: tuple[str, ...] = ()
    ids: tuple[str, ...] = ()

    @property
    def empty(self) -> bool:
        """Whether nothing is noted."""
        return not (self.names or self.ids)


def parse_noted(text: str, path: str) -> NotedImages:
    """Parses the note; refuses a newer format than ours."""
    return records.parse(text, path, _build, "Remove it: images that it names stay.")


def _build(data: dict[str, t.Any]) -> NotedImages:
    return NotedImages(data["app"], tuple(data["names"]), tuple(data["ids"]))


def with_pull(
    noted: NotedImages, lacking: t.Iterable[str], there: t.Collection[str], ids: t.Iterable[str]
) -> NotedImages:
    """The note after a pull of names that the host lacked.  there: those that it has now.
    ids: of images that have got another image's name.
    """
    names = {*noted.names} - {*lacking} | {*there}
    return dataclasses.replace(
        noted, names=tuple(sorted(names)), ids=tuple(sorted({*noted.ids, *ids}))
    )


class Settled(t.NamedTuple):
    """names: that no generation needs.  ids: likewise, of images that may have a name.
    kept: what stays noted, since a generation needs it, and none answers for it.
    """

    names: tuple[str, ...]
    ids: tuple[str, ...]
    kept: NotedImages


def settle(noted: NotedImages, left: t.Sequence[Generation]) -> Settled:
    """What becomes of noted images once a run counts.  left: the generations that are kept."""
    needed = {full_name(name) for name in images_of(left)}
    answered = {full_name(name) for generation in left for name in generation.brought}
    spare = tuple(name for name in noted.names if full_name(name) not in needed)
    open_names = tuple(
        name for name in noted.names if name not in spare and full_name(name) not in answered
    )
    ids = tuple(ident for ident in noted.ids if ident not in ids_of(left))
    return Settled(spare, ids, NotedImages(noted.app, open_names))
