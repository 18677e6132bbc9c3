# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""The drop-ins of systemd's own that a host has for services; every function runs as their user."""

from __future__ import annotations

import contextlib
import os
import typing as t


def find_drop_ins(
    tops: t.Sequence[str], wanted: t.Mapping[str, t.Sequence[str]]
) -> dict[str, list[str]]:
    """Paths by service.  tops: directories to look into.  wanted: names of directories, by service.

    A look at each top, and one more for each directory that is wanted.
    """
    there: dict[str, list[str]] = {}
    names = {name for dirs in wanted.values() for name in dirs}
    for top in tops:
        for name in names.intersection(_names(top)):
            folder = f"{top}/{name}"
            files = [f"{folder}/{f}" for f in sorted(_names(folder)) if f.endswith(".conf")]
            there.setdefault(name, []).extend(files)
    found = {
        service: [path for name in dirs for path in there.get(name, ())]
        for service, dirs in wanted.items()
    }
    return {service: paths for service, paths in found.items() if paths}


def find_in(top: str, folders: t.Collection[str]) -> list[str]:
    """Those of the named directories that a place has, and what is in them."""
    there = [f"{top}/{name}" for name in _names(top) if name in folders]
    return [*there, *(f"{folder}/{name}" for folder in there for name in _names(folder))]


def _names(folder: str) -> list[str]:
    with contextlib.suppress(OSError):
        return os.listdir(folder)
    return []
