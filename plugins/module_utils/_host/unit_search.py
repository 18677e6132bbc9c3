# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""The units and drop-ins that the generator finds in a scope; every function runs as its user."""

from __future__ import annotations

import hashlib
import os
import re
import typing as t

from .._core.quadlet.kinds import KINDS, kind_of

_DROP_IN_DIR = re.compile(rf"^(.+\.)?({'|'.join(KINDS)})\.d$")
_USERS = "/etc/containers/systemd/users"


def walk_units(top: str) -> t.Iterator[str]:
    """Units and drop-ins that the generator reads below a search directory, as relative paths."""
    seen: set[str] = set()
    for folder, dirs, names in os.walk(top, followlinks=True):
        real = os.path.realpath(folder)
        if real in seen:
            dirs[:] = []
            continue
        seen.add(real)
        relative = os.path.relpath(folder, top)
        drop_ins = bool(_DROP_IN_DIR.match(os.path.basename(folder)))
        for name in names:
            if name.endswith(".conf") if drop_ins else kind_of(name):
                yield os.path.normpath(os.path.join(relative, name))
        dirs[:] = [] if drop_ins else [name for name in dirs if _is_read(top, folder, name)]


def _is_read(top: str, folder: str, name: str) -> bool:
    """Whether the generator looks into a directory for units, or for a unit's drop-ins."""
    if f"{folder}/{name}" == _USERS or (folder == _USERS == top and name.isdigit()):
        return False
    return not name.endswith(".d") or bool(_DROP_IN_DIR.match(name))


def scan_scope(
    search: t.Sequence[str], app_dir: str, owned: t.Sequence[str], drop_in_dirs: t.Sequence[str]
) -> dict[str, t.Any]:
    """`{"units": [[name, path] …], "drop_ins": {path: digest}}` outside what an app owns.

    drop_ins: those in directories of the given names.
    """
    mine = {f"{app_dir}/{path}" for path in owned}
    wanted = frozenset(drop_in_dirs)
    units, drop_ins = [], {}
    for top in search:
        for relative in walk_units(top):
            path = f"{top}/{relative}"
            if path in mine:
                continue
            folder = os.path.basename(os.path.dirname(path))
            if kind_of(os.path.basename(path)) and not _DROP_IN_DIR.match(folder):
                units.append([os.path.basename(path), path])
            elif folder in wanted:
                drop_ins[path] = _digest(path)
    return {"units": units, "drop_ins": drop_ins}


def _digest(path: str) -> str:
    try:
        with open(path, "rb") as stream:
            return hashlib.sha256(stream.read()).hexdigest()
    except OSError as error:
        return f"unreadable: {error.strerror}"
