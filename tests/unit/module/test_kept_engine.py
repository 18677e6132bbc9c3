# Copyright (c) quadlet.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The engine on the host: what is loaded is what was kept, and nothing that another one wrote."""

from __future__ import annotations

import grp
import json
import os
import pathlib
import pwd
import subprocess
import sys
import typing as t

import pytest
from ansible.release import __version__

from ansible_collections.quadlet.fleet.plugins.module_utils._host.scope import resolve_scope
from ansible_collections.quadlet.fleet.plugins.module_utils._module import keep_engine, kept_engine
from ansible_collections.quadlet.fleet.plugins.plugin_utils._engine import sources
from tests.unit.support.scripts import Engine, make_script

SOURCES = {"_core/one.py": "VALUE = 1\n", "_engine/two.py": "from .._core.one import VALUE\n"}
DIGEST = kept_engine.make_digest(SOURCES)
OTHER = kept_engine.make_digest({})
CODES = kept_engine.compile_engine(SOURCES)
ROOT = pathlib.Path(__file__).resolve().parents[3]
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
STRANGER = 12345


@pytest.fixture
def folder(tmp_path: pathlib.Path) -> pathlib.Path:
    """A directory in which an engine is kept."""
    made = tmp_path / "state" / "engine"
    keep_engine.keep(str(made), DIGEST, CODES)
    return made


@pytest.fixture
def file(folder: pathlib.Path) -> pathlib.Path:
    """That engine's file."""
    return folder / kept_engine.name_file(DIGEST)


def read(folder: pathlib.Path) -> kept_engine.Codes | None:
    """What would be loaded."""
    return kept_engine.read_engine(str(folder), DIGEST)


def test_what_is_kept_is_read(folder: pathlib.Path, file: pathlib.Path) -> None:
    assert read(folder) == CODES
    assert folder.stat().st_mode & 0o777 == 0o700
    assert file.stat().st_mode & 0o777 == 0o600
    assert list(folder.iterdir()) == [file]


def test_without_a_file_there_is_none(tmp_path: pathlib.Path) -> None:
    assert read(tmp_path / "engine") is None
    assert kept_engine.read_engine("", DIGEST) is None


def _widen(mode: int) -> t.Callable[[pathlib.Path], None]:
    return lambda file: file.chmod(mode)


def _cut(length: int) -> t.Callable[[pathlib.Path], None]:
    return lambda file: _write(file, file.read_bytes()[:length])


def _write(file: pathlib.Path, data: bytes) -> None:
    file.write_bytes(data)


def _flip(place: int) -> t.Callable[[pathlib.Path], None]:
    def change(file: pathlib.Path) -> None:
        data = bytearray(file.read_bytes())
        data[place] ^= 1
        file.write_bytes(data)

    return change


def _move(make: t.Callable[[pathlib.Path, pathlib.Path], None]) -> t.Callable[[pathlib.Path], None]:
    """Has something else stand where the file was; the good file is beside the directory."""

    def change(file: pathlib.Path) -> None:
        good = file.parent.parent / "good"
        file.rename(good)
        make(file, good)

    return change


