# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Reads what is to be converted on the controller."""

from __future__ import annotations

import os
import stat
import typing as t

from ansible_collections.quadlet.fleet.plugins.module_utils._core.errors import QuadletError
from ansible_collections.quadlet.fleet.plugins.plugin_utils._faces.recognize import (
    UNIT_SUFFIX,
    find_override,
    recognize,
    recognize_directory,
)

_MOST = 64 * 1024 * 1024


class Source(t.NamedTuple):
    """What is to be converted.  kind: of ARGUMENTS' kinds.  texts: with their files.  base: the
    directory of relative paths.  name: of the app, where nothing else names it.
    """

    kind: str
    texts: list[tuple[str, str]]
    base: str
    name: str
    shown: str


def read_source(path: str, kind: str | None) -> Source:
    """Reads a file, or the files of a directory that belong together."""
    path = os.path.abspath(path)
    if os.path.isdir(path):
        return _read_directory(path, kind)
    folder, file = os.path.split(path)
    text = _read(path)
    kind = kind or recognize(file, text)
    files = [file]
    if kind == "compose":
        over = [other for other in find_override(file) if os.path.exists(f"{folder}/{other}")]
        files += over[:1]
        name = os.path.basename(folder)
    else:
        name = file.partition(".")[0]
    return Source(kind, _texts(folder, files), folder, name, file)


def _read_directory(path: str, kind: str | None) -> Source:
    names = sorted(entry.name for entry in os.scandir(path) if entry.is_file())
    try:
        found, files = recognize_directory(names)
    except QuadletError as error:
        error.where = path
        raise
    if kind == "systemd" and found != kind:
        found, files = kind, [name for name in names if name.endswith(UNIT_SUFFIX)]
    elif kind and kind != found:
        raise QuadletError(
            f"of a directory, from={kind} takes no files",
            where=path,
            remedy="Name the file.",
            topic="conversion-source",
        )
    name = os.path.basename(path)
    return Source(found, _texts(path, files), path, name, name)


def _texts(folder: str, files: t.Sequence[str]) -> list[tuple[str, str]]:
    return [(file, _read(f"{folder}/{file}")) for file in files]


def _read(path: str) -> str:
    try:
        found = os.stat(path)
        if not stat.S_ISREG(found.st_mode):
            raise QuadletError(
                "it is neither a file nor a directory", where=path, topic="conversion-source"
            )
        if found.st_size > _MOST:
            size = found.st_size >> 20
            raise QuadletError(
                f"it has {size} MiB, which nothing to convert has",
                where=path,
                topic="conversion-source",
            )
        with open(path, "rb") as stream:
            return stream.read().decode("utf-8-sig")
    except OSError as error:
        raise QuadletError(str(error.strerror), where=path, topic="conversion-source") from None
    except UnicodeDecodeError as error:
        raise QuadletError(
            f"it is no text in UTF-8: byte {error.start} is {error.object[error.start]:#04x}",
            where=path,
            topic="conversion-source",
        ) from None
