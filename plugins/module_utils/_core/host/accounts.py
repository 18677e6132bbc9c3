# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Service users: the commands that create them, with unused ranges of subordinate ids."""

from __future__ import annotations

import base64
import dataclasses
import json
import re
import typing as t

from ..errors import QuadletError, join_errors
from .subordinate_ids import FILES, Range

_FLAGS = dict(zip(FILES, ("--add-subuids", "--add-subgids")))
_NAME = re.compile(r"[a-z_][a-z0-9_-]{0,30}\$?")
_REGISTRY = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]*(:[0-9]{1,5})?")


@dataclasses.dataclass(frozen=True)
class Wanted:
    """A user as declared; None: unchanged, or the default of useradd."""

    name: str
    uid: int | None = None
    groups: tuple[str, ...] = ()
    home: str | None = None
    shell: str | None = None
    comment: str | None = None
    system: bool = False
    subids: int = 65536


class Seen(t.NamedTuple):
    """A user of the host.  granted: whether a name service has ranges for it."""

    uid: int
    home: str
    shell: str
    granted: bool = False


@dataclasses.dataclass(frozen=True)
class Host:
    """The users, groups and ranges of a host.  ranges: by file.  first, last: of login.defs."""

    users: t.Mapping[str, Seen] = dataclasses.field(default_factory=dict)
    groups: t.Mapping[str, frozenset[str]] = dataclasses.field(default_factory=dict)
    ranges: t.Mapping[str, tuple[Range, ...]] = dataclasses.field(default_factory=dict)
    first: int = 100000
    last: int = 600100000


class Step(t.NamedTuple):
    """A command, and what it does in words."""

    user: str
    what: str
    argv: tuple[str, ...]


def plan_accounts(wanted: t.Sequence[Wanted], host: Host) -> list[Step]:
    """The commands that create or change the users; none if they are as declared."""
    errors = [
        QuadletError(what, where=user.name, remedy=remedy, topic="user-account")
        for user in wanted
        for what, remedy in _wrong(user, host)
    ]
    names = [user.name for user in wanted]
    errors += [
        QuadletError(
            "the user is named twice", where=name, remedy="Name it once.", topic="declared-twice"
        )
        for name in sorted({name for name in names if names.count(name) > 1})
    ]
    if errors:
        raise join_errors(errors)
    steps: list[Step] = []
    free = next_free(host)
    for user in wanted:
        steps += _account(user, host)
        step, free = _grant(user, host, free)
        steps += step
    return steps


def _wrong(user: Wanted, host: Host) -> t.Iterator[tuple[str, str]]:
    """(what, remedy) of all that is wrong with a user."""
    seen = host.users.get(user.name)
    if not _NAME.fullmatch(user.name):
        yield f"{user.name!r} is no name for a user", "Use a-z, 0-9, _ and -."
    if seen and user.uid is not None and user.uid != seen.uid:
        yield (
            f"the user has uid {seen.uid}, asked for is {user.uid}",
            "The number of a user is never changed, as files belong to it: leave uid out.",
        )
    if seen and user.home and user.home != seen.home:
        yield (
            f"the user's home is {seen.home}, asked for is {user.home}",
            "A home is never moved: leave home out.",
        )
    if not seen and user.uid is not None:
        for name, other in host.users.items():
            if other.uid == user.uid:
                yield f"uid {user.uid} is user {name}'s", "Give another uid, or leave it out."
    for group in user.groups:
        if group not in host.groups:
            yield f"there is no group {group}", "Create it first (ansible.builtin.group)."


def _account(user: Wanted, host: Host) -> t.Iterator[Step]:
    seen = host.users.get(user.name)
    if seen is None:
        # _grant() chooses the ranges, so that they do not depend on useradd.
        argv = ["useradd", "--create-home", "--user-group"]
        argv += ["-K", "SUB_UID_COUNT=0", "-K", "SUB_GID_COUNT=0"]
        argv += ["--system"] if user.system else []
        for flag, value in (
            ("--uid", user.uid),
            ("--home-dir", user.home),
            ("--shell", user.shell),
            ("--comment", user.comment),
            ("--groups", ",".join(user.groups)),
        ):
            argv += [flag, str(value)] if value not in (None, "") else []
        yield Step(user.name, "create the user", (*argv, user.name))
        return
    if user.shell and user.shell != seen.shell:
        argv = ["usermod", "--shell", user.shell, user.name]
        yield Step(user.name, f"change the shell to {user.shell}", tuple(argv))
    lacking = [group for group in user.groups if user.name not in host.groups[group]]
    if lacking:
        words = ",".join(lacking)
        argv = ["usermod", "--append", "--groups", words, user.name]
        yield Step(user.name, f"add to {words}", tuple(argv))


