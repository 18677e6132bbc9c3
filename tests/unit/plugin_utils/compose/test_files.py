"""Which files are read, and by what: only regular ones below the base."""

from __future__ import annotations

import os
import pathlib
import time

import pytest

from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.beside import (
    LONGEST_FILE,
    DiskFiles,
)
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.load import (
    LoadError,
    LoadOptions,
    Project,
    load_project,
)
from tests.unit.plugin_utils.compose.support import causes, load

INCLUDES = "include: [%s]\nservices: {a: {image: a}}\n"
INNER = "services: {b: {image: b}}\n"


def _load(base: pathlib.Path, name: str, outside: bool = False) -> Project:
    read = DiskFiles(str(base), outside).read
    options = LoadOptions(base=str(base), read=read, outside=outside, name="x")
    return load_project([("c.yml", INCLUDES % name)], options)


def _cause(base: pathlib.Path, name: str) -> str:
    with pytest.raises(LoadError) as raised:
        _load(base, name)
    (cause,) = raised.value.causes
    return cause


@pytest.fixture
def base(tmp_path: pathlib.Path) -> pathlib.Path:
    """A directory with a file in it, and one beside it."""
    (tmp_path / "base").mkdir()
    (tmp_path / "base" / "in.yml").write_text(INNER)
    (tmp_path / "out.yml").write_text(INNER)
    (tmp_path / "base2").mkdir()
    (tmp_path / "base2" / "in.yml").write_text(INNER)
    return tmp_path / "base"


def test_files_below_the_base_are_read(base: pathlib.Path) -> None:
    (base / "link.yml").symlink_to("in.yml")
    for name in ("in.yml", "./in.yml", "x/../in.yml", str(base / "in.yml"), "link.yml"):
        assert list(_load(base, name).root.to_data()["services"]) == ["a", "b"], name


def test_a_base_may_be_a_symlink(base: pathlib.Path) -> None:
    link = base.parent / "link"
    link.symlink_to(base)
    assert list(_load(link, "in.yml").root.to_data()["services"]) == ["a", "b"]


def test_what_leads_outside_is_not_read(base: pathlib.Path) -> None:
    (base / "link.yml").symlink_to("../out.yml")
    (base / "up").symlink_to("..")
    (base / "twice.yml").symlink_to("link.yml")
    names = ["../out.yml", "x/../../out.yml", str(base.parent / "out.yml"), "../base2/in.yml"]
    names += ["link.yml", "up/out.yml", "twice.yml", "/etc/passwd", "../" * 20 + "etc/passwd"]
    for name in names:
        cause = _cause(base, name)
        assert "is not below" in cause or "is outside of" in cause, name
        if "passwd" not in name:
            assert list(_load(base, name, outside=True).root.to_data()["services"]) == ["a", "b"]


def test_what_is_no_regular_file_is_not_waited_for(base: pathlib.Path) -> None:
    os.mkfifo(base / "pipe.yml")
    (base / "directory.yml").mkdir()
    (base / "zero.yml").symlink_to("/dev/zero")
    (base / "loop.yml").symlink_to("loop.yml")
    start = time.monotonic()
    for name in ("pipe.yml", "directory.yml", "zero.yml", "loop.yml", "in.yml/x"):
        assert f"include[0]: can't read {name}: " in _cause(base, name)
    with pytest.raises(LoadError, match=r"can't read zero\.yml"):
        _load(base, "zero.yml", outside=True)
    assert time.monotonic() - start < 2


def test_a_file_that_is_too_long_is_not_read(base: pathlib.Path) -> None:
    with open(base / "long.yml", "wb") as file:
        file.truncate(LONGEST_FILE + 1)
    assert f"is longer than {LONGEST_FILE} bytes" in _cause(base, "long.yml")


def test_the_shells_environment_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IMAGE", "shell")
    monkeypatch.setenv("COMPOSE_PROJECT_NAME", "shell")
    monkeypatch.setenv("COMPOSE_PROFILES", "shell")
    text = "services: {a: {image: '${IMAGE:-a}'}, b: {image: b, profiles: [shell]}}"
    project = load(text)
    assert project.name == "blog"
    assert project.root.to_data()["services"] == {"a": {"image": "a"}}