BODY = len(kept_engine.dump_engine(DIGEST, {})) - len(kept_engine.marshal.dumps({}))
WRONG: dict[str, t.Callable[[pathlib.Path], None]] = {
    "group can write": _widen(0o620),
    "others can write": _widen(0o602),
    "empty": _cut(0),
    "no checksum": _cut(BODY - 32),
    "no body": _cut(BODY),
    "half a body": _cut(BODY + 40),
    "a byte is missing": _cut(-1),
    "a byte more": lambda file: _write(file, file.read_bytes() + b"\0"),
    "another format": _flip(len(b"quadlet.fleet engine ")),
    "another Python": _flip(len(b"quadlet.fleet engine 1\n")),
    "another digest inside": _flip(BODY - 33),
    "another checksum": _flip(BODY - 1),
    "another byte of code": _flip(-1),
    "another engine": lambda file: _write(file, kept_engine.dump_engine(OTHER, CODES)),
    "a link": _move(lambda file, good: file.symlink_to(good)),
    "a link to nowhere": _move(lambda file, _good: file.symlink_to("nowhere")),
    "a FIFO": _move(lambda file, _good: os.mkfifo(file)),
    "a directory": _move(lambda file, _good: file.mkdir()),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_a_wrong_file_is_not_loaded_and_is_replaced(
    folder: pathlib.Path, file: pathlib.Path, wrong: str
) -> None:
    WRONG[wrong](file)
    assert read(folder) is None
    keep_engine.keep(str(folder), DIGEST, CODES)
    assert read(folder) == (None if wrong == "a directory" else CODES)
    assert [path for path in folder.iterdir() if path != file] == []


def test_a_file_of_another_python_has_another_name(monkeypatch: pytest.MonkeyPatch) -> None:
    mine = kept_engine.name_file(DIGEST)
    monkeypatch.setattr(kept_engine.sys.implementation, "cache_tag", "cpython-399")
    assert kept_engine.name_file(DIGEST) != mine


def test_a_huge_file_is_not_read(
    folder: pathlib.Path, file: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept_engine, "_LIMIT", file.stat().st_size - 1)
    assert read(folder) is None


@as_root
def test_a_file_of_another_user_is_not_loaded(folder: pathlib.Path, file: pathlib.Path) -> None:
    os.chown(file, STRANGER, STRANGER)
    assert read(folder) is None


def test_nor_is_a_file_of_another_user_in_his_directory(
    folder: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Root's too: a user has an engine of his own, and no other."""
    monkeypatch.setattr(os, "geteuid", lambda: STRANGER)
    assert read(folder) is None


@pytest.mark.parametrize("mode", [0o770, 0o707, 0o1777])
@pytest.mark.parametrize("above", [False, True], ids=["its directory", "the one above"])
def test_a_directory_where_others_can_write(folder: pathlib.Path, mode: int, above: bool) -> None:
    (folder.parent if above else folder).chmod(mode)
    sticky = above and bool(mode & 0o1000)  # what is ours there nobody can replace
    assert read(folder) == (CODES if sticky else None)
    new = kept_engine.make_digest({"a.py": ""})
    keep_engine.keep(str(folder), new, CODES)
    assert (folder / kept_engine.name_file(new)).exists() is sticky


@pytest.mark.parametrize(("mode", "kept"), [(0o770, True), (0o772, False)])
def test_a_directory_where_the_group_is_the_user_alone(
    folder: pathlib.Path, mode: int, kept: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept_engine, "_is_private", lambda gid: gid == folder.stat().st_gid)
    folder.parent.chmod(mode)
    assert read(folder) == (CODES if kept else None)
    folder.chmod(0o770)  # nobody makes that one so
    assert read(folder) is None


@pytest.mark.parametrize(
    ("user", "group", "private"),
    [
        (("svc", 7, 8), ("svc", 8, []), True),
        (("svc", 7, 8), ("svc", 8, ["svc"]), True),
        (("svc", 7, 8), ("svc", 8, ["svc", "other"]), False),
        (("svc", 7, 8), ("staff", 8, []), False),
        (("svc", 7, 9), ("svc", 8, []), False),
        (("root", 0, 0), ("root", 0, []), False),
        (None, ("svc", 8, []), False),
        (("svc", 7, 8), None, False),
    ],
)
def test_whose_a_group_is(
    user: tuple[str, int, int] | None,
    group: tuple[str, int, list[str]] | None,
    private: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def find_user(_uid: int) -> pwd.struct_passwd:
        if user is None:
            raise KeyError
        name, uid, gid = user
        return pwd.struct_passwd((name, "x", uid, gid, "", "/", ""))

    def find_group(gid: int) -> grp.struct_group:
        if group is None:
            raise KeyError
        name, number, members = group
        assert gid == number
        return grp.struct_group((name, "x", number, members))

    monkeypatch.setattr(kept_engine.pwd, "getpwuid", find_user)
    monkeypatch.setattr(kept_engine.grp, "getgrgid", find_group)
    assert kept_engine._is_private(group[1] if group else 8) is private


@as_root
@pytest.mark.parametrize("above", [False, True], ids=["its directory", "the one above"])
def test_a_directory_of_another_user(folder: pathlib.Path, above: bool) -> None:
    os.chown(folder.parent if above else folder, STRANGER, STRANGER)
    assert read(folder) is None


def test_a_link_on_the_way(folder: pathlib.Path, tmp_path: pathlib.Path) -> None:
    """As where /home leads to /var/home: root's links and the user's own are followed."""
    (tmp_path / "absolute").symlink_to(folder.parent)
    (tmp_path / "relative").symlink_to("./absolute/../state/")
    assert read(tmp_path / "absolute" / "engine") == CODES
    assert read(tmp_path / "relative" / "engine") == CODES
    (tmp_path / "circle").symlink_to("circle")
    assert read(tmp_path / "circle" / "engine") is None


@as_root
def test_a_link_of_another_user(folder: pathlib.Path, tmp_path: pathlib.Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(folder.parent)
    os.lchown(link, STRANGER, STRANGER)
    assert read(link / "engine") is None


def test_a_link_leads_where_others_can_write(folder: pathlib.Path, tmp_path: pathlib.Path) -> None:
    (tmp_path / "link").symlink_to(folder.parent)
    folder.parent.chmod(0o777)
    assert read(tmp_path / "link" / "engine") is None


def test_it_cannot_be_kept(tmp_path: pathlib.Path) -> None:
    """The run is none the worse."""
    (tmp_path / "state").write_text("")
    keep_engine.keep(str(tmp_path / "state" / "engine"), DIGEST, CODES)
    keep_engine.keep("", DIGEST, CODES)
    assert (tmp_path / "state").read_text() == ""


def test_a_full_disk_leaves_nothing_half_written(
    folder: pathlib.Path, file: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file.unlink()

    def refuse(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", refuse)
    keep_engine.keep(str(folder), DIGEST, CODES)
    assert list(folder.iterdir()) == []


def test_the_newest_three_are_kept(folder: pathlib.Path, file: pathlib.Path) -> None:
    os.utime(file, (1, 1))
    digests = [kept_engine.make_digest({f"{n}.py": ""}) for n in range(3)]
    dead, fresh = folder / "x.1.new", folder / "x.2.new"
    dead.write_text("")
    os.utime(dead, (1, 1))
    fresh.write_text("")
    for digest in digests:
        keep_engine.keep(str(folder), digest, CODES)
    names = [kept_engine.name_file(digest) for digest in digests]
    assert sorted(path.name for path in folder.iterdir()) == sorted([*names, fresh.name])


def test_where_it_is_kept_is_beside_the_state(monkeypatch: pytest.MonkeyPatch) -> None:
    own = resolve_scope(os.geteuid())
    assert kept_engine.find_folder() == f"{own.state_dir}/engine"
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert kept_engine.find_folder() == f"{resolve_scope(0).state_dir}/engine"
    monkeypatch.setattr(os, "geteuid", lambda: 4_000_000)
    assert kept_engine.find_folder() == ""


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"a.py": "1"}, {"a.py": "2"}),
        ({"a.py": "1"}, {"b.py": "1"}),
        ({"a.py": "1"}, {"a.py": "1", "b.py": ""}),
        ({"a.py": "", "b.py": "1"}, {"a.py": "1", "b.py": ""}),
        ({"a.py": "1b.py", "c.py": ""}, {"a.py": "1", "b.pyc.py": ""}),
        ({"a.py": "1\n"}, {"a.py": "1\r\n"}),
    ],
)
def test_another_engine_has_another_digest(one: dict[str, str], other: dict[str, str]) -> None:
    assert kept_engine.make_digest(one) != kept_engine.make_digest(other)
    assert kept_engine.make_digest(one) == kept_engine.make_digest(dict(reversed(one.items())))


def test_the_digest_is_that_of_every_file() -> None:
    top = ROOT / "plugins" / "module_utils"
    found = {str(path.relative_to(top)): path.read_bytes() for path in top.rglob("*.py")}
    assert {path: text.encode() for path, text in sources.read_sources().items()} == found
    assert kept_engine.make_digest(sources.read_sources()) == sources.digest()
    assert kept_engine.unpack(sources.content(), sources.digest()) == sources.read_sources()


def test_other_sources_than_named_are_refused() -> None:
    with pytest.raises(ValueError, match="another one"):
        kept_engine.unpack(kept_engine.pack(SOURCES), OTHER)
    for damaged in ("", "abc", "AAAA", kept_engine.pack(SOURCES)[:-8]):
        with pytest.raises(ValueError, match=r"."):
            kept_engine.unpack(damaged, DIGEST)


FROM_MEMORY = """
import importlib, importlib.util, json, sys, types
for package in ("engine", "engine._module"):
    sys.modules[package] = types.ModuleType(package)
    sys.modules[package].__path__ = []
name = "engine._module.kept_engine"
spec = importlib.util.spec_from_file_location(name, sys.argv[1])
kept_engine = sys.modules[name] = importlib.util.module_from_spec(spec)
spec.loader.exec_module(kept_engine)
codes = kept_engine.compile_engine(json.load(sys.stdin))
for _twice in range(2):
    kept_engine.install(codes)
loaded = [importlib.import_module(found) for found, code in codes.items() if code]
print(len([one for one in loaded if not hasattr(one, "__file__")]))
"""


def test_every_module_comes_from_memory() -> None:
    """Also where no file can be read: in a child that has become another user."""
    done = subprocess.run(
        [sys.executable, "-c", FROM_MEMORY, kept_engine.__file__],
        input=json.dumps(sources.read_sources()),
        stdout=subprocess.PIPE,
        text=True,
        cwd="/",
        check=True,
    )
    assert int(done.stdout) == len(sources.read_sources()) - 1  # but for the one from its file


def _run(arguments: dict[str, t.Any], engine: Engine) -> tuple[dict[str, t.Any], bytes]:
    """Module app as Ansible runs it, on this machine; it comes no further than to an error."""
    given = {"name": "users", "_ansible_check_mode": True, **arguments}
    script = make_script("quadlet.fleet.app", given, engine)
    done = subprocess.run(
        [sys.executable], input=script, stdout=subprocess.PIPE, cwd="/", check=False
    )
    return json.loads(done.stdout), done.stdout


ECHOES = tuple(int(part) for part in __version__.split(".")[:2]) < (2, 21)
"""Newer ansible-core echoes arguments on demand alone."""


def test_a_host_without_the_engine_asks_for_it() -> None:
    """What was given is not in the answer, and no value that is confidential garbles it."""
    secrets = {"a": "missing", "b": "False", "c": "marker-of-the-test"}
    answer, said = _run({"secrets": secrets}, "named")
    echoed = {"invocation": {}} if ECHOES else {}
    assert answer == {"changed": False, kept_engine.OPTION: kept_engine.MISSING, **echoed}
    assert b"marker-of-the-test" not in said


def test_with_the_engine_the_module_does_its_work() -> None:
    folder = pathlib.Path(kept_engine.find_folder())
    before = sorted(folder.iterdir()) if folder.exists() else None
    answer, said = _run({}, "sent")
    assert answer["failed"]
    assert "'users' can't be an app's name" in answer["msg"]
    echo = {"name": "users", "user": None, "location": "home", "state": "started"}
    assert answer.get("invocation") == ({"module_args": echo} if ECHOES else None)
    assert sources.digest().encode() not in said
    assert (sorted(folder.iterdir()) if folder.exists() else None) == before  # check mode


def test_without_its_action_plugin_a_module_says_so() -> None:
    answer, _said = _run({}, "none")
    assert "without its action plugin" in answer["msg"]


def test_a_damaged_engine_is_an_error() -> None:
    engine = {"digest": OTHER, "content": kept_engine.pack(SOURCES)}
    answer, _said = _run({"_engine": engine}, "none")
    assert "arrived damaged" in answer["msg"]
