# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Specifiers of units that tell about the host (systemd.unit(5))."""

from __future__ import annotations

import contextlib
import grp
import os
import typing as t

from .._core.mounts.expand import parse_environment
from . import reading

_OF_RELEASE: t.Final[dict[str, str]] = {
    "A": "IMAGE_VERSION",
    "B": "BUILD_ID",
    "M": "IMAGE_ID",
    "W": "VARIANT_ID",
    "o": "ID",
    "w": "VERSION_ID",
}
"""Fields of os-release(5)."""


def read_specifiers(gid: int) -> dict[str, str]:
    """The values by letter, of those that can be read.  gid: of the user who runs the manager."""
    name = os.uname()
    found = {"H": name.nodename, "v": name.release, "G": str(gid)}
    found["l"] = name.nodename.partition(".")[0]
    with contextlib.suppress(KeyError):
        found["g"] = grp.getgrgid(gid).gr_name
    for letter, path in (("m", "/etc/machine-id"), ("b", "/proc/sys/kernel/random/boot_id")):
        text = _read(path)
        if text:
            found[letter] = text.strip().replace("-", "")
    release = _read("/etc/os-release") or _read("/usr/lib/os-release")
    if release:
        fields = parse_environment(release)
        found.update((letter, fields.get(key, "")) for letter, key in _OF_RELEASE.items())
    return found


def _read(path: str) -> str:
    with contextlib.suppress(OSError, reading.NotRegularError):
        return reading.read_text(path)
    return ""
