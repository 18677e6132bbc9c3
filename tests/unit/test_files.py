# Copyright (c) quadlet.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files in an app's directory are replaced whole, or not at all."""

from __future__ import annotations

import os
import pathlib
import stat

import pytest

from ansible_collections.quadlet.fleet.plugins.module_utils._core.errors import QuadletError
from ansible_collections.quadlet.fleet.plugins.module_utils._core.layout import Layout
from ansible_collections.quadlet.fleet.plugins.module_utils._core.spec import LINK
from ansible_collections.quadlet.fleet.plugins.module_utils._host import files, state


def layout(folder: pathlib.Path) -> Layout:
    """The app in a folder, its companions in `systemd` beside it."""
    return Layout(folder.name, str(folder), str(folder.parent / "systemd"))


def deploy(folder: pathlib.Path, content: files.Wire, deletes: list[str] | None = None) -> None:
    """Stages and commits, as a run does."""
    files.stage_files(layout(folder), content)
    files.commit_files(layout(folder), list(content), deletes or [])


def listing(folder: pathlib.Path) -> dict[str, str]:
    """Every file below a directory with its text."""
    found = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_text() for path in found}


def test_writes_nested_files_with_their_modes(tmp_path: pathlib.Path) -> None:
    app = tmp_path / "deep" / "shop"
    old = os.umask(0o077)
    try:
        deploy(app, {"web.container": ["a\n", 0o644], "conf/x/y.conf": ["b", 0o600]})
    finally:
        os.umask(old)
    assert listing(app) == {"web.container": "a\n", "conf/x/y.conf": "b"}
    assert stat.S_IMODE((app / "web.container").stat().st_mode) == 0o644
    assert stat.S_IMODE((app / "conf/x/y.conf").stat().st_mode) == 0o600
    assert stat.S_IMODE((app / "conf/x").stat().st_mode) == 0o755


def test_replaces_and_deletes_and_removes_empty_directories(tmp_path: pathlib.Path) -> None:
    app = tmp_path / "shop"
    deploy(app, {"a.container": ["1", 0o644], "conf/x": ["1", 0o644]})
    deploy(app, {"a.container": ["2", 0o644]}, ["conf/x"])
    assert listing(app) == {"a.container": "2"}
    assert not (app / "conf").exists()


def test_keeps_foreign_files_when_all_of_its_own_go(tmp_path: pathlib.Path) -> None:
    app = tmp_path / "shop"
    deploy(app, {"a.container": ["1", 0o644]})
    (app / "notes.txt").write_text("mine")
    files.commit_files(layout(app), [], ["a.container"])
    assert listing(app) == {"notes.txt": "mine"}


def test_bytes_that_are_no_utf8_survive(tmp_path: pathlib.Path) -> None:
    text = b"\xff\x00\xfe".decode("utf-8", "surrogateescape")
    deploy(tmp_path / "shop", {"blob": [text, 0o644]})
    assert (tmp_path / "shop/blob").read_bytes() == b"\xff\x00\xfe"
    assert files.read_file(str(tmp_path / "shop/blob")) == [text, 0o644]


def test_a_failed_staging_leaves_nothing(tmp_path: pathlib.Path) -> None:
    app = tmp_path / "new" / "shop"
    with pytest.raises(TypeError):
        files.stage_files(layout(app), {"a": ["1", 0o644], "b": ["1", "no mode"]})
    files.discard_staged(layout(app))
    assert listing(tmp_path) == {}
    assert not app.exists()


def test_staged_files_change_nothing_before_the_commit(tmp_path: pathlib.Path) -> None:
    app = tmp_path / "shop"
    deploy(app, {"a.container": ["1", 0o644]})
    files.stage_files(layout(app), {"a.container": ["2", 0o644]})
    assert (app / "a.container").read_text() == "1"
    files.discard_staged(layout(app))
    assert listing(app) == {"a.container": "1"}


