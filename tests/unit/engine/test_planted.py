"""A FIFO at each path that a run opens: it ends at once, well or with an error that names it."""

from __future__ import annotations

import contextlib
import importlib
import os
import pathlib
import shutil
import signal
import sys
import traceback
import types
import typing as t

import pytest

from tests.unit.engine.support import releases
from tests.unit.engine.support.effects import DIES, Fault
from tests.unit.engine.support.host import UTILS, Host
from tests.unit.support.share import pick

MakeHost = t.Callable[[str], Host]
_TRACED: list[set[str]] = []


class Waits(BaseException):
    """A run waits for what was planted."""


def _hear(event: str, arguments: tuple[t.Any, ...]) -> None:
    if _TRACED and event == "open" and isinstance(arguments[0], str):
        _TRACED[-1].add(arguments[0])


sys.addaudithook(_hear)


@contextlib.contextmanager
def traced() -> t.Iterator[set[str]]:
    """The paths that are opened, and those that would be if they were there."""
    reading = importlib.import_module(f"{UTILS}._host.reading")
    real, paths = reading.os, set[str]()

    def look(path: str, **more: t.Any) -> os.stat_result:
        paths.add(path)
        return os.stat(path, **more)

    reading.os = types.SimpleNamespace(**{**vars(os), "stat": look})
    _TRACED.append(paths)
    try:
        yield paths
    finally:
        _TRACED.pop()
        reading.os = real


@contextlib.contextmanager
def alarm(seconds: float) -> t.Iterator[None]:
    """Ends what waits."""

    def ring(*_args: object) -> t.NoReturn:
        raise Waits

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def plant(path: str) -> None:
    """A FIFO, in place of what is there."""
    if os.path.isdir(path) and not os.path.islink(path):
        shutil.rmtree(path)
    elif os.path.lexists(path):
        os.unlink(path)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    os.mkfifo(path)


def _settled(host: Host) -> None:
    assert host.run(releases.release(1)).result
    host.rest()


def _twice(host: Host) -> None:
    _settled(host)
    assert host.run(releases.release(2)).result
    host.rest()


def _died(host: Host) -> None:
    """Its files are exchanged, and nothing is loaded."""
    _settled(host)
    saved = host.save()
    host.run(releases.release(2))
    names = [one.name for one in host.effects.done]
    host.load(saved)
    assert host.run(
        releases.release(2), Fault(names.index("systemctl --user daemon-reload"), DIES)
    ).died


ROLLED_BACK = {"name": releases.APP, "state": "rolled_back"}
ABSENT = {"name": releases.APP, "state": "absent"}
SCENES: dict[str, tuple[t.Callable[[Host], None], releases.Params]] = {
    "unchanged": (_settled, releases.release(1)),
    "update": (_settled, releases.release(2)),
    "failing": (_settled, releases.crashing()),
    "rolled back": (_twice, ROLLED_BACK),
    "absent": (_twice, ABSENT),
    "after a run that died": (_died, releases.release(2)),
    "back after a run that died": (_died, ROLLED_BACK),
}


@pytest.mark.parametrize("scene", SCENES)
def test_a_fifo_at_each_path(scene: str, make_host: MakeHost) -> None:
    prepare, params = SCENES[scene]
    host = make_host("user")
    prepare(host)
    saved = host.save()
    with traced() as paths:
        host.run(params)
    top = f"{host.top}/"
    planted = sorted(
        path
        for path in paths
        if path.startswith(top) and "/tmp/" not in path and not _is_new(path, top)
    )
    assert len(planted) >= 3
    wrong = []
    for path in planted[:: pick(long=1, usual=1, fast=4)]:
        host.load(saved)
        plant(path)
        try:
            with alarm(3):
                ended = host.run(params)
        except Waits as error:
            frames = [
                f"{frame.name}:{frame.lineno}"
                for frame in traceback.extract_tb(error.__traceback__)
            ]
            wrong.append(f"{path}: it waits, {' '.join(frames[-12:])}")
            continue
        if ended.error and path not in str(ended.error) and not _passes(ended.error):
            wrong.append(f"{path}: {ended.error!s:.500}")
    assert wrong == []


def _is_new(path: str, top: str) -> bool:
    """A name that only this run knows beforehand, made where nothing can be (O_EXCL)."""
    return pathlib.Path(path[len(top) :]).name.startswith(".secret.key.")


def _passes(error: Exception) -> bool:
    """A release that fails by itself says so, whatever was planted."""
    return "shop-web.service" in str(error) and "FIFO" not in str(error)
