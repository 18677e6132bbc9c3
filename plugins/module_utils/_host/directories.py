# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Directories of bind mounts: looked at and made; every function runs as the scope's user.

No link is followed that others can have placed, while looking and while making.
"""

from __future__ import annotations

import contextlib
import errno
import grp
import os
import pwd
import re
import stat
import typing as t

from .._core.errors import QuadletError
from .reading import read_text

_MOST_LINKS = 40
_KINDS = {
    stat.S_IFREG: "a file",
    stat.S_IFSOCK: "a socket",
    stat.S_IFIFO: "a FIFO",
    stat.S_IFBLK: "a device",
    stat.S_IFCHR: "a device",
}
_LINK = "a link that others can have placed"

Row = dict[str, t.Any]


def look_at(paths: t.Sequence[str], trusted: t.Collection[int]) -> dict[str, Row]:
    """What is at each path, as fields of Seen.  trusted: users whose links are followed."""
    mounts = _mount_points() if paths else frozenset()
    return {path: _look(path, trusted, mounts) for path in paths}


def _look(path: str, trusted: t.Collection[int], mounts: t.Collection[str]) -> Row:
    here, rest, links = "/", [name for name in path.split("/") if name], 0
    while rest:
        name = rest.pop(0)
        if name == "..":  # of a link's target
            here = os.path.dirname(here)
            continue
        place = f"{here.rstrip('/')}/{name}"
        try:
            status = os.lstat(place)
        except FileNotFoundError:
            return _missing(here, place, rest)
        except PermissionError:
            real = "/".join([place, *rest])
            return {**_status(here), "real": real, "place": here, "hidden": True}
        except OSError as error:
            return {"real": place, "place": place, "obstacle": f"unusable: {error.strerror}"}
        if stat.S_ISLNK(status.st_mode):
            links += 1
            if links > _MOST_LINKS or not _is_trusted(here, status, trusted):
                return {"real": place, "place": place, "obstacle": _LINK}
            target = os.readlink(place)
            here = "/" if target.startswith("/") else here
            rest = [part for part in target.split("/") if part not in ("", ".")] + rest
        elif stat.S_ISDIR(status.st_mode):
            here = place
        else:
            what = _KINDS.get(stat.S_IFMT(status.st_mode), "no directory")
            return {"real": place, "place": place, "obstacle": what}
    return {**_status(here), "real": here, "mounted": here in mounts}


def _missing(here: str, place: str, rest: t.Sequence[str]) -> Row:
    missing = [place]
    for name in rest:
        missing.append(f"{missing[-1]}/{name}")
    writable = os.access(here, os.W_OK | os.X_OK)
    return {**_status(here), "real": missing[-1], "missing": missing, "writable": writable}


def _status(path: str) -> Row:
    status = os.stat(path)
    return {"mode": stat.S_IMODE(status.st_mode), "uid": status.st_uid, "gid": status.st_gid}


def _is_trusted(folder: str, link: os.stat_result, trusted: t.Collection[int]) -> bool:
    """Whether nobody else can have placed a link: others can't write there, or not replace it."""
    above = os.stat(folder)
    shared = above.st_mode & (stat.S_IWGRP | stat.S_IWOTH) and not above.st_mode & stat.S_ISVTX
    return link.st_uid in trusted and above.st_uid in trusted and not shared


def _mount_points() -> frozenset[str]:
    """Where something is mounted; `/` is no matter."""
    try:
        text = read_text("/proc/self/mountinfo", errors="surrogateescape")
    except (OSError, QuadletError):
        return frozenset()
    rows = (line.split(" ") for line in text.splitlines())
    return frozenset(_plain(row[4]) for row in rows if len(row) > 4)


def _plain(text: str) -> str:
    return re.sub(r"\\([0-7]{3})", lambda match: chr(int(match.group(1), 8)), text)


def make(real: str, mode: int, uid: int, gid: int) -> None:
    """Makes a directory, its parents with mode 0755, or corrects it."""
    with _folder(real, _enter) as descriptor:
        _adjust(descriptor, mode, uid, gid)


@contextlib.contextmanager
def _folder(real: str, enter: t.Callable[[int, str], int]) -> t.Iterator[int]:
    """A descriptor of a directory, gone to step by step and through no link."""
    descriptor = os.open("/", os.O_PATH | os.O_DIRECTORY)
    try:
        for name in filter(None, real.split("/")):
            inner = enter(descriptor, name)
            os.close(descriptor)
            descriptor = inner
        yield descriptor
    finally:
        os.close(descriptor)


def _open(folder: int, name: str) -> int:
    return os.open(name, os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=folder)


def _enter(folder: int, name: str) -> int:
    """The same of one that is made if it is not there."""
    try:
        with contextlib.suppress(FileNotFoundError):
            return _open(folder, name)
        os.mkdir(name, 0o700, dir_fd=folder)
        descriptor = _open(folder, name)
        os.chmod(f"/proc/self/fd/{descriptor}", 0o755)
    except OSError as error:
        wrong = error.errno in (errno.ELOOP, errno.ENOTDIR)
        reason = "it is no directory any more" if wrong else error.strerror
        place = os.readlink(f"/proc/self/fd/{folder}").rstrip("/")
        raise QuadletError(
            f"the directory {place}/{name} can't be made or entered: {reason}",
            where="directories",
            topic="directory-obstacle",
        ) from None
    return descriptor


def _adjust(descriptor: int, mode: int, uid: int, gid: int) -> None:
    """The owner first: a change of it takes bits of the mode away."""
    path = f"/proc/self/fd/{descriptor}"
    status = os.stat(path)
    if (status.st_uid, status.st_gid) != (uid, gid):
        os.chown(path, uid, gid)
    os.chmod(path, mode)


def remove_empty(paths: t.Sequence[str]) -> list[str]:
    """Removes directories that are empty, innermost first; those that it may not even try."""
    hidden = []
    for path in reversed(paths):
        folder, _slash, name = path.rpartition("/")
        try:
            with _folder(folder, _open) as descriptor:
                os.rmdir(name, dir_fd=descriptor)
        except PermissionError:
            hidden.append(path)
        except OSError:
            continue
    return hidden


def find_id(option: str, name: str) -> int | None:
    """The id of a user or group of the host, None without one."""
    with contextlib.suppress(KeyError):
        return pwd.getpwnam(name).pw_uid if option == "owner" else grp.getgrnam(name).gr_gid
    return None
