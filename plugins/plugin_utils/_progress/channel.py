# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""From the processes that run tasks to the one that shows them: short messages, by a socket.

The callback opens it before Ansible forks the first of them; each has it by that, and where there
is no callback there is no socket.  Whoever sends never waits for long: a message that finds no
room is left out, and the next one says as much.
"""

from __future__ import annotations

import json
import select
import socket
import time
import typing as t

Message = dict[str, t.Any]

_LARGEST = 2000  # some systems take no larger ones
_TRIES, _PAUSE = 20, 0.02
_ENDS: list[socket.socket] = []


def open_channel() -> None:
    """Makes it, if it is not there."""
    if not _ENDS:
        _ENDS.extend(socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM))
        for end in _ENDS:
            end.setblocking(False)


def close_channel() -> None:
    """Nothing is sent any more."""
    while _ENDS:
        _ENDS.pop().close()


def is_open() -> bool:
    """Whether somebody watches."""
    return bool(_ENDS)


def send(message: Message) -> bool:
    """Whether it was sent."""
    data = json.dumps(message).encode()
    if not _ENDS or len(data) > _LARGEST:
        return False
    for _try in range(_TRIES):
        try:
            _ENDS[1].send(data)
        except OSError:
            time.sleep(_PAUSE)
        else:
            return True
    return False


def receive(seconds: float) -> list[Message]:
    """What has come, after a wait of at most so long."""
    if not _ENDS or not select.select([_ENDS[0]], [], [], seconds)[0]:
        return []
    messages = []
    try:
        while True:
            messages.append(json.loads(_ENDS[0].recv(2 * _LARGEST)))
    except OSError:
        return messages
