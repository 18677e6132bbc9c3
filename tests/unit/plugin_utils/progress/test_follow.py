"""A task that follows its module: what it asks of the host, when, and what it passes on."""

from __future__ import annotations

import os
import threading
import time
import types
import typing as t

import pytest

from ansible_collections.quadlet.fleet.plugins.module_utils._core.progress import (
    Event,
    dump_event,
)
from ansible_collections.quadlet.fleet.plugins.plugin_utils._progress import channel, follow
from tests.unit.support.together import together

VARIABLES = {
    "inventory_hostname": "web1",
    "ansible_play_batch": ["web1", "web2"],
    "ansible_play_hosts_all": ["web1", "web2", "web3"],
}
BEGIN = {"kind": "begin", "host": "web1", "action": "quadlet.fleet.app", "batch": 2, "of": 3}


class _Become:
    def __init__(self) -> None:
        self.success = ""


class _Connection:
    """A connection plugin that notes in which state it is used."""

    def __init__(self, become: _Become | None) -> None:
        self.become = become

    def set_become_plugin(self, plugin: _Become) -> None:
        self.become = plugin


class _Action:
    """An action that answers commands with the text of a file."""

    def __init__(self, text: str = "", become: _Become | None = None, **task: t.Any) -> None:
        defaults = {"no_log": False, "check_mode": False, "async_val": 0}
        self._task = types.SimpleNamespace(**{"action": "quadlet.fleet.app", **defaults, **task})
        self._connection = _Connection(become)
        self.texts, self.asked = [text], t.cast(list[str], [])
        self.used: list[_Connection] = []
        self.fault: Exception | None = None

    def _low_level_execute_command(self, command: str, sudoable: bool) -> dict[str, t.Any]:
        assert sudoable
        self.asked.append(command)
        self.used.append(self._connection)
        if self._connection.become:
            self._connection.become.success = "BECOME-SUCCESS"
        if self.fault:
            raise self.fault
        known = int(command.partition("tail -n +")[2].split()[0]) - 1
        lines = self.texts[-1].splitlines(keepends=True)[known:]
        return {"stdout": "".join(["now=1000\n", "sh: a warning\n", *lines]).replace("\n", "\r\n")}


@pytest.fixture(autouse=True)
def _channel(monkeypatch: pytest.MonkeyPatch) -> t.Iterator[None]:
    monkeypatch.setattr(follow, "_FIRST", 0.02)
    monkeypatch.setattr(follow, "_EVERY", 0.02)
    yield
    channel.close_channel()


def _follow(action: _Action, seconds: float, *, tells: bool = True) -> dict[str, str]:
    with follow.followed(t.cast(t.Any, action), VARIABLES, tells=tells) as told:
        time.sleep(seconds)
        return told


def _wait(ready: t.Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not ready():
        assert time.monotonic() < end
        time.sleep(0.01)


def _receive(count: int) -> list[dict[str, t.Any]]:
    messages: list[dict[str, t.Any]] = []
    _wait(lambda: len(messages) >= count or bool(messages.extend(channel.receive(0))))
    return messages


def test_nothing_is_done_where_nobody_watches() -> None:
    action = _Action("x\n")
    assert _follow(action, 0.05) == {}
    assert action.asked == []
    assert not channel.send({"a": 1})


def test_what_is_new_is_passed_on_once() -> None:
    channel.open_channel()
    events = [Event("a", phase="pull", since=980.0), Event("b", phase="read", since=1002.0)]
    lines = [dump_event(one).decode() for one in events]
    action = _Action(lines[0] + lines[1][:9])
    with follow.followed(t.cast(t.Any, action), VARIABLES, tells=True) as told:
        messages = _receive(2)
        action.texts.append("".join(lines))
        messages += _receive(1)
        asked = len(action.asked)
        _wait(lambda: len(action.asked) > asked)
    assert len(told["progress"]) == 32
    assert all(told["progress"] in command for command in action.asked)
    messages += channel.receive(0)
    assert messages[0] == BEGIN
    found = [message["event"]["app"] for message in messages[1:]]
    assert found == ["a", "b"]
    assert [message["age"] for message in messages[1:]] == [20.0, 0.0]
    assert {message["host"] for message in messages} == {"web1"}
    assert not any(thread.name.startswith("_Follower") for thread in threading.enumerate())


def test_a_module_that_ends_soon_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(follow, "_FIRST", 5.0)
    channel.open_channel()
    action, began = _Action(), time.monotonic()
    assert "progress" in _follow(action, 0.01)
    assert time.monotonic() - began < 1
    assert action.asked == []


@together(
    ("task", "tells"),
    [
        ({"no_log": True}, True),
        ({"check_mode": True}, True),
        ({"async_val": 60}, True),
        ({}, False),
    ],
)
def test_tasks_that_tell_nothing(task: dict[str, t.Any], tells: bool) -> None:
    channel.open_channel()
    action = _Action("x\n", **task)
    assert _follow(action, 0.06, tells=tells) == {}
    assert action.asked == []
    assert channel.receive(0) == [BEGIN]


def test_the_connection_of_the_module_is_not_used() -> None:
    """Nor what its way to become somebody remembers of the command under way."""
    channel.open_channel()
    become = _Become()
    action = _Action("", become)
    mine = action._connection
    with follow.followed(t.cast(t.Any, action), VARIABLES, tells=True):
        _wait(lambda: bool(action.asked))
    assert all(used is not mine for used in action.used)
    assert mine.become is become
    assert become.success == ""


def test_a_host_that_does_not_answer_is_given_up() -> None:
    channel.open_channel()
    action = _Action()
    action.fault = RuntimeError("no connection")
    with follow.followed(t.cast(t.Any, action), VARIABLES, tells=True):
        _wait(lambda: len(action.asked) == 3)
        time.sleep(0.1)
    assert len(action.asked) == 3


def test_a_full_channel_holds_nobody_up() -> None:
    channel.open_channel()
    began, sent = time.monotonic(), 0
    while channel.send({"x": "y" * 1500}):
        sent += 1
        assert sent < 100_000
    assert sent >= 1
    assert time.monotonic() - began < 10
    assert len(channel.receive(0)) == sent
    assert channel.send({"again": 1})
    assert not channel.send({"x": "y" * 5000})


def test_messages_of_many_processes_arrive_whole() -> None:
    channel.open_channel()
    children = []
    for who in range(4):
        child = os.fork()
        if child == 0:
            sent = [channel.send({"who": who, "n": n, "x": str(who) * 900}) for n in range(20)]
            os._exit(0 if all(sent) else 1)
        children.append(child)
    found: list[dict[str, t.Any]] = []
    end = time.monotonic() + 20
    while len(found) < 80 and time.monotonic() < end:
        found += channel.receive(0.2)
    assert [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children] == [0] * 4
    for who in range(4):
        own = [message for message in found if message["who"] == who]
        assert [message["n"] for message in own] == list(range(20))
        assert {message["x"] for message in own} == {str(who) * 900}
