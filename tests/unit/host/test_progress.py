"""The file of a run's progress: whose it is, what is in it, and that it is gone afterwards."""

from __future__ import annotations

import os
import pathlib
import pwd
import stat
import time
import typing as t

import pytest

from ansible_collections.quadlet.fleet.plugins.module_utils._core import progress as form
from ansible_collections.quadlet.fleet.plugins.module_utils._core.progress import Event
from ansible_collections.quadlet.fleet.plugins.module_utils._host import progress, progress_file
from ansible_collections.quadlet.fleet.plugins.module_utils._host.progress_file import telling

TOKEN = "0123456789abcdef" * 2


@pytest.fixture
def folder(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> pathlib.Path:
    """Where the file comes, for root and for others."""
    monkeypatch.setattr(form, "FOLDER", f"{tmp_path}/run")
    entry = list(pwd.getpwuid(os.geteuid()))
    entry[5] = str(tmp_path)
    monkeypatch.setattr(pwd, "getpwuid", lambda _uid: pwd.struct_passwd(entry))
    return tmp_path / ("run" if os.geteuid() == 0 else form.FOLDER_OF_USER)


def _events(path: pathlib.Path) -> list[Event]:
    return form.parse_lines(path.read_text())


def _names(event: Event) -> tuple[t.Any, ...]:
    return (event.app, event.phase, event.step, event.what, event.done, event.of)


def test_what_a_run_tells(folder: pathlib.Path) -> None:
    path = folder / TOKEN

    def work() -> dict[str, t.Any]:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        with progress.of_app("shop", None):
            progress.enter("pull")
            told = progress.SideBySide("pull", 2)
            with told.under_way("x:1"):
                progress.tell("pull", ["x:1"], 0, 2)  # what is told already
            progress.enter("start")
            progress.tell("start", ["pre-hunter2.service", *"abcd"], 1, 6)
            progress.tell("start", ["pre-hunter2.service"], 5, 6)
        return {"events": _events(path)}

    events = telling(TOKEN, ["hunter2"], work)()["events"]
    assert list(map(_names, events)) == [
        ("shop", "", "", (), 0, 0),
        ("shop", "pull", "", (), 0, 0),
        ("shop", "pull", "pull", ("x:1",), 0, 2),
        ("shop", "pull", "pull", (), 1, 2),
        ("shop", "start", "", (), 0, 0),
        ("shop", "start", "start", ("pre-********.service", "a", "b"), 1, 6),
        ("shop", "start", "start", ("pre-********.service",), 5, 6),
        ("shop", "end", "", (), 0, 0),
    ]
    assert all(abs(event.since - time.time()) < 60 for event in events[:-1])
    assert events[5].more == 2
    assert events[5].since == events[6].since
    assert not path.exists()
    assert not progress.is_on()


def test_seconds_are_those_of_the_step(folder: pathlib.Path) -> None:
    def work() -> dict[str, t.Any]:
        progress.enter("start")
        time.sleep(0.05)
        progress.tell("start", ["a"])
        time.sleep(0.05)
        progress.tell("start", ["b"])
        progress.tell("stable", ["b"])
        return {"since": [event.since for event in _events(folder / TOKEN)]}

    since = telling(TOKEN, (), work)()["since"]
    assert abs(since[0] - time.time()) < 9
    assert since[0] + 0.04 < since[1] == since[2] < since[3]


def test_a_run_that_fails_leaves_no_file(folder: pathlib.Path) -> None:
    def work() -> dict[str, t.Any]:
        with progress.of_app("shop", "svc"):
            raise RuntimeError("no")

    with pytest.raises(RuntimeError):
        telling(TOKEN, (), work)()
    assert list(folder.iterdir()) == []
    assert not progress.is_on()


def test_processes_of_a_run_share_the_file(folder: pathlib.Path) -> None:
    def work() -> dict[str, t.Any]:
        for number in range(4):
            if os.fork() == 0:
                os.closerange(3, 64)
                with progress.of_app(f"app{number}", None):
                    for step in range(50):
                        progress.tell("start", [f"s{number}.{step}"])
                os._exit(0)
        for _number in range(4):
            os.wait()
        return {"events": _events(folder / TOKEN)}

    events = telling(TOKEN, (), work)()["events"]
    assert len(events) == 4 * 52
    for number in range(4):
        own = [event.what for event in events if event.app == f"app{number}" and event.what]
        assert own == [(f"s{number}.{step}",) for step in range(50)]


@pytest.mark.parametrize("token", ["", "../x", TOKEN[1:], None])
def test_a_token_that_is_none_tells_nothing(token: t.Any, folder: pathlib.Path) -> None:
    assert telling(token, (), lambda: {"on": progress.is_on()})() == {"on": False}
    assert not folder.exists()


def _link(path: pathlib.Path) -> None:
    path.parent.mkdir(parents=True)
    path.symlink_to(path.parents[1] / "victim")


def _there(path: pathlib.Path) -> None:
    path.parent.mkdir(parents=True)
    path.write_text("mine")


def _no_folder(path: pathlib.Path) -> None:
    path.parent.parent.mkdir(parents=True, exist_ok=True)
    path.parent.write_text("a file")


@pytest.mark.parametrize("plant", [_link, _there, _no_folder])
def test_what_is_in_the_way_is_not_written(
    plant: t.Callable[[pathlib.Path], None], folder: pathlib.Path
) -> None:
    plant(folder / TOKEN)
    before = sorted((str(path), path.is_symlink()) for path in folder.parent.rglob("*"))
    assert telling(TOKEN, (), lambda: {"on": progress.is_on()})() == {"on": False}
    assert sorted((str(path), path.is_symlink()) for path in folder.parent.rglob("*")) == before


@pytest.mark.parametrize("replace", [os.unlink, lambda path: (os.unlink(path), os.mkfifo(path))])
def test_a_file_that_is_taken_away_holds_nobody_up(
    replace: t.Callable[[str], t.Any], folder: pathlib.Path
) -> None:
    def work() -> dict[str, t.Any]:
        replace(str(folder / TOKEN))
        progress.enter("read")
        return {}

    assert telling(TOKEN, (), work)() == {}


def test_the_file_has_an_end(folder: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress_file, "_LARGEST", 2000)

    def work() -> dict[str, t.Any]:
        for number in range(1000):
            progress.tell("start", [f"{number}.service"])
        return {"size": (folder / TOKEN).stat().st_size}

    assert 2000 <= telling(TOKEN, (), work)()["size"] < 3000


def test_what_a_killed_run_has_left_is_removed_after_a_day(folder: pathlib.Path) -> None:
    folder.mkdir(parents=True)
    for name, age in {"old": 90_000, "new": 3600}.items():
        (folder / name).touch()
        os.utime(folder / name, (time.time() - age,) * 2)
    telling(TOKEN, (), dict)()
    assert [path.name for path in folder.iterdir()] == ["new"]


def test_nobody_listens_by_default() -> None:
    assert not progress.is_on()
    with progress.of_app("shop", None):
        progress.enter("read")
        progress.tell("start", ["a"])
        with progress.SideBySide("pull", 1).under_way("x"):
            pass
