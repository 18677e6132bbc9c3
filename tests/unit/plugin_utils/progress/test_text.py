"""What people read of it: from messages to rows of a terminal and to plain lines."""

from __future__ import annotations

import ast
import itertools
import re
import typing as t

import pytest

from ansible_collections.quadlet.fleet.plugins.module_utils._core.progress import Event
from ansible_collections.quadlet.fleet.plugins.plugin_utils._progress.board import Batch, Board
from ansible_collections.quadlet.fleet.plugins.plugin_utils._progress.text import (
    PHASES,
    STEPS,
    batch_line,
    columns,
    detail_of,
    ended_line,
    live_lines,
    phase_of,
    plain_lines,
)
from ansible_collections.quadlet.fleet.plugins.plugin_utils._rollout import state as rollout
from ansible_collections.quadlet.fleet.plugins.plugin_utils._rollout.plan import Host, Settings
from tests.unit.support.generators import ROOT
from tests.unit.support.together import together
from tests.unit.support.trees import read_nodes

EVERY = 4.0
COLOUR = re.compile(r"\x1b\[\d*m")


def _board(*messages: dict[str, t.Any], at: float = 0.0) -> Board:
    board = Board(EVERY)
    for message in messages:
        board.take(message, at)
    return board


def begin(host: str, action: str = "quadlet.fleet.apps", **more: t.Any) -> dict[str, t.Any]:
    """The message at the begin of a task."""
    return {"kind": "begin", "host": host, "action": action, **more}


def event(
    host: str, app: str, phase: str, step: str = "", age: float = 0.0, **more: t.Any
) -> dict[str, t.Any]:
    """The message of an event, from some seconds ago."""
    told = Event(app, phase=phase, step=step)._replace(**more)._asdict()
    return {"kind": "event", "host": host, "event": told, "age": age}


SHOWN: list[tuple[Event, str, str]] = [
    (Event("a"), "begins", ""),
    (Event("a", phase="lock"), "waits for another run", ""),
    (Event("a", phase="plan"), "validate", ""),
    (
        Event("a", "", "pull", "pull", 0, 1, 3, ("x:1", "y:2")),
        "pull",
        "1 of 3 images: x:1, y:2",
    ),
    (Event("a", "", "pull", "pull", 0, 3, 3), "pull", ""),
    (Event("a", "", "pull", "load", 0, 0, 0, ("x:1",)), "pull", "archives: x:1"),
    (Event("a", phase="write", step="stop", what=("a.service",)), "write", "stops a.service"),
    (
        Event("a", "", "start", "start", 0, 2, 7, ("a", "b", "c"), 2),
        "start",
        "2 of 7 up, waits for a, b, c and 2 more",
    ),
    (Event("a", "", "start", "stable", 0, 0, 20, ("a",)), "gate", "stable time of 20 s: a"),
    (Event("a", "", "start", "health", 0, 1, 2, ("a",)), "gate", "1 of 2 healthy, waits for a"),
    (Event("a", "", "start", "probe", 0, 2, 3, ("http",)), "gate", "probe 2 of 3 (http)"),
    (Event("a", phase="rollback"), "undo", ""),
    (Event("a", "", "rollback", "stop", what=("a",)), "undo, stop", "stops a"),
    (
        Event("a", "", "rollback", "health", 0, 0, 1, ("a",)),
        "undo, gate",
        "0 of 1 healthy, waits for a",
    ),
    (Event("a", "", "run", "start", 0, 0, 1, ("j",)), "job, start", "0 of 1 up, waits for j"),
    (Event("a", phase="later release", step="new", what=("a",)), "later release", ""),
]  # fmt: skip


@together(("told", "phase", "detail"), SHOWN, ids=lambda row: f"{row[1]} {row[2]}")
def test_where_an_app_is(told: Event, phase: str, detail: str) -> None:
    assert (phase_of(told), detail_of(told)) == (phase, detail)


def _first_words(*names: str) -> set[str]:
    """The first argument, where it is a text, of each call of these functions in the engine."""
    calls = [
        node
        for part in ("_engine", "_host", "_module")
        for path in (ROOT / "plugins/module_utils" / part).glob("*.py")
        for node in read_nodes(path)
        if isinstance(node, ast.Call)
    ]
    return {
        word.value
        for node in calls
        if getattr(node.func, "attr", getattr(node.func, "id", "")) in names
        for word in node.args[:2]
        if isinstance(word, ast.Constant) and isinstance(word.value, str)
    }


