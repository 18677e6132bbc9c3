"""Directories on a disk: looked at, made and removed; no link that others can place is followed."""

from __future__ import annotations

import os
import pathlib
import socket
import stat

import pytest

from ansible_collections.quadlet.fleet.plugins.module_utils._core.errors import QuadletError
from ansible_collections.quadlet.fleet.plugins.module_utils._core.mounts.kube import (
    BLOCK,
    CHARACTER,
    SOCKET,
)
from ansible_collections.quadlet.fleet.plugins.module_utils._core.plan.directories import LINK, Seen
from ansible_collections.quadlet.fleet.plugins.module_utils._host import directories, mounts

ME = os.geteuid()


@pytest.fixture
def top(tmp_path: pathlib.Path) -> pathlib.Path:
    """A directory of which no link is on the way."""
    return pathlib.Path(os.path.realpath(tmp_path))


def _look(path: pathlib.Path | str, *trusted: int) -> Seen:
    row = directories.look_at([str(path)], trusted or (0, ME))[str(path)]
    return Seen(**{**row, "missing": tuple(row.get("missing", ()))})


def _mode(path: pathlib.Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_made_and_removed(top: pathlib.Path) -> None:
    path = top / "a/b/c"
    look = _look(path)
    assert look.missing == (str(top / "a"), str(top / "a/b"), str(path))
    assert look.real == str(path)
    assert look.writable
    old = os.umask(0o077)
    try:
        directories.make(str(path), 0o2750, ME, os.getegid())
    finally:
        os.umask(old)
    assert [_mode(top / name) for name in ("a", "a/b", "a/b/c")] == [0o755, 0o755, 0o2750]
    look = _look(path)
    assert (look.mode, look.uid, look.gid, look.missing) == (0o2750, ME, os.getegid(), ())
    directories.make(str(path), 0o700, ME, os.getegid())
    assert _mode(path) == 0o700
    (top / "a/kept").write_text("x")
    assert directories.remove_empty([str(top / "a"), str(top / "a/b"), str(path)]) == []
    assert [entry.name for entry in (top / "a").iterdir()] == ["kept"]


def test_nothing_is_removed_through_a_link(top: pathlib.Path) -> None:
    (top / "real/empty").mkdir(parents=True)
    (top / "link").symlink_to(top / "real")
    assert directories.remove_empty([str(top / "link/empty"), str(top / "link")]) == []
    assert (top / "real/empty").is_dir()
    assert (top / "link").is_symlink()
    assert directories.remove_empty([str(top / "real/empty")]) == []
    assert not (top / "real/empty").exists()


@pytest.mark.parametrize(
    ("kind", "what"), [("file", "a file"), ("fifo", "a FIFO"), ("socket", "a socket")]
)
def test_what_is_in_the_way(top: pathlib.Path, kind: str, what: str) -> None:
    path = top / "x"
    if kind == "file":
        path.write_text("x")
    elif kind == "fifo":
        os.mkfifo(path)
    else:
        os.mknod(path, stat.S_IFSOCK | 0o600)
    for place in (path, path / "below"):
        look = _look(place)
        assert (look.obstacle, look.place) == (what, str(path))
    with pytest.raises(QuadletError, match="it is no directory any more"):
        directories.make(str(path), 0o755, ME, os.getegid())
    with pytest.raises(QuadletError, match="it is no directory any more"):
        directories.make(str(path / "below"), 0o755, ME, os.getegid())


def test_links(top: pathlib.Path) -> None:
    (top / "real").mkdir()
    (top / "link").symlink_to("real")
    (top / "up").symlink_to(f"{top}/link/../real")
    (top / "loop").symlink_to("loop")
    (top / "gone").symlink_to("nowhere")
    for name in ("link", "up"):
        assert _look(top / name).real == str(top / "real")
        assert _look(top / name / "new").missing == (str(top / "real/new"),)
    assert _look(top / "gone").missing == (str(top / "nowhere"),)
    assert _look(top / "loop").obstacle == LINK
    assert _look(top / "link", ME + 1).obstacle == LINK
    (top / "open").mkdir()
    (top / "open/link").symlink_to(top / "real")
    for mode, wanted in ((0o777, LINK), (0o775, LINK), (0o1777, ""), (0o755, "")):
        (top / "open").chmod(mode)
        assert _look(top / "open/link").obstacle == wanted, oct(mode)
    with pytest.raises(QuadletError, match="it is no directory any more"):
        directories.make(str(top / "link/new"), 0o755, ME, os.getegid())
    assert list((top / "real").iterdir()) == []


def test_mount_points() -> None:
    assert _look("/proc").mounted
    assert not _look("/usr").mounted or os.path.ismount("/usr")


def test_names_of_the_host() -> None:
    assert directories.find_id("owner", "root") == 0
    assert directories.find_id("group", "root") == 0
    assert directories.find_id("owner", "no such user") is None


def test_unusable_sources(top: pathlib.Path) -> None:
    (top / "file").write_text("x")
    (top / "gone").symlink_to("nowhere")
    os.mkfifo(top / "pipe")
    paths = {
        "file": "",
        "pipe": "",
        "missing": "does not exist on the host",
        "gone": "does not exist on the host",
        "file/below": "does not exist on the host",
    }
    found = mounts.find_unusable([[str(top / name), ""] for name in paths], [])
    assert found == [[str(top / name), "", why] for name, why in paths.items() if why]


def test_sources_of_a_kind(top: pathlib.Path) -> None:
    """What a type of hostPath asks for, beside what is there: the whole product."""
    (top / "file").write_text("x")
    (top / "folder").mkdir()
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(top / "socket"))
    there = {
        **{str(top / name): name for name in ("file", "folder", "socket", "missing")},
        "/dev/null": CHARACTER,
    }
    wanted = [[path, kind] for path in there for kind in ("", SOCKET, BLOCK, CHARACTER)]
    found = {(path, kind): why for path, kind, why in mounts.find_unusable(wanted, [])}
    listener.close()
    for path, kind in wanted:
        why = found.get((path, kind), "")
        if there[path] == "missing":
            assert why == "does not exist on the host"
        elif kind in ("", there[path]):
            assert why == ""
        else:
            assert why == f"is no {kind}, which its type asks for"
