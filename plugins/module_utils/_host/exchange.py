# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Exchanging an app's files all or none; every function runs as their owner.

Before any change, new bytes are written and old ones kept beside their places.  After that,
commit and restore only rename, which needs no space.
"""

from __future__ import annotations

import contextlib
import glob
import os
import shutil
import threading
import typing as t

from .._core.app.layout import RESERVED_DIR, Layout, Swap
from .._core.content import LINK, Wire
from .._core.errors import QuadletError
from .files import holds_only, read_file, refuse_link, remove_tree
from .reading import open_synced, read_bytes

_AT_ONCE = 16


def stage(layout: Layout, swaps: t.Sequence[t.Sequence[t.Any]], content: Wire) -> dict[str, str]:
    """Writes new bytes (by real path) and keeps old ones; on any failure nothing has changed.

    Returns where old bytes are kept by real path, '' for a new file.
    """
    refuse_link(layout.app_dir)
    made: list[str] = []
    kept: dict[str, str] = {}
    written: list[Swap] = []
    targets = frozenset(Swap(*row).target for row in swaps)
    try:
        _forget(layout, "new")
        for swap in (Swap(*row) for row in swaps):
            for place in filter(None, (swap.waiting, swap.kept)):
                made += make_dirs(os.path.dirname(place))
            if swap.waiting and swap.source:
                _link(swap.source, swap.waiting)
            elif swap.waiting and _write(swap, *content[swap.target]):
                written.append(swap)
            if swap.kept and not (swap.again and os.path.lexists(swap.kept)):
                is_there = not holds_only(swap.target, targets) and _keep(swap)
                kept[swap.target] = swap.kept if is_there else ""
        _sync_all(written)
    except (OSError, QuadletError):
        _forget(layout, "new")
        for path in kept.values():
            _remove(path)
        for folder in reversed(made):
            _rmdir(folder)
        raise
    return kept


def _keep(swap: Swap) -> bool:
    """Gives the old bytes a second name; False if there are none."""
    _remove(swap.kept)
    try:
        _link(swap.target, swap.kept)
    except (FileNotFoundError, NotADirectoryError):
        return False
    return True


def _link(source: str, target: str) -> None:
    """Makes a hard link, or a copy where links are impossible."""
    try:
        os.link(source, target, follow_symlinks=False)
    except (FileNotFoundError, NotADirectoryError):
        raise
    except OSError:
        _copy(source, target)


def _copy(source: str, target: str) -> None:
    if os.path.islink(source):
        os.symlink(os.readlink(source), target)
        return
    data = read_bytes(source, follow=False)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
    with open(os.open(target, flags, 0o600), "wb") as stream:
        stream.write(data)
        stream.flush()
        shutil.copystat(source, target, follow_symlinks=False)
        os.fsync(stream.fileno())


def _write(swap: Swap, text: str, mode: int) -> bool:
    """Writes a new file or link; whether it has still to be synced.  An error names its target."""
    readable = bool(mode & 0o400)
    try:
        if mode == LINK:
            os.symlink(text, swap.waiting)
            return False
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
        descriptor = os.open(swap.waiting, flags, 0o600)
        try:
            with open(descriptor, "wb", closefd=False) as stream:
                stream.write(text.encode("utf-8", "surrogateescape"))
            os.fchmod(descriptor, mode)
            if not readable:  # it can't be opened once more
                os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        error.filename, error.filename2 = swap.target, None
        raise
    return readable


def _sync_all(swaps: t.Sequence[Swap]) -> None:
    """Has the disk take new bytes: several at a time, as it does in one go what waits for it."""
    left, errors = iter(swaps), list[OSError]()

    def work() -> None:
        for swap in left:
            try:
                _sync(swap.waiting)
            except OSError as error:
                error.filename, error.filename2 = swap.target, None
                errors.append(error)

    others: list[threading.Thread] = []
    with contextlib.suppress(RuntimeError):  # the user may have no more of them
        for _number in range(min(_AT_ONCE, len(swaps)) - 1):
            others.append(threading.Thread(target=work))
            others[-1].start()
    work()
    for thread in filter(threading.Thread.is_alive, others):
        thread.join()
    if errors:
        raise errors[0]


def commit(
    layout: Layout, swaps: t.Sequence[t.Sequence[t.Any]], known: t.Sequence[str] = ()
) -> None:
    """Moves staged files to their places, each by one rename, and deletes removed files.

    known: real paths that a run which died may have deleted.
    """
    gone = [Swap(*row).target for row in swaps if not Swap(*row).waiting]
    _make_way([Swap(*row).target for row in swaps if Swap(*row).waiting], gone)
    for swap in (Swap(*row) for row in swaps):
        if swap.waiting:
            make_dirs(os.path.dirname(swap.target))
            os.replace(swap.waiting, swap.target)
    for path in gone:
        _remove(path)
    gone += [path for path in known if not os.path.lexists(path)]
    _forget(layout, "new")
    _tidy(layout, [row[0] for row in swaps], gone)


def restore(layout: Layout, kept: t.Mapping[str, str]) -> None:
    """Moves old bytes back, each by one rename, and deletes new files.

    It can be repeated after an interruption: bytes that are no longer kept are in their place.
    A file that can't be restored keeps no other from it; its error comes in the end.
    """
    errors: list[OSError] = []
    gone = [target for target, old in kept.items() if not old]
    _make_way([target for target, old in kept.items() if old], gone)
    for target, old in kept.items():
        try:
            _restore_one(target, old)
        except OSError as error:
            error.filename, error.filename2 = target, None
            errors.append(error)
    if errors:
        raise errors[0]
    _tidy(layout, list(kept), gone)
    forget_all(layout)


def _restore_one(target: str, old: str) -> None:
    if not old:
        _remove(target)
    elif os.path.lexists(old) and not _is_same(old, target):
        make_dirs(os.path.dirname(target))
        os.replace(old, target)


def _make_way(targets: t.Collection[str], gone: t.Iterable[str]) -> None:
    """Removes what goes where a file becomes a directory of files, or such a directory a file.

    What can't be removed is the error of the file that comes there.
    """
    above = {folder for target in targets for folder in _folders(target)}
    for path in gone:
        if path in above or any(path.startswith(f"{target}/") for target in targets):
            with contextlib.suppress(OSError):
                _remove(path)
    for target in filter(_is_folder, targets):
        for folder, _dirs, _names in os.walk(target, topdown=False):
            _rmdir(folder)


def _folders(path: str) -> t.Iterator[str]:
    """The directories above a path, the nearest first."""
    while path not in ("/", ""):
        path = os.path.dirname(path)
        yield path


def _is_folder(path: str) -> bool:
    return os.path.isdir(path) and not os.path.islink(path)


def _is_same(old: str, target: str) -> bool:
    """Whether a file still has its old content: it was never exchanged."""
    try:
        current, before = read_file(target), read_file(old)
    except QuadletError:  # nobody can tell
        return False
    return current is not None and current == before and current != ["", -1]


def forget_all(layout: Layout) -> None:
    """Ends an exchange: removes kept and staged bytes, and the app's directory if it is empty."""
    _forget(layout, "new")
    _forget(layout, "old")
    _rmdir(f"{layout.app_dir}/{RESERVED_DIR}")
    _rmdir(layout.app_dir)


