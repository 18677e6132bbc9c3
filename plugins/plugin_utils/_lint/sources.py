# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Reads the apps below a directory of the controller, for lint."""

from __future__ import annotations

import os
import typing as t

from ansible.errors import AnsibleError
from ansible.plugins.action import ActionBase

from ansible_collections.quadlet.fleet.plugins.module_utils._core.app.source_paths import (
    FILE,
    IGNORED,
    RULE,
    check_source_paths,
    is_drop_in_dir,
    nested_error,
    source_part,
)
from ansible_collections.quadlet.fleet.plugins.module_utils._core.errors import QuadletError
from ansible_collections.quadlet.fleet.plugins.module_utils._core.quadlet.kinds import (
    KINDS,
    holds_units,
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
    """An app: a directory with units.  sources: of each unit and file.  files: modes.
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
    files, twice = _walk(top)
    folders = {folder for folder in map(_folder, files) if folder is not None}
    apps: dict[str, dict[str, str]] = {folder: {} for folder in sorted(folders)}
    for path, source in files.items():
        owner = _owner(path, apps)
        if owner is not None:
            apps[owner][os.path.relpath(path, owner or ".")] = source
    read = [_read_app(action, folder, paths, variables) for folder, paths in apps.items()]
    for app in read:
        _add_errors(app, apps, twice)
    return read


def _add_errors(app: Source, folders: t.Container[str], twice: t.Container[str]) -> None:
    """What a deployment of the directory, or of one above it, would refuse."""
    refused = {error.where for error in app.errors}
    paths = [path for path in app.sources if path not in app.files and path not in refused]
    units = [path for path in paths if not holds_units(path)]
    errors = check_source_paths(os.path.basename(app.folder) or "app", units, list(app.files))
    if app.folder and _owner(app.folder, folders) is not None:
        errors += [
            nested_error(f"{app.folder}/{path}") for path in paths if not split_drop_in(path)
        ]
        names = {f"{app.folder}/{path}": path for path in paths}
        for error in errors:
            error.where = names.get(error.where or "", error.where)
    for path in app.sources:
        if f"{app.folder}/{path}".lstrip("/") in twice:
            errors.append(
                QuadletError(
                    f"{path} is there twice, with and without {TEMPLATE}", where=path, rule=RULE
                )
            )
    app.errors.extend(errors)


def _walk(top: str) -> tuple[dict[str, str], set[str]]:
    """All files below a directory, by relative path without the suffix of templates; and those that
    are there with it too.
    """
    files: dict[str, str] = {}
    twice: set[str] = set()
    for folder, dirs, names in os.walk(top):
        dirs[:] = sorted(name for name in dirs if name != ".git")
        for name in sorted(names):
            source = os.path.join(folder, name)
            path = os.path.relpath(source, top).removesuffix(TEMPLATE)
            twice.update([path] if path in files else [])
            files[path] = source
    return files, twice


def _folder(path: str) -> str | None:
    """The app directory of a unit or drop-in; None for other files."""
    folder, name = os.path.split(path)
    if any(map(is_drop_in_dir, folder.split("/")[:-1])):
        return None
    if is_drop_in_dir(folder.rpartition("/")[2], KINDS):
        return os.path.dirname(folder) if name.endswith(".conf") else None
    if kind_of(name) or holds_units(name):
        return folder
    return None


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
        try:
            part = source_part(path)
        except QuadletError as error:
            app.errors.append(error)
            app.sources[path] = source
            continue
        if part == IGNORED:
            continue
        if part == FILE:
            app.files[path] = read_mode(source, path.count("/"))
            app.sources[path] = source
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
