# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""What a process that does not go on waits for, as far as /proc tells."""

from __future__ import annotations

import contextlib
import os
import typing as t

_LONGEST = 4096
_STOPPED = "Tt"
_OPENING_A_PIPE = "wait_for_partner"
"""The kernel's function in which a process waits for the other end of a FIFO (fs/pipe.c)."""


class Cause(t.NamedTuple):
    """Why a process does not go on.  path: what it waits for; sure: it will not by itself."""

    text: str
    path: str = ""
    sure: bool = False


def find_cause(leader: int) -> Cause | None:
    """Why a process, or one of those that it has started, does not go on."""
    causes = [cause for pid in _family(leader) for cause in _causes(pid)]
    return next((cause for cause in causes if cause.sure), causes[0] if causes else None)


def is_stopped(pid: int) -> bool:
    """Whether a process was stopped by a signal."""
    fields = _stat(pid)
    return bool(fields) and fields[0] in _STOPPED


def _family(leader: int) -> list[int]:
    """A process, those in its session, and their children."""
    rows = {}
    for name in os.listdir("/proc"):
        fields = _stat(name) if name.isdigit() else []
        if len(fields) > 3:
            rows[int(name)] = (int(fields[1]), int(fields[3]))
    family = [leader]
    for pid in family:
        family += [
            other
            for other, (parent, session) in rows.items()
            if other not in family and (parent == pid or session == leader)
        ]
    return family


def _stat(pid: object) -> list[str]:
    """The fields of a process from its state on."""
    return _text(f"/proc/{pid}/stat").rpartition(")")[2].split()


def _causes(pid: int) -> t.Iterator[Cause]:
    name = _text(f"/proc/{pid}/comm").strip()
    if is_stopped(pid):
        yield Cause(f"process {pid} ({name}) was stopped by a signal", sure=True)
        return
    for task in _listing(f"/proc/{pid}/task"):
        path = _find_path(pid, task)
        if path:
            sure = _text(f"/proc/{pid}/task/{task}/wchan") == _OPENING_A_PIPE
            yield Cause(f"process {pid} ({name}) waits for {path}", path, sure)


def _find_path(pid: int, task: str) -> str:
    """The path among the first arguments of the system call in which a thread is."""
    words = _text(f"/proc/{pid}/task/{task}/syscall").split()[1:3]
    with contextlib.suppress(ValueError):
        arguments = [int(word, 16) for word in words]
        for argument in arguments:
            path = _read_memory(pid, argument)
            if path.startswith("/"):
                return path
        if arguments:
            return _name_descriptor(pid, arguments[0])
    return ""


def _read_memory(pid: int, address: int) -> str:
    """A text in a process' memory.  It is that process' word: for people to read."""
    with contextlib.suppress(OSError, ValueError, OverflowError):
        memory = os.open(f"/proc/{pid}/mem", os.O_RDONLY | os.O_CLOEXEC)
        try:
            data = os.pread(memory, _LONGEST, address)
        finally:
            os.close(memory)
        text = data.partition(b"\0")[0].decode("utf-8", "replace")
        return text if text.isprintable() else ""
    return ""


def _name_descriptor(pid: int, number: int) -> str:
    with contextlib.suppress(OSError):
        path = os.readlink(f"/proc/{pid}/fd/{number}")
        return path if path.startswith("/") and not path.startswith("/dev/") else ""
    return ""


def _text(path: str) -> str:
    with contextlib.suppress(OSError), open(path, encoding="utf-8", errors="replace") as stream:
        return stream.read()
    return ""


def _listing(path: str) -> list[str]:
    with contextlib.suppress(OSError):
        return os.listdir(path)
    return []
