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
from .._core.quadlet.kinds import KINDS, kind_of
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

    def directories_changed_at(self) -> float:
        """When something last came into a directory of this walk, or went: a drop-in may have."""
        return max(map(changed_at, [*self._seen, *self._of_drop_ins]), default=0.0)

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


def scan_scope(
    search: t.Sequence[str],
    app_dir: str,
    owned: t.Sequence[str],
    drop_in_dirs: t.Sequence[str],
    others: t.Sequence[str] = (),
    directories: t.Sequence[str] = (),
    trusted: t.Sequence[int] = (),
) -> dict[str, t.Any]:
    """`{"units": [[name, path] …], "drop_ins": {path: digest}, "touched": {path: time}, "moved":
    time}` outside what an app owns.

    drop_ins: those in directories of the given names; touched: when they were last changed; moved:
    when a directory that may hold one was.  others: directories that are not searched, and may too.
    directories, trusted: of look_at(), whose answer comes along where it is asked for.
    """
    mine = {f"{app_dir}/{path}" for path in owned}
    wanted = frozenset(drop_in_dirs)
    units, drop_ins, touched = [], {}, {}
    moved = max(map(changed_at, others), default=0.0)
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
        moved = max(moved, walk.directories_changed_at())
    seen = {"directories": look_at(directories, trusted)} if directories else {}
    return {"units": units, "drop_ins": drop_ins, "touched": touched, "moved": moved, **seen}


def changed_at(path: str) -> float:
    """When a file was last written, renamed, or given another time (seconds since the epoch); one
    that is not there has not been.

    That is its ctime: whoever puts a file back can give it its old mtime (`mv`, `cp -p`, `tar`).
    """
    try:
        return os.lstat(path).st_ctime
    except OSError:
        return 0.0


def _digest(path: str) -> str:
    try:
        return hashlib.sha256(read_bytes(path)).hexdigest()
    except OSError as error:
        return f"unreadable: {error.strerror}"
    except QuadletError as error:
        return f"unreadable: {error.what}"
