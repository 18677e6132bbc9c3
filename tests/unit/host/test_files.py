# Copyright (c) quadlet.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An app's files are exchanged whole, or not at all; what was before can come back."""

from __future__ import annotations

import os
import pathlib
import stat
import typing as t

import pytest

from ansible_collections.quadlet.fleet.plugins.module_utils._core.app.layout import Layout, Swap
from ansible_collections.quadlet.fleet.plugins.module_utils._core.content import LINK
from ansible_collections.quadlet.fleet.plugins.module_utils._core.errors import QuadletError
from ansible_collections.quadlet.fleet.plugins.module_utils._host import exchange as swap
from ansible_collections.quadlet.fleet.plugins.module_utils._host import files, state


def layout(folder: pathlib.Path) -> Layout:
    """The app in a folder, its companions in `systemd` beside it."""
    return Layout(folder.name, str(folder), str(folder.parent / "systemd"))


def swaps(
    folder: pathlib.Path, content: t.Iterable[str], deletes: t.Iterable[str] = ()
) -> list[list[t.Any]]:
    """What a run would exchange."""
    place = layout(folder)
    writes = [place.real(path) for path in content]
    return [
        list(
            Swap(
                target,
                place.beside(target, "new", number) if target in writes else "",
                place.beside(target, "old", number),
            )
        )
        for number, target in enumerate([*writes, *map(place.real, deletes)])
    ]


def stage(
    folder: pathlib.Path, content: files.Wire, deletes: list[str] | None = None
) -> dict[str, str]:
    """Everything before the first change; where old bytes are kept."""
    by_target = {layout(folder).real(path): row for path, row in content.items()}
    return swap.stage(layout(folder), swaps(folder, content, deletes or []), by_target)


def commit(folder: pathlib.Path, content: files.Wire, deletes: list[str] | None = None) -> None:
    """The exchange itself."""
    swap.commit(layout(folder), swaps(folder, content, deletes or []))


def deploy(
    folder: pathlib.Path, content: files.Wire, deletes: list[str] | None = None
) -> dict[str, str]:
    """A run that passes."""
    kept = stage(folder, content, deletes)
    commit(folder, content, deletes)
    swap.forget_all(layout(folder))
    return kept


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
    deploy(app, {}, ["a.container"])
    assert listing(app) == {"notes.txt": "mine"}


def test_bytes_that_are_no_utf8_survive(tmp_path: pathlib.Path) -> None:
    text = b"\xff\x00\xfe".decode("utf-8", "surrogateescape")
    deploy(tmp_path / "shop", {"blob": [text, 0o644]})
    assert (tmp_path / "shop/blob").read_bytes() == b"\xff\x00\xfe"
    assert files.read_file(str(tmp_path / "shop/blob")) == [text, 0o644]


def test_a_failed_staging_leaves_nothing(tmp_path: pathlib.Path) -> None:
    app = tmp_path / "new" / "shop"
    with pytest.raises(OSError, match="File name too long"):
        stage(app, {"a": ["1", 0o644], "b": ["x" * 5000, LINK]})
    assert listing(tmp_path) == {}
    assert not app.exists()


def test_a_failed_staging_keeps_what_is_there(tmp_path: pathlib.Path) -> None:
    app = tmp_path / "shop"
    deploy(app, {"a.container": ["1", 0o644]})
    with pytest.raises(OSError, match="File name too long"):
        stage(app, {"a.container": ["2", 0o644], "b": ["x" * 5000, LINK]})
    assert [str(path.relative_to(app)) for path in app.rglob("*")] == ["a.container"]
    assert listing(app) == {"a.container": "1"}


MANY: files.Wire = {f"f{n}.conf": [f"{n}", 0o200 if n % 9 == 0 else 0o644] for n in range(40)}


