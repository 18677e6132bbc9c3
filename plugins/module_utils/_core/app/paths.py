# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Checks the paths of an app's units and files."""

from __future__ import annotations

import re
import typing as t

from ..errors import QuadletError
from ..quadlet.kinds import COMPANIONS, KINDS, companion_of, is_companion, kind_of, split_drop_in
from .layout import RESERVED_DIR

_UNIT = re.compile(r"[A-Za-z0-9_:@\\][A-Za-z0-9_.:@\\-]*")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_SUFFIXES = (*KINDS, *COMPANIONS)
_READ = "|".join([*KINDS, "quadlets"])
_QUADLET_PART = re.compile(rf"(.*\.)({_READ})|(.*\.)?({_READ})\.d")


_LONGEST: t.Final = 200


def check_unit_path(app: str, path: str, content: t.Container[str]) -> None:
    """Refuses paths of units and drop-ins that leave the app or have no meaning."""
    where = f"units {path}"
    if "/" not in path:
        check_unit_name(path, where)
        return
    parts = split_drop_in(path)
    if parts is None:
        raise QuadletError(
            f"{path!r} is neither a unit nor a drop-in",
            where=where,
            remedy="A unit's name has no slash; a drop-in is UNIT.d/NAME.conf.",
            topic="unit-name",
        )
    unit, name = parts
    if _CONTROL.search(name):
        raise QuadletError(f"{name!r} can't be a drop-in's name", where=where, topic="drop-in-name")
    stem, _dot, suffix = unit.rpartition(".")
    if unit in _SUFFIXES or (suffix in _SUFFIXES and stem.endswith("-")):
        raise QuadletError(
            f"the drop-in directory {unit}.d applies to units of other apps too",
            where=where,
            remedy="Write one drop-in for each unit that it is meant for.",
            topic="drop-in-reach",
        )
    template = f"{stem.partition('@')[0]}@.{suffix}"
    if unit not in content and template not in content:
        raise QuadletError(
            f"the drop-in is for {unit}, which is no unit of app {app!r}",
            where=where,
            remedy=f"Write it for the unit that Quadlet makes {unit} of (such as "
            f"{stem}.container.d/{name}): [Service] and [Unit] work there."
            if suffix == "service"
            else f"Declare {unit} in this app, or put the drop-in into the app that has it.",
            topic="drop-in-reach",
        )


def check_unit_name(name: str, where: str) -> None:
    """Refuses a name that neither the generator nor systemd reads as a unit."""
    if kind_of(name) is None and companion_of(name) is None:
        raise QuadletError(
            f"{name!r} has no Quadlet suffix, and none of systemd's",
            where=where,
            remedy=_templated(name)
            or f"Units end in one of {', '.join('.' + suffix for suffix in _SUFFIXES)}; "
            "other files belong into files.",
            topic="unit-name",
        )
    if len(name) > _LONGEST:
        raise QuadletError(
            f"{name[:40] + '…'!r} can't be a unit's name: it has {len(name)} characters",
            where=where,
            remedy=f"Use up to {_LONGEST}.",
            topic="unit-name",
        )
    if not _UNIT.fullmatch(name) or name.startswith("@"):
        raise QuadletError(
            f"{name!r} can't be a unit's name",
            where=where,
            remedy=_templated(name)
            or "Use letters, digits and '_', '-', '.', ':', '@', beginning with a letter or digit.",
            topic="unit-name",
        )


def _templated(key: str) -> str:
    """What to do about a key that somebody meant to be a template."""
    if "{{" not in key and "{%" not in key:
        return ""
    return (
        "Ansible templates the values of a dictionary, and no keys: make the whole dictionary a "
        "template, such as \"{{ {name ~ '.container': text} }}\"."
    )


def check_file_path(path: str) -> None:
    """Refuses a file's path that leaves the app, or that the generator would read."""
    where = f"files {path}"
    parts = path.split("/")
    if (
        path.startswith("/")
        or any(part in ("", ".", "..") for part in parts)
        or _CONTROL.search(path)
    ):
        raise QuadletError(
            f"{path!r} is not a plain path inside the app's directory",
            where=where,
            remedy=_templated(path) or "Give a relative path without '.', '..' or empty parts.",
            topic="file-path",
        )
    if parts[0] == RESERVED_DIR:
        raise QuadletError(
            f"{RESERVED_DIR} is kept for the work of this collection",
            where=where,
            topic="file-path",
        )
    if is_companion(path):
        raise QuadletError(
            f"{path!r} is the name of a systemd unit",
            where=where,
            remedy="Declare it in units, and systemd gets it, or put it into a directory.",
            topic="file-name",
        )
    for part in parts:
        if is_read_by_generator(part):
            raise QuadletError(
                f"{part!r} has a Quadlet suffix, so the generator would read it",
                where=where,
                remedy="Declare it in units, or give the file another name.",
                topic="file-name",
            )


def is_read_by_generator(name: str) -> bool:
    """Whether a file or directory of that name is a unit or holds drop-ins for the generator."""
    return bool(_QUADLET_PART.fullmatch(name))


def file_bytes(where: str, given: t.Mapping[str, t.Any]) -> bytes:
    """The bytes of a file, from its option."""
    content: str = given["content"]
    encoding = given.get("encoding", "text")
    if encoding == "text":
        return content.encode("utf-8", "surrogateescape")
    if encoding != "base64":
        raise QuadletError(
            f"encoding {encoding!r} is neither text nor base64", where=where, topic="file-encoding"
        )
    import base64
    import binascii

    try:
        return base64.b64decode(content, validate=True)
    except (binascii.Error, ValueError) as error:
        raise QuadletError(
            f"the content is not base64: {error}", where=where, topic="file-encoding"
        ) from None


def parse_mode(where: str, mode: t.Any) -> int:
    """A mode from its octal digits."""
    try:
        bits = int(mode, 8) if isinstance(mode, str) else int(mode)
    except (TypeError, ValueError):
        bits = -1
    if isinstance(mode, bool) or not 0 <= bits <= 0o777:
        raise QuadletError(
            f"the mode {mode!r} is not an octal number up to 0777",
            where=where,
            remedy="Write it as a string: '0640'.",
            topic="file-mode",
        )
    return bits


def check_nesting(content: t.Collection[str]) -> None:
    """Refuses a path that is both a file and a directory of other files."""
    for path in content:
        parts = path.split("/")
        for depth in range(1, len(parts)):
            folder = "/".join(parts[:depth])
            if folder in content:
                raise QuadletError(
                    f"{folder!r} is a file and the directory of {path!r}",
                    where="files",
                    remedy="Rename one of the two.",
                    topic="file-path",
                )
