"""Archives of images on the controller: looked into, and sent where the module asks for them."""

from __future__ import annotations

import io
import json
import pathlib
import tarfile
import time
import types
import typing as t

import pytest
from ansible.errors import AnsibleActionFail

from ansible_collections.quadlet.fleet.plugins.module_utils._core.errors import QuadletError
from ansible_collections.quadlet.fleet.plugins.module_utils._host.archives import read_archive
from ansible_collections.quadlet.fleet.plugins.plugin_utils._content.archives import (
    call_with_archives,
)

HELD = {"r.e/a:1": "11"}


def _write(path: pathlib.Path, mode: t.Literal["w", "w:gz", "w:bz2", "w:xz"] = "w") -> pathlib.Path:
    files = {
        "layer.tar": b"x" * 5000,
        "manifest.json": json.dumps([{"Config": "11.json", "RepoTags": ["r.e/a:1"]}]).encode(),
    }
    with tarfile.open(path, mode) as tar:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return path


def test_an_archive_is_read(tmp_path: pathlib.Path) -> None:
    assert read_archive(str(_write(tmp_path / "a.tar"))) == HELD
    assert read_archive(str(_write(tmp_path / "a.tar.gz", "w:gz"))) == HELD


@pytest.mark.parametrize("size", [0, 10, 700, 3000])
def test_half_an_archive_is_told(tmp_path: pathlib.Path, size: int) -> None:
    path = _write(tmp_path / "a.tar")
    path.write_bytes(path.read_bytes()[:size])
    with pytest.raises(QuadletError, match="can't be read as an archive of images") as caught:
        read_archive(str(path))
    assert caught.value.where == str(path)


def test_half_a_compressed_one_is_told(tmp_path: pathlib.Path) -> None:
    path = _write(tmp_path / "a.tar.gz", "w:gz")
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(QuadletError, match="can't be read as an archive of images"):
        read_archive(str(path))


@pytest.mark.parametrize("mode", ["w:gz", "w:bz2", "w:xz"])
def test_a_compressed_one_has_its_time(
    tmp_path: pathlib.Path, mode: t.Literal["w:gz", "w:bz2", "w:xz"]
) -> None:
    path = _write(tmp_path / "a.tar.x", mode)
    assert read_archive(str(path), 100.0) == HELD
    with pytest.raises(QuadletError, match="can't be looked through within 0 s") as caught:
        read_archive(str(path), 0.0)
    assert caught.value.where == str(path)


@pytest.mark.parametrize(
    "begin", [b"", b"\0" * 600, b"BZh91AY&SY", b"\x1f\x8b\x08\0", b"\xfd7zXZ\0"]
)
def test_ten_gigabytes_of_nothing_take_no_time(tmp_path: pathlib.Path, begin: bytes) -> None:
    path = tmp_path / "a.tar"
    with path.open("wb") as stream:
        stream.write(begin)
        stream.truncate(10 << 30)
    started = time.monotonic()
    with pytest.raises(QuadletError) as caught:
        read_archive(str(path), 0.5)
    assert caught.value.where == str(path)
    assert time.monotonic() - started < 5


class _Action:
    """What call_with_archives uses of an action plugin."""

    def __init__(self, *, async_val: int = 0) -> None:
        self._task = types.SimpleNamespace(async_val=async_val)
        shell = types.SimpleNamespace(tmpdir=None, join_path=lambda *parts: "/".join(parts))
        self._connection = types.SimpleNamespace(_shell=shell)
        self.sent: list[tuple[str, str]] = []

    def _find_needle(self, folder: str, needle: str) -> str:
        assert folder == "files"
        return needle

    def _make_tmp_path(self) -> str:
        return "/remote"

    def _transfer_file(self, source: str, target: str) -> None:
        self.sent.append((source, target))

    def _fixup_perms2(self, paths: t.Sequence[str]) -> None:
        assert set(paths) == {"/remote", self.sent[-1][1]}


def _call(
    action: _Action, archives: t.Any, *answers: dict[str, t.Any]
) -> tuple[dict[str, t.Any], list[list[dict[str, t.Any]]]]:
    """(what was returned, what the module got at each call)."""
    left, calls = list(answers), []

    def call(args: dict[str, t.Any]) -> dict[str, t.Any]:
        calls.append([dict(item) for item in args["archives"]])
        return left.pop(0)

    found = call_with_archives(t.cast(t.Any, action), {"name": "x", "archives": archives}, call)
    assert not left
    return found, calls


def test_nothing_is_sent_that_the_module_does_not_ask_for(tmp_path: pathlib.Path) -> None:
    source = str(_write(tmp_path / "a.tar"))
    action = _Action()
    found, calls = _call(action, [{"src": source}, {"path": "/srv/b.tar"}], {"changed": False})
    assert found == {"changed": False}
    assert calls == [[{"src": source, "_images": HELD}, {"path": "/srv/b.tar"}]]
    assert action.sent == []


def test_what_it_asks_for_is_sent(tmp_path: pathlib.Path) -> None:
    one, two = (str(_write(tmp_path / f"{name}.tar")) for name in "ab")
    action = _Action()
    found, calls = _call(
        action,
        [{"src": one}, {"src": two}],
        {"failed": True, "send_archives": [1]},
        {"changed": True},
    )
    assert found == {"changed": True}
    assert action.sent == [(two, "/remote/archive-1.tar")]
    assert [item.get("path") for item in calls[1]] == [None, "/remote/archive-1.tar"]


BAD: dict[str, tuple[t.Any, str]] = {
    "no list": ("a.tar", "list of mappings"),
    "no mapping": (["a.tar"], "list of mappings"),
    "both": ([{"src": "a", "path": "/a"}], "not path, src"),
    "neither": ([{}], "not neither"),
    "unknown": ([{"scr": "a"}], "not scr"),
    "own images": ([{"path": "/a", "_images": HELD}], "not _images, path"),
}


@pytest.mark.parametrize(("archives", "words"), BAD.values(), ids=BAD)
def test_what_is_no_archive_is_refused(archives: t.Any, words: str) -> None:
    with pytest.raises(AnsibleActionFail, match=words):
        _call(_Action(), archives)


def test_a_file_can_not_be_sent_in_the_background(tmp_path: pathlib.Path) -> None:
    with pytest.raises(AnsibleActionFail, match="async"):
        _call(_Action(async_val=9), [{"src": str(_write(tmp_path / "a.tar"))}])


def test_a_file_that_is_no_archive_is_told(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "a.tar"
    path.write_text("x", encoding="ascii")
    with pytest.raises(AnsibleActionFail, match="can't be read as an archive"):
        _call(_Action(), [{"src": str(path)}])
