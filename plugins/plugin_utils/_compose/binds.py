# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Bind mounts: which of their sources are taken along as files of the app.

A file beside the Compose file belongs to the app, and is mounted read-only, since no container
may write among an app's files.  So does a directory that is mounted read-only, or whose target
shows that it is configuration.  Other relative paths are data of the app on the host.
"""

from __future__ import annotations

import posixpath
import re
import typing as t

from ansible_collections.quadlet.fleet.plugins.module_utils._core.quadlet.kinds import KINDS
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.beside import Kind
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.reading import (
    Reading,
    UnfitError,
)
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.service import Service
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.taking import Branch
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.model import File, Mount
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.texts import clean_path

MOST_FILES: t.Final = 500
_CONFIGURATION: t.Final = re.compile(r"/etc(/|$)|/docker-entrypoint|/usr(/|$)|/config$")
_LOOKS_LIKE_FILE: t.Final = re.compile(r"[^/.][^/]*\.[A-Za-z][A-Za-z0-9]{0,9}$")
_DIRECTORIES: t.Final = re.compile(r"\.(d|data|git|cache|local|config)$")

Options = dict[str, t.Optional[str]]


def bind(
    service: Service,
    item: Branch,
    source: str,
    target: str,
    options: Options,
    *,
    make: bool = True,
    is_long: bool = False,
) -> Mount:
    """The mount of a path."""
    given = item.head() if is_long else item.take()
    mount = Mount("bind", source, clean_path(target), given, options, make=make)
    if source[0] == ".":
        _settle_relative(service.reading, item, mount)
    elif _looks_like_file(source) and _looks_like_file(target):
        mount.make = False
    return mount


def _looks_like_file(path: str) -> bool:
    """Whether a path has an extension, as files have it."""
    name = posixpath.basename(path.rstrip("/"))
    return bool(_LOOKS_LIKE_FILE.search(name)) and not _DIRECTORIES.search(name)


def _settle_relative(reading: Reading, item: Branch, mount: Mount) -> None:
    path = posixpath.normpath(mount.source)
    kind = kind_of(reading, path)
    if kind == "file":
        _take_along(reading, item, mount, [path])
        return
    if kind == "directory":
        files = list_files(reading, path)
        is_fixed = "ro" in mount.options or bool(_CONFIGURATION.match(mount.target))
        if files and is_fixed and len(files) <= MOST_FILES:
            _take_along(reading, item, mount, [posixpath.join(path, name) for name in files])
            return
        if files:
            mount.given.approximated(
                f"{_count(files)} beside the Compose file stay there: the mount is data",
                "Copy them to the host, or mount the directory read-only.",
                "bind-source",
            )
    _below_data(mount, path, kind)


def _count(files: list[str]) -> str:
    many = "more than " if len(files) > MOST_FILES else ""
    return f"{many}{min(len(files), MOST_FILES)} files" if len(files) > 1 else "a file"


def _below_data(mount: Mount, path: str, kind: Kind) -> None:
    """A relative path becomes one below the app's data."""
    inner = inside(path)
    if inner != path:
        mount.given.approximated(
            f"{path} is outside of the project: it becomes {inner} below the app's data",
            "Give an absolute path.",
            "bind-source",
        )
    mount.source = f"./{inner}" if inner != "." else "."
    if not kind and _looks_like_file(mount.target) and _looks_like_file(mount.source):
        mount.make = False
        mount.given.approximated(
            "the file is not beside the Compose file: it has to be on the host before the start",
            f"Put {path} beside the Compose file, or on the host below the app's data.",
            "missing-file",
        )


def _take_along(reading: Reading, item: Branch, mount: Mount, paths: list[str]) -> None:
    if "ro" not in mount.options:
        mount.options["ro"] = None
        mount.given.approximated(
            "it is a file of the app, which no container may write",
            "Write :ro, or give an absolute path for what is written.",
            "files-read-only",
        )
    for path in paths:
        add_file(reading, item, path, inside(path))
    mount.source = f"./{inside(mount.source)}"
    mount.in_files, mount.make = True, False


def inside(path: str) -> str:
    """A path without what leads out of the project."""
    return re.sub(r"^(\.\./|\.\.$)+", "", posixpath.normpath(path)) or "."


def kind_of(reading: Reading, path: str) -> Kind:
    """What is at a path from the base; '' too where nothing may be read."""
    files = reading.options.files
    try:
        return files.kind(path) if files else ""
    except OSError:
        return ""


def list_files(reading: Reading, path: str) -> list[str]:
    """The files of a directory, one more than are taken along."""
    files = reading.options.files
    return files.below(path, MOST_FILES) if files else []


def add_file(reading: Reading, by: Branch, path: str, name: str) -> None:
    """Adds a file beside the Compose file to the app's, under a name."""
    files = reading.options.files
    if files is None:
        raise UnfitError(by, f"{path} can't be read", "Give base, the project's directory.")
    parts = name.split("/")
    if any(part.rpartition(".")[2] in KINDS and "." in part for part in parts):
        remedy = "Give it another name."
        raise UnfitError(by, f"{name} has the name of a unit", remedy)
    try:
        reading.model.files[name] = File("", files.mode(path), files.source(path))
    except OSError as error:
        raise UnfitError(by, f"can't read {path}: {error.strerror or error}") from None
    if path not in reading.model.sources:
        reading.model.sources.append(path)
