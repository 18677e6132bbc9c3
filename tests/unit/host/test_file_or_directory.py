# Copyright (c) quadlet.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A file becomes a directory of files, and the reverse; whatever fails, what was can come back."""

from __future__ import annotations

import itertools
import os
import pathlib
import typing as t

import pytest

from ansible_collections.quadlet.fleet.plugins.module_utils._core.app.layout import (
    Layout,
    plan_swaps,
)
from ansible_collections.quadlet.fleet.plugins.module_utils._core.errors import QuadletError
from ansible_collections.quadlet.fleet.plugins.module_utils._host import exchange, files

SETS = {
    "nothing": (),
    "a": ("a",),
    "a, x": ("a", "x"),
    "a/b": ("a/b",),
    "a/b, a/c": ("a/b", "a/c"),
    "a/b/c": ("a/b/c",),
    "a/b/c, a/d": ("a/b/c", "a/d"),
    "a/b/c/d, x/y": ("a/b/c/d", "x/y"),
    "drop-in": ("w.timer.d/x.conf",),
    "timer": ("w.timer",),
}
PAIRS = list(itertools.permutations(SETS, 2))


def _layout(top: pathlib.Path) -> Layout:
    return Layout("app", str(top / "units/app"), str(top / "systemd"))


def _rows(layout: Layout, old: t.Sequence[str], new: t.Sequence[str]) -> list[list[t.Any]]:
    gone = [path for path in old if path not in new]
    swaps = plan_swaps(layout, writes=new, deletes=gone, moves={}, gone=(), kept={})
    return [list(swap) for swap in swaps]


def _stage(layout: Layout, old: t.Sequence[str], new: t.Sequence[str]) -> dict[str, str]:
    texts = {layout.real(path): [f"new {path}", 0o644] for path in new}
    return exchange.stage(layout, _rows(layout, old, new), texts)


def _write(layout: Layout, paths: t.Iterable[str]) -> None:
    for path in paths:
        place = pathlib.Path(layout.real(path))
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(f"old {path}")


def _look(top: pathlib.Path) -> dict[str, str]:
    return {
        str(path.relative_to(top)): path.read_text()
        for path in top.rglob("*")
        if path.is_file() and ".fleet.d" not in path.parts and ".quadlet.fleet" not in path.name
    }


def _expected(layout: Layout, top: pathlib.Path, word: str, paths: t.Sequence[str]) -> object:
    return {os.path.relpath(layout.real(path), top): f"{word} {path}" for path in paths}


@pytest.mark.parametrize("pair", PAIRS, ids=[" to ".join(pair) for pair in PAIRS])
def test_there_and_back(pair: tuple[str, str], tmp_path: pathlib.Path) -> None:
    old, new = SETS[pair[0]], SETS[pair[1]]
    layout = _layout(tmp_path)
    _write(layout, old)
    known = sorted({*old, *new})
    assert set(files.read_app(layout, known)["files"]) == set(old)
    kept = _stage(layout, old, new)
    assert _look(tmp_path) == _expected(layout, tmp_path, "old", old)
    exchange.commit(layout, _rows(layout, old, new))
    assert _look(tmp_path) == _expected(layout, tmp_path, "new", new)
    assert set(files.read_app(layout, known)["files"]) == set(new)
    exchange.restore(layout, kept)
    assert _look(tmp_path) == _expected(layout, tmp_path, "old", old)
    exchange.restore(layout, kept)
    assert _look(tmp_path) == _expected(layout, tmp_path, "old", old)
    left = {path.name for path in tmp_path.rglob("*") if "fleet" in path.name}
    assert left == set()


class Interrupted(BaseException):
    """The process is gone."""


@pytest.mark.parametrize("pair", PAIRS, ids=[" to ".join(pair) for pair in PAIRS])
def test_interrupted_at_each_change(pair: tuple[str, str], tmp_path: pathlib.Path) -> None:
    """Of the exchange, and of the restore after it: what was before can come back."""
    old, new = SETS[pair[0]], SETS[pair[1]]
    numbers = itertools.takewhile(lambda n: not _try(tmp_path / str(n), old, new, n), range(60))
    assert len(list(numbers)) < 59


def _try(top: pathlib.Path, old: t.Sequence[str], new: t.Sequence[str], number: int) -> bool:
    """Whether the exchange has fewer changes than that."""
    layout = _layout(top)
    _write(layout, old)
    kept = _stage(layout, old, new)
    done = _interrupt(number, lambda: exchange.commit(layout, _rows(layout, old, new)))
    for again in range(3):
        _interrupt(number % 7 + again, lambda: exchange.restore(layout, kept))
    exchange.restore(layout, kept)
    assert _look(top) == _expected(layout, top, "old", old), number
    return done


def _interrupt(number: int, call: t.Callable[[], object]) -> bool:
    """Whether a call has ended before it made that many changes."""
    count = itertools.count()

    def patched(real: t.Callable[..., object]) -> t.Callable[..., object]:
        def change(*args: t.Any, **more: t.Any) -> object:
            if next(count) >= number:
                raise Interrupted
            return real(*args, **more)

        return change

    with pytest.MonkeyPatch.context() as patch:
        for name in ("replace", "unlink", "rmdir", "mkdir"):
            patch.setattr(os, name, patched(getattr(os, name)))
        try:
            call()
        except Interrupted:
            return False
    return True


def test_a_directory_with_anothers_files_is_an_error(tmp_path: pathlib.Path) -> None:
    layout = _layout(tmp_path)
    _write(layout, ["a/b", "a/mine"])
    with pytest.raises(QuadletError, match="a directory is where a file belongs") as caught:
        files.read_app(layout, ["a", "a/b"])
    assert caught.value.where == layout.real("a")
    (tmp_path / "units/app/e/e").mkdir(parents=True)
    assert files.read_app(layout, ["e"])["files"] == {}
    kept = _stage(layout, [], ["e"])
    exchange.commit(layout, _rows(layout, [], ["e"]))
    assert (tmp_path / "units/app/e").read_text() == "new e"
    assert kept == {layout.real("e"): ""}
