# Copyright (c) quadlet.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whatever is put where a file belongs: each reader ends at once, and names it."""

from __future__ import annotations

import fcntl
import itertools
import os
import pathlib
import signal
import socket
import stat
import threading
import typing as t

import pytest

from ansible_collections.quadlet.fleet.plugins.module_utils._core.app.layout import Layout, Swap
from ansible_collections.quadlet.fleet.plugins.module_utils._core.errors import QuadletError
from ansible_collections.quadlet.fleet.plugins.module_utils._host import (
    accounts,
    archives,
    exchange,
    files,
    installed_units,
    reading,
    secrets,
    staging,
    state,
    unit_search,
)


@pytest.fixture(autouse=True)
def _alarm() -> t.Iterator[None]:
    """A reader that waits is interrupted by an error."""

    def ring(*_args: object) -> t.NoReturn:
        raise TimeoutError("it waits")

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, 5)
    yield
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, before)


def _fifo(path: pathlib.Path) -> None:
    os.mkfifo(path)


def _fifo_with_writer(path: pathlib.Path) -> None:
    """One that can be opened, but never has anything to read."""
    os.mkfifo(path)
    _OPEN.append(os.open(path, os.O_RDWR | os.O_NONBLOCK))


def _socket(path: pathlib.Path) -> None:
    listening = socket.socket(socket.AF_UNIX)
    here = os.getcwd()
    os.chdir(path.parent)  # paths of sockets are short
    listening.bind(path.name)
    os.chdir(here)
    listening.close()


def _directory(path: pathlib.Path) -> None:
    path.mkdir()


def _link_to(target: str) -> t.Callable[[pathlib.Path], None]:
    return lambda path: path.symlink_to(target)


def _link_to_fifo(path: pathlib.Path) -> None:
    os.mkfifo(path.parent / "elsewhere")
    path.symlink_to("elsewhere")


def _loop(path: pathlib.Path) -> None:
    path.symlink_to(path.name)


def _sparse(path: pathlib.Path) -> None:
    with path.open("wb") as stream:
        stream.truncate(10 << 30)


def _leased(path: pathlib.Path) -> None:
    path.write_text("x")
    descriptor = os.open(path, os.O_RDWR)
    fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_WRLCK)
    signal.signal(signal.SIGIO, signal.SIG_IGN)
    _OPEN.append(descriptor)


_OPEN: list[int] = []
PLANTS: dict[str, t.Callable[[pathlib.Path], None]] = {
    "a FIFO": _fifo,
    "a FIFO with a writer": _fifo_with_writer,
    "a socket": _socket,
    "a directory": _directory,
    "a link to a FIFO": _link_to_fifo,
    "a link to a device": _link_to("/dev/zero"),
    "a link to a terminal": _link_to("/dev/tty"),
    "a link to itself": _loop,
    "a file of 10 GB": _sparse,
    "a file under a lease": _leased,
}


@pytest.fixture(params=PLANTS)
def planted(request: pytest.FixtureRequest, tmp_path: pathlib.Path) -> t.Iterator[pathlib.Path]:
    """What is there where a file belongs."""
    folder = tmp_path / "units/app/web.container.d"
    folder.mkdir(parents=True)
    (tmp_path / "apps").mkdir()
    path = folder / "x.conf"
    PLANTS[request.param](path)
    yield path
    while _OPEN:
        os.close(_OPEN.pop())


def _is_loop(path: pathlib.Path) -> bool:
    return path.is_symlink() and os.readlink(path) == path.name


def _where(call: t.Callable[[], object]) -> str | None:
    """The path in the error of a call; None where it ends well."""
    try:
        call()
    except QuadletError as error:
        return error.where
    except TimeoutError:
        return "nowhere: it waited"
    except OSError as error:
        return str(error.filename)
    return None


def _names(planted: pathlib.Path, call: t.Callable[[str], object]) -> None:
    assert _where(lambda: call(str(planted))) == str(planted)


READERS: dict[str, t.Callable[[str], object]] = {
    "text": reading.read_text,
    "bytes": reading.read_bytes,
    "state": state.read_text,
    "accounts": accounts.read_text,
    "archive": archives.read_archive,
    "copy": lambda path: (
        exchange._copy(path, f"{path}.copy") if not os.path.islink(path) else _no(path)
    ),
}


def _no(path: str) -> t.NoReturn:
    """A link is copied as a link."""
    raise OSError(0, "", path)


@pytest.mark.parametrize(
    ("planted", "reader"),
    [*itertools.product(PLANTS, READERS)],
    indirect=["planted"],
)
def test_a_reader_ends_and_names_it(planted: pathlib.Path, reader: str) -> None:
    _names(planted, READERS[reader])


def test_the_search_sees_it(planted: pathlib.Path, tmp_path: pathlib.Path) -> None:
    top = str(tmp_path / "units")
    around = unit_search.Around(f"{top}/x", drop_in_dirs=("web.container.d",))
    found = unit_search.scan_scope([top], around)
    if not planted.is_dir():
        assert found["drop_ins"][str(planted)].startswith("unreadable: ")


