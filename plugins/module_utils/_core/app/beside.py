# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Apps that the same call deploys before one: check mode takes them as deployed."""

from __future__ import annotations

import re
import typing as t

from ..content import Wire, text_of, to_wire
from ..quadlet.kinds import is_quadlet, is_unit, unit_of

if t.TYPE_CHECKING:
    from ..content import Blob

_MOUNTS = (".mount", ".automount")
_IMAGE = re.compile(r"^[^\S\n]*(?:ImageTag|Image)[^\S\n]*=[^\S\n]*(\S+)", re.MULTILINE)

Others = tuple[tuple[str, str], ...]
"""Unit files of a scope, as (name, path)."""


class Beside(t.NamedTuple):
    """An app as it will be.

    folder: its directory.  units: its Quadlets and their drop-ins.  prunes: its other units go.
    companions: names of its companions.  brings: absolute paths of its files and directories.
    mounts: texts of its mount units.  images: names of those that its services build or pull.
    """

    name: str
    folder: str
    units: Wire
    prunes: bool = True
    companions: frozenset[str] = frozenset()
    brings: tuple[str, ...] = ()
    mounts: tuple[tuple[str, str], ...] = ()
    images: frozenset[str] = frozenset()


def make_beside(
    name: str,
    folder: str,
    content: t.Mapping[str, Blob],
    directories: t.Iterable[str],
    *,
    prunes: bool,
) -> Beside:
    """An app as it will be.  directories: absolute paths of those that it makes."""
    units = {path: text_of(blob) for path, blob in content.items() if is_unit(path)}
    makers = [text for path, text in units.items() if unit_of(path).endswith((".build", ".image"))]
    return Beside(
        name,
        folder,
        to_wire(content, filter(is_quadlet, content)),
        prunes,
        frozenset(path for path in units if not is_quadlet(path)),
        (
            *(f"{folder}/{path}" for path in content if path not in units),
            *directories,
        ),
        tuple((p, text) for p, text in units.items() if unit_of(p).endswith(_MOUNTS)),
        frozenset(name for text in makers for name in _IMAGE.findall(text)),
    )


class Around(t.NamedTuple):
    """A scope with such apps.  others: its unit files.  gone: paths of those that go."""

    others: Others
    gone: tuple[str, ...]


def with_beside(
    others: Others, apps: t.Sequence[Beside], owner: t.Callable[[str], str | None]
) -> Around:
    """A scope's unit files once these apps are deployed.  owner: the app that has a path now."""
    folders = {app.folder: app for app in apps}
    gone = []
    for _name, path in others:
        folder, _slash, name = path.rpartition("/")
        app = folders.get(folder)
        if app and app.prunes and name not in app.units and owner(path) == app.name:
            gone.append(path)
    left = [row for row in others if row[1] not in gone]
    known = {name for name, _path in left}
    for app in apps:
        names = [name for name in app.units if "/" not in name and name not in known]
        left += [(name, f"{app.folder}/{name}") for name in names]
    return Around(tuple(left), tuple(gone))


def staged(apps: t.Iterable[Beside], others: Others) -> dict[str, Wire]:
    """The units of such apps by directory, for the generator; without those that are elsewhere
    now, since the app adopts them.
    """
    places = {name: path.rpartition("/")[0] for name, path in others}
    return {
        app.folder: {
            path: row
            for path, row in app.units.items()
            if places.get(unit_of(path), app.folder) == app.folder
        }
        for app in apps
    }


def owner_beside(apps: t.Iterable[Beside], path: str) -> str | None:
    """The app that will own a path."""
    folder, _slash, name = path.rpartition("/")
    return next((app.name for app in apps if folder == app.folder and name in app.units), None)
