# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Writing the engine's file on the host, where kept_engine finds it at the next run."""

from __future__ import annotations

import contextlib
import os
import time

from .kept_engine import Codes, dump_engine, name_file, open_folder

_KEPT = 3
_NEW = ".new"
_HOUR = 3600.0


def keep(folder: str, digest: str, codes: Codes) -> None:
    """Keeps an engine, and the newest of those before it.

    Where nothing can be written, or others could, it is not kept, and the run is none the worse.
    """
    with contextlib.suppress(OSError, ValueError):
        _make_folders(folder)
        above = open_folder(folder)
        try:
            _write(name_file(digest), dump_engine(digest, codes), above)
            _prune(above)
        finally:
            os.close(above)


def _make_folders(path: str) -> None:
    parent = os.path.dirname(path)
    os.makedirs(parent, mode=0o755, exist_ok=True)
    with contextlib.suppress(FileExistsError):
        os.mkdir(path, 0o700)


def _write(name: str, data: bytes, folder: int) -> None:
    """All of it or nothing, under its name."""
    fresh = f"{name}.{os.getpid()}{_NEW}"
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    descriptor = os.open(fresh, flags, 0o600, dir_fd=folder)
    try:
        with open(descriptor, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(descriptor)
        os.replace(fresh, name, src_dir_fd=folder, dst_dir_fd=folder)
    except OSError:
        os.unlink(fresh, dir_fd=folder)
        raise


def _prune(folder: int) -> None:
    """Removes older engines, and what a run that died has left of a write."""
    readable = os.open(".", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=folder)
    try:
        names = os.listdir(readable)
    finally:
        os.close(readable)
    ages = {name: os.stat(name, dir_fd=folder, follow_symlinks=False) for name in names}
    engines = [name for name in ages if not name.endswith(_NEW)]
    engines.sort(key=lambda name: ages[name].st_mtime, reverse=True)
    dead = [
        name
        for name, found in ages.items()
        if name.endswith(_NEW) and found.st_mtime < time.time() - _HOUR
    ]
    for name in [*engines[_KEPT:], *dead]:
        with contextlib.suppress(OSError):
            os.unlink(name, dir_fd=folder)
