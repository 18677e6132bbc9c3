# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Which directories a run makes or corrects, from what is declared and what is there."""

from __future__ import annotations

import dataclasses
import typing as t

from ..app.directories_option import Directory
from ..errors import QuadletError, join_errors
from ..mounts.directories import judge_path
from ..mounts.facts import Facts, Ground
from .directory import Change
from .model import Plan, Step

if t.TYPE_CHECKING:
    from ..host.subordinate_ids import Granted, Range

DEFAULT_MODE = 0o755
Ids = tuple[int, int]


class Seen(t.NamedTuple):
    """What is at a path.  real: without links.  missing: directories that are not there, outermost
    first.  obstacle: what is in the way, in words, and place: where.  mode, uid, gid: of the
    directory, or of the nearest above that is there.  writable: the scope's user can make entries
    there.  mounted: something is mounted on it.  hidden: it lies where the user can't look.
    """

    real: str
    missing: tuple[str, ...] = ()
    obstacle: str = ""
    place: str = ""
    mode: int = 0
    uid: int = 0
    gid: int = 0
    writable: bool = True
    mounted: bool = False
    hidden: bool = False


class Actor(t.NamedTuple):
    """Who makes directories.  uids, gids: the ids of its user namespace, each as (first inside,
    first on the host, count); none for root, whose ids are the host's.  lacking: where more ids
    were looked for and not found, in words.
    """

    name: str
    uid: int
    gid: int
    uids: tuple[tuple[int, int, int], ...] = ()
    gids: tuple[tuple[int, int, int], ...] = ()
    lacking: tuple[str, ...] = ()

    @property
    def is_root(self) -> bool:
        """Whether it is the system's scope."""
        return not self.uids

    def owns(self, uid: int, gid: int) -> bool:
        """Whether it may change what belongs to these ids of the host."""
        return self.is_root or (
            to_inside(uid, self.uids) is not None and to_inside(gid, self.gids) is not None
        )


def make_actor(name: str, uid: int, gid: int, granted: Granted) -> Actor:
    """A user with the ranges of subordinate ids, as rootless Podman maps them: the user is 0, and
    the ranges follow, the lowest first whatever their order in the file is.
    """

    def table(own: int, ranges: t.Iterable[Range]) -> tuple[tuple[int, int, int], ...]:
        rows, inside = [(0, own, 1)], 1
        for row in sorted(ranges, key=lambda row: row.first):
            rows.append((inside, row.first, row.size))
            inside += row.size
        return tuple(rows)

    return Actor(
        name, uid, gid, table(uid, granted.uids), table(gid, granted.gids), granted.lacking
    )


def to_host(ident: int, table: t.Sequence[tuple[int, int, int]]) -> int | None:
    """The host's id of one inside a user namespace."""
    found = (host + ident - inside for inside, host, n in table if 0 <= ident - inside < n)
    return next(found, None) if table else ident


def to_inside(ident: int, table: t.Sequence[tuple[int, int, int]]) -> int | None:
    """The reverse."""
    found = (inside + ident - host for inside, host, n in table if 0 <= ident - host < n)
    return next(found, None) if table else ident


def expand_home(directories: t.Iterable[Directory], home: str) -> tuple[Directory, ...]:
    """The directories with absolute paths; QuadletError for one that is named in two ways."""
    rows: dict[str, Directory] = {}
    for row in directories:
        path = home + row.path[1:] if row.path[:1] == "~" else row.path
        if path in rows:
            raise QuadletError(f"{path} is declared twice", where=row.where, topic="declared-twice")
        rows[path] = row._replace(path=path)
    return tuple(rows[path] for path in sorted(rows))


def resolve_ids(
    directories: t.Iterable[Directory], actor: Actor, find: t.Callable[[str, str], int | None]
) -> tuple[dict[str, tuple[int | None, int | None]], list[QuadletError]]:
    """(ids of the host by path, None where none is declared; what is no id).

    find: the id of a name, of root's.
    """
    errors: list[QuadletError] = []
    ids = {}
    for row in directories:
        try:
            owner = _resolve("owner", row.owner, actor, find)
            ids[row.path] = (owner, _resolve("group", row.group, actor, find))
        except QuadletError as error:
            errors.append(
                QuadletError(error.what, where=row.where, remedy=error.remedy, topic=error.topic)
            )
    return ids, errors


def _resolve(
    option: str, given: str | None, actor: Actor, find: t.Callable[[str, str], int | None]
) -> int | None:
    if given is None:
        return None
    table = actor.uids if option == "owner" else actor.gids
    if given.isdigit():
        host = to_host(int(given), table)
        if host is not None:
            return host
        most = sum(count for _inside, _host, count in table) - 1
        raise QuadletError(
            f"the {option} {given} is beyond the ids of user {actor.name}: they end at {most}"
            f"{''.join(f'; {text}' for text in actor.lacking)}",
            remedy="Use a smaller id, or give the user more subordinate ids (/etc/subuid, "
            "/etc/subgid).",
            topic="directory-owner",
        )
    if not actor.is_root:
        raise QuadletError(
            f"the {option} {given!r} is a name, which says nothing in a user's scope",
            remedy="Write the id as a number, as it is inside the user's namespace.",
            topic="directory-owner",
        )
    known = find(option, given)
    if known is None:
        raise QuadletError(
            f"the host has no {option} {given!r}",
            remedy="Write the id as a number.",
            topic="directory-owner",
        )
    return known


