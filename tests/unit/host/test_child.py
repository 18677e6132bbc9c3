# Copyright (c) quadlet.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whatever a user does to processes that act as that user: the wait for them has an end."""

from __future__ import annotations

import contextlib
import os
import pathlib
import pwd
import signal
import subprocess
import sys
import threading
import time
import typing as t

import pytest

from ansible_collections.quadlet.fleet.plugins.module_utils._core.errors import (
    HELD_UP,
    QuadletError,
)
from ansible_collections.quadlet.fleet.plugins.module_utils._host import child, stuck
from ansible_collections.quadlet.fleet.plugins.module_utils._host.owner import Owner, own_process
from tests.unit.support.together import together

NOBODY = pwd.getpwnam("nobody")
STOPPED = pwd.getpwnam("daemon")
"""Nothing of this user goes on while a test stops it."""
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
PATIENCE = 6.0


def _limit(says: str) -> child.Limit:
    """Short where it has to be used up; else the cause is found before."""
    return child.Limit(0.3 if says.startswith("no answer") else 5)


@pytest.fixture(autouse=True)
def _fresh(monkeypatch: pytest.MonkeyPatch) -> t.Iterator[None]:
    """Limits as at the beginning of a run, and looks that come soon."""
    monkeypatch.setattr(child, "_CHECK", 0.1)
    monkeypatch.setattr(child, "_LOOK", 0.1)
    monkeypatch.setattr(child, "_LAST", 0.5)
    child._LOST[0] = 0
    yield
    child._LOST[0] = 0


@pytest.fixture
def soon() -> t.Iterator[None]:
    """The test has to end soon, and with nothing left over."""
    began = time.monotonic()
    yield
    assert time.monotonic() - began < PATIENCE


def _hold() -> None:
    """A grandchild that holds the pipe, and can't be ended by its session."""
    if os.fork() == 0:
        os.setsid()
        time.sleep(20)
        os._exit(0)


def _sleep() -> None:
    time.sleep(60)


def _stop() -> None:
    os.kill(os.getpid(), signal.SIGSTOP)


def _ignore() -> None:
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGPIPE):
        signal.signal(number, signal.SIG_IGN)
    time.sleep(60)


def _open_fifo(path: str) -> None:
    os.close(os.open(path, os.O_RDONLY))


def _hold_and_sleep() -> None:
    _hold()
    time.sleep(60)


def _answer_for_ever() -> None:
    while True:
        os.write(3, b"x" * 65536)


def _answer_and_stay() -> None:
    os.write(3, b'{"result": 1}')
    os.close(3)
    time.sleep(60)


HANGS: dict[str, tuple[t.Callable[[], None], str]] = {
    "sleeps": (_sleep, "no answer within"),
    "is stopped": (_stop, "stopped by a signal"),
    "ignores signals": (_ignore, "no answer within"),
    "a grandchild holds the pipe": (_hold_and_sleep, "no answer within"),
    "has answered and does not end": (_answer_and_stay, "no answer within"),
}


@as_root
@pytest.mark.usefixtures("soon")
@pytest.mark.parametrize("kind", HANGS)
def test_a_call_that_does_not_end(kind: str) -> None:
    function, says = HANGS[kind]
    with pytest.raises(QuadletError) as caught:
        Owner(NOBODY).call(function, limit=_limit(says))
    message = str(caught.value)
    assert says in message
    assert "user nobody" in message
    assert function.__name__.strip("_") in message
    assert caught.value.data[HELD_UP]


@as_root
@pytest.mark.usefixtures("soon")
def test_an_answer_without_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child, "MOST", 4 << 20)
    with pytest.raises(QuadletError, match="more than 4 MiB"):
        Owner(NOBODY).call(_answer_for_ever)


@as_root
@pytest.mark.usefixtures("soon")
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV, signal.SIGTERM])
def test_a_call_that_is_killed(number: signal.Signals) -> None:
    def die() -> None:
        os.kill(os.getpid(), number)

    with pytest.raises(QuadletError, match=r"user nobody \(die\) died without an answer"):
        Owner(NOBODY).call(die)


@as_root
@pytest.mark.usefixtures("soon")
def test_what_a_call_waits_for_is_named(tmp_path: pathlib.Path) -> None:
    tmp_path.chmod(0o755)
    for folder in tmp_path.parents:
        if folder.stat().st_uid == 0 and str(folder).startswith("/tmp/pytest"):
            folder.chmod(0o755)
    path = str(tmp_path / "fifo")
    os.mkfifo(path)
    os.chmod(path, 0o666)
    with pytest.raises(QuadletError) as caught:
        Owner(NOBODY).call(_open_fifo, path)
    assert caught.value.where == path
    assert "user nobody (open_fifo) was killed" in str(caught.value)


