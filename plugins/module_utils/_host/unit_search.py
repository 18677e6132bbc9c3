# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""The units and drop-ins that the generator finds in a scope; every function runs as its user."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import typing as t

from .._core.errors import QuadletError
from .._core.quadlet.kinds import KINDS, is_unit, kind_of
from .changes import changed_at, services_changed_at, way_changed_at
from .directories import look_at
from .reading import read_bytes

_DROP_IN_DIR = re.compile(rf"^(.+\.)?({'|'.join(KINDS)})\.d$")
_USERS = "/etc/containers/systemd/users"
_MOST_DIRS, _MOST_NAMES = 3_000, 30_000


class _Place(t.NamedTuple):
    """A directory.  path: as it was found; real: without links; link: the first one on the way."""

    path: str
    real: str
    link: str


class _Search:
    """A walk as that of the generator (unitdirs.go): into every directory and link to one, each
    once, but not where the real path ends in `.d`.  It gives up where there is no end to it.
    """

    def __init__(self, top: str) -> None:
        self._top = top
        self._users = os.path.realpath(_USERS)
        self._seen: set[str] = set()
        self._of_drop_ins: list[str] = []
        self._names = 0

    def walk(self) -> t.Iterator[str]:
        """Units and drop-ins, as paths relative to the top."""
        todo = [_Place(self._top, os.path.realpath(self._top), "")]
        while todo:
            place = todo.pop()
            if place.real in self._seen or place.real.endswith(".d"):
                continue
            self._count(place)
            folders = []
            for entry in self._list(place):
                if not _is_dir(entry):
                    if kind_of(entry.name):
                        yield self._relative(entry.path)
                    continue
                if _DROP_IN_DIR.match(entry.name):
                    self._of_drop_ins.append(entry.path)
                    yield from self._drop_ins(place, entry.path)
                inner = self._enter(place, entry)
                if self._is_read(place, inner):
                    folders.append(inner)
            todo += reversed(folders)

    def _drop_ins(self, place: _Place, folder: str) -> t.Iterator[str]:
        for entry in self._list(place._replace(path=folder)):
            if entry.name.endswith(".conf") and not _is_dir(entry):
                yield self._relative(entry.path)

    def directories_changed_at(self, mine: str) -> tuple[float, float]:
        """When something last came into a directory of this walk, or went: a drop-in may have.

        mine: an app's directory.  The second time is that of directories beside it, other apps'.
        """
        top, folder = os.path.split(mine)
        tops = {f"{top}/", f"{os.path.realpath(top)}/"}
        times = [0.0, 0.0]
        for path in (*self._seen, *self._of_drop_ins):
            below = next((path[len(one) :] for one in tops if path.startswith(one)), "")
            first = below.partition("/")[0]
            beside = bool(first) and first != folder and not first.endswith(".d")
            times[beside] = max(times[beside], changed_at(path))
        return times[0], times[1]

    def _relative(self, path: str) -> str:
        return path[len(self._top) + 1 :]

    def _enter(self, place: _Place, entry: os.DirEntry[str]) -> _Place:
        if entry.is_symlink():
            real = os.path.realpath(entry.path)
            return _Place(entry.path, real, place.link or entry.path)
        return _Place(entry.path, f"{place.real.rstrip('/')}/{entry.name}", place.link)

    def _is_read(self, place: _Place, inner: _Place) -> bool:
        """Whether it is a directory for this scope: those of users are not the system's, and those
        with a number are one user's.
        """
        if place.real == self._users:
            return not os.path.basename(inner.real).isdigit()
        return inner.real != self._users

    def _list(self, place: _Place) -> list[os.DirEntry[str]]:
        entries: list[os.DirEntry[str]] = []
        with contextlib.suppress(OSError), os.scandir(place.path) as found:
            for entry in found:
                entries.append(entry)
                if len(entries) + self._names > _MOST_NAMES:
                    raise self._endless(place, f"{_MOST_NAMES:,} files")
        self._names += len(entries)
        return sorted(entries, key=lambda entry: entry.name)

    def _count(self, place: _Place) -> None:
        self._seen.add(place.real)
        if len(self._seen) > _MOST_DIRS:
            raise self._endless(place, f"{_MOST_DIRS:,} directories")

    def _endless(self, place: _Place, what: str) -> QuadletError:
        leads = f"it leads to {os.path.realpath(place.link)}, and " if place.link else ""
        return QuadletError(
            f"{leads}more than {what} are below it; Podman's generator reads them all at each "
            "reload",
            where=place.link or self._top,
            remedy="Remove the link." if place.link else "Move what is no unit elsewhere.",
            topic="too-many-files",
        )


