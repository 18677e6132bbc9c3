"""Lines at the bottom of a terminal: what others print stays readable above them."""

from __future__ import annotations

import io
import itertools
import os
import pty
import random
import sys
import threading
import typing as t

import pytest

from ansible_collections.quadlet.fleet.plugins.plugin_utils._progress import terminal as screen
from ansible_collections.quadlet.fleet.plugins.plugin_utils._progress.terminal import Area, Beside
from tests.unit.support.terminal import Terminal
from tests.unit.support.together import together


class _Stream(io.StringIO):
    """Ansible's stream on the terminal, with the lock that Ansible has around it."""

    def __init__(self, terminal: Terminal) -> None:
        super().__init__()
        self._terminal = terminal
        self._lock = threading.Lock()

    def write(self, text: str) -> int:
        with self._lock:
            self._terminal.write(text.encode())
        return len(text)

    def fileno(self) -> int:
        return 1


def _make(width: int = 80, height: int = 24, **more: t.Any) -> tuple[Terminal, Area, Beside]:
    terminal = Terminal(width, height, **more)
    area = Area(terminal.write, lambda: terminal.size)
    return terminal, area, Beside(_Stream(terminal), area)


def test_lines_are_below_what_is_printed() -> None:
    terminal, area, out = _make()
    area.show(["a 1 s"])
    assert terminal.shown == ["a 1 s"]
    out.write("TASK [one] ***\n")
    assert terminal.shown == ["TASK [one] ***", "a 1 s"]
    area.show(["a 2 s", "b 1 s"])
    out.write("ok: [c]\nchanged: [d]\n")
    assert terminal.shown == ["TASK [one] ***", "ok: [c]", "changed: [d]", "a 2 s", "b 1 s"]
    area.show(["b 2 s"])
    out.writelines(["x\n", "y\n"])
    assert terminal.shown[-3:] == ["x", "y", "b 2 s"]
    area.show([])
    assert terminal.shown == ["TASK [one] ***", "ok: [c]", "changed: [d]", "x", "y"]
    out.write("PLAY RECAP\n")
    assert terminal.shown[-1] == "PLAY RECAP"


def test_a_shorter_line_leaves_nothing_of_a_longer_one() -> None:
    terminal, area, _out = _make()
    area.show(["a" * 40, "b" * 40])
    area.show(["a", "b", "c"])
    assert terminal.shown == ["a", "b", "c"]


def test_a_prompt_is_left_alone_until_its_line_ends() -> None:
    terminal, area, out = _make()
    area.show(["a"])
    out.write("Go on? ")
    assert terminal.shown == ["Go on?"]
    area.show(["a 2 s"])
    assert terminal.shown == ["Go on?"]
    out.write("")
    terminal.write(b"yes")  # the terminal's echo
    area.show(["a 3 s"])
    assert terminal.shown == ["Go on? yes"]
    out.write("\n")
    assert terminal.shown == ["Go on? yes", "a 3 s"]


@pytest.mark.parametrize("name", ["buffer", "fileno", "detach"])
def test_who_takes_the_descriptor_is_left_alone(name: str) -> None:
    terminal, area, out = _make()
    area.show(["a"])
    getattr(out, name, None)
    assert terminal.shown == []
    area.show(["a 2 s"])
    assert terminal.shown == []
    terminal.write(b"(debug) continue\n")
    out.write("done\n")
    assert terminal.shown == ["(debug) continue", "done", "a 2 s"]


@together("reflows", [True, False])
@together(("before", "after"), [(80, 30), (80, 79), (30, 80), (80, 80)])
def test_another_width_takes_nothing_of_what_was_printed(
    before: int, after: int, reflows: bool
) -> None:
    terminal, area, out = _make(before, reflows=reflows)
    printed = [f"line {number}" for number in range(5)]
    for line in printed:
        out.write(f"{line}\n")
        area.show(["x" * (terminal.width - 1), "y" * (terminal.width - 1)])
    terminal.resize(after)
    area.show(["x", "y"])
    out.write("last\n")
    found = [line for line in terminal.shown if line.startswith("l")]
    assert found == [*printed, "last"]
    assert terminal.shown[-2:] == ["x", "y"]
    assert terminal.shown[-3] == "last"


def test_the_area_has_half_of_the_terminal() -> None:
    for height in range(1, 60):
        _terminal, area, _out = _make(80, height)
        columns, lines = area.size()
        assert columns == 80
        assert 1 <= lines <= max(1, height // 2)


def test_nothing_printed_is_lost_whatever_is_drawn_between() -> None:
    """Threads that print and one that draws, on a small terminal."""
    terminal, area, out = _make(40, 8)
    chosen, count = random.Random(7), 60
    ending = threading.Event()

    def draw() -> None:
        for number in itertools.count():
            if ending.is_set():
                return
            area.show([f"row {number} {n}" for n in range(chosen.randrange(4))])

    def say(who: int) -> None:
        for number in range(count):
            out.write(f"says {who} {number}\n")

    drawer = threading.Thread(target=draw)
    sayers = [threading.Thread(target=say, args=(who,)) for who in range(3)]
    for thread in (drawer, *sayers):
        thread.start()
    for thread in sayers:
        thread.join()
    ending.set()
    drawer.join()
    area.show([])
    assert len(terminal.shown) == 3 * count
    for who in range(3):
        own = [line for line in terminal.shown if line.startswith(f"says {who} ")]
        assert own == [f"says {who} {number}" for number in range(count)]


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"TERM": "xterm"}, True),
        ({"TERM": "dumb"}, False),
        ({}, False),
        ({"TERM": "xterm", "AWX_ISOLATED_DATA_DIR": "/runner/artifacts/1"}, False),
    ],
)
def test_where_lines_can_be_drawn(
    environment: dict[str, str], expected: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    main, other = pty.openpty()
    with open(main, "rb"), open(other, "w", encoding="utf-8") as stream:
        monkeypatch.setattr(sys, "stdout", stream)
        assert screen.is_terminal(environment) is expected
    monkeypatch.setattr(sys, "stdout", io.StringIO())
    assert not screen.is_terminal(environment)


def test_streams_are_as_they_were_in_a_child_and_at_the_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    main, other = pty.openpty()
    with open(main, "rb"), open(other, "w", encoding="utf-8") as stream:
        monkeypatch.setattr(sys, "stdout", stream)
        monkeypatch.setattr(sys, "stderr", io.StringIO())
        known = sys.stderr
        one = screen.Screen()
        one.begin()
        assert isinstance(sys.stdout, Beside)
        assert sys.stderr is known
        child = os.fork()
        if child == 0:
            os._exit(0 if sys.stdout is stream else 1)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        assert isinstance(sys.stdout, Beside)
        one.area.show(["a"])
        one.end()
        assert sys.stdout is stream
        expected, written = b"a\x1b[K\r\n\r\x1b[1A\x1b[J", b""
        while len(written) < len(expected):  # it comes in pieces
            written += os.read(main, 99)
        assert written == expected


def test_a_terminal_without_a_size_has_the_usual_one() -> None:
    main, other = pty.openpty()
    with open(main, "rb"), open(other, "rb") as stream:
        assert screen.measure(stream.fileno()) == (80, 24)
    with open(os.devnull, "rb") as nothing:
        assert screen.measure(nothing.fileno()) == (80, 24)
