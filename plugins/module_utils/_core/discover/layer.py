# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""The files that a container has changed in a layer of its own, which is lost with it."""

from __future__ import annotations

import json
import posixpath
import typing as t

_NEVER = (
    "/dev",
    "/etc/hostname",
    "/etc/hosts",
    "/etc/mtab",
    "/etc/resolv.conf",
    "/proc",
    "/run",
    "/sys",
    "/tmp",
    "/var/cache",
    "/var/lock",
    "/var/log",
    "/var/run",
    "/var/tmp",
)
"""What engines write themselves, and what is made anew by its meaning (hier(7))."""
_FLAGS = ("/.dockerenv", "/run/.containerenv")
_KINDS: t.Final = {"A": "added", "C": "changed", "D": "deleted"}
MOST = 200
"""As many are told by name."""


class Change(t.NamedTuple):
    """A changed path.  change: added, changed or deleted."""

    path: str
    change: str


def parse_podman_diff(text: str) -> list[Change]:
    """What `podman diff --format json` prints."""
    answer = json.loads(text or "{}")
    found = answer if isinstance(answer, dict) else {}
    return [Change(str(path), kind) for kind in _KINDS.values() for path in found.get(kind) or ()]


def parse_docker_diff(text: str) -> list[Change]:
    """What `docker diff` prints: a letter and a path in each line."""
    rows = (line.partition(" ") for line in text.splitlines())
    return [Change(path, _KINDS[letter]) for letter, _blank, path in rows if letter in _KINDS]


def find_lost(changes: t.Iterable[Change], mounted: t.Iterable[str]) -> list[Change]:
    """The changes that matter, by path.

    mounted: where something is mounted, whose own content is no part of the layer.  A directory
    is a change only by what is in it; neither engine says what is one.
    """
    every = {change.path: change for change in changes}
    inner = {parent for path in every for parent in _parents(path)}
    places = [_clean(path) for path in mounted]
    left_out = (*_NEVER, *places)
    inner |= {parent for path in left_out for parent in _parents(path)}
    return sorted(
        change
        for path, change in every.items()
        if path not in _FLAGS
        and not any(path == top or path.startswith(f"{top}/") for top in left_out)
        and (path not in inner or change.change == "deleted")
    )


def _clean(path: str) -> str:
    return posixpath.normpath(f"/{path}").replace("//", "/")


def _parents(path: str) -> t.Iterator[str]:
    while len(path) > 1:
        path = posixpath.dirname(path)
        yield path
