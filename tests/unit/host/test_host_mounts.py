"""Where paths lead on the host: links, second names, patterns.  Nothing that blocks is opened."""

from __future__ import annotations

import os
import pathlib

import pytest

from ansible_collections.quadlet.fleet.plugins.module_utils._host import mounts


@pytest.fixture
def units(tmp_path: pathlib.Path) -> pathlib.Path:
    """A directory that the host reads."""
    folder = tmp_path / "units"
    (folder / "app").mkdir(parents=True)
    (folder / "app/web.container").write_text("[Container]\n")
    (folder / "app/health.sh").write_text("true\n")
    return folder


def _names(path: pathlib.Path | str, units: pathlib.Path) -> list[str]:
    found = mounts.find_names([str(path)], [], [str(units)])
    return list(found["names"][str(path)])


def test_a_link_and_what_is_below_it(units: pathlib.Path, tmp_path: pathlib.Path) -> None:
    (tmp_path / "link").symlink_to(units)
    assert _names(tmp_path / "link", units) == [str(units)]
    assert _names(tmp_path / "link/new", units) == [f"{units}/new"]
    assert _names(f"{tmp_path}/link/app/../app", units) == [f"{units}/app"]


def test_dots_behind_a_link_follow_it(units: pathlib.Path, tmp_path: pathlib.Path) -> None:
    (tmp_path / "deep").symlink_to(units / "app")
    assert _names(f"{tmp_path}/deep/../x", units) == [f"{units}/x"]


def test_a_second_name_of_a_unit(units: pathlib.Path, tmp_path: pathlib.Path) -> None:
    os.link(units / "app/web.container", tmp_path / "other")
    assert _names(tmp_path / "other", units) == [f"{units}/app/web.container"]


def test_a_directory_is_known_by_its_identity(units: pathlib.Path, tmp_path: pathlib.Path) -> None:
    """As through a bind mount: the same directory by another path."""
    (tmp_path / "alias").symlink_to(units)
    found = mounts.find_names([f"{units}/app"], [], [f"{tmp_path}/alias"])
    assert f"{tmp_path}/alias/app" in found["names"][f"{units}/app"]


def test_regular_files(units: pathlib.Path) -> None:
    os.mkfifo(units / "pipe")
    paths = [f"{units}/app/health.sh", f"{units}/pipe", f"{units}/app", f"{units}/new"]
    found = mounts.find_names(paths, [], [str(units)])
    assert found["regular"] == paths[:1]


def test_links_out_of_a_directory_of_units(units: pathlib.Path, tmp_path: pathlib.Path) -> None:
    source = tmp_path / "src"
    source.mkdir()
    (source / "a.container").write_text("")
    (source / "loop").symlink_to(units)
    (units / "linked").symlink_to(source)
    (units / "b.container").symlink_to(source / "a.container")
    (units / "masked.service").symlink_to("/dev/null")
    (units / "dangling.container").symlink_to(tmp_path / "nothing")
    (units / "inside.container").symlink_to(units / "app/web.container")
    found = mounts.find_names([], [], [str(units)])
    assert found["linked"] == [str(source), f"{source}/a.container"]


def test_patterns(units: pathlib.Path, tmp_path: pathlib.Path) -> None:
    (tmp_path / "links").mkdir()
    (tmp_path / "links/one").symlink_to(units)
    (tmp_path / "links/.two").symlink_to(units / "app")
    pattern = f"{tmp_path}/links/*"
    found = mounts.find_names([], [pattern], [str(units)])["names"][pattern]
    assert {str(units), f"{units}/app"} <= set(found)


def test_texts(units: pathlib.Path) -> None:
    os.mkfifo(units / "pipe")
    for name in ("a.env", "b.env"):
        (units / name).write_text(f"{name[0]}=1\n")
    asked = [f"{units}/{name}" for name in ("*.env", "app/health.sh", "pipe", "none", "app")]
    assert mounts.read_texts(asked) == {asked[0]: "a=1\n\nb=1\n", asked[1]: "true\n"}