def forget_new(layout: Layout) -> None:
    """Removes staged bytes; kept ones stay."""
    _forget(layout, "new")


def _forget(layout: Layout, word: str) -> None:
    remove_tree(f"{layout.app_dir}/{RESERVED_DIR}/{word}")
    for path in glob.glob(f"{glob.escape(layout.beside_companions)}{word}.*"):
        _remove(path)


def _tidy(layout: Layout, touched: t.Sequence[str], gone: t.Sequence[str]) -> None:
    """Syncs renames to disk, and removes directories that are empty now."""
    for folder in dict.fromkeys(map(os.path.dirname, touched)):
        if os.path.isdir(folder):
            _sync(folder)
    tops = (layout.app_dir, layout.systemd_dir, os.path.dirname(layout.app_dir))
    for path in gone:
        folder = os.path.dirname(path)
        while folder not in tops and _rmdir(folder):
            folder = os.path.dirname(folder)


def make_dirs(path: str) -> list[str]:
    """Makes a directory and its parents with mode 0755 whatever the umask; returns the new ones."""
    made = []
    while not os.path.isdir(path):
        made.append(path)
        path = os.path.dirname(path)
    for folder in reversed(made):
        os.mkdir(folder)
        os.chmod(folder, 0o755)
    return made[::-1]


def _remove(path: str) -> None:
    """Deletes a file; one that is gone is fine, and so is a directory in its place."""
    with contextlib.suppress(FileNotFoundError, NotADirectoryError):
        if not _is_folder(path):
            os.unlink(path)


def _rmdir(path: str) -> bool:
    """Removes a directory; False where it is not empty, or gone: both are fine."""
    try:
        os.rmdir(path)
    except OSError:
        return False
    return True


def _sync(path: str) -> None:
    descriptor = open_synced(path)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