def _is_dir(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False


def walk_units(top: str) -> t.Iterator[str]:
    """Units and drop-ins that the generator reads below a search directory, as relative paths."""
    return _Search(top).walk()


class Around(t.NamedTuple):
    """What is looked at beside an app's files.

    owned: what the app owns.  drop_in_dirs: names of the directories whose drop-ins count for its
    units.  places: directories of systemd's units; service_dirs: names of the directories in them
    whose drop-ins count for its services.  directories, trusted: of look_at().
    """

    app_dir: str
    owned: tuple[str, ...] = ()
    drop_in_dirs: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    service_dirs: tuple[str, ...] = ()
    directories: tuple[str, ...] = ()
    trusted: tuple[int, ...] = ()


def scan_scope(search: t.Sequence[str], around: Around) -> dict[str, t.Any]:
    """`{"units": [[name, path] …], "drop_ins": {path: digest}, "touched": {path: time}, "moved":
    {…: time}}` outside what an app owns.

    drop_ins: those that count for its units; touched: when they were last changed; moved: when
    directories were, as Moved (_core/plan/own_starts.py) has them.  "directories" comes along where
    it is asked for.
    """
    app_dir = around.app_dir
    mine = {f"{app_dir}/{path}" for path in around.owned}
    wanted = frozenset(around.drop_in_dirs)
    units, drop_ins, touched = [], {}, {}
    moved = [_moved_around(search, around)]
    for top in search:
        walk = _Search(top)
        for relative in walk.walk():
            path = f"{top}/{relative}"
            if path in mine:
                continue
            folder = os.path.basename(os.path.dirname(path))
            if kind_of(os.path.basename(path)) and not _DROP_IN_DIR.match(folder):
                units.append([os.path.basename(path), path])
            elif folder in wanted:
                drop_ins[path] = _digest(path)
                touched[path] = changed_at(path)
        moved.append(dict(zip(("units", "beside"), walk.directories_changed_at(app_dir))))
    seen = {}
    if around.directories:
        seen = {"directories": look_at(around.directories, around.trusted)}
    keys = ("units", "beside", *moved[0])
    latest = {key: max(row.get(key, 0.0) for row in moved) for key in keys}
    return {"units": units, "drop_ins": drop_ins, "touched": touched, "moved": latest, **seen}


def _moved_around(search: t.Sequence[str], around: Around) -> dict[str, float]:
    """Of an app's own directories, those of systemd's drop-ins, and those above."""
    folders = {""}
    for path in around.owned:
        folder = "" if is_unit(path) else os.path.dirname(path)
        while folder:
            folders.add(folder)
            folder = os.path.dirname(folder)
    above = [os.path.dirname(around.app_dir), *search]
    return {
        "files": max(changed_at(f"{around.app_dir}/{folder}") for folder in folders),
        "services": services_changed_at(around.places, frozenset(around.service_dirs)),
        "above": max(map(way_changed_at, above), default=0.0),
    }


def _digest(path: str) -> str:
    try:
        return hashlib.sha256(read_bytes(path)).hexdigest()
    except OSError as error:
        return f"unreadable: {error.strerror}"
    except QuadletError as error:
        return f"unreadable: {error.what}"