@as_root
@pytest.mark.parametrize(
    "nested", ["[" * 100_000, '{"a":' * 100_000, "[1]", "null", "\x00", '"x', "\xff"]
)
def test_an_answer_that_is_none(nested: str) -> None:
    def answer() -> None:
        os.write(3, nested.encode("latin-1"))
        os._exit(0)

    with pytest.raises(QuadletError, match="died without an answer"):
        Owner(NOBODY).call(answer)


@as_root
@pytest.mark.usefixtures("soon")
def test_memory_has_a_bound() -> None:
    def grow() -> int:
        return len(bytearray(3 << 30))

    with pytest.raises(QuadletError, match="too large"):
        Owner(NOBODY).call(grow)


COMMANDS = {
    "sleeps": ("sleep 60", "no answer within"),
    "ignores signals": ("trap '' TERM INT HUP; sleep 60", "no answer within"),
    "is stopped": ("kill -STOP $$", "stopped by a signal"),
    "its child is stopped": ("sleep 60 & kill -STOP $!; wait", "stopped by a signal"),
    "waits for a FIFO": ("cat FIFO", "FIFO"),
    "its child waits for a FIFO": ("cat FIFO & wait", "FIFO"),
    "a session of its own": ("setsid sleep 60 & wait", "no answer within"),
    "has closed its pipes": ("exec >&- 2>&-; sleep 60", "no answer within"),
    "takes no input": ("sleep 60", "no answer within"),
}


@as_root
@pytest.mark.usefixtures("soon")
@pytest.mark.parametrize("owner", [Owner(NOBODY), own_process()], ids=["other", "own"])
@pytest.mark.parametrize("kind", COMMANDS)
def test_a_command_that_does_not_end(kind: str, owner: Owner) -> None:
    line, says = COMMANDS[kind]
    with _public_fifo() as fifo:
        given = b"x" * (1 << 20) if kind == "takes no input" else None
        argv = ["sh", "-c", line.replace("FIFO", fifo)]
        ran = owner.run(argv, timeout=_limit(says), given=given)
        assert ran.status == 124
        assert says.replace("FIFO", fifo) in ran.err
        assert f"run as user {owner.name}" in ran.err
    assert child._LOST[0]


@contextlib.contextmanager
def _public_fifo() -> t.Iterator[str]:
    path = f"/tmp/fifo.{os.getpid()}"
    os.mkfifo(path)
    os.chmod(path, 0o666)
    try:
        yield path
    finally:
        os.unlink(path)


@pytest.mark.usefixtures("soon")
def test_a_command_that_left_somebody_with_its_pipes() -> None:
    """It has ended well: what it has started is not waited for."""
    ran = own_process().run(["sh", "-c", "echo said; setsid sleep 20 & exit 3"])
    assert (ran.status, ran.out) == (3, "said\n")


def test_large_input_and_output() -> None:
    data = b"0123456789abcdef" * (1 << 16)
    ran = own_process().run(["cat"], given=data)
    assert ran.out.encode() == data
    ran = own_process().run(
        ["sh", "-c", "head -c 3000000 /dev/zero >&2; cat >/dev/null"], given=data
    )
    assert len(ran.err) == 3_000_000
    assert own_process().run(["true"], given=data).status == 0


@as_root
@pytest.mark.parametrize("owner", [Owner(NOBODY), own_process()], ids=["other", "own"])
def test_a_command_has_nothing_of_ours(owner: Owner) -> None:
    with open("/dev/null") as ours:
        os.set_inheritable(ours.fileno(), True)
        ran = owner.run(["sh", "-c", "ls /proc/self/fd; cat"])
        os.set_inheritable(ours.fileno(), False)
    assert ran.out.split() == ["0", "1", "2", "3"]
    ran = owner.run(["sh", "-c", "kill -PIPE $$"])
    assert ran.status == -signal.SIGPIPE
    assert owner.run(["sh", "-c", "ps -o sid= -p $$; echo $$"]).out.split()[0].isdigit()
    assert owner.run(["/etc/passwd"], timeout=5).status in (126, 127)