def test_there_is_a_word_for_all_that_the_engine_tells() -> None:
    phases = _first_words("timed", "enter") - {"end"}
    assert phases == set(PHASES)
    assert _first_words("tell", "SideBySide") == set(STEPS)


def test_words_are_those_of_the_page() -> None:
    page = (ROOT / "docs/progress.md").read_text(encoding="utf-8")
    table = page[page.index("| word |") : page.index("## Settings")]
    cells = [line.split("|")[1] for line in table.splitlines()[2:] if line.startswith("|")]
    words = {word.strip() for cell in cells for word in cell.split(",")}
    shown = {phase_of(Event(phase=phase, step=step)) for phase in PHASES for step in ("", *STEPS)}
    assert {word.partition(",")[0] for word in shown} <= words
    assert words - {"runs"} <= {word.partition(",")[0] for word in shown}


VALKEY, NGINX = "docker.io/valkey/valkey:8", "docker.io/library/nginx:1.29"


def test_the_lines_on_the_page_are_rendered_so() -> None:
    page = (ROOT / "docs/progress.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```text\n(.*?)\n```", page, re.DOTALL)
    drawn, plain = (block.splitlines() for block in blocks)
    db = {"done": 1, "of": 2, "what": ("db.service",)}
    pull = {"of": 2, "what": (NGINX, VALKEY)}
    board = _board(
        *map(begin, ("web2", "web3", "web4")),
        event("web2", "shop", "start", "health", age=12, **db),
        event("web3", "shop", "pull", "pull", age=31, **pull),
        event(
            "web3", "blog", "start", "start", age=3, user="svc", **{**db, "what": ("blog.service",)}
        ),
        event("web4", "shop", "lock", age=8),
    )
    board.batch = Batch(4, 9, 2, 3, "50%")
    assert live_lines(board, 0.0, 100, 24, colour=False) == drawn[2:]

    board = _board(*map(begin, ("web2", "web3", "web4")))
    board.batch = Batch(4, 9, 2, 3, "50%")
    for name in ("web2", "web3", "web4"):
        board.take(event(name, "shop", "pull", "pull", **pull), 0.0)
    lines = plain_lines(board, 4.0)
    board.end("web3")
    board.end("web4")
    board.take(event("web2", "shop", "start", "health", age=12, **db), 40.0)
    lines += plain_lines(board, 40.0)
    host = board.end("web2")
    assert host
    result = {"apps": [{"name": "shop", "timings": {"pull": 24.1, "start": 16.2}}]}
    lines.append(ended_line(host, 41.0, result))
    assert [f"progress: {line}" for line in lines] == plain


def test_rows_of_a_terminal() -> None:
    board = _board(
        begin("web1"),
        begin("db", "quadlet.fleet.gate"),
        event("web1", "shop", "pull", "pull", age=1.0, of=2, what=("x:1",)),
        event("web1", "blog", "start", "health", age=3.0, of=1, what=("blog.service",)),
        at=10.0,
    )
    assert live_lines(board, 20.0, 80, 24, colour=False) == [
        "web1  shop  pull 11 s  0 of 2 images: x:1",
        "web1  blog  gate 13 s  0 of 1 healthy, waits for blog.service",
        "db    gate  runs 10 s",
    ]


def test_an_app_that_has_ended_is_no_row() -> None:
    board = _board(begin("a"), event("a", "x", "pull"), event("a", "y", "read"))
    board.take(event("a", "x", "end"), 1.0)
    assert [line.split()[1] for line in live_lines(board, 1.0, 80, 24, colour=False)] == ["y"]
    board.take(event("a", "y", "end"), 2.0)
    assert live_lines(board, 2.0, 80, 24, colour=False) == ["a  apps  runs 2 s  2 ended"]
    board.end("a")
    assert live_lines(board, 3.0, 80, 24, colour=False) == []


def _crowd(hosts: int, apps: int) -> Board:
    names = [f"host-{number:02}.example.test" for number in range(hosts)]
    waits = {"of": 3, "what": ("w.service", "v.service"), "more": 1}
    events = [
        event(name, f"app{app}", "start", "start", age=0.5 * app, **waits)
        for name, app in itertools.product(names, range(apps))
    ]
    return _board(*map(begin, names), *events)


