"""On hosts of a test session: a Python that has Ansible's module_utils in memory, and forks.

Importing those, and what they need, is half of what a module call costs a host.  Modules, and what
the collection brings, are loaded of each call's own payload, as ever.  A fork has the streams,
directory and environment of its caller, kept_python.py, and ends as Python ends.
Usage: kept_server.py SOCKET MODULE…, with the directory that has the modules beside it
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import importlib.abc
import os
import signal
import socket
import sys
import types
import typing as t

_LENGTH = 4  # bytes, before the words of a caller


class _Input(importlib.abc.InspectLoader):
    """The program on standard input."""

    def get_source(self, fullname: str) -> str | None:
        return sys.stdin.read() if fullname == "__main__" else None


class _Payload:
    """Where the modules of Ansible are, which it sends with each call: first in the search path."""

    def __iter__(self) -> t.Iterator[str]:
        yield f"{sys.path[0]}/ansible/modules"


def _load(names: list[str]) -> None:
    """Imports modules that lie beside this file; nothing else is looked for there."""
    for name in names:
        importlib.import_module(name)
    modules = sys.modules["ansible.modules"] = types.ModuleType("ansible.modules")
    modules.__path__ = _Payload()  # type: ignore[assignment]
    del sys.path[0]
    gc.collect()
    gc.freeze()  # a fork that looks through these would copy their pages


def _serve(path: str) -> socket.socket:
    """Returns in the fork for each caller."""
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)
    door = socket.socket(socket.AF_UNIX)
    os.umask(0o077)
    door.bind(path)
    door.listen(16)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while True:
        caller, _address = door.accept()
        if os.fork() == 0:
            door.close()
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            return caller
        caller.close()


def _receive(caller: socket.socket) -> tuple[list[str], list[int]]:
    data, streams, _flags, _address = socket.recv_fds(caller, 1 << 16, 3)
    while len(data) < _LENGTH + int.from_bytes(data[:_LENGTH], "big"):
        data += caller.recv(1 << 16)
    return data[_LENGTH:].decode("utf-8", "surrogateescape").split("\0"), streams


def _become(caller: socket.socket) -> None:
    """Returns in the process that is to be the caller's Python; another one tells how it ended."""
    (folder, umask, *environment), streams = _receive(caller)
    worker = os.fork()
    if worker:
        os.closerange(0, 3)
        for stream in streams:
            os.close(stream)
        _pid, state = os.waitpid(worker, 0)
        status = os.waitstatus_to_exitcode(state)
        caller.send(str(status if status >= 0 else 128 - status).encode())
        os._exit(0)
    caller.close()
    os.setsid()
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    os.chdir(folder)
    os.umask(int(umask))
    os.environ.clear()
    os.environ.update(word.split("=", 1) for word in environment)


if __name__ == "__main__":
    path, *names = sys.argv[1:]
    _load(names)
    _become(_serve(path))
    sys.argv = [""]
    program = sys.modules["__main__"] = types.ModuleType("__main__")
    _Input().exec_module(program)