def test_the_dry_run_refuses_what_the_generator_would_wait_for(
    planted: pathlib.Path, tmp_path: pathlib.Path
) -> None:
    (tmp_path / "copy").mkdir()
    where = _where(
        lambda: staging._copy_units(str(tmp_path / "units"), str(tmp_path / "copy"), frozenset())
    )
    assert where in (None, str(planted))
    assert bool(where) or planted.is_dir() or planted.is_socket() or _is_loop(planted)


def test_an_apps_file_reads_as_another(planted: pathlib.Path, tmp_path: pathlib.Path) -> None:
    """A run then puts the declared one there; a directory and a lease are errors."""
    layout = Layout("app", str(tmp_path / "units/app"), str(tmp_path))
    where = _where(lambda: files.read_app(layout, ["web.container.d/x.conf"]))
    assert where in (None, str(planted))
    if where:
        return
    read = files.read_app(layout, ["web.container.d/x.conf"])["files"]
    if planted.is_dir():
        assert read == {}
        return
    assert read["web.container.d/x.conf"] != ["x", 0o644]
    assert planted.is_symlink() or read["web.container.d/x.conf"] == ["", -1]


def test_an_exchange_replaces_it(planted: pathlib.Path, tmp_path: pathlib.Path) -> None:
    """Old bytes are kept under a second name, whatever they are, and can come back."""
    layout = Layout("app", str(tmp_path / "units/app"), str(tmp_path))
    target = str(planted)
    swap = Swap(target, layout.beside(target, "new", 0), layout.beside(target, "old", 0))
    was = os.lstat(target)
    kept = exchange.stage(layout, [list(swap)], {target: ["new", 0o644]})
    exchange.commit(layout, [list(swap)])
    assert planted.read_text() == "new"
    exchange.restore(layout, kept)
    if stat.S_ISDIR(was.st_mode):  # an empty one is nothing to keep
        assert not os.path.lexists(target)
    else:
        assert os.path.samestat(os.lstat(target), was)


def test_a_key_and_a_list(planted: pathlib.Path, tmp_path: pathlib.Path) -> None:
    os.replace(planted, tmp_path / "secret.key") if not planted.is_symlink() else (
        tmp_path / "secret.key"
    ).symlink_to(planted)
    with pytest.raises((QuadletError, OSError)) as caught:
        secrets.read_key(str(tmp_path))
    assert not isinstance(caught.value, TimeoutError)
    units = installed_units.read_units(str(tmp_path / "units"), ["app"])
    assert units == {"app": {}}


@pytest.mark.parametrize("name", ["a.json", "a.json.new"])
def test_a_record_is_written_whatever_is_there(
    planted: pathlib.Path, tmp_path: pathlib.Path, name: str
) -> None:
    place = tmp_path / "apps" / name
    os.rename(planted, place)
    record = str(tmp_path / "apps/a.json")
    where = _where(lambda: state.write_text(record, "{}"))
    if place.is_dir():
        assert where in (record, f"{record}.new")
    else:
        assert pathlib.Path(record).read_text() == "{}"


def test_a_file_that_grows(tmp_path: pathlib.Path) -> None:
    path, done = tmp_path / "log", threading.Event()
    path.write_bytes(b"x" * 1000)

    def grow() -> None:
        with path.open("ab") as stream:
            while not done.is_set():
                stream.write(b"x" * 65536)

    thread = threading.Thread(target=grow)
    thread.start()
    where = None
    try:
        while not where:
            where = _where(lambda: reading.read_bytes(str(path), 1 << 20))
    finally:
        done.set()
        thread.join()
    assert where == str(path)


def test_a_file_that_is_exchanged_meanwhile(tmp_path: pathlib.Path) -> None:
    """Between the look at it and the open there is time to plant something."""
    path = tmp_path / "a"
    path.write_text("x")
    real = os.open

    def late(name: str, flags: int) -> int:
        path.unlink()
        os.mkfifo(path)
        return real(name, flags)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "open", late)
        with pytest.raises(QuadletError, match="FIFO"):
            reading.read_bytes(str(path))


def test_what_is_fine_is_read(tmp_path: pathlib.Path) -> None:
    (tmp_path / "a").write_bytes(b"a\r\nb\xff")
    (tmp_path / "l").symlink_to("a")
    (tmp_path / "n").symlink_to("/dev/null")
    assert reading.read_text(str(tmp_path / "l")) == "a\nb\udcff"
    assert reading.read_bytes(str(tmp_path / "a")) == b"a\r\nb\xff"
    assert reading.read_bytes(str(tmp_path / "n")) == b""
    assert reading.read_start(str(tmp_path / "a"), 2) == b"a\r"
    assert "Name:" in reading.read_text("/proc/self/status")
    assert reading.read_bytes(str(tmp_path / "a"), 5) == b"a\r\nb\xff"
    with pytest.raises(QuadletError):
        reading.read_bytes(str(tmp_path / "a"), 4)
    with pytest.raises(FileNotFoundError):
        reading.read_text(str(tmp_path / "none"))