SIZES = [
    *itertools.product((1, 2, 30), (0, 1, 3), (2, 3, 7, 20, 40, 79, 200), (1, 2, 12)),
]


@together(("hosts", "apps", "width", "height"), SIZES)
def test_no_row_is_wider_and_no_more_are_there_than_have_room(
    hosts: int, apps: int, width: int, height: int
) -> None:
    board = _crowd(hosts, apps)
    for batch in (False, True):
        if batch:
            board.begin_batch(ROLLOUT)
        plain = live_lines(board, 30.0, width, height, colour=False)
        coloured = live_lines(board, 30.0, width, height, colour=True)
        assert [COLOUR.sub("", line) for line in coloured] == plain
        assert all(columns(line) < width for line in plain)
        rows = hosts * max(1, apps)
        assert len(plain) <= max(height, 1 + batch)
        if rows + batch > height > 1 + batch:
            told = plain[-1].split()
            hidden = int(told[1]) if width > 20 else 0
            assert not hidden or hidden + len(plain) - 1 - batch == rows


def test_colours_are_ended_on_their_line() -> None:
    for line in live_lines(_crowd(5, 2), 9.0, 60, 20, colour=True):
        assert line.count("\x1b[0m") == 1
        assert len(COLOUR.findall(line)) == 2
    assert "\x1b" not in "".join(live_lines(_crowd(5, 2), 9.0, 60, 20, colour=False))


def test_wide_characters_take_two_columns() -> None:
    board = _board(begin("東京サーバ"), begin("a\x1b[2J\nb"))
    lines = live_lines(board, 1.0, 30, 9, colour=False)
    assert all(columns(line) < 30 for line in lines)
    assert lines[0].startswith("東")
    assert lines[1].startswith("a?[")
    assert columns("e\u0301") == 1


SETTINGS = Settings(canary="web", batches=("50%",))
PLANNED = rollout.plan(
    [
        rollout.Looked(Host(name, groups), [{"name": "shop", "changed": True}])
        for name, groups in {"a": ("web",), "b": (), "c": (), "d": ()}.items()
    ],
    SETTINGS,
    "",
    "new",
)
ROLLOUT = rollout.begin(PLANNED, ["b", "c"], SETTINGS)


@pytest.mark.parametrize("in_batches", [True, False])
def test_a_play_without_batches_has_none_once_a_host_has_failed(in_batches: bool) -> None:
    board = _board()
    board.begin_play(in_batches=in_batches)
    board.take(begin("b", batch=9, of=10), 0.0)
    assert batch_line(board.batch) == ("batch of 9 of 10 hosts" if in_batches else "")


def test_the_batch_of_a_rollout() -> None:
    board = _board(begin("b", batch=2, of=9))
    assert batch_line(board.batch) == "batch of 2 of 9 hosts"
    board.begin_batch(rollout.begin(PLANNED, ["a"], SETTINGS))
    assert batch_line(board.batch) == "rollout, batch 1 of 3 (canary web): 1 of 4 hosts"
    board.begin_batch(ROLLOUT)
    assert batch_line(board.batch) == "rollout, batch 2 of 3 (50%): 2 of 4 hosts"
    assert live_lines(board, 1.0, 80, 9, colour=False)[0] == batch_line(board.batch)
    board.begin_play(in_batches=True)
    assert batch_line(board.batch) == ""
    # Before the first batch, and in a fact of somebody else.
    for state in (
        {},
        PLANNED,
        {"batch": {"number": 9, "hosts": ["a"]}},
        {**ROLLOUT, "batch": {"number": 2}},
    ):
        board.begin_batch(state)
        assert batch_line(board.batch) == ""
    board.take(begin("c", batch=9, of=9), 1.0)
    assert batch_line(board.batch) == ""


def test_plain_lines_come_when_a_host_is_due() -> None:
    board = _board(begin("a"))
    board.take(begin("b"), 1.0)
    board.take(begin("c"), 3.5)
    assert plain_lines(board, 3.9) == []
    assert plain_lines(board, 4.0) == ["a, b: apps: runs 3-4 s"]
    assert plain_lines(board, 7.4) == []
    assert plain_lines(board, 7.6) == ["a, b, c: apps: runs 4-8 s"]


