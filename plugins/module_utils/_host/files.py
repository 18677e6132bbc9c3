# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Reading an app's files; every function runs as their owner."""

from __future__ import annotations

import contextlib
import os
import stat
import typing as t

from .._core.app.layout import RESERVED_DIR, Layout
from .._core.content import LINK, Wire
from .._core.errors import QuadletError
from .reading import MOST, NotRegularError, read_start

_MOST_NAMES = 200_000


def read_app(layout: Layout, paths: t.Sequence[str]) -> dict[str, t.Any]:
    """`{"files": Wire, "listing": [path …], "leftover": bool}`: the named files, all paths in the
    directory, and whether bytes of an exchange are left there.
    """
    refuse_link(layout.app_dir)
    files: Wire = {}
    known = frozenset(map(layout.real, paths))
    for path in paths:
        real = layout.real(path)
        file = None if holds_only(real, known) else read_file(real)
        if file is not None:
            files[path] = file
    listing: list[str] = []
    for folder, dirs, names in os.walk(layout.app_dir):
        dirs[:] = [name for name in dirs if name != RESERVED_DIR]
        listing += [os.path.relpath(os.path.join(folder, name), layout.app_dir) for name in names]
        if len(listing) > _MOST_NAMES:
            raise QuadletError(
                f"more than {_MOST_NAMES:,} files are in an app's directory",
                where=layout.app_dir,
                remedy="Move what is no unit and no file of the app elsewhere.",
                topic="too-many-files",
            )
    leftover = os.path.lexists(f"{layout.app_dir}/{RESERVED_DIR}")
    return {"files": files, "listing": sorted(listing), "leftover": leftover}


def holds_only(path: str, known: t.Container[str]) -> bool:
    """Whether a path is a directory with no file but the app's own: they go, and a file comes."""
    if os.path.islink(path) or not os.path.isdir(path):
        return False
    inside = [os.path.join(top, name) for top, _dirs, names in os.walk(path) for name in names]
    return all(place in known for place in inside)


def read_file(path: str) -> list[t.Any] | None:
    """[text, mode] of a file or link; None for a missing file; what no app can have deployed, such
    as a device or a file of many MiB, reads as `["", -1]`.
    """
    try:
        info = os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return None
    if not stat.S_ISREG(info.st_mode):
        if stat.S_ISDIR(info.st_mode):
            raise QuadletError(
                "a directory is where a file belongs",
                where=path,
                remedy="Remove it, or give the app's file another path.",
                topic="no-plain-file",
            )
        return [os.readlink(path), LINK] if stat.S_ISLNK(info.st_mode) else ["", -1]
    try:
        data = read_start(path, MOST + 1, follow=False)
    except NotRegularError:  # it is by now
        return ["", -1]
    if len(data) > MOST:
        return ["", -1]
    return [data.decode("utf-8", "surrogateescape"), stat.S_IMODE(info.st_mode)]


def refuse_link(app_dir: str) -> None:
    if os.path.islink(app_dir):
        raise QuadletError(
            "an app's directory must be a real directory, this is a symbolic link",
            where=app_dir,
            remedy="Remove the link: Podman before 5.3 does not follow it.",
            topic="linked-directory",
        )


def remove_tree(path: str) -> None:
    """Removes what is there, whatever it is, as far as that goes.

    Nothing is opened but directories (shutil.rmtree opens what is in a directory's place).
    """
    with contextlib.suppress(OSError, RecursionError):
        if os.path.islink(path) or not os.path.isdir(path):
            os.unlink(path)
            return
        for folder, dirs, names in os.walk(path, topdown=False):
            for name in (*names, *dirs):
                place = os.path.join(folder, name)
                with contextlib.suppress(OSError):
                    is_dir = name in dirs and not os.path.islink(place)
                    (os.rmdir if is_dir else os.unlink)(place)
        os.rmdir(path)