def decide_directories(
    directories: t.Sequence[Directory],
    ids: t.Mapping[str, tuple[int | None, int | None]],
    seen: t.Mapping[str, Seen],
    actor: Actor,
    ground: Ground,
    errors: t.Iterable[QuadletError] = (),
) -> tuple[Change, ...]:
    """What to make and correct; QuadletError with all that can't be.  errors: found already."""
    changes: list[Change] = []
    errors = [*errors]
    coming: set[str] = set()
    for row in directories:
        look, pair = seen[row.path], ids.get(row.path)
        if pair is None:  # its error is known
            continue
        try:
            _check_place(row, look, ground)
            change = _decide(row, pair, look, actor, coming)
        except QuadletError as error:
            errors.append(error)
            continue
        if change:
            coming.update(change.made)
            changes.append(change)
    if errors:
        raise join_errors(errors)
    return tuple(changes)


def _check_place(row: Directory, look: Seen, ground: Ground) -> None:
    if look.obstacle:
        raise QuadletError(
            f"{look.place} is {look.obstacle}",
            where=row.where,
            remedy=_OBSTACLES.get(look.obstacle, "Move it away, or name another directory."),
            topic="directory-obstacle",
        )
    for path in dict.fromkeys((row.path, look.real)):
        if f"{path}/".startswith(_KERNEL):
            raise QuadletError(
                f"{path} is the kernel's",
                where=row.where,
                remedy="Name a directory elsewhere.",
                topic="directory-place",
            )
        verdict = judge_path(path, ground)
        if verdict:
            inside = f"{path}/".startswith(f"{verdict.folder}/")
            how = "lies in" if inside and path != verdict.folder else "is"
            how = how if inside else "has in it"
            raise QuadletError(
                f"{path} {how} {verdict.folder}, from which the host starts programs or where "
                "this collection keeps its state",
                where=row.where,
                remedy="Name a directory elsewhere, such as one below /srv or ~/data.",
                topic="directory-place",
            )


_KERNEL = ("/proc/", "/sys/")
CLOSED = "closed to the scope's user"
LINK = "a link that others can have placed"
_OBSTACLES: t.Final[dict[str, str]] = {
    CLOSED: "Give the user the right to search it, or name another directory.",
    LINK: "Name the directory that it leads to, or remove it.",
}


def _decide(
    row: Directory, ids: tuple[int | None, int | None], look: Seen, actor: Actor, coming: set[str]
) -> Change | None:
    uid, gid = ids
    made = tuple(path for path in look.missing if path not in coming)
    if look.missing:
        if len(made) == len(look.missing):
            _check_writable(row, look, actor)
        mode = DEFAULT_MODE if row.mode is None else row.mode
        owner, group = (actor.uid if uid is None else uid), (actor.gid if gid is None else gid)
        before, reasons = None, ["is missing"]
    else:
        mode = look.mode if row.mode is None else row.mode
        owner, group = (look.uid if uid is None else uid), (look.gid if gid is None else gid)
        before, reasons = (look.mode, look.uid, look.gid), []
        if mode != look.mode:
            reasons.append(f"mode {look.mode:04o} becomes {mode:04o}")
        if (owner, group) != (look.uid, look.gid):
            reasons.append(_owner_reason((look.uid, look.gid), (owner, group), actor))
        if not reasons:
            return None
        _check_change(row, look, actor, reasons)
    own = (owner, group) == (actor.uid, actor.gid) and not look.hidden
    near = before is None or (look.uid, look.gid) == (actor.uid, actor.gid)
    parent = bool(look.missing) and not look.writable
    inside = not actor.is_root and not (own and near and not parent)
    return Change(row.path, look.real, mode, owner, group, made, before, inside, tuple(reasons))


def _owner_reason(old: Ids, new: Ids, actor: Actor) -> str:
    def shown(ids: Ids) -> str:
        inside = (to_inside(ids[0], actor.uids), to_inside(ids[1], actor.gids))
        return ":".join(f"host {h}" if i is None else str(i) for i, h in zip(inside, ids))

    return f"owner {shown(old)} becomes {shown(new)}"


def _check_writable(row: Directory, look: Seen, actor: Actor) -> None:
    """look: of the nearest directory that is there."""
    if look.writable or (not actor.is_root and actor.owns(look.uid, look.gid)):
        return
    parent = look.missing[0].rpartition("/")[0] or "/"
    raise QuadletError(
        f"user {actor.name} can't make it: {parent} belongs to uid {look.uid} and has mode "
        f"{look.mode:04o}, or its file system is read-only",
        where=row.where,
        remedy="Make it as root, with the user as its owner, or name another place."
        if not actor.is_root
        else "Name another place.",
        topic="directory-rights",
    )


def _check_change(row: Directory, look: Seen, actor: Actor, reasons: t.Sequence[str]) -> None:
    if not actor.owns(look.uid, look.gid):
        raise QuadletError(
            f"user {actor.name} can't change it ({', '.join(reasons)}): it belongs to uid "
            f"{look.uid} and gid {look.gid} of the host",
            where=row.where,
            remedy="Change it as root, or leave mode, owner and group out.",
            topic="directory-rights",
        )
    if look.mounted:
        raise QuadletError(
            f"something is mounted on it, and it is not as declared ({', '.join(reasons)})",
            where=row.where,
            remedy="Name a directory below it, or set mode and owner where it is mounted.",
            topic="directory-mounted",
        )


def with_directories(plan: Plan, changes: tuple[Change, ...]) -> Plan:
    """The plan with its directories, which come first."""
    steps = (Step(change.path, None, "directory", change.reasons) for change in changes)
    return dataclasses.replace(plan, steps=(*steps, *plan.steps), directories=changes)


def make_ground(app_dir: str, unit_dir: str, home: str, actor: Actor) -> Ground:
    """The place, for the judgement on paths."""
    return Ground(app_dir, unit_dir, home, frozenset(), Facts(actor.name, actor.uid))
