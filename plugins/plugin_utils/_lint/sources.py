# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Reads the apps below a directory of the controller, for lint."""

from __future__ import annotations

import os
import typing as t

from ansible.errors import AnsibleError
from ansible.plugins.action import ActionBase

from ansible_collections.quadlet.fleet.plugins.module_utils._core.errors import QuadletError
from ansible_collections.quadlet.fleet.plugins.module_utils._core.quadlet.kinds import (
    holds_units,
    is_unit,
    kind_of,
    split_drop_in,
)
from ansible_collections.quadlet.fleet.plugins.module_utils._core.quadlet.multi_unit import (
    split_quadlets,
)
from ansible_collections.quadlet.fleet.plugins.plugin_utils._content.modes import read_mode
from ansible_collections.quadlet.fleet.plugins.plugin_utils._content.source import (
    TEMPLATE,
    read_file,
)

_TELLING = (".yaml", ".yml", ".json", ".conf", ".env")


class Source(t.NamedTuple):
    """An app: a directory with units.  sources: the file of each unit.  files: modes.
    texts: of other files, which may say what is mounted.  skipped: templates that could not be
    rendered, with the reason, by unit.  errors: of texts with several units.
    """

    folder: str
    units: dict[str, str]
    sources: dict[str, str]
    files: dict[str, int]
    texts: dict[str, str]
    skipped: dict[str, str]
    errors: list[QuadletError]


def read_sources(action: ActionBase, top: str, variables: dict[str, t.Any]) -> list[Source]:
    """The apps below top: each directory with units, with all files below it."""
    files = _walk(top)
    folders = {folder for folder in map(_folder, files) if folder is not None}
    apps: dict[str, dict[str, str]] = {folder: {} for folder in sorted(folders)}
    for path, source in files.items():
        owner = _owner(path, apps)
        if owner is not None:
            apps[owner][os.path.relpath(path, owner or ".")] = source
    return [_read_app(action, folder, paths, variables) for folder, paths in apps.items()]


def _walk(top: str) -> dict[str, str]:
    """All files below a directory, by relative path without the suffix of templates."""
    files = {}
    for folder, dirs, names in os.walk(top):
        dirs[:] = sorted(name for name in dirs if name != ".git")
        for name in sorted(names):
            source = os.path.join(folder, name)
            files[os.path.relpath(source, top).removesuffix(TEMPLATE)] = source
    return files


def _folder(path: str) -> str | None:
    """The app directory of a unit or drop-in; None for other files."""
    folder, name = os.path.split(path)
    if kind_of(name) or holds_units(name):
        return folder
    drop_in = split_drop_in("/".join(path.split("/")[-2:]))
    return os.path.dirname(folder) if drop_in and kind_of(drop_in[0]) else None


def _owner(path: str, folders: t.Container[str]) -> str | None:
    folder = os.path.dirname(path)
    while folder not in folders:
        if not folder:
            return None
        folder = os.path.dirname(folder)
    return folder


def _read_app(
    action: ActionBase, folder: str, paths: t.Mapping[str, str], variables: dict[str, t.Any]
) -> Source:
    app = Source(folder, {}, {}, {}, {}, {}, [])
    for path, source in paths.items():
        if not is_unit(path) and not holds_units(path):
            app.files[path] = read_mode(source, path.count("/"))
            if source.endswith(_TELLING):
                with open(source, encoding="utf-8", errors="surrogateescape") as stream:
                    app.texts[path] = stream.read()
            continue
        app.sources[path] = source
        try:
            file = read_file(action, source, variables)
        except AnsibleError as error:
            if not source.endswith(TEMPLATE):
                raise
            app.skipped[path] = str(error).splitlines()[0]
        else:
            text = file["content"] if file["encoding"] == "text" else "\0"
            _add_units(app, path, source, text)
    return app


def _add_units(app: Source, path: str, source: str, text: str) -> None:
    """Adds a unit, or all units of a text with several, with the line numbers of the file."""
    if not holds_units(path):
        app.units[path] = text
        return
    try:
        parts = split_quadlets(path, text)
    except QuadletError as error:
        app.errors.append(error)
        return
    for part in parts:
        app.units[part.name] = "\n" * part.offset + part.text
        app.sources[part.name] = source
