# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Where the paths of mounts lead on the host; every function runs as the scope's user.

Only regular files are opened, and what can't be read is not known.
"""

from __future__ import annotations

import glob
import itertools
import os
import stat
import typing as t

from .._core.errors import QuadletError
from .._core.mounts.kube import BLOCK, CHARACTER, SOCKET
from .._core.mounts.sources import MISSING
from .reading import read_start

_LONGEST = 4 * 1024 * 1024
_MOST = 20_000
_DEEPEST = 5

Identity = tuple[int, int]


def read_texts(paths: t.Sequence[str]) -> dict[str, str]:
    """Texts of those that are regular files and not too long; of a pattern all that it matches."""
    texts = {}
    for path in paths:
        found = [_read(match) for match in sorted(glob.glob(path)) or [path]]
        if any(text is not None for text in found):
            texts[path] = "\n".join(text or "" for text in found)
    return texts


def _read(path: str) -> str | None:
    try:
        return read_start(path, _LONGEST).decode("utf-8", "surrogateescape")
    except (OSError, QuadletError):
        return None


def find_unusable(
    wanted: t.Sequence[t.Sequence[str]], mapped: t.Sequence[t.Sequence[t.Sequence[int]]]
) -> list[list[str]]:
    """Why bind sources can't be mounted, as [path, kind, why]; what can be is left out.

    wanted: [path, what it has to be, or ''].  mapped: [first, count] of the user's subordinate
    uids, and of gids; empty for root.
    """
    rows = [[path, kind, _why_unusable(path, kind, mapped)] for path, kind in wanted]
    return [row for row in rows if row[2]]


_KINDS: t.Final[dict[str, t.Callable[[int], bool]]] = {
    SOCKET: stat.S_ISSOCK,
    BLOCK: stat.S_ISBLK,
    CHARACTER: stat.S_ISCHR,
}


def _why_unusable(path: str, kind: str, mapped: t.Sequence[t.Sequence[t.Sequence[int]]]) -> str:
    try:
        status = os.stat(path)
    except (FileNotFoundError, NotADirectoryError):
        return MISSING
    except PermissionError:
        above = next(p for p in _parents(path) if _identity(p))
        return "" if _is_mapped(os.stat(above), mapped) else f"lies behind {above}, {_CLOSED}"
    except OSError as error:
        return f"can't be used: {error.strerror}"
    if kind and not _KINDS[kind](status.st_mode):
        return f"is no {kind}, which its type asks for"
    is_folder = stat.S_ISDIR(status.st_mode)
    ways = (os.X_OK,) if is_folder else (os.R_OK, os.W_OK, os.X_OK)
    usable = not (is_folder or stat.S_ISREG(status.st_mode))
    if usable or any(os.access(path, way) for way in ways) or _is_mapped(status, mapped):
        return ""
    return f"(mode {stat.S_IMODE(status.st_mode):04o}, uid {status.st_uid}) is one {_CLOSED}"


_CLOSED = "which the scope's user may not read"


def _is_mapped(status: os.stat_result, mapped: t.Sequence[t.Sequence[t.Sequence[int]]]) -> bool:
    """Whether the user's namespace has both ids, so that its root may do all with it."""
    if not mapped:
        return True
    ids = (status.st_uid, status.st_gid)
    own = (os.geteuid(), os.getegid())
    return all(
        ident == mine or any(first <= ident < first + count for first, count in rows)
        for ident, mine, rows in zip(ids, own, mapped)
    )


def find_names(
    paths: t.Sequence[str], patterns: t.Sequence[str], folders: t.Sequence[str]
) -> dict[str, t.Any]:
    """`names`: other names of paths and patterns, through links and bind mounts.  `regular`:
    regular files among them.  `linked`: where links in the folders lead to.

    folders: directories that the host reads.
    """
    linked, known = _look_into(folders)
    for folder in folders:
        for above in (folder, *_parents(folder)):
            known.setdefault(_identity(above), set()).add(above)
    known.pop(None, None)
    names = {path: _names_of(path, known) for path in paths}
    for pattern in patterns:
        names[pattern] = sorted(
            {name for path in _matches(pattern) for name in (path, *_names_of(path, known))}
        )
    every = {*names, *(name for found in names.values() for name in found)}
    regular = sorted(path for path in every if _is_regular(path))
    return {"names": names, "regular": regular, "linked": sorted(linked)}


def _names_of(path: str, known: t.Mapping[Identity | None, set[str]]) -> list[str]:
    """The real path, and those under which the same directories are read."""
    real = os.path.realpath(path)
    names = {real}
    for above in (real, *_parents(real)):
        rest = real[len(above) :] if above != "/" else real
        for same in known.get(_identity(above), ()):
            names.add((same.rstrip("/") + rest) or "/")
    return sorted(names - {path})


def _parents(path: str) -> t.Iterator[str]:
    while path != "/":
        path = os.path.dirname(path)
        yield path


def _matches(pattern: str) -> list[str]:
    folder, name = os.path.split(pattern)
    hidden = [f"{folder}/.{name}"] if name[:1] in ("*", "?", "[") else []
    found = [path for one in (pattern, *hidden) for path in glob.glob(one)]
    return found[:_MOST]


def _identity(path: str) -> Identity | None:
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_dev, status.st_ino


def _is_regular(path: str) -> bool:
    try:
        return stat.S_ISREG(os.stat(path).st_mode)
    except OSError:
        return False


def _look_into(folders: t.Sequence[str]) -> tuple[set[str], dict[Identity | None, set[str]]]:
    """Targets of links in the folders, and the paths there that can have a second name."""
    linked: set[str] = set()
    known: dict[Identity | None, set[str]] = {}
    left = _MOST
    waiting = [(folder, 0) for folder in folders]
    seen = set()
    while waiting and left > 0:
        folder, depth = waiting.pop()
        real = os.path.realpath(folder)
        if real in seen or depth > _DEEPEST:
            continue
        seen.add(real)
        known.setdefault(_identity(folder), set()).add(folder)
        for entry in _entries(folder, left):
            left -= 1
            if entry.is_symlink():
                target = os.path.realpath(entry.path)
                if os.path.isdir(target):
                    waiting.append((target, depth + 1))
                if _can_change(target):
                    linked.add(target)
            elif entry.is_dir(follow_symlinks=False):
                waiting.append((entry.path, depth + 1))
            elif entry.is_file() and _has_second_name(entry):
                known.setdefault(_identity(entry.path), set()).add(entry.path)
    tops = tuple(f"{folder}/" for folder in folders)
    return {target for target in linked if not f"{target}/".startswith(tops)}, known


def _can_change(path: str) -> bool:
    """Whether it is a directory or a regular file that the scope's user can write or replace."""
    if not os.path.isdir(path) and not _is_regular(path):
        return False
    return os.access(path, os.W_OK) or os.access(os.path.dirname(path), os.W_OK)


def _has_second_name(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.stat().st_nlink > 1
    except OSError:
        return False


def _entries(folder: str, most: int) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return list(itertools.islice(entries, most))
    except OSError:
        return []