def test_no_host_is_silent_for_longer_than_it_may() -> None:
    """Whenever they begin, and with a clock that ticks four times a second."""
    hosts = 40
    board, begun, heard = Board(EVERY), {}, {}
    names = [f"h{number}." for number in range(hosts)]
    longest, now = 0.0, 0.0
    while now < 60.0:
        if len(begun) < hosts and int(now * 4) % 3 == 0:
            name = names[len(begun)]
            board.take(begin(name), now)
            board.take(event(name, name, "pull"), now)  # an app of its own: no line in common
            begun[name] = heard[name] = now
        for line in plain_lines(board, now):
            name = line.partition(":")[0]
            assert now - heard[name] >= EVERY - 1.5
            heard[name] = now
        longest = max([longest, *(now - at for at in heard.values())])
        now += 0.25
    assert len(heard) == hosts
    assert EVERY - 0.5 < longest <= EVERY


def test_hosts_that_wait_for_the_same_share_a_line() -> None:
    names = [f"h{number}" for number in range(12)]
    told = [event(name, "shop", "pull", "pull", of=1, what=("x:1",)) for name in names]
    board = _board(*map(begin, names), *told)
    board.take(event("h3", "shop", "reload", age=1.0), 3.0)
    shared, alone = plain_lines(board, 4.0)
    assert shared == (
        "h0, h1, h2, h4, h5, h6, h7, h8 and 3 more: shop: pull 4 s, 0 of 1 images: x:1"
    )
    assert alone == "h3: shop: reload 2 s"


def test_a_batch_is_told_once() -> None:
    board = _board(begin("b"))
    board.begin_batch(ROLLOUT)
    head = "rollout, batch 2 of 3 (50%): 2 of 4 hosts"
    assert plain_lines(board, 4.0) == [head, "b: apps: runs 4 s"]
    assert plain_lines(board, 8.0) == ["b: apps: runs 8 s"]


TIMINGS = {"read": 0.1, "pull": 20.14, "start": 13.3}
ENDED: list[tuple[dict[str, t.Any], str]] = [
    ({}, "a: apps: ended after 9 s"),
    ({"failed": True}, "a: apps: failed after 9 s"),
    ({"timings": TIMINGS}, "a: apps: ended after 9 s: pull 20 s, start 13 s"),
    (
        {"apps": [{"name": "x", "user": "u", "timings": TIMINGS}, {"name": "y", "timings": {}}]},
        "a: apps: ended after 9 s: x (u): pull 20 s, start 13 s",
    ),
    ({"apps": "hidden", "timings": 3}, "a: apps: ended after 9 s"),
    ({"apps": [1, {"timings": {"pull": "x"}}]}, "a: apps: ended after 9 s"),
]


@pytest.mark.parametrize(("result", "line"), ENDED)
def test_the_end_of_a_host_that_was_shown(result: dict[str, t.Any], line: str) -> None:
    board = _board(begin("a"))
    plain_lines(board, 4.0)
    host = board.end("a")
    assert host
    assert ended_line(host, 9.0, result) == line
    host.shown = False
    assert ended_line(host, 9.0, result) == ""


STRANGE: list[dict[str, t.Any]] = [
    {},
    {"kind": "event"},
    {"kind": "event", "host": "a"},
    {"kind": "event", "host": "a", "event": None},
    {"kind": "event", "host": "a", "event": []},
    {"kind": "event", "host": "a", "event": {"what": 3}},
    {"kind": "event", "host": "a", "event": {"since": "x"}},
    {"kind": "event", "host": "a", "event": {"app": "x"}, "age": "old"},
    {"kind": "event", "host": "a", "event": {"app": "x"}, "age": None},
    {"kind": "event", "host": "unknown", "event": {}},
    {"kind": "begin", "host": 5, "action": None, "batch": "x", "of": []},
]


@together("message", STRANGE)
def test_a_message_that_is_none_changes_nothing(message: dict[str, t.Any]) -> None:
    board = _board(begin("a"))
    board.take(message, 1.0)
    assert live_lines(board, 2.0, 80, 9, colour=False)[0].startswith("a")


def test_a_second_call_of_the_module_begins_anew() -> None:
    board = _board(begin("a"), event("a", "x", "pull"))
    board.take(begin("a"), 5.0)
    assert live_lines(board, 6.0, 80, 9, colour=False) == ["a  apps  runs 6 s"]
    board.take(event("a", "x", "read", age=1.0), 7.0)
    assert live_lines(board, 8.0, 80, 9, colour=False) == ["a  x  read 2 s"]
