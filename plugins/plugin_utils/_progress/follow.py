# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""While a module runs: its progress is read on the host, and passed on to who watches.

A connection plugin gives a command's output at its end, so that a module can't say anything before.
Its task therefore asks beside it, now and then, by a connection plugin of its own, with the rights
that the module has: whatever runs the module can run that.  A short module is never asked.
"""

from __future__ import annotations

import contextlib
import copy
import secrets
import threading
import time
import typing as t

from ansible_collections.quadlet.fleet.plugins.module_utils._core.progress import (
    parse_lines,
    parse_time,
    reading_command,
)
from ansible_collections.quadlet.fleet.plugins.plugin_utils._progress import channel

if t.TYPE_CHECKING:
    from ansible.plugins.action import ActionBase

_FIRST, _EVERY = 1.5, 2.0
_SHARE, _RAREST = 2, 10.0
"""Where an answer takes long, the pause is so many times as long, and no longer than that."""
_GIVEN_UP = 3
_LAST = 3.0
_SIZES = ("ansible_play_batch", "ansible_play_hosts_all")


@contextlib.contextmanager
def followed(
    action: ActionBase, variables: t.Mapping[str, t.Any], *, tells: bool
) -> t.Iterator[dict[str, str]]:
    """While the module of a task runs; gives what the module has to be told.

    tells: whether the module tells anything.  Nothing is asked about a task with no_log, in check
    mode, where nothing is written, and with async, where nobody waits; but that it runs.
    """
    if not channel.is_open():
        yield {}
        return
    task, host = action._task, str(variables.get("inventory_hostname", ""))
    batch, whole = (len(variables.get(name) or ()) for name in _SIZES)
    begin = {"kind": "begin", "action": str(task.action), "batch": batch, "of": whole}
    channel.send({"host": host, **begin})
    if not tells or task.no_log or task.check_mode or task.async_val:
        yield {}
        return
    follower = _Follower(action, host)
    follower.start()
    try:
        yield {"progress": follower.token}
    finally:
        follower.stop()


class _Follower(threading.Thread):
    """Asks until the module has ended."""

    def __init__(self, action: ActionBase, host: str) -> None:
        super().__init__(daemon=True)
        self.token = secrets.token_hex(16)
        self._action, self._host = _aside(action), host
        self._ended = threading.Event()
        self._known = 0

    def stop(self) -> None:
        """The module has ended; what is being asked is waited for, since it uses the host too."""
        self._ended.set()
        self.join(_LAST)

    def run(self) -> None:
        """The thread."""
        pause, failures = _FIRST, 0
        while failures < _GIVEN_UP and not self._ended.wait(pause):
            began = time.monotonic()
            try:
                self._pass_on(self._read())
                failures = 0
            except Exception:  # whatever it was: the module's own call says what is wrong
                failures += 1
            pause = min(max(_EVERY, _SHARE * (time.monotonic() - began)), _RAREST)

    def _read(self) -> str:
        command = reading_command(self.token, self._known)
        answer = self._action._low_level_execute_command(command, sudoable=True)
        return str(answer.get("stdout") or "").replace("\r\n", "\n")

    def _pass_on(self, text: str) -> None:
        events, now = parse_lines(text), parse_time(text)
        self._known += len(events)
        for event in events:
            age = 0.0 if now is None else max(0.0, now - event.since)
            message = {"kind": "event", "event": event._asdict(), "age": round(age, 1)}
            channel.send({"host": self._host, **message})


def _aside(action: ActionBase) -> ActionBase:
    """The same action with a connection plugin of its own: that of the module is in use."""
    aside = copy.copy(action)
    aside._connection = copy.copy(action._connection)
    if aside._connection.become is not None:
        aside._connection.set_become_plugin(copy.copy(aside._connection.become))
    return aside