def test_a_link_in_place_of_a_file_is_replaced_and_not_followed(tmp_path: pathlib.Path) -> None:
    app, outside = tmp_path / "shop", tmp_path / "outside"
    outside.write_text("theirs")
    app.mkdir()
    (app / "a.container").symlink_to(outside)
    assert files.read_file(str(app / "a.container")) == [str(outside), LINK]
    deploy(app, {"a.container": ["1", 0o644]})
    assert outside.read_text() == "theirs"
    assert not (app / "a.container").is_symlink()


def test_a_linked_directory_is_refused(tmp_path: pathlib.Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "shop").symlink_to(tmp_path / "real")
    with pytest.raises(QuadletError, match="symbolic link"):
        files.read_app(layout(tmp_path / "shop"), ["a"])


def test_a_directory_in_place_of_a_file_is_refused(tmp_path: pathlib.Path) -> None:
    (tmp_path / "shop/a.container").mkdir(parents=True)
    with pytest.raises(QuadletError, match="a directory is where a file belongs"):
        files.read_app(layout(tmp_path / "shop"), ["a.container"])


def test_adopted_drop_ins_move_with_their_unit(tmp_path: pathlib.Path) -> None:
    old = tmp_path / "web.container.d"
    old.mkdir()
    (old / "10-x.conf").write_text("x")
    (tmp_path / "web.container").write_text("w")
    target = tmp_path / "shop/web.container.d/10-x.conf"
    files.move_foreign([[str(old / "10-x.conf"), str(target)]], [str(tmp_path / "web.container")])
    assert listing(tmp_path) == {"shop/web.container.d/10-x.conf": "x"}
    assert not old.exists()


def test_a_record_is_replaced_whole_and_private(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "state/apps/shop.json"
    state.write_text(str(path), "one")
    state.write_text(str(path), "two")
    assert listing(tmp_path) == {"state/apps/shop.json": "two"}
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert state.list_apps(str(tmp_path / "state")) == ["shop"]
    state.remove(str(path))
    state.remove(str(path))
    assert state.read_text(str(path)) is None


def test_companions_go_to_the_directory_of_systemd(tmp_path: pathlib.Path) -> None:
    app = tmp_path / "shop"
    content: files.Wire = {
        "web.container": ["w", 0o644],
        "web.timer": ["t", 0o644],
        "web.timer.d/x.conf": ["d", 0o644],
    }
    deploy(app, content)
    assert listing(app) == {"web.container": "w"}
    assert listing(tmp_path / "systemd") == {"web.timer": "t", "web.timer.d/x.conf": "d"}
    assert stat.S_IMODE((tmp_path / "systemd").stat().st_mode) == 0o755
    assert files.read_app(layout(app), [*content, "no.timer"]) == {
        "files": content,
        "listing": ["web.container"],
    }

    deploy(app, {}, ["web.timer.d/x.conf", "web.timer"])
    assert listing(tmp_path) == {"shop/web.container": "w"}
    assert not (tmp_path / "systemd/web.timer.d").exists()
    assert (tmp_path / "systemd").exists()


def test_companions_wait_under_names_that_systemd_passes_over(tmp_path: pathlib.Path) -> None:
    app = tmp_path / "shop"
    files.stage_files(layout(app), {"web.timer": ["t", 0o644]})
    assert list(listing(tmp_path / "systemd")) == [".quadlet.fleet.shop.0"]
    files.stage_files(layout(app), {"web.timer": ["t", 0o644]})  # a run died in between
    files.discard_staged(layout(app))
    assert listing(tmp_path) == {}


def test_a_link_is_staged_and_put_in_place_like_a_file(tmp_path: pathlib.Path) -> None:
    app = tmp_path / "shop"
    deploy(app, {"w@.container": ["w", 0o644], "w@1.container": ["w@.container", LINK]})
    assert os.readlink(app / "w@1.container") == "w@.container"
    assert files.read_file(str(app / "w@1.container")) == ["w@.container", LINK]
    deploy(app, {"w@1.container": ["own", 0o644]})
    assert listing(app) == {"w@.container": "w", "w@1.container": "own"}
