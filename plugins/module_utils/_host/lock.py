# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Locks: one run at a time for an app, and for a manager between staging and reload.

Two generators at once can mix their output in one unit file (containers/podman issue
29004), and a dry run is worth nothing if someone else writes after it.  The manager's lock
is one file wherever the units lie, and the gate is not waited for under it; the app's is
held for the whole run.  A user's lie in the home, which is there before the user's manager and
its runtime directory are: the first run of all starts it.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import pwd
import typing as t

from .._core.errors import QuadletError
from .clock import SYSTEM_CLOCK, Clock, wait_until
from .owner import Owner
from .reading import open_regular, read_text

_TIMEOUT = 300.0
_USERS_TIMEOUT = 45.0
"""How long root waits for a lock that a user's process holds."""


class Lock:
    """A lock of a service manager, whether that runs or not.

    app: the app whose lock it is; without it the manager's.
    """

    def __init__(self, owner: Owner, app: str = "", clock: Clock = SYSTEM_CLOCK) -> None:
        self._owner = owner
        self._clock = clock
        folder = f"{owner.home}/.local/state/quadlet.fleet" if owner.uid else "/run"
        name = f"quadlet.fleet.{app}.lock" if app else "quadlet.fleet.lock"
        self._path = f"{folder}/{name}"
        self._descriptor = -1
        self._made: list[str] = []

    def acquire(self, timeout: float = _TIMEOUT) -> None:
        """Takes the lock unless it is held already; QuadletError after timeout seconds."""
        if self._descriptor >= 0:
            return
        first = timeout if self._owner.is_self else min(timeout, _USERS_TIMEOUT)
        if wait_until(self._try, first, self._clock):
            return
        holder, is_ours = _read_holder(self._path)
        if is_ours and first < timeout:
            first = timeout
            if wait_until(self._try, timeout - _USERS_TIMEOUT, self._clock):
                return
        raise QuadletError(
            f"another run holds this lock for more than {first:g} s"
            + (f": {holder}" if holder else ""),
            where=self._path,
            remedy=f"Wait for its end, or end it if it hangs: fuser -v {self._path}",
            topic="locked",
        )

    def _try(self) -> bool:
        """Takes the lock if it is free.  Its last holder removes the file, so the locked file
        must be the current one.
        """
        if not os.path.lexists(self._path):
            self._made += self._owner.call(_make, self._path)
        descriptor = _open(self._path, self._owner.uid)
        if descriptor >= 0 and _take(descriptor) and _is_at(descriptor, self._path):
            self._descriptor = descriptor
            return True
        if descriptor >= 0:
            os.close(descriptor)
        return False

    def release(self) -> None:
        """Gives the lock back, if it is held, and leaves no file."""
        if self._descriptor >= 0:
            with contextlib.suppress(QuadletError):  # one that stays is taken by the next run
                self._owner.call(_remove, self._path, self._made)
            os.close(self._descriptor)
            self._descriptor = -1


def _read_holder(path: str) -> tuple[str | None, bool]:
    """Who has the lock, in words, as far as this process may know; whether it is of this user."""
    from .._core.host.lock_holder import Process, describe_holder, find_holder

    try:
        file = os.lstat(path)
        device = os.major(file.st_dev), os.minor(file.st_dev)
        pid = find_holder(_text("/proc/locks"), device, file.st_ino)
        if pid is None:
            return None, False
        uid = os.stat(f"/proc/{pid}").st_uid
        command = tuple(_text(f"/proc/{pid}/cmdline").strip("\0").split("\0"))
        process = Process(pid, _name(uid), command, _text(f"/proc/{pid}/stat"))
        text = describe_holder(process, _text("/proc/uptime"), os.sysconf("SC_CLK_TCK"))
        return text, uid == os.geteuid()
    except OSError:  # it has just ended
        return None, False


def _text(path: str) -> str:
    return read_text(path, errors="replace")


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def _make(path: str) -> list[str]:
    """Makes the file; returns directories that were made for it."""
    made, folder = list[str](), os.path.dirname(path)
    while not os.path.isdir(folder):
        made.append(folder)
        folder = os.path.dirname(folder)
    os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
    # Another run that has just ended may have removed the directory: it is tried again.
    with contextlib.suppress(FileExistsError, FileNotFoundError):
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    return made


def _remove(path: str, made: t.Sequence[str]) -> None:
    """Removes the file, and directories that were made for it alone."""
    os.unlink(path)
    with contextlib.suppress(OSError):
        for folder in made:
            os.rmdir(folder)


def _open(path: str, uid: int) -> int:
    """The file, for locking only, or -1 where it is gone again.

    It lies in a directory that its user can write: a link or a device is not followed, and what
    a link on the way leads to is the user's own file, or no lock.
    """
    try:
        descriptor = open_regular(path, follow=False)
    except FileNotFoundError:
        return -1
    if _uid_of(descriptor) == uid:
        return descriptor
    os.close(descriptor)
    raise QuadletError(
        "the lock is another user's file", where=path, remedy="Remove it.", topic="foreign-lock"
    )


def _uid_of(descriptor: int) -> int:
    return os.fstat(descriptor).st_uid


def _is_at(descriptor: int, path: str) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), os.lstat(path))
    except FileNotFoundError:
        return False


def _take(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
