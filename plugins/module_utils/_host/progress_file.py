# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""The file that a run tells its progress to; it is there while the module runs.

The file is of the user who runs the module, who alone can read it and write in its directory.
What can't be written is left out: nobody waits for it, and the run is none the worse.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import time
import typing as t

from .._core.progress import dump_event, file_of, is_token, make_event
from . import progress

_LARGEST = 1024 * 1024
_DAY = 24 * 3600.0

Work = t.Callable[[], dict[str, t.Any]]


def telling(token: str, hidden: t.Iterable[str], work: Work) -> Work:
    """The work, whose progress is told while it lasts.  hidden: what no name may contain."""

    def told() -> dict[str, t.Any]:
        path = _make(token)
        if path is None:
            return work()
        progress.listen(_Sink(path, hidden))
        try:
            return work()
        finally:
            progress.listen(None)
            with contextlib.suppress(OSError):
                os.unlink(path)

    return told


def _make(token: str) -> str | None:
    """The file's path; None where there can't be one."""
    if not is_token(token):
        return None
    try:
        uid = os.geteuid()
        path = file_of(token, uid, pwd.getpwuid(uid).pw_dir)
        folder = os.path.dirname(path)
        os.makedirs(os.path.dirname(folder), exist_ok=True)
        with contextlib.suppress(FileExistsError):
            os.mkdir(folder, 0o700)
        _remove_old(folder)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        os.close(os.open(path, flags, 0o600))
    except (OSError, KeyError):
        return None
    return path


def _remove_old(folder: str) -> None:
    """Removes what runs have left that were killed."""
    with os.scandir(folder) as entries:
        for entry in entries:
            with contextlib.suppress(OSError):
                if entry.stat(follow_symlinks=False).st_mtime < time.time() - _DAY:
                    os.unlink(entry.path)


class _Sink:
    """Appends a line for each event.  The processes of a run open the file each for itself: a
    child has no descriptors of its parent.
    """

    def __init__(self, path: str, hidden: t.Iterable[str]) -> None:
        self._path, self._hidden = path, hidden

    def __call__(self, facts: t.Mapping[str, t.Any]) -> None:
        """Tells these facts."""
        line = dump_event(make_event(facts, self._hidden))
        flags = os.O_WRONLY | os.O_APPEND | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        with contextlib.suppress(OSError):
            descriptor = os.open(self._path, flags)
            try:
                if os.fstat(descriptor).st_size < _LARGEST:
                    os.write(descriptor, line)
            finally:
                os.close(descriptor)
