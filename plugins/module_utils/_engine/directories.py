# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Directories of bind mounts: decided with the plan, made before anything is written.

An undo removes those that the run has made and that are still empty, and corrects the others back.
"""

from __future__ import annotations

import functools
import typing as t

from .._core.errors import QuadletError
from .._core.plan.directories import (
    CLOSED,
    Actor,
    Seen,
    decide_directories,
    make_actor,
    make_ground,
    resolve_ids,
    to_host,
    to_inside,
    with_directories,
)
from .._core.plan.directory import Change
from .._core.plan.model import Plan
from .._host import directories as host
from .._host.accounts import read_granted
from .._host.child import CHANGE
from .._host.owner import Owner
from .._host.scope import Scope
from .steps import Steps

if t.TYPE_CHECKING:
    from .._core.app.app import App
    from .observe import Snapshot


def plan_directories(app: App, scope: Scope, snapshot: Snapshot, plan: Plan) -> Plan:
    """The plan with the directories that it makes; QuadletError for those that can't be made."""
    owner, wanted = scope.manager, snapshot.wanted_directories
    actor = _read_actor(scope)
    ids, errors = resolve_ids(wanted, actor, host.find_id)
    seen = {path: Seen(**_tuples(row)) for path, row in snapshot.seen_directories.items()}
    for path, look in seen.items():
        if look.hidden and not actor.owns(look.uid, look.gid):
            seen[path] = look._replace(obstacle=CLOSED)
    hidden = {path: look for path, look in seen.items() if look.hidden and not look.obstacle}
    if hidden:
        seen.update(_look_inside(owner, actor, hidden))
    ground = make_ground(scope.app_dir(app.name), scope.unit_dir, owner.home, actor)
    changes = decide_directories(wanted, ids, seen, actor, ground, errors)
    return with_directories(plan, changes) if changes else plan


def _tuples(row: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    return {**row, "missing": tuple(row.get("missing") or ())}


def _read_actor(scope: Scope) -> Actor:
    owner = scope.manager
    if scope.is_system:
        return Actor(owner.name, owner.uid, owner.gid)
    return make_actor(owner.name, owner.uid, owner.gid, read_granted(owner))


def _look_inside(owner: Owner, actor: Actor, hidden: t.Mapping[str, Seen]) -> dict[str, Seen]:
    """What is where the user itself can't look, but the user's namespace can."""
    ways = {path: _way(look) for path, look in hidden.items()}
    names = list(dict.fromkeys(name for way in ways.values() for name in way))
    form = r"%F\t%a\t%u\t%g\t%n\n"
    ran = owner.run(["podman", "unshare", "stat", "--printf", form, "--", *names])
    rows = [line.split("\t", 4) for line in ran.out.splitlines()]
    there = {row[4]: row for row in rows if len(row) == 5}
    return {path: _seen_inside(ways[path], hidden[path], there, actor) for path in hidden}


def _way(look: Seen) -> list[str]:
    """The directories from the one that can't be looked into to the path itself."""
    names = [look.place]
    for name in look.real[len(look.place.rstrip("/")) :].strip("/").split("/"):
        names.append(f"{names[-1].rstrip('/')}/{name}")
    return names


def _seen_inside(
    way: t.Sequence[str], look: Seen, there: t.Mapping[str, t.Sequence[str]], actor: Actor
) -> Seen:
    last = look
    for number, name in enumerate(way):
        row = there.get(name)
        if row is None and number == 0:
            return look._replace(obstacle=CLOSED)
        if row is None:
            return last._replace(real=look.real, missing=tuple(way[number:]), writable=False)
        if row[0] != "directory":
            return look._replace(place=name, obstacle=f"no directory, but a {row[0]}")
        uid, gid = to_host(int(row[2]), actor.uids), to_host(int(row[3]), actor.gids)
        unknown = uid is None or gid is None
        last = look._replace(
            mode=int(row[1], 8),
            uid=-1 if uid is None or unknown else uid,
            gid=-1 if gid is None or unknown else gid,
            place=name,
        )
    return last


class MadeDirectories:
    """The directories of a run, and the way back."""

    def __init__(self, scope: Scope, changes: t.Sequence[Change]) -> None:
        self._owner, self._actor = scope.manager, _read_actor(scope)
        self._changes, self._begun = changes, list[Change]()

    def make(self) -> None:
        """Makes and corrects them, parents first; QuadletError: nothing has changed."""
        try:
            for change in self._changes:
                self._begun.append(change)
                _make(self._owner, self._actor, change, (change.mode, change.uid, change.gid))
        except QuadletError as error:
            steps = Steps()
            self.undo(steps)
            error.add(steps.troubles)
            raise

    def undo(self, steps: Steps) -> None:
        """Removes those that are new and empty, and gives the others what they had."""
        while self._begun:
            change = self._begun.pop()
            revert = functools.partial(_revert, self._owner, self._actor, change)
            steps.do(f"the directory {change.path}", revert, None)


def _make(owner: Owner, actor: Actor, change: Change, wanted: tuple[int, int, int]) -> None:
    if not change.inside:
        owner.call(host.make, change.real, *wanted, limit=CHANGE)
        return
    mode, uid, gid = wanted
    uid, gid = to_inside(uid, actor.uids) or 0, to_inside(gid, actor.gids) or 0
    words = ["install", "-d", "-m", f"{mode:04o}", "-o", str(uid), "-g", str(gid)]
    ran = owner.run(["podman", "unshare", *words, "--", change.real], timeout=CHANGE)
    if ran.status != 0:
        raise ran.error(
            f"user {owner.name} can't make or change {change.path}",
            where=f"directories {change.path}",
        )


def _revert(owner: Owner, actor: Actor, change: Change) -> None:
    if change.before:
        _make(owner, actor, change, change.before)
        return
    hidden = owner.call(host.remove_empty, list(change.made), limit=CHANGE)
    if hidden and change.inside:
        owner.run(["podman", "unshare", "rmdir", "--", *map(str, hidden)], timeout=CHANGE)
