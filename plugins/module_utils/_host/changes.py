# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""When files and directories were last changed; every function runs as their user.

The time is the ctime: whoever puts something back can give it its old mtime (`mv`, `cp -p`, `tar`).
"""

from __future__ import annotations

import os
import stat
import typing as t

from .drop_ins import find_in

_MOST_LINKS = 40


def changed_at(path: str) -> float:
    """When a file, or what a link leads to, was last written, renamed, or given another time, and
    when something came into a directory or went (seconds since the epoch).  What is not there has
    not been.
    """
    try:
        info = os.lstat(path)
        if stat.S_ISLNK(info.st_mode):
            return max(info.st_ctime, way_changed_at(path), _target_changed_at(path))
    except OSError:
        return 0.0
    return info.st_ctime


def _target_changed_at(path: str) -> float:
    try:
        return os.stat(path).st_ctime
    except OSError:
        return 0.0


def way_changed_at(path: str) -> float:
    """When a directory on the way to a path was renamed, or a link on it made.

    What comes into a directory, or goes, changes its mtime too; a rename changes its ctime alone.
    """
    latest, here, links = 0.0, "/", 0
    names = _names_of(path)
    while names:
        step = os.path.join(here, names.pop())
        try:
            info = os.lstat(step)
        except OSError:
            break
        if not stat.S_ISLNK(info.st_mode):
            here = step
            if stat.S_ISDIR(info.st_mode) and info.st_ctime_ns != info.st_mtime_ns:
                latest = max(latest, info.st_ctime)
            continue
        latest, links = max(latest, info.st_ctime), links + 1
        if links > _MOST_LINKS:
            break
        target = os.readlink(step)
        names += _names_of(target)
        here = "/" if target.startswith("/") else here
    return latest


def _names_of(path: str) -> list[str]:
    return [name for name in path.split("/") if name][::-1]


def services_changed_at(places: t.Sequence[str], folders: t.Collection[str]) -> float:
    """When a drop-in of systemd's own was changed, or may have come and gone.

    places: directories of systemd's units.  folders: names of the directories of drop-ins.
    """
    found = [path for top in places for path in find_in(top, folders)]
    return max(map(changed_at, [*places, *found]), default=0.0)
