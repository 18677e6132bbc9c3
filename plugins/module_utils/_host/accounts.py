# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Reading users and their ranges; running what changes them; writing their small files."""

from __future__ import annotations

import contextlib
import grp
import os
import pwd
import typing as t

from .._core.errors import QuadletError
from .._core.host.accounts import Host, Seen, Step, parse_bounds
from .._core.host.subordinate_ids import (
    FILES,
    Granted,
    Range,
    parse_getsubids,
    parse_ranges,
    ranges_of,
)
from . import reading
from .owner import NOT_FOUND, Owner, own_process

_STEP_TIMEOUT = 120.0


def read_accounts(names: t.Collection[str]) -> Host:
    """The host's users and groups, and who has which ranges."""
    ranges = read_ranges()
    first, last = parse_bounds(read_text("/etc/login.defs"))
    owners = {row.owner for rows in ranges.values() for row in rows}
    users = {
        entry.pw_name: Seen(entry.pw_uid, entry.pw_dir, entry.pw_shell) for entry in pwd.getpwall()
    }
    for name in names:
        with contextlib.suppress(KeyError):
            entry = pwd.getpwnam(name)
            lacks = not {name, str(entry.pw_uid)} & owners
            granted = lacks and own_process().run(["getsubids", name]).status == 0
            users[name] = Seen(entry.pw_uid, entry.pw_dir, entry.pw_shell, granted)
    groups = {entry.gr_name: frozenset(entry.gr_mem) for entry in grp.getgrall()}
    return Host(users, groups, ranges, first, last)


def read_ranges() -> dict[str, tuple[Range, ...]]:
    """The ranges of subordinate ids, by file."""
    return {path: parse_ranges(read_text(path)) for path in FILES}


def read_granted(owner: Owner) -> Granted:
    """The ranges of a user, as newuidmap(1) finds them.

    A name service (subid in nsswitch.conf) is asked where a file has none; that is a process.
    """
    found, lacking = list[tuple[Range, ...]](), list[str]()
    for path, option in zip(FILES, ([], ["-g"])):
        rows = tuple(ranges_of(parse_ranges(read_text(path)), owner.name, owner.uid))
        if not rows:
            argv = ["getsubids", *option, owner.name]
            ran = own_process().run(argv)
            rows = parse_getsubids(ran.out) if ran.status == 0 else ()
            why = "is not on the host" if ran.status == NOT_FOUND else "tells none"
            lacking += [] if rows else [f"{path} has no row, and {' '.join(argv)} {why}"]
        found.append(rows)
    return Granted(found[0], found[1], tuple(lacking))


def read_text(path: str) -> str:
    """A file's text; '' for a missing file."""
    try:
        return reading.read_text(path, errors="replace")
    except (FileNotFoundError, NotADirectoryError):
        return ""


def run_step(step: Step) -> None:
    """Runs one command of a plan."""
    for path in FILES:
        # usermod grants nothing without the file.
        if not os.path.exists(path):
            write_file(path, "", 0o644)
    ran = own_process().run(step.argv, timeout=_STEP_TIMEOUT)
    if ran.status != 0:
        raise QuadletError(
            f"{step.argv[0]} failed: {(ran.err or ran.out).strip()}",
            where=step.user,
            remedy=f"To {step.what}, run as root: {' '.join(step.argv)}",
            topic="command-failed",
        )


def write_file(path: str, text: str, mode: int) -> None:
    """Writes a file whole; run as its owner, who alone can read it before it has its mode."""
    os.makedirs(os.path.dirname(path), mode=0o755, exist_ok=True)
    fresh = f"{path}.{os.getpid()}.new"
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    try:
        with open(descriptor, "w", encoding="utf-8") as stream:
            stream.write(text)
            os.fchmod(stream.fileno(), mode)
            os.fsync(stream.fileno())
        os.replace(fresh, path)
    except OSError:
        os.unlink(fresh)
        raise


def read_mode(path: str) -> int | None:
    """A file's permissions; None for a missing file."""
    try:
        return os.stat(path).st_mode & 0o7777
    except (FileNotFoundError, NotADirectoryError):
        return None


def set_mode(path: str, mode: int) -> None:
    """Gives a file permissions."""
    os.chmod(path, mode)
