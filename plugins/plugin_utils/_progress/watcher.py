# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Shows progress while Ansible runs: a thread that takes messages, and draws or prints."""

from __future__ import annotations

import threading
import time
import typing as t

from ansible_collections.quadlet.fleet.plugins.plugin_utils._progress import channel, text
from ansible_collections.quadlet.fleet.plugins.plugin_utils._progress.board import Board

if t.TYPE_CHECKING:
    from ansible_collections.quadlet.fleet.plugins.plugin_utils._progress.terminal import Screen

_TICK, _LAST = 0.25, 2.0
_PREFIX = "progress: "

Result = t.Mapping[str, t.Any]


class Watcher:
    """From start() to stop().  say: prints a line.  screen: where lines are drawn, if it is a
    terminal.
    """

    def __init__(
        self,
        say: t.Callable[[str], None],
        screen: Screen | None,
        *,
        every: float,
        colour: bool,
    ) -> None:
        self._say, self._screen, self._colour = say, screen, colour
        self._board = Board(every)
        self._lock = threading.Lock()
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._go_on, daemon=True)

    def start(self) -> None:
        """Opens the channel, before Ansible forks."""
        channel.open_channel()
        if self._screen:
            self._screen.begin()
        self._thread.start()

    def stop(self) -> None:
        """Nothing is shown any more."""
        self._ending.set()
        self._thread.join(_LAST)
        channel.close_channel()
        if self._screen:
            self._screen.end()

    def begin_play(self, *, in_batches: bool) -> None:
        """Another play, or another batch of one; see Board."""
        with self._lock:
            self._board.begin_play(in_batches=in_batches)

    def begin_batch(self, state: Result) -> None:
        """What a rollout is at."""
        with self._lock:
            self._board.begin_batch(state)

    def end(self, host: str, result: Result) -> None:
        """A task of a host is over, whatever it was."""
        with self._lock:
            known = self._board.end(host)
            line = text.ended_line(known, time.monotonic(), result) if known else ""
        if known and self._screen:
            self._show()
        if line:
            self._say(_PREFIX + line)

    def _go_on(self) -> None:
        while not self._ending.is_set():
            messages = channel.receive(_TICK)
            now = time.monotonic()
            with self._lock:
                for message in messages:
                    self._board.take(message, now)
            self._show()

    def _show(self) -> None:
        now = time.monotonic()
        if self._screen:
            area = self._screen.area
            with self._lock:
                lines = text.live_lines(self._board, now, *area.size(), colour=self._colour)
            area.show(lines)
            return
        with self._lock:
            lines = text.plain_lines(self._board, now)
        for line in lines:
            self._say(_PREFIX + line)
