# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Reads units of systemd that run podman, and files of Compose projects; as their owner."""

from __future__ import annotations

import contextlib
import os
import stat
import typing as t

from .._core.discover.inspected import generated_names
from .._core.discover.projects import LARGEST_FILE, MOST_FILES, find_mentioned
from .._core.discover.units import LARGEST, SUFFIX, parse_unit
from .._core.errors import QuadletError
from .reading import read_bytes, read_start

SYSTEM_DIRS: t.Final = (
    "/etc/systemd/system",
    "/run/systemd/system",
    "/usr/local/lib/systemd/system",
)
USER_DIRS: t.Final = (
    "{home}/.config/systemd/user",
    "{home}/.local/share/systemd/user",
    "/etc/systemd/user",
    "/usr/local/lib/systemd/user",
)
"""Where people put units; those of packages lie elsewhere."""
_GENERATED = "systemd/generator"
_MOST_UNITS = 3000
_YAML = (".yml", ".yaml")
_MOST_BYTES = 8 * 1024 * 1024


def read_units(directories: t.Sequence[str]) -> list[dict[str, t.Any]]:
    """The units in directories that run podman; of a name only the one that systemd reads."""
    units: dict[str, dict[str, t.Any] | None] = {}
    for directory in directories:
        with contextlib.suppress(OSError):
            for name in sorted(os.listdir(directory))[:_MOST_UNITS]:
                if name.endswith(SUFFIX) and name not in units:
                    units[name] = _read_unit(directory, name)
    return [unit for unit in units.values() if unit]


def _read_unit(directory: str, name: str) -> dict[str, t.Any] | None:
    path = f"{directory}/{name}"
    with contextlib.suppress(OSError, QuadletError):
        text = read_start(path, LARGEST).decode("utf-8", "replace")
        unit = parse_unit(name, path, text)
        return unit._asdict() if unit else None
    return None


def find_generated(
    runtime: str, directories: t.Sequence[str], services: t.Sequence[str]
) -> list[str]:
    """Those of the services that the generator made, and that no file of that name replaces."""
    found = []
    for service in services:
        names = generated_names(service)
        made = any(os.path.lexists(f"{runtime}/{_GENERATED}/{name}") for name in names)
        if made and not any(os.path.lexists(f"{top}/{service}") for top in directories):
            found.append(service)
    return found


def read_project(
    directory: str, files: t.Sequence[str], env_files: t.Sequence[str]
) -> dict[str, t.Any]:
    """A project's files that can be read, as texts by path: its Compose files, its variables, and
    what these files mention below the directory.

    missing: files that are there or are named, and can't be read, with the reason.
    """
    texts: dict[str, str] = {}
    missing: dict[str, str] = {}
    todo = [*files, *(env_files or [os.path.join(directory, ".env")])]
    asked = {*files, *env_files}
    seen: set[str] = set()
    while todo and len(texts) < MOST_FILES and sum(map(len, texts.values())) < _MOST_BYTES:
        path = todo.pop(0)
        if path in seen:
            continue
        seen.add(path)
        try:
            texts[path] = _text(path)
        except (OSError, QuadletError, ValueError) as error:
            if path in asked or not isinstance(error, FileNotFoundError):
                missing[path] = _reason(error)
        else:
            if path in files or path.endswith(_YAML):
                found = find_mentioned(directory, path, texts[path])
                todo += [other for other in found if _is_file(other)]
    return {"texts": texts, "missing": missing}


def _reason(error: Exception) -> str:
    if isinstance(error, QuadletError):
        return error.what
    if isinstance(error, OSError):
        return str(error.strerror)
    return "it is no text in UTF-8"


def owner_of(directory: str) -> int:
    """The uid of a directory's owner."""
    return os.stat(directory).st_uid


def _is_file(path: str) -> bool:
    try:
        return stat.S_ISREG(os.stat(path).st_mode)
    except (OSError, ValueError):
        return False


def _text(path: str) -> str:
    return read_bytes(path, LARGEST_FILE).decode("utf-8")
