"""The files beside a Compose file: only those below its directory, whatever links say."""

from __future__ import annotations

import os
import pathlib

import pytest

from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.beside import (
    DiskFiles,
    NotAllowedError,
)
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.options import Project
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.read import (
    ReadOptions,
    read_project,
)
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.report import Report
from tests.unit.support.compose import read


@pytest.fixture
def base(tmp_path: pathlib.Path) -> pathlib.Path:
    """A project with links, and a file outside of it."""
    (tmp_path / "secret").write_text("hidden-text")
    project = tmp_path / "project"
    (project / "conf/deep").mkdir(parents=True)
    (project / ".git").mkdir()
    (project / ".git/config").write_text("")
    (project / "conf/a.conf").write_text("a")
    (project / "conf/deep/b.conf").write_text("b")
    (project / "inside").symlink_to("conf/a.conf")
    (project / "file").symlink_to("../secret")
    (project / "way").symlink_to("..")
    (project / "conf/loop").symlink_to(".")
    os.mkfifo(project / "pipe")
    return project


OUTSIDE = ("../secret", "file", "way/secret", "/etc/passwd", "conf/../../secret")


def test_nothing_outside_is_read(base: pathlib.Path) -> None:
    files = DiskFiles(str(base))
    for path in OUTSIDE:
        with pytest.raises(OSError, match=r"outside|below"):
            files.read(path)
        with pytest.raises(NotAllowedError):
            files.kind(path)
        with pytest.raises(NotAllowedError):
            files.source(path)


def test_outside_is_read_where_it_is_allowed(base: pathlib.Path) -> None:
    files = DiskFiles(str(base), outside=True)
    assert files.read("file") == files.read("../secret") == b"hidden-text"
    assert files.kind("../secret") == "file"


def test_what_is_there(base: pathlib.Path) -> None:
    files = DiskFiles(str(base))
    kinds = {"conf": "directory", "conf/a.conf": "file", "inside": "file", "pipe": "other", "x": ""}
    assert {path: files.kind(path) for path in kinds} == kinds
    assert files.read("./inside") == b"a"
    assert files.below("conf", 9) == ["a.conf", "deep/b.conf"]
    assert len(files.below(".", 2)) == 3
    assert not any(".git" in path for path in files.below(".", 99))


def test_a_pipe_is_not_waited_for(base: pathlib.Path) -> None:
    with pytest.raises(OSError, match="regular"):
        DiskFiles(str(base)).read("pipe")


@pytest.mark.parametrize(
    "keys",
    [
        "env_file: {path}",
        "label_file: {path}",
        "configs: [c]",
        "secrets: [s]",
        "volumes: ['./{path}:/x:ro']",
        "build: {{dockerfile_inline: FROM x, context: '{path}'}}",
    ],
)
@pytest.mark.parametrize("path", ["file", "../secret", "way/secret"])
def test_no_key_takes_what_is_outside(base: pathlib.Path, keys: str, path: str) -> None:
    top = f"configs: {{c: {{file: '{path}'}}}}\nsecrets: {{s: {{file: '{path}'}}}}\n"
    tree = read(f"services:\n  web:\n    image: x\n    {keys.format(path=path)}\n{top}").root
    report = Report()
    project = Project("blog", tree, (), (), ())
    model = read_project(project, report, ReadOptions(files=DiskFiles(str(base))))
    assert "hidden-text" not in str(model)
    assert not any(file.source for file in model.files.values())


def test_modes_stay_as_far_as_they_matter(base: pathlib.Path) -> None:
    modes = {0o755: "0755", 0o775: "0755", 0o700: "0700", 0o644: "0644", 0o664: "0644",
             0o600: "0600", 0o640: "0644", 0o400: "0600", 0o500: "0700", 0o711: "0755"}  # fmt: skip
    for mode, kept in modes.items():
        (base / "conf/a.conf").chmod(mode)
        text = "services: {a: {image: x, volumes: ['./conf/a.conf:/a'], build: ./conf/deep}}"
        tree = read(text).root
        options = ReadOptions(files=DiskFiles(str(base)))
        model = read_project(Project("p", tree, (), (), ()), Report(), options)
        assert model.files["conf/a.conf"].mode == kept, oct(mode)
        (base / "conf/deep/b.conf").chmod(mode)
        model = read_project(Project("p", tree, (), (), ()), Report(), options)
        assert model.files["build/a/b.conf"].mode == kept, oct(mode)
