# Copyright (c) quadlet.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Units are found where the real generators find them, and the search has an end."""

from __future__ import annotations

import itertools
import os
import pathlib
import re
import subprocess
import time

import pytest

from ansible_collections.quadlet.fleet.plugins.module_utils._core.errors import QuadletError
from ansible_collections.quadlet.fleet.plugins.module_utils._host import unit_search
from tests.unit.support.generators import RELEASES, find_generator

TEXT = "[Container]\nImage=registry.test/x:1\n"
NAMES = ("plain", "link", "x.d", "link.d", "web.container.d", ".hidden", "deep/er", "x.container.e")
TARGETS = ("real", "real.d", "..", "loop", "../outside", "file")


def _build(top: pathlib.Path) -> None:
    """Each name as a directory, and as a link to each target; a unit with a name of its own in
    each directory.
    """
    units = itertools.count()

    def fill(folder: pathlib.Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"u{next(units)}.container").write_text(TEXT)

    outside = top.parent / "outside"
    for folder in (outside, outside / "inner", outside / "inner.d", top, top / "real"):
        fill(folder)
    fill(top / "real.d")
    (top / "loop").symlink_to("loop2")
    (top / "loop2").symlink_to("loop")
    (top / "file").write_text("x")
    (outside / "back").symlink_to(top)
    for name in NAMES:
        fill(top / "dirs" / name)
        for number, target in enumerate(TARGETS):
            path = top / f"links{number}" / name
            fill(path.parent)
            (top / f"links{number}" / "real.d").mkdir(exist_ok=True)
            up = "../" * len(path.relative_to(top).parts[1:])
            path.symlink_to(up + target if target != ".." else "..")


@pytest.mark.parametrize("release", RELEASES)
def test_the_same_as_the_generator(release: str, tmp_path: pathlib.Path) -> None:
    top = tmp_path / "top"
    _build(top)
    done = subprocess.run(
        [find_generator(release).binary, "-dryrun"],
        env={"QUADLET_UNIT_DIRS": str(top)},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    made = set(re.findall(r"---(u\d+)\.service---", done.stdout))
    found = {
        pathlib.PurePath(path).stem
        for path in unit_search.walk_units(str(top))
        if path.endswith(".container")
    }
    assert len(made) > 20
    assert found == made


def test_drop_ins_are_found_through_links(tmp_path: pathlib.Path) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "other/a.conf").write_text("")
    (tmp_path / "other/b.txt").write_text("")
    (tmp_path / "units").mkdir()
    (tmp_path / "units/web.container.d").symlink_to("../other")
    assert list(unit_search.walk_units(str(tmp_path / "units"))) == ["web.container.d/a.conf"]


def test_a_link_to_everything_is_named(tmp_path: pathlib.Path) -> None:
    (tmp_path / "app").mkdir()
    (tmp_path / "app/all").symlink_to("/")
    began = time.monotonic()
    with pytest.raises(QuadletError) as caught:
        list(unit_search.walk_units(str(tmp_path)))
    assert time.monotonic() - began < 15
    assert caught.value.where == str(tmp_path / "app/all")
    assert "it leads to /, and more than" in caught.value.what


@pytest.mark.parametrize("bound", ["_MOST_DIRS", "_MOST_NAMES"])
def test_too_much_is_named(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, bound: str
) -> None:
    monkeypatch.setattr(unit_search, bound, 10)
    for number in range(12):
        (tmp_path / f"{number}/x").mkdir(parents=True)
    with pytest.raises(QuadletError) as caught:
        list(unit_search.walk_units(str(tmp_path)))
    assert caught.value.where == str(tmp_path)


def test_links_in_circles_end(tmp_path: pathlib.Path) -> None:
    folder = tmp_path
    for number in range(60):
        folder = folder / f"d{number}"
        folder.mkdir()
        (folder / "up").symlink_to("..")
        (folder / "top").symlink_to(tmp_path)
        (folder / "self").symlink_to(".")
    (folder / "a.container").write_text(TEXT)
    found = list(unit_search.walk_units(str(tmp_path)))
    assert [os.path.basename(path) for path in found] == ["a.container"]


def test_a_directory_that_is_closed_is_passed_over(tmp_path: pathlib.Path) -> None:
    (tmp_path / "a.container").mkdir()
    os.mkfifo(tmp_path / "b.container")
    (tmp_path / "c.container").symlink_to("nowhere")
    assert sorted(unit_search.walk_units(str(tmp_path))) == ["b.container", "c.container"]
    assert list(unit_search.walk_units(str(tmp_path / "none"))) == []


@pytest.mark.parametrize(
    "folder",
    ["web.container.d", "app/web.container.d", "other/deep/web.container.d", "out/web.container.d"],
)
@pytest.mark.parametrize("before", ["no directory", "a directory", "another drop-in"])
def test_a_drop_in_that_came_and_went_moves_a_directory(
    folder: str, before: str, tmp_path: pathlib.Path
) -> None:
    top, outside = tmp_path / "top", tmp_path / "outside"
    for place in (top / "app", top / "other/deep", outside):
        place.mkdir(parents=True)
    (top / "out").symlink_to(outside)
    place = top / folder
    if before != "no directory":
        place.mkdir()
    if before == "another drop-in":
        (place / "a.conf").write_text(TEXT)
    names = ["web.container.d", "container.d"]

    def moved() -> float:
        around = unit_search.Around(f"{top}/app", drop_in_dirs=tuple(names))
        moved = unit_search.scan_scope([str(top)], around)["moved"]
        return float(max(moved["units"], moved["beside"]))

    recorded_at = time.time()
    assert moved() <= recorded_at
    time.sleep(0.02)
    place.mkdir(exist_ok=True)
    (place / "x.conf").write_text(TEXT)
    (place / "x.conf").unlink()
    if before == "no directory":
        place.rmdir()
    assert moved() > recorded_at
