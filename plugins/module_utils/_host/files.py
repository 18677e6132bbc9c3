# Copyright (c) quadlet.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Reading and replacing files in an app's directory; every function runs as their owner."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import stat
import typing as t

from .._core.errors import QuadletError
from .._core.spec import RESERVED_DIR

Wire = dict[str, list[t.Any]]
"""Files on their way between processes: path → [text with surrogates for bytes, mode]."""


def read_app(app_dir: str, paths: t.Sequence[str]) -> dict[str, t.Any]:
    """`{"files": Wire, "listing": [path …]}`: the named files, and paths of all that is there."""
    _refuse_link(app_dir)
    files: Wire = {}
    for path in paths:
        found = read_file(f"{app_dir}/{path}")
        if found is not None:
            files[path] = found
    listing = []
    for folder, dirs, names in os.walk(app_dir):
        dirs[:] = [name for name in dirs if name != RESERVED_DIR]
        listing += [os.path.relpath(os.path.join(folder, name), app_dir) for name in names]
    return {"files": files, "listing": sorted(listing)}


def read_file(path: str) -> list[t.Any] | None:
    """[text, mode] of a regular file; None where there is none; a link reads as `["", -1]`."""
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
        return ["", -1]
    with open(path, "rb") as stream:
        return [stream.read().decode("utf-8", "surrogateescape"), stat.S_IMODE(info.st_mode)]


def _refuse_link(app_dir: str) -> None:
    if os.path.islink(app_dir):
        raise QuadletError(
            "an app's directory is a real one, this is a symbolic link",
            where=app_dir,
            remedy="Remove the link: Podman before 5.3 does not follow it.",
        )


def stage_files(app_dir: str, files: Wire) -> None:
    """Writes new bytes beside where they go, so that the rest can't run out of space.

    They wait in a directory that the generator does not search.  On any failure it is
    removed and nothing else has changed.
    """
    _refuse_link(app_dir)
    waiting = f"{app_dir}/{RESERVED_DIR}"
    made = _make_dirs(app_dir)
    try:
        shutil.rmtree(waiting, ignore_errors=True)
        os.mkdir(waiting, 0o700)
        for number, (text, mode) in enumerate(files.values()):
            _write(f"{waiting}/{number}", text, mode)
    except OSError as error:
        shutil.rmtree(waiting, ignore_errors=True)
        for folder in reversed(made):
            os.rmdir(folder)
        # The number of a waiting file says nothing; the path it was for does.
        if error.filename and os.path.basename(error.filename).isdigit():
            error.filename = f"{app_dir}/{list(files)[int(os.path.basename(error.filename))]}"
        raise


def _write(path: str, text: str, mode: int) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    try:
        with open(descriptor, "wb", closefd=False) as stream:
            stream.write(text.encode("utf-8", "surrogateescape"))
        os.fchmod(descriptor, mode)
        os.fsync(descriptor)
    except OSError as error:
        error.filename = error.filename or path
        raise
    finally:
        os.close(descriptor)


def commit_files(app_dir: str, paths: t.Sequence[str], deletes: t.Sequence[str]) -> None:
    """Puts staged files in their places, each by one rename, and deletes what goes."""
    waiting = f"{app_dir}/{RESERVED_DIR}"
    touched = {app_dir}
    for number, path in enumerate(paths):
        target = f"{app_dir}/{path}"
        _make_dirs(os.path.dirname(target))
        os.replace(f"{waiting}/{number}", target)
        touched.add(os.path.dirname(target))
    for path in deletes:
        _remove(f"{app_dir}/{path}")
    shutil.rmtree(waiting, ignore_errors=True)
    for folder in touched:
        _sync(folder)
    _remove_empty_dirs(app_dir, deletes)


def discard_staged(app_dir: str) -> None:
    """Forgets staged files, and the directory that was made for them if it holds nothing."""
    shutil.rmtree(f"{app_dir}/{RESERVED_DIR}", ignore_errors=True)
    _rmdir(app_dir)


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


def _remove_empty_dirs(app_dir: str, deletes: t.Sequence[str]) -> None:
    for path in deletes:
        folder = os.path.dirname(path)
        while folder:
            _rmdir(f"{app_dir}/{folder}")
            folder = os.path.dirname(folder)
    _rmdir(app_dir)


def _sync(folder: str) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