def test_an_env_file_that_is_there_but_can_not_be_read_is_a_cause(base: pathlib.Path) -> None:
    (base / ".env").symlink_to("../out.env")
    (base.parent / "out.env").write_text("A=secret")
    assert ".env: can't read it: .env is outside of" in _cause(base, "in.yml")
    (base / ".env").unlink()
    (base / ".env").mkdir()
    assert _load(base, "in.yml").name == "x"


def test_other_encodings() -> None:
    files: dict[str, str | bytes] = {
        "a.yml": INNER.encode("utf-16"),
        "b.yml": b"\xef\xbb\xbf" + INNER.encode(),
        "c.yml": b"services:\n  b: {image: \xff}\n",
        "d.yml": b"\x7fELF\x00\x01",
        "e.yml": b"\xff\xfe\x00\xd8",
    }
    for name in ("a.yml", "b.yml"):
        found = load(INCLUDES % name, files=files).root.to_data()
        assert list(found["services"]) == ["a", "b"]
    assert causes(INCLUDES % "c.yml", files=files)[0].startswith(
        "c.yml:2: this is no text in UTF-8"
    )
    assert (
        "the character U+007F is not allowed in YAML" in causes(INCLUDES % "d.yml", files=files)[0]
    )
    assert "this is no text in UTF-8" in causes(INCLUDES % "e.yml", files=files)[0]


def test_a_file_that_is_given_is_not_read_again() -> None:
    text = "services: {a: {extends: {file: ./1.yml, service: b}, tty: true}, b: {image: x}}"
    project = load(text, base="", name="x")
    assert project.root.to_data()["services"]["a"] == {"image": "x", "tty": True}
    assert project.sources == ("1.yml",)
    found = causes("services: {a: {extends: {file: 1.yml, service: a}}}", base="", name="x")
    assert "services extend each other: a of 1.yml extends a of 1.yml" in found[0]


def test_other_names_of_the_same_base(base: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (base / "sub").mkdir()
    (base / "sub" / "i.yml").write_text("services: {b: {image: b, volumes: ['../d:/d']}}\n")
    monkeypatch.chdir(base.parent)
    for name in (str(base), f"{base}/", f"{base}/sub/..", "base", "./base/"):
        read = DiskFiles(name).read
        options = LoadOptions(base=name, read=read, name="x")
        for path in ("sub/i.yml", f"{base}/sub/i.yml"):
            if path[0] == "/" and name[0] != "/":
                continue
            project = load_project([("c.yml", INCLUDES % path)], options)
            assert project.root.to_data()["services"]["b"]["volumes"] == ["./d:/d"]
            assert project.sources == ("c.yml", "sub/i.yml")
    monkeypatch.chdir(base)
    options = LoadOptions(base=".", read=DiskFiles(".").read, name="x")
    project = load_project([("c.yml", INCLUDES % "sub/i.yml")], options)
    assert project.root.to_data()["services"]["b"]["volumes"] == ["./d:/d"]


def test_paths_that_lead_above_the_base() -> None:
    files = {"../common/i.yml": "services: {b: {image: b, volumes: ['./d:/d', '../../e:/e']}}"}
    project = load(INCLUDES % "../common/i.yml", files=files, outside=True)
    volumes = project.root.to_data()["services"]["b"]["volumes"]
    assert volumes == ["../common/d:/d", "../../e:/e"]


def test_a_variable_that_names_files_is_warned_of() -> None:
    project = load("services: {}", env={"COMPOSE_FILE": "a.yml:b.yml"})
    assert project.warnings == (
        "COMPOSE_FILE names a.yml:b.yml: only the files that are given are read.",
    )


def test_variables_may_be_given_as_numbers() -> None:
    env = {"A": 1, "B": True, "C": None, "D": 1.5}
    text = "services: {a: {command: [$A, $B, '${C-none}', $D]}}"
    found = load(text, env=env).root.to_data()["services"]["a"]["command"]
    assert found == ["1", "true", "none", "1.5"]