def next_free(host: Host) -> int:
    """The first id after all ranges of both files."""
    ends = [row.first + row.size for rows in host.ranges.values() for row in rows]
    return max([host.first, *ends])


def _grant(user: Wanted, host: Host, free: int) -> tuple[list[Step], int]:
    """The step that grants missing ids to the user, and the next free id."""
    seen = host.users.get(user.name)
    if seen and seen.granted:
        return [], free
    owners = {user.name, str(seen.uid) if seen else user.name}
    argv = ["usermod"]
    end = free
    for path in FILES:
        rows = host.ranges.get(path, ())
        lacking = user.subids - sum(row.size for row in rows if row.owner in owners)
        if lacking > 0:
            argv += [_FLAGS[path], f"{free}-{free + lacking - 1}"]
            end = max(end, free + lacking)
    if len(argv) == 1:
        return [], free
    if end - 1 > host.last:
        raise QuadletError(
            f"no {user.subids} subordinate ids are free up to {host.last}",
            where=user.name,
            remedy="Remove ranges of users that are gone, or raise SUB_UID_MAX in login.defs.",
            topic="subordinate-ids-full",
        )
    step = Step(user.name, f"grant subordinate ids from {free}", (*argv, user.name))
    return [step], end


def grown(
    before: t.Mapping[str, t.Sequence[Range]], after: t.Mapping[str, t.Sequence[Range]]
) -> list[str]:
    """Users who had a range and have more ids now: Podman still uses the old range."""
    sizes = [
        {path: {row.owner: 0 for row in rows} for path, rows in ranges.items()}
        for ranges in (before, after)
    ]
    for table, ranges in zip(sizes, (before, after)):
        for path, rows in ranges.items():
            for row in rows:
                table[path][row.owner] += row.size
    old, new = sizes
    return sorted(
        {
            owner
            for path, owners in old.items()
            for owner, size in owners.items()
            if new.get(path, {}).get(owner, 0) > size
        }
    )


def parse_bounds(text: str) -> tuple[int, int]:
    """SUB_UID_MIN and SUB_UID_MAX of login.defs, or the defaults of shadow."""
    rows = dict(line.split()[:2] for line in text.splitlines() if len(line.split()) >= 2)
    bounds = (rows.get("SUB_UID_MIN", ""), rows.get("SUB_UID_MAX", ""))
    first, last = (int(word) if word.isdigit() else None for word in bounds)
    return first or 100000, last or 600100000


def merge_logins(text: str, logins: t.Sequence[t.Mapping[str, str]], where: str) -> str | None:
    """The text of an auth.json with these logins added; None if nothing changes."""
    try:
        before = json.loads(text) if text.strip() else {}
        auths = dict(before.get("auths") or {})
    except (ValueError, RecursionError, AttributeError, TypeError):
        raise QuadletError(
            "the file is no auth.json",
            where=where,
            remedy="Repair it, or remove it.",
            topic="authfile",
        ) from None
    for login in logins:
        pair = f"{login['username']}:{login['password']}"
        auths[login["registry"]] = {"auth": base64.b64encode(pair.encode()).decode()}
    after = {**before, "auths": auths}
    return None if after == before else json.dumps(after, indent="\t") + "\n"


def check_registry(name: str, user: str) -> str:
    """Returns the name of a registry, which is used as a directory's name; refuses others."""
    if not _REGISTRY.fullmatch(name):
        raise QuadletError(
            f"{name!r} is no registry",
            where=user,
            remedy="Write HOST or HOST:PORT.",
            topic="registry-name",
        )
    return name


_FIRST_PERSON, _NOBODY = 1000, 65534


def may_have_apps(passwd: str) -> set[str]:
    """Names of the accounts of /etc/passwd that are no accounts of the system's own services."""
    rows = [line.split(":") for line in passwd.splitlines()]
    return {
        row[0]
        for row in rows
        if len(row) == 7 and row[2].isdigit() and _FIRST_PERSON <= int(row[2]) != _NOBODY
    }