@as_root
def test_commands_of_several_threads() -> None:
    """Images are pulled several at a time."""
    results: list[str] = []

    def work() -> None:
        results.append(Owner(NOBODY).run(["id", "-u"]).out.strip())

    threads = [threading.Thread(target=work) for _number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [str(NOBODY.pw_uid)] * 8


STOPPER = f"""
import os, signal, time
end = time.time() + 1
while time.time() < end:
    for name in os.listdir("/proc"):
        try:
            if name.isdigit() and os.stat("/proc/" + name).st_uid == {STOPPED.pw_uid}:
                os.kill(int(name), signal.SIGSTOP)
        except OSError:
            pass
"""
"""A user who stops all that runs as that user, again and again."""


@as_root
def test_stopped_at_any_moment() -> None:
    with subprocess.Popen([sys.executable, "-c", STOPPER]) as stopper:
        owner, ends = Owner(STOPPED), {"stopped": 0, "well": 0}
        while stopper.poll() is None:
            ran = owner.run(["sleep", "0.01"], timeout=child.Limit(0.5))
            ends["well" if ran.status == 0 else "stopped"] += 1
            with contextlib.suppress(QuadletError):
                owner.call(len, "abc", limit=child.Limit(0.5))
    assert ends["stopped"] > 0


def test_once_time_is_lost_the_others_have_less() -> None:
    assert child.limit_of(child.RUN) == 30
    assert own_process().run(["sleep", "9"], timeout=child.Limit(0.05)).status == 124
    assert child.limit_of(child.RUN) == 7.5
    assert child.limit_of(1800.0) == 1800
    began = time.monotonic()
    assert own_process().run(["sleep", "9"], timeout=child.Limit(0.8)).status == 124
    assert time.monotonic() - began < 0.8


def test_what_may_take_long_costs_the_others_nothing() -> None:
    assert own_process().run(["sleep", "9"], timeout=0.05).status == 124
    assert child.limit_of(child.RUN) == 30


@together("first", [child.ASK, child.READ, child.RUN, child.CHANGE])
@together("then", [child.ASK, child.READ, child.RUN, child.CHANGE])
@together("many", [1, 2, 8, 20])
def test_all_limits_together_are_less_than_a_minute(
    first: child.Limit, then: child.Limit, many: int
) -> None:
    """Of many who hold up a run, seen to wait for something; the last ones have a moment."""
    total = float(first)
    for lost in range(1, many):
        child._LOST[0] = lost
        limit = child.limit_of(then)
        total += limit
        assert isinstance(limit, child.Limit)
        assert 0.25 <= limit <= limit.most <= max(limit, 1.5)
    assert total <= 64


@together("kind", [child.ASK, child.READ, child.RUN, child.CHANGE])
@together("silent", [False, True])
def test_many_more_take_little_more(kind: child.Limit, silent: bool) -> None:
    """Of those that are not seen to wait, too.  Who is only slow still has a moment."""
    totals, total = {}, float(kind)
    for lost in range(1, 250):
        child._LOST[0] = lost
        limit = child.limit_of(kind)
        assert isinstance(limit, child.Limit)
        assert 0.1 <= limit <= limit.most
        total += limit.most if silent else limit
        totals[lost + 1] = total
    usual = kind < child.CHANGE
    assert totals[30] <= (62 if usual else 86)
    assert totals[100] - totals[30] <= 19
    assert totals[200] - totals[100] <= 13


@as_root
def test_eight_who_wait_end_soon(tmp_path: pathlib.Path) -> None:
    """Once the first has used up its time, each has half of the one before."""
    tmp_path.chmod(0o755)
    for folder in tmp_path.parents:
        if folder.stat().st_uid == 0 and str(folder).startswith("/tmp/pytest"):
            folder.chmod(0o755)
    path = str(tmp_path / "fifo")
    os.mkfifo(path)
    os.chmod(path, 0o666)
    child._LOST[0] = 1
    told = []
    for _user in range(6):
        with pytest.raises(QuadletError) as caught:
            Owner(NOBODY).call(_open_fifo, path, limit=child.Limit(8))
        told.append(str(caught.value))
    for text, seconds in zip(told, ("2", "1", "0.5", "0.25", "0.25", "0.25")):
        assert f"no answer within {seconds} s" in text or "it does not go on" in text
        assert path in text


def test_who_goes_on_has_more_time_than_who_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child, "_SHORTEST_BUSY", 60.0)
    child._LOST[0] = 8
    assert own_process().run(["sleep", "0.6"], timeout=child.Limit(240)).status == 0


def test_a_process_that_goes_on_has_no_cause() -> None:
    assert stuck.find_cause(os.getpid()) is None or not stuck.find_cause(os.getpid()).sure
    assert not stuck.is_stopped(os.getpid())
    assert stuck.find_cause(1 << 22) is None
