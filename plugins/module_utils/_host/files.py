# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Reading and replacing an app's files; every function runs as their owner."""

from __future__ import annotations

import contextlib
import errno
import glob
import os
import shutil
import stat
import typing as t

from .._core.errors import QuadletError
from .._core.layout import RESERVED_DIR, Layout
from .._core.spec import LINK

Wire = dict[str, list[t.Any]]
"""Files on their way between processes: path → [text with surrogates for bytes, mode]; of a
link its target and LINK."""


def read_app(layout: Layout, paths: t.Sequence[str]) -> dict[str, t.Any]:
    """`{"files": Wire, "listing": [path …]}`: the named files, and all paths in the directory."""
    _refuse_link(layout.app_dir)
    files: Wire = {}
    for path in paths:
        found = read_file(layout.real(path))
        if found is not None:
            files[path] = found
    listing = []
    for folder, dirs, names in os.walk(layout.app_dir):
        dirs[:] = [name for name in dirs if name != RESERVED_DIR]
        listing += [os.path.relpath(os.path.join(folder, name), layout.app_dir) for name in names]
    return {"files": files, "listing": sorted(listing)}


def read_file(path: str) -> list[t.Any] | None:
    """[text, mode] of a file or link; None where there is none; a device reads as `["", -1]`."""
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
            )
        return [os.readlink(path), LINK] if stat.S_ISLNK(info.st_mode) else ["", -1]
    with open(path, "rb") as stream:
        return [stream.read().decode("utf-8", "surrogateescape"), stat.S_IMODE(info.st_mode)]


def _refuse_link(app_dir: str) -> None:
    if os.path.islink(app_dir):
        raise QuadletError(
            "an app's directory is a real one, this is a symbolic link",
            where=app_dir,
            remedy="Remove the link: Podman before 5.3 does not follow it.",
        )


def stage_files(layout: Layout, files: Wire) -> None:
    """Writes new bytes beside where they go, so that the rest can't run out of space.

    On any failure they are removed and nothing else has changed.
    """
    _refuse_link(layout.app_dir)
    folders = dict.fromkeys(
        os.path.dirname(layout.waiting(path, number)) for number, path in enumerate(files)
    )
    made: list[str] = []
    try:
        _forget_waiting(layout)
        for folder in folders:
            made += _make_dirs(folder)
        for number, (path, (text, mode)) in enumerate(files.items()):
            _write(layout.waiting(path, number), text, mode, named=layout.real(path))
    except OSError:
        _forget_waiting(layout)
        for folder in reversed(made):
            _rmdir(folder)
        raise


def _write(path: str, text: str, mode: int, *, named: str) -> None:
    """A new file or link.  named: the path that an error tells."""
    try:
        if mode == LINK:
            os.symlink(text, path)
            return
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        try:
            with open(descriptor, "wb", closefd=False) as stream:
                stream.write(text.encode("utf-8", "surrogateescape"))
            os.fchmod(descriptor, mode)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        error.filename, error.filename2 = named, None
        raise


def commit_files(layout: Layout, paths: t.Sequence[str], deletes: t.Sequence[str]) -> None:
    """Puts staged files in their places, each by one rename, and deletes what goes."""
    touched = set()
    for number, path in enumerate(paths):
        target = layout.real(path)
        _make_dirs(os.path.dirname(target))
        os.replace(layout.waiting(path, number), target)
        touched.add(os.path.dirname(target))
    for path in deletes:
        _remove(layout.real(path))
        touched.add(os.path.dirname(layout.real(path)))
    _forget_waiting(layout)
    for folder in touched:
        _sync(folder)
    for path in deletes:
        _remove_empty_dirs(layout.real(path), path.count("/"))
    _rmdir(layout.app_dir)


def discard_staged(layout: Layout) -> None:
    """Forgets staged files, and the directory that was made for them if it holds nothing."""
    _forget_waiting(layout)
    _rmdir(layout.app_dir)


def _forget_waiting(layout: Layout) -> None:
    """Removes what waits, of a run that died as well."""
    shutil.rmtree(f"{layout.app_dir}/{RESERVED_DIR}", ignore_errors=True)
    for path in glob.glob(f"{glob.escape(layout.waiting_companions)}*"):
        _remove(path)


def move_foreign(moves: t.Sequence[t.Sequence[str]], deletes: t.Sequence[str]) -> None:
    """Moves adopted drop-ins to their unit's new place and deletes what it replaces."""
    for source, target in moves:
        _make_dirs(os.path.dirname(target))
        try:
            os.replace(source, target)
        except OSError as error:
            if error.errno != errno.EXDEV:
                raise
            shutil.copy2(source, target)
            os.unlink(source)
        _rmdir(os.path.dirname(source))
    for path in deletes:
        _remove(path)
        if os.path.dirname(path).endswith(".d"):
            _rmdir(os.path.dirname(path))


def _make_dirs(path: str) -> list[str]:
    """Makes a directory and its parents with mode 0755 whatever the umask; returns the new ones."""
    made = []
    while not os.path.isdir(path):
        made.append(path)
        path = os.path.dirname(path)
    for folder in reversed(made):
        os.mkdir(folder)
        os.chmod(folder, 0o755)
    return made[::-1]


def _remove(path: str) -> None:
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)


def _rmdir(path: str) -> None:
    with contextlib.suppress(OSError):  # not empty, or gone: both are fine
        os.rmdir(path)


def _remove_empty_dirs(path: str, depth: int) -> None:
    """The directories above a deleted file, at most so many."""
    for _level in range(depth):
        path = os.path.dirname(path)
        _rmdir(path)


def _sync(folder: str) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
