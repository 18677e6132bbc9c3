# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""The rosters of projects on disk: in the state directory of the user who runs the module.

Root's are where no user can write; a user's own has that user's scope alone.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import typing as t

from .._core.errors import QuadletError
from .._core.state.roster import Place, Roster, dump_roster, parse_roster
from . import state
from .owner import own_process
from .scope import SYSTEM_STATE


def _folder() -> str:
    owner = own_process()
    base = f"{owner.home}/.local/state/quadlet.fleet" if owner.uid else SYSTEM_STATE
    return f"{base}/projects"


def read_roster(project: str) -> Roster:
    """The roster of a project; empty if there is none."""
    path = f"{_folder()}/{project}.json"
    text = state.read_text(path)
    return parse_roster(text, path) if text is not None else {}


def read_projects() -> dict[Place, str]:
    """The project of each app, as far as this user's rosters know; unreadable ones are left out."""
    projects: dict[Place, str] = {}
    for name in _names():
        with contextlib.suppress(QuadletError):
            projects.update(dict.fromkeys(read_roster(name), name))
    return projects


def _names() -> list[str]:
    try:
        names = os.listdir(_folder())
    except FileNotFoundError:
        return []
    return sorted(name[: -len(".json")] for name in names if name.endswith(".json"))


def change_roster(project: str, change: t.Callable[[Roster], Roster]) -> None:
    """Writes a project's roster anew, if it changes; others lose what it gains."""
    if change(read_roster(project)) == read_roster(project):
        return
    with _locked():
        known = read_roster(project)
        roster = change(known)
        _write(project, roster)
        for place in {*roster} - {*known}:
            _release(place, but=project)


def release(place: Place) -> None:
    """Takes an app that was deployed without a project out of every roster."""
    if _names() and place in read_projects():
        with _locked():
            _release(place, but="")


def _release(place: Place, *, but: str) -> None:
    for name in _names():
        with contextlib.suppress(QuadletError):
            roster = read_roster(name) if name != but else {}
            if place in roster:
                _write(name, {other: roster[other] for other in roster if other != place})


def _write(project: str, roster: Roster) -> None:
    path = f"{_folder()}/{project}.json"
    if roster:
        state.write_text(path, dump_roster(roster))
        return
    state.remove(path)


@contextlib.contextmanager
def _locked() -> t.Iterator[None]:
    """One writer at a time.  The kernel releases the lock of a process that dies."""
    folder = _folder()
    os.makedirs(folder, mode=0o700, exist_ok=True)
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
