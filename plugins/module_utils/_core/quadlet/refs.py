# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""References in a unit's text: other units, and paths that it mounts or reads."""

from __future__ import annotations

import posixpath
import re
import typing as t

from .kinds import kind_of
from .splitting import TRUE, split_words
from .unitfile import Entry, UnitText

_BUILD_CONTEXT = frozenset({"SetWorkingDirectory", "File", "IgnoreFile"})
_ALWAYS_PATHS = frozenset({"EnvironmentFile", "ConfigMap", "Yaml"})
_UNIT_VALUES = frozenset({"Image", "Pod"})
_WITH_PATHS = _ALWAYS_PATHS | _BUILD_CONTEXT | {"Volume", "Mount"}


class PathRef(t.NamedTuple):
    """A path in a unit.  mount: it is mounted in a container; writable: with write access.
    relative: it is relative to the unit's directory.
    """

    path: str
    mount: bool
    writable: bool
    entry: Entry
    relative: bool = False


class UnitRef(t.NamedTuple):
    """A reference to a unit, and its assignment."""

    unit: str
    entry: Entry


def unit_refs(unit: UnitText, kind: str) -> list[UnitRef]:
    """The references in a unit's own section (`Network=net.network`, …)."""
    return [
        ref
        for entry in unit.entries
        if entry.section == kind and entry.value
        for ref in entry_refs(entry)
    ]


def dependency_refs(unit: UnitText) -> list[UnitRef]:
    """The unit files that [Unit] names (`After=db.container`)."""
    return [
        UnitRef(word, entry)
        for entry in unit.entries
        if entry.section == "Unit" and entry.key in _TRANSLATED
        for word in entry.value.split()
        if kind_of(word)
    ]


TRANSLATED_SINCE = (5, 5)
_TRANSLATED = frozenset(
    {
        *("After", "Before", "BindsTo", "Conflicts", "OnFailure", "OnSuccess", "PartOf"),
        *("PropagatesReloadTo", "PropagatesStopTo", "ReloadPropagatedFrom", "Requires"),
        *("Requisite", "StopPropagatedFrom", "Upholds", "Wants"),
    }
)
"""Keys of [Unit] in which Podman 5.5 and newer translate a unit's name to its service."""


def entry_refs(entry: Entry) -> list[UnitRef]:
    """The references in an assignment of Podman's section."""
    return [
        UnitRef(name, entry)
        for name in _unit_names(entry)
        if kind_of(name) and "/" not in name and "%" not in name
    ]


def _unit_names(entry: Entry) -> list[str]:
    if entry.key in _UNIT_VALUES:
        return [entry.value]
    if entry.key in ("Volume", "Network"):
        return [entry.value.partition(":")[0]]
    if entry.key == "Mount":
        return [options.get("source", "") for options in _mounts(entry)]
    return []


def path_refs(unit: UnitText, kind: str, *, unit_dir: str, home: str) -> list[PathRef]:
    """The paths in a unit; relative paths become absolute as in the generator.

    unit_dir: the directory of the unit.  home: the value of `%h`.
    """
    refs = []
    for entry in unit.entries:
        if entry.key in _WITH_PATHS and entry.section == kind and entry.value:
            refs += [
                ref._replace(
                    path=posixpath.normpath(posixpath.join(unit_dir, ref.path)),
                    relative=not ref.path.startswith("/"),
                )
                for ref in _paths(entry._replace(value=_expand_home(entry.value, home)))
                if not ref.path.startswith("%")
            ]
    return refs


def _expand_home(text: str, home: str) -> str:
    """`%h` and `%%`, as systemd expands them; other specifiers stay."""
    table = {"%h": home, "%%": "%"}
    return re.sub(r"%.", lambda match: table.get(match.group(), match.group()), text)


def _paths(entry: Entry) -> list[PathRef]:
    if entry.key in _ALWAYS_PATHS:
        return [PathRef(word, False, False, entry) for word in split_words(entry.value)]
    if entry.key in _BUILD_CONTEXT and entry.section == "Build":
        path = "." if entry.value == "unit" else entry.value
        return [PathRef(path, False, False, entry)] if "://" not in path and path != "file" else []
    if entry.key == "Volume":
        source, _colon, rest = entry.value.partition(":")
        options = rest.partition(":")[2].split(",")
        if source.startswith((".", "/")):
            return [PathRef(source, True, "ro" not in options, entry)]
    if entry.key == "Mount":
        return [
            PathRef(options["source"], True, not _is_read_only(options), entry)
            for options in _mounts(entry)
            if options.get("source", "").startswith((".", "/"))
        ]
    return []


def _mounts(entry: Entry) -> list[dict[str, str]]:
    """The option sets of a Mount= line, with short names of podman-run(1) replaced."""
    mounts = []
    for word in split_words(entry.value):
        options = {}
        for part in word.split(","):
            key, equals, value = part.partition("=")
            options[_MOUNT_NAMES.get(key, key)] = value if equals else "true"
        mounts.append(options)
    return mounts


_MOUNT_NAMES = {"src": "source", "ro": "readonly"}


def _is_read_only(options: t.Mapping[str, str]) -> bool:
    readonly = options.get("readonly", "false").lower() in TRUE
    return readonly or options.get("type") in ("image", "artifact")
