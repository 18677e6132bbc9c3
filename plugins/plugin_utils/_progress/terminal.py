# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Lines at the bottom of a terminal, below all that Ansible and its other callbacks print.

They take what Ansible prints by standing in for sys.stdout and sys.stderr: the lines are erased,
the text is written, the lines come again.  The terminal needs nothing but erasing and moving up.  A
text without an end of line, or somebody who takes the descriptor, such as a prompt, keeps the lines
away until the next whole line.
"""

from __future__ import annotations

import os
import re
import sys
import threading
import typing as t

from ansible_collections.quadlet.fleet.plugins.plugin_utils._progress.text import columns

_COLOUR = re.compile(r"\x1b\[\d*m")
_TAKEN_OVER = frozenset({"buffer", "detach", "fileno"})
_USUAL = os.terminal_size((80, 24))

Write = t.Callable[[bytes], object]


class Area:
    """The lines.  write: to the terminal, at once.  measure: its size now."""

    def __init__(self, write: Write, measure: t.Callable[[], os.terminal_size]) -> None:
        self._write, self._measure = write, measure
        self._lock = threading.RLock()
        self._lines: list[str] = []
        self._drawn, self._longest = 0, 0
        self._writers, self._is_free = 0, True

    def size(self) -> tuple[int, int]:
        """Columns, and how many lines the area may have: half of the terminal."""
        found = self._measure()
        return found.columns, max(1, found.lines // 2)

    def show(self, lines: t.Sequence[str]) -> None:
        """Draws these lines instead of those before."""
        with self._lock:
            self._lines = list(lines)
            self._draw()

    def above(self, text: str, write: t.Callable[[str], int]) -> int:
        """Writes a text above them.  Meanwhile nothing is locked: Ansible has a lock of its own
        around what it prints, and another one around that of the stream.
        """
        with self._lock:
            self.clear()
            self._writers += 1
        try:
            return write(text)
        finally:
            with self._lock:
                self._writers -= 1
                self._is_free = text.endswith("\n") if text else self._is_free
                self._draw()

    def clear(self) -> None:
        """Erases them."""
        with self._lock:
            erasing = self._erasing()
            if erasing:
                self._write(erasing.encode())

    def hand_over(self) -> None:
        """Somebody else writes, until the next line that comes through here."""
        with self._lock:
            self.clear()
            self._is_free = False

    def _draw(self) -> None:
        if self._is_free and not self._writers:
            text = self._erasing() + self._drawing()
            if text:
                self._write(text.encode("utf-8", "replace"))

    def _erasing(self) -> str:
        """Some terminals break lines anew when they become too narrow for them, others don't: such
        lines stay where they are, and nothing above them is touched.
        """
        drawn, self._drawn = self._drawn, 0
        if not drawn or self._measure().columns <= self._longest:
            return ""
        return f"\r\x1b[{drawn}A\x1b[J"

    def _drawing(self) -> str:
        shown = [columns(_COLOUR.sub("", line)) for line in self._lines]
        self._drawn, self._longest = len(shown), max(shown, default=0)
        return "".join(f"{line}\x1b[K\n" for line in self._lines)


class Beside:
    """A stream of Ansible's whose text goes above the lines."""

    def __init__(self, stream: t.TextIO, area: Area) -> None:
        self._stream, self._area = stream, area

    def write(self, text: str) -> int:
        """As of the stream."""
        return self._area.above(text, self._write)

    def _write(self, text: str) -> int:
        written = self._stream.write(text)
        self._stream.flush()
        return written

    def writelines(self, lines: t.Iterable[str]) -> None:
        """As of the stream."""
        self.write("".join(lines))

    def __getattr__(self, name: str) -> t.Any:
        if name in _TAKEN_OVER:
            self._area.hand_over()
        return getattr(self._stream, name)


class Screen:
    """The area on the terminal of this process, from begin() to end()."""

    def __init__(self) -> None:
        descriptor = sys.stdout.fileno()
        self.area = Area(_writer(descriptor), lambda: measure(descriptor))
        self._before: dict[str, t.Any] = {}
        os.register_at_fork(after_in_child=self._restore)

    def begin(self) -> None:
        """Stands in for the streams that are this terminal."""
        for name in ("stdout", "stderr"):
            stream = getattr(sys, name)
            if not self._before.get(name) and stream.isatty():
                self._before[name] = stream
                setattr(sys, name, Beside(stream, self.area))

    def end(self) -> None:
        """Leaves the terminal as it would be."""
        self.area.show([])
        self._restore()

    def _restore(self) -> None:
        """The streams as they were; processes that Ansible forks have them so."""
        for name, stream in self._before.items():
            setattr(sys, name, stream)
        self._before = {}


def is_terminal(environment: t.Mapping[str, str]) -> bool:
    """Whether lines can be drawn: not where ansible-runner reads what is printed, as in an
    execution environment; it gives Ansible a terminal of its own.
    """
    if "AWX_ISOLATED_DATA_DIR" in environment or environment.get("TERM", "dumb") == "dumb":
        return False
    return sys.stdout.isatty()


def measure(descriptor: int) -> os.terminal_size:
    """The size of a terminal; the usual one where it does not know."""
    try:
        found = os.get_terminal_size(descriptor)
    except OSError:
        return _USUAL
    return found if found.columns and found.lines else _USUAL


def _writer(descriptor: int) -> Write:
    def write(data: bytes) -> None:
        """No buffer of Python's is used: a process forked meanwhile would wait for its lock."""
        view = memoryview(data)
        while view:
            try:
                view = view[os.write(descriptor, view) :]
            except BlockingIOError:
                continue
            except OSError:
                return

    return write