def test_every_file_is_on_the_disk_before_the_first_change(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[str] = []
    monkeypatch.setattr(os, "fsync", lambda fd: synced.append(os.readlink(f"/proc/self/fd/{fd}")))
    stage(tmp_path / "app", MANY)
    rows = swaps(tmp_path / "app", MANY)
    assert sorted(synced) == sorted(Swap(*row).waiting for row in rows)


@pytest.mark.parametrize("threads", [True, False])
def test_a_file_that_the_disk_refuses_fails_the_staging(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, threads: bool
) -> None:
    folder = tmp_path / "app"
    refused = Swap(*swaps(folder, MANY)[7])

    def sync(descriptor: int) -> None:
        if os.readlink(f"/proc/self/fd/{descriptor}") == refused.waiting:
            raise OSError(28, "No space left on device")

    def start(_thread: object) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(os, "fsync", sync)
    if not threads:
        monkeypatch.setattr(swap.threading.Thread, "start", start)
    with pytest.raises(OSError, match="No space left") as caught:
        stage(folder, MANY)
    assert caught.value.filename == refused.target
    assert not folder.exists()


def test_nothing_changes_before_the_commit(tmp_path: pathlib.Path) -> None:
    app = tmp_path / "shop"
    deploy(app, {"a.container": ["1", 0o644]})
    stage(app, {"a.container": ["2", 0o644]})
    assert (app / "a.container").read_text() == "1"
    swap.forget_all(layout(app))
    assert listing(app) == {"a.container": "1"}


OLD: files.Wire = {
    "a.container": ["1", 0o640],
    "conf/x/y": ["1", 0o600],
    "web.timer": ["1", 0o644],
    "web.timer.d/x.conf": ["1", 0o644],
    "w@1.container": ["w@.container", LINK],
}
NEW: files.Wire = {"a.container": ["2", 0o644], "new/z": ["2", 0o644], "web.timer": ["2", 0o644]}
GONE = ["conf/x/y", "web.timer.d/x.conf", "w@1.container"]


def _tree(folder: pathlib.Path) -> dict[str, str]:
    """Every path with its mode, inode, time and bytes."""
    found = {}
    for path in sorted(folder.rglob("*")):
        info = path.lstat()
        text = os.readlink(path) if path.is_symlink() else path.is_file() and path.read_text()
        same = (info.st_ino, info.st_mtime_ns) if path.is_file() else ()
        found[str(path.relative_to(folder))] = f"{info.st_mode:o} {same} {text}"
    return found


def test_what_was_before_comes_back_as_the_same_files(tmp_path: pathlib.Path) -> None:
    app = tmp_path / "shop"
    deploy(app, OLD)
    before = _tree(tmp_path)
    kept = stage(app, NEW, GONE)
    assert {target for target, old in kept.items() if not old} == {str(app / "new/z")}
    commit(app, NEW, GONE)
    assert listing(app)["a.container"] == "2"
    assert not (app / "conf").exists()
    swap.restore(layout(app), kept)
    assert _tree(tmp_path) == before


@pytest.mark.parametrize("done", range(7))
def test_a_restoration_that_broke_off_goes_on(tmp_path: pathlib.Path, done: int) -> None:
    app = tmp_path / "shop"
    deploy(app, OLD)
    before = _tree(tmp_path)
    kept = stage(app, NEW, GONE)
    commit(app, NEW, GONE)
    for target, old in list(kept.items())[:done]:
        if old:
            pathlib.Path(target).parent.mkdir(parents=True, exist_ok=True)
            os.replace(old, target)
    swap.restore(layout(app), kept)
    assert _tree(tmp_path) == before


@pytest.mark.parametrize("done", range(4))
def test_a_commit_that_broke_off_is_undone(tmp_path: pathlib.Path, done: int) -> None:
    app = tmp_path / "shop"
    deploy(app, OLD)
    before = _tree(tmp_path)
    kept = stage(app, NEW, GONE)
    for target, waiting, *_more in swaps(app, NEW)[:done]:
        pathlib.Path(target).parent.mkdir(parents=True, exist_ok=True)
        os.replace(waiting, target)
    swap.restore(layout(app), kept)
    assert _tree(tmp_path) == before


def test_what_a_broken_off_restoration_put_back_is_kept_once_more(tmp_path: pathlib.Path) -> None:
    app = tmp_path / "shop"
    deploy(app, OLD)
    before = _tree(tmp_path)
    kept = stage(app, NEW, GONE)
    commit(app, NEW, GONE)
    back = str(app / "a.container")
    os.replace(kept[back], back)  # and the run died; the next one deploys the release again
    again = [[target, waiting, old, "", True] for target, waiting, old, *_more in swaps(app, NEW)]
    by_target = {layout(app).real(path): row for path, row in NEW.items()}
    swap.stage(layout(app), again, by_target)
    swap.commit(layout(app), again, list(kept))
    assert listing(app)["a.container"] == "2"
    swap.restore(layout(app), kept)
    assert _tree(tmp_path) == before


def test_directories_of_what_a_run_that_died_has_deleted_go(tmp_path: pathlib.Path) -> None:
    app = tmp_path / "shop"
    deploy(app, {"conf/a": ["a", 0o644], "web.container": ["w", 0o644]})
    (app / "conf/a").unlink()  # by the run that died
    swap.commit(layout(app), [], [str(app / "conf/a")])
    assert not (app / "conf").exists()


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
    (tmp_path / "shop/a.container/theirs").touch()
    with pytest.raises(QuadletError, match="a directory is where a file belongs"):
        files.read_app(layout(tmp_path / "shop"), ["a.container"])


def test_adopted_drop_ins_move_with_their_unit(tmp_path: pathlib.Path) -> None:
    app, old = tmp_path / "shop", tmp_path / "web.container.d"
    old.mkdir()
    (old / "10-x.conf").write_text("x")
    (tmp_path / "web.container").write_text("w")
    target, before = str(app / "web.container.d/10-x.conf"), _tree(tmp_path)
    place = layout(app)
    rows = [
        [
            target,
            place.beside(target, "new", 0),
            place.beside(target, "old", 0),
            f"{old}/10-x.conf",
        ],
        [f"{old}/10-x.conf", "", place.beside(target, "old", 1), ""],
        [str(tmp_path / "web.container"), "", place.beside(target, "old", 2), ""],
    ]
    kept = swap.stage(place, rows, {})
    swap.commit(place, rows)
    assert (app / "web.container.d/10-x.conf").read_text() == "x"
    assert not old.exists()
    swap.restore(place, kept)
    assert _tree(tmp_path) == before


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
        "leftover": False,
    }

    deploy(app, {}, ["web.timer.d/x.conf", "web.timer"])
    assert listing(tmp_path) == {"shop/web.container": "w"}
    assert not (tmp_path / "systemd/web.timer.d").exists()
    assert (tmp_path / "systemd").exists()


