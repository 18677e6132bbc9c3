# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""The process that holds a lock, from /proc (proc_locks(5), proc_pid_stat(5))."""

from __future__ import annotations

import typing as t

_LENGTH = 100


class Process(t.NamedTuple):
    """A process from /proc.  stat: the text of that file; command: its words."""

    pid: int
    user: str
    command: tuple[str, ...]
    stat: str


def find_holder(locks: str, device: tuple[int, int], inode: int) -> int | None:
    """The process that has a lock of a whole file (flock), from /proc/locks, or None.

    device: its numbers.  The kernel shows 0 or less for a process of another namespace, and
    an arrow before a process that waits.
    """
    file = f"{device[0]:02x}:{device[1]:02x}:{inode}"
    for line in locks.split("\n"):
        words = line.split()
        if len(words) > 5 and words[1] == "FLOCK" and words[5] == file and words[4].isdigit():
            return int(words[4]) or None
    return None


def describe_holder(process: Process, uptime: str, ticks: int) -> str:
    """The process in words: its pid, user, command, and running time.

    uptime: the text of /proc/uptime.  ticks: of the clock that stat counts, a second.
    """
    words = " ".join(process.command) or "(no command line)"
    short = words if len(words) <= _LENGTH else f"{words[: _LENGTH - 1]}…"
    holder = f"process {process.pid} of user {process.user} holds it"
    try:
        started = int(process.stat.rpartition(")")[2].split()[19]) / ticks
        seconds = int(float(uptime.split(maxsplit=1)[0]) - started)
    except (ValueError, IndexError):
        return f"{holder}: {short}"
    return f"{holder} and runs for {_span(seconds)}: {short}"


def _span(seconds: int) -> str:
    minutes, rest = divmod(max(0, seconds), 60)
    hours, left = divmod(minutes, 60)
    return (
        f"{hours} h {left} min" if hours else f"{minutes} min {rest} s" if minutes else f"{rest} s"
    )
