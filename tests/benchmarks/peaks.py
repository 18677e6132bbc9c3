"""Runs a program, and notes how much memory each of its processes has held.

Usage: peaks.py LOG PROGRAM ARGUMENTS...

The processes are traced: each one, and those that they fork, stops when it exits, while its memory
is still there.  VmHWM of /proc/PID/status is then the most that it has ever had resident, as the
kernel counts it; nothing is sampled, so nothing is missed.  A line of JSON in LOG for each:
pid, parent, uid, program, peak (KiB), own (KiB of pages that no other process had, at its end).
Standard library only: it also runs on test hosts, as the interpreter of modules.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import sys

CONT, SETOPTIONS, TRACEME = 7, 0x4200, 0
FORK, VFORK, EXEC, EXIT = 1, 2, 4, 6
OPTIONS = sum(1 << event for event in (FORK, VFORK, EXEC, EXIT))
ALL_CHILDREN = 0x40000000
_libc = ctypes.CDLL(None, use_errno=True)
_libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
_libc.ptrace.restype = ctypes.c_long


def _trace(request: int, pid: int, data: int = 0) -> None:
    if _libc.ptrace(request, pid, None, data) < 0:
        number = ctypes.get_errno()
        if number != 3:  # ESRCH: it was killed meanwhile
            raise OSError(number, os.strerror(number))


def _kibibytes(path: str) -> dict[str, int]:
    """Numbers of a file of /proc by their names; several of a name are added."""
    found: dict[str, int] = {}
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            name, _colon, rest = line.partition(":")
            words = rest.split()
            if words and words[0].isdigit():
                found[name] = found.get(name, 0) + int(words[0])
    return found


def look(pid: int) -> dict[str, object] | None:
    """What a process has held; None of one that is gone."""
    try:
        status = _kibibytes(f"/proc/{pid}/status")
        pages = _kibibytes(f"/proc/{pid}/smaps_rollup")
        program = os.path.basename(os.readlink(f"/proc/{pid}/exe"))
    except OSError:
        return None
    return {
        "pid": pid,
        "parent": status["PPid"],
        "uid": status["Uid"],
        "program": program,
        "peak": status.get("VmHWM", 0),
        "own": pages.get("Private_Clean", 0) + pages.get("Private_Dirty", 0),
    }


def _start(argv: list[str]) -> int:
    pid = os.fork()
    if pid == 0:
        try:
            _trace(TRACEME, 0)
            os.kill(os.getpid(), signal.SIGSTOP)
            os.execvp(argv[0], argv)
        finally:
            os._exit(127)
    os.waitpid(pid, 0)
    _trace(SETOPTIONS, pid, OPTIONS)
    _trace(CONT, pid)
    return pid


def run(argv: list[str], log: str) -> int:
    """Exit status of the program; what it leaves running goes on, and is not looked at."""
    first = _start(argv)
    known = {first}
    with open(log, "a", encoding="utf-8") as file:
        while True:
            pid, status = os.waitpid(-1, ALL_CHILDREN)
            if os.WIFSTOPPED(status):
                event, number = status >> 16, os.WSTOPSIG(status)
                if event == EXIT:
                    row = look(pid)
                    if row:
                        file.write(json.dumps({**row, "first": pid == first}) + "\n")
                        file.flush()
                begins = pid not in known and number == signal.SIGSTOP
                known.add(pid)
                _trace(CONT, pid, 0 if event or begins else number)
            elif pid == first:
                return os.waitstatus_to_exitcode(status)


if __name__ == "__main__":
    STATUS = run(sys.argv[2:], sys.argv[1])
    sys.exit(STATUS if STATUS >= 0 else 128 - STATUS)
