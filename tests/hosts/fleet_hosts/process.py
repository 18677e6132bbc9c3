# Copyright (c) quadlet.fleet contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Programs that outlive the command that started them, found again by their pid file."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import time
import typing as t
from pathlib import Path


def spawn(
    argv: t.Sequence[str], *, pidfile: Path, log: Path, env: t.Mapping[str, str] | None = None
) -> None:
    """Start argv in a session of its own, its output in log, its pid in pidfile."""
    with open(log, "wb") as output:
        child = subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**os.environ, **(env or {})},
            # setsid: the terminal's hang-up or Ctrl-C doesn't reach it.
            start_new_session=True,
            cwd="/",
        )
    pidfile.write_text(f"{child.pid} {_start_time(child.pid)}\n", encoding="ascii")


def running_pid(pidfile: Path) -> int | None:
    """The pid of the program that pidfile names, if it still runs and no other one has its pid."""
    try:
        pid, started = pidfile.read_text(encoding="ascii").split()
    except (FileNotFoundError, ValueError):
        return None
    return int(pid) if _start_time(int(pid)) == started else None


def children(pid: int) -> list[int]:
    """The pids of a process's children, oldest first."""
    try:
        return [
            int(word)
            for word in Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
        ]
    except (FileNotFoundError, ProcessLookupError):
        return []


def kill(pid: int, number: signal.Signals) -> None:
    """Send a signal; a process that is gone is fine."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)


def end(pidfile: Path) -> None:
    """End the program that pidfile names, if it still runs."""
    pid = running_pid(pidfile)
    if pid is not None:
        kill(pid, signal.SIGTERM)
        if not wait_gone(pidfile, 5):
            kill(pid, signal.SIGKILL)
    pidfile.unlink(missing_ok=True)


def wait_port(host: str, port: int, *, pidfile: Path, timeout: float = 20) -> bool:
    """Wait until a port answers; False when its program has ended, or the time is over."""
    answers = False

    def is_over() -> bool:
        nonlocal answers
        try:
            socket.create_connection((host, port), timeout=1).close()
            answers = True
        except OSError:
            return running_pid(pidfile) is None
        return True

    return _wait(is_over, timeout) and answers


def wait_gone(pidfile: Path, timeout: float) -> bool:
    """Wait until the program that pidfile names has ended; False when the time is over."""
    return _wait(lambda: running_pid(pidfile) is None, timeout)


def wait_pid(pid: int, timeout: float) -> bool:
    """Wait until a process has ended; False when the time is over."""
    return _wait(lambda: not _start_time(pid), timeout)


def _wait(is_over: t.Callable[[], bool], timeout: float) -> bool:
    deadline = time.monotonic() + timeout
    while not is_over():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def _start_time(pid: int) -> str:
    """The kernel's start time of a process, "" when it is gone or a zombie."""
    try:
        # The name in parentheses may contain anything: read from its end on.
        fields = (
            Path(f"/proc/{pid}/stat")
            .read_text(encoding="utf-8", errors="replace")
            .rpartition(")")[2]
            .split()
        )
    except (FileNotFoundError, ProcessLookupError):
        return ""
    return "" if fields[0] == "Z" else fields[19]
