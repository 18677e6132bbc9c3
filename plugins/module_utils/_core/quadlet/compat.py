# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Rewrites keys that are newer than the host's Podman as options in PodmanArgs=.

Only if the host's podman has the option: the command is then the same as with a Podman that
knows the key.  The rest of the text stays.
"""

from __future__ import annotations

import collections
import contextlib
import typing as t

from ..errors import QuadletError
from . import quoting, splitting
from .keys import SECTIONS, Key, Reads, Version
from .kinds import OLDEST, kind_of, split_drop_in, unit_of
from .unitfile import Entry, UnitText, parse_unit


def is_dated(texts: t.Mapping[str, str]) -> bool:
    """Whether a text has a key that some older Podman needs as an option."""
    return any(_rewritable(unit, None) for unit in _parse(texts).values())


def rewrite_newer(texts: t.Mapping[str, str], version: Version) -> dict[str, str]:
    """Rewrites units and drop-ins, by path, for a host with this Podman.

    Keys without an exact equivalent stay, and validation refuses them.
    """
    units = _parse(texts)
    newer = {path: _rewritable(unit, version) for path, unit in units.items()}
    files = collections.Counter(
        (unit_of(path), name) for path, keys in newer.items() for name in keys
    )
    rewritten = dict(texts)
    for path, keys in newer.items():
        edits: dict[Entry, list[str]] = {}
        for name, (row, entries) in keys.items():
            # If two files set a single value, its effective line is unknown here.
            if row.repeats or files[unit_of(path), name] == 1:
                edits.update(_replacement(units[path], row, entries))
        if edits:
            rewritten[path] = units[path].with_lines(edits)
    return rewritten


def _parse(texts: t.Mapping[str, str]) -> dict[str, UnitText]:
    units = {}
    for path, text in texts.items():
        with contextlib.suppress(QuadletError):  # validation refuses it, with its line
            units[path] = parse_unit(path, text)
    return units


def _rewritable(unit: UnitText, version: Version | None) -> dict[str, tuple[Key, list[Entry]]]:
    """Keys too new for a Podman (None: for some Podman) that have an option, with their lines."""
    kind = kind_of(unit_of(unit.name))
    if kind is None:
        return {}
    newer: dict[str, tuple[Key, list[Entry]]] = {}
    for entry in unit.entries:
        row = SECTIONS[kind.section].get(entry.key) if entry.section == kind.section else None
        if row and row.option and _is_missing(row, version):
            newer.setdefault(row.name, (row, []))[1].append(entry)
    return {name: case for name, case in newer.items() if _is_exact(unit, *case)}


def _is_missing(row: Key, version: Version | None) -> bool:
    if version is None:
        return row.since > OLDEST
    return row.option_since <= version < row.since


def _is_exact(unit: UnitText, row: Key, entries: t.Sequence[Entry]) -> bool:
    """Whether the option means the same: no resets of other files, and no relative paths."""
    resets_others = bool(split_drop_in(unit.name)) and any(not entry.value for entry in entries)
    relative = row.value == "path" and any(e.value[:1] not in ("", "/", "%") for e in entries)
    return not (resets_others or relative or row.refs)


def _replacement(unit: UnitText, row: Key, entries: t.Sequence[Entry]) -> dict[Entry, list[str]]:
    """New lines for the effective assignments; others are removed."""
    counted = unit.assignments(entries[0].section, row.name)
    if not row.repeats:
        counted = counted[-1:]
    return {entry: _lines(unit, row, entry) if entry in counted else [] for entry in entries}


def _lines(unit: UnitText, row: Key, entry: Entry) -> list[str]:
    try:
        return [f"PodmanArgs={_words(row, value)}" for value in _values(row, entry.value)]
    except QuadletError as error:
        where = entry.where(unit.name)
        raise QuadletError(
            error.what, where=where, remedy=error.remedy, topic=error.topic
        ) from None


def _values(row: Key, text: str) -> list[str]:
    """The values of a line, split as Podman splits them."""
    if row.reads is Reads.STRV:
        return splitting.split_strv(text)
    if row.reads in (Reads.ARGS, Reads.KEYVAL):
        return splitting.split_words(text)
    if row.reads is Reads.BOOL:
        return ["" if text.lower() in splitting.TRUE else "false"]
    return [splitting.unwrap(text)] if row.reads in (Reads.SCALAR, Reads.COMMAND) else [text]


def _words(row: Key, value: str) -> str:
    """The option's words: `--memory 1g`, `--entrypoint=x`, `--init`, `--init=false`."""
    option, joined, prefix = row.option.partition("=")
    if row.reads is Reads.BOOL:
        words = [f"{option}={value}" if value else option]
    elif joined and not prefix:
        words = [f"{option}={value}"]
    else:
        words = [option, prefix + value]
    return " ".join(map(quoting.word, words))