def test_companions_wait_under_names_that_systemd_passes_over(tmp_path: pathlib.Path) -> None:
    app = tmp_path / "shop"
    stage(app, {"web.timer": ["t", 0o644]})
    assert list(listing(tmp_path / "systemd")) == [".quadlet.fleet.shop.new.0"]
    stage(app, {"web.timer": ["t", 0o644]})  # a run died in between
    swap.forget_all(layout(app))
    assert listing(tmp_path) == {}


def test_an_intent_begins_and_ends_whole(tmp_path: pathlib.Path) -> None:
    place = str(tmp_path)
    path = tmp_path / "apps/shop.json"
    state.write_text(str(path), "old")
    inode = path.stat().st_ino
    state.open_intent(place, "shop", "intent", "union")
    assert path.read_text() == "union"
    state.open_intent(place, "shop", "second", "union 2")  # the run before died
    state.undo_intent(place, "shop")
    assert listing(tmp_path) == {"apps/shop.json": "old"}
    assert path.stat().st_ino == inode

    state.open_intent(place, "shop", "intent", "union")
    state.close_intent(place, "shop")
    assert listing(tmp_path) == {"apps/shop.json": "union"}


def test_an_intent_of_a_first_run_leaves_no_record(tmp_path: pathlib.Path) -> None:
    state.open_intent(str(tmp_path), "shop", "intent", "union")
    state.open_intent(str(tmp_path), "shop", "second", "union 2")
    state.undo_intent(str(tmp_path), "shop")
    assert listing(tmp_path) == {}
    state.undo_intent(str(tmp_path), "shop")


def test_a_link_is_staged_and_put_in_place_like_a_file(tmp_path: pathlib.Path) -> None:
    app = tmp_path / "shop"
    deploy(app, {"w@.container": ["w", 0o644], "w@1.container": ["w@.container", LINK]})
    assert os.readlink(app / "w@1.container") == "w@.container"
    assert files.read_file(str(app / "w@1.container")) == ["w@.container", LINK]
    deploy(app, {"w@1.container": ["own", 0o644]})
    assert listing(app) == {"w@.container": "w", "w@1.container": "own"}
