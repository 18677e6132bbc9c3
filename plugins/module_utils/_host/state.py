# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""State files on disk; every function runs as the owner of the scope's files."""

from __future__ import annotations

import contextlib
import os

from .._core.errors import QuadletError
from . import reading

MOST_APPS = 1000


def manifest_path(state_dir: str, app: str) -> str:
    """Where an app's manifest is."""
    return f"{state_dir}/apps/{app}.json"


def intent_path(state_dir: str, app: str) -> str:
    """Where the record of an app's run is while it is under way."""
    return f"{state_dir}/intents/{app}.json"


def kept_manifest_path(state_dir: str, app: str) -> str:
    """Where the manifest from before that run is."""
    return f"{state_dir}/intents/{app}.manifest"


def generation_path(state_dir: str, app: str, number: int) -> str:
    """Where a generation of an app is."""
    return f"{state_dir}/generations/{app}/{number}.json"


def pending_path(state_dir: str, app: str, number: int) -> str:
    """Where a generation is kept until the run has ended."""
    return f"{generation_path(state_dir, app, number)}.pending"


def failures_path(state_dir: str, app: str) -> str:
    """Where the runs of an app are that failed since the last good one."""
    return f"{state_dir}/failures/{app}.json"


def past_failures_path(state_dir: str, app: str) -> str:
    """Where those are that a good run has followed."""
    return f"{state_dir}/failures/{app}.past.json"


def noted_path(state_dir: str, app: str) -> str:
    """Where images are noted that runs have pulled and no generation answers for."""
    return f"{state_dir}/images/{app}.json"


def write_noted(state_dir: str, app: str, text: str) -> None:
    """Replaces that note; without a text it goes."""
    path = noted_path(state_dir, app)
    if text:
        write_text(path, text)
    else:
        remove(path)
        _remove_empty(os.path.dirname(path))


def settle_generations(state_dir: str, app: str, number: int) -> None:
    """Keeps the pending generation of that number; removes those of runs that died."""
    for name in _listing(f"{state_dir}/generations/{app}"):
        path = f"{state_dir}/generations/{app}/{name}"
        if path == pending_path(state_dir, app, number):
            os.replace(path, generation_path(state_dir, app, number))
        elif ".pending" in name:
            remove(path)


def list_generations(state_dir: str, app: str) -> list[int]:
    """Numbers of the kept generations."""
    names = _listing(f"{state_dir}/generations/{app}")
    stems = (name[: -len(".json")] for name in names if name.endswith(".json"))
    return sorted(int(stem) for stem in stems if stem.isdigit())


def read_text(path: str) -> str | None:
    """A file's text, or None if it does not exist."""
    try:
        return reading.read_text(path)
    except FileNotFoundError:
        return None


def list_apps(state_dir: str) -> list[str]:
    """Names of the apps that have a manifest."""
    return _list_records(f"{state_dir}/apps")


def list_noted(state_dir: str) -> list[str]:
    """Names of the apps that have noted images; they may have no manifest."""
    return _list_records(f"{state_dir}/images")


def _list_records(folder: str) -> list[str]:
    names = sorted(name[: -len(".json")] for name in _listing(folder) if name.endswith(".json"))
    if len(names) > MOST_APPS:
        raise QuadletError(
            f"it has the records of {len(names):,} apps, and more than {MOST_APPS:,} are not read",
            where=folder,
            remedy="Remove those that no run has written.",
            topic="too-many-files",
        )
    return names


def _listing(folder: str) -> list[str]:
    try:
        return os.listdir(folder)
    except FileNotFoundError:
        return []


def _create(path: str) -> int:
    os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
    remove(path)  # whatever a run that died has left, or a user put there
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)


def _remove_empty(*folders: str) -> None:
    with contextlib.suppress(OSError):
        for folder in folders:
            os.rmdir(folder)


def write_text(path: str, text: str) -> None:
    """Replaces a file by one rename; only its owner can read it."""
    waiting = f"{path}.new"
    try:
        descriptor = _create(waiting)
    except FileNotFoundError:  # another run has just removed the empty directory
        descriptor = _create(waiting)
    try:
        with open(descriptor, "w", encoding="utf-8", errors="surrogateescape") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(descriptor)
        os.replace(waiting, path)
    except OSError as error:
        remove(waiting)
        error.filename = error.filename or path
        raise


def remove(path: str) -> None:
    """Deletes a file that may be gone already."""
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)


def read_generations(state_dir: str, app: str) -> dict[str, str]:
    """Texts of the kept generations, by number."""
    numbers = list_generations(state_dir, app)
    texts = {n: read_text(generation_path(state_dir, app, n)) for n in numbers}
    return {str(number): text for number, text in texts.items() if text is not None}


def open_intent(state_dir: str, app: str, intent: str, manifest: str) -> None:
    """Records a run before its first change, all or nothing.

    The manifest from before it gets a second name, so that undo_intent() needs no space.  If a run
    died, the manifest from before that run stays kept.
    """
    path, old = manifest_path(state_dir, app), kept_manifest_path(state_dir, app)
    carried = os.path.lexists(intent_path(state_dir, app))
    if not carried:
        remove(old)
    made = not os.path.isdir(f"{state_dir}/intents")
    try:
        os.makedirs(f"{state_dir}/intents", mode=0o700, exist_ok=True)
        if not carried and os.path.lexists(path):
            os.link(path, old)
        write_text(intent_path(state_dir, app), intent)
        write_text(path, manifest)
    except OSError:
        if not carried:
            remove(intent_path(state_dir, app))
            remove(old)
            if made:
                _remove_empty(f"{state_dir}/intents")
        raise


def undo_intent(state_dir: str, app: str) -> None:
    """Restores the manifest from before the run, and ends its record.

    It can be repeated after an interruption: what it restores from goes last.
    """
    path, old = manifest_path(state_dir, app), kept_manifest_path(state_dir, app)
    if os.path.lexists(old):
        _restore(old, path)
    elif os.path.lexists(intent_path(state_dir, app)):
        remove(path)
    remove(intent_path(state_dir, app))
    remove(old)


def mark_end(state_dir: str, app: str, when: float | None = None) -> None:
    """Gives the record the time when a run has ended: all that it changed, it has changed before.

    when: in seconds since the epoch, if it is not now.
    """
    times = None if when is None else (when, when)
    with contextlib.suppress(FileNotFoundError):
        os.utime(manifest_path(state_dir, app), times, follow_symlinks=False)


def _restore(old: str, path: str) -> None:
    """Gives a file another one's bytes by one rename; that keeps its own name."""
    if os.path.lexists(path) and os.path.samefile(old, path):
        return
    waiting = f"{path}.new"
    remove(waiting)
    os.link(old, waiting)
    os.replace(waiting, path)


def close_intent(state_dir: str, app: str) -> None:
    """Ends the record of a run; without it the run has ended, so that it goes last."""
    remove(kept_manifest_path(state_dir, app))
    remove(intent_path(state_dir, app))


def drop_generations(state_dir: str, app: str, numbers: list[int], gone: bool = False) -> None:
    """Deletes generations, and directories that are empty then.  gone: the app is, and what its
    failed runs told goes, too.
    """
    for number in numbers:
        remove(generation_path(state_dir, app, number))
    _remove_empty(f"{state_dir}/generations/{app}", f"{state_dir}/generations")
    if gone:
        remove(failures_path(state_dir, app))
        remove(past_failures_path(state_dir, app))
        _remove_empty(f"{state_dir}/failures")
