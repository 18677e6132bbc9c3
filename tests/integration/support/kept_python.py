"""Stands in for Python where Ansible starts it: kept_server.py runs what is on standard input.

Without that server, or with a file to run, it is Python.  It imports next to nothing, for it is
started at each call.
"""

from __future__ import annotations

import _socket
import os
import sys

DOOR = "/run/quadlet-fleet-tests.socket"
"""Where the server listens."""
KILLED = 137
"""The status of a call whose server has gone."""


def _ask() -> int:
    door = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
    try:
        door.connect(DOOR)
    except OSError:
        return -1
    environment = [f"{name}={value}" for name, value in os.environ.items()]
    words = "\0".join([os.getcwd(), str(os.umask(0)), *environment])
    data = words.encode("utf-8", "surrogateescape")
    streams = b"".join(number.to_bytes(4, sys.byteorder) for number in range(3))
    rights = (_socket.SOL_SOCKET, _socket.SCM_RIGHTS, streams)
    door.sendmsg([len(data).to_bytes(4, "big") + data], [rights])
    return int(door.recv(8) or KILLED)


if __name__ == "__main__":
    status = _ask() if len(sys.argv) == 1 else -1
    if status >= 0:
        os._exit(status)
    os.execv("/usr/bin/python3", ["python3", *sys.argv[1:]])
