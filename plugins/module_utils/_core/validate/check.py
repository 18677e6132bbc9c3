# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Validates units before the host's generator runs, with reasons and remedies.

These are rules that the generator does not have, has only in some releases, or reports without
a line: unknown and too new keys, references, writable mounts.
"""

from __future__ import annotations

import difflib
import typing as t

from ..content import Blob, text_of
from ..errors import NOT_READY, QuadletError
from ..mounts.facts import Facts, Ground
from ..mounts.judge import Fault
from ..quadlet.keys import INSTALL_SINCE, NEWEST, SECTIONS, SYSTEMD_KEYS, Key, Version, version_text
from ..quadlet.kinds import (
    DROP_INS_SINCE,
    KINDS,
    OLDEST,
    Kind,
    is_unit,
    kind_of,
    split_drop_in,
    unit_of,
)
from ..quadlet.quirks import check_quirks
from ..quadlet.refs import (
    TRANSLATED_SINCE,
    UnitRef,
    dependency_refs,
    entry_refs,
    unit_refs,
)
from ..quadlet.splitting import unwrap
from ..quadlet.unitfile import Entry, UnitText, parse_unit

_PATHS_ARE_READ_ONLY = (
    "Add ':ro', or use a named volume or a path elsewhere: what can write there can become a unit, "
    "and systemd would run it outside of any container."
)


class Place(t.NamedTuple):
    """Where an app's units are.

    app_dir and unit_dir: absolute; home: the value of `%h`; others: names of the other
    units that the same generator reads; facts: what else is known of the host.
    """

    app_dir: str
    unit_dir: str
    home: str
    others: frozenset[str]
    facts: Facts = Facts()

    @property
    def ground(self) -> Ground:
        """The same, for the judgement on mounts."""
        return Ground(*self)


def check_podman(version: Version | None, shown: str) -> Version:
    """Returns the version of the host's Podman; refuses a missing or too old Podman.

    shown: the version as Podman prints it, or its error.
    """
    if version is None:
        raise QuadletError(
            f"Podman was not found on the host ({shown})",
            remedy=f"Install podman {version_text(OLDEST)} or newer, with its systemd generator.",
            data={NOT_READY: True},
            topic="no-podman",
        )
    if version < OLDEST:
        raise QuadletError(
            f"the host has Podman {shown}; quadlet.fleet needs {version_text(OLDEST)} or newer",
            remedy="Older releases do not read the directory of an app: update Podman.",
            topic="old-podman",
        )
    return version


def parse_units(texts: t.Mapping[str, str]) -> tuple[dict[str, UnitText], list[QuadletError]]:
    """The parsed units and drop-ins, and the errors of malformed texts."""
    units, errors = {}, []
    for path, text in texts.items():
        try:
            units[path] = parse_unit(path, text)
        except QuadletError as error:
            errors.append(error)
    return units, errors


def parse_desired(
    desired: t.Mapping[str, Blob],
) -> tuple[dict[str, UnitText], list[QuadletError]]:
    """The same of an app's files; links to templates have no text of their own."""
    units = {path: blob for path, blob in desired.items() if is_unit(path) and not blob.is_link}
    return parse_units({path: text_of(blob) for path, blob in units.items()})


_WITH_SECTION = frozenset(("container", "kube", "image", "build", "artifact"))
"""Kinds with a key that each unit must set; the generator makes the others of an empty file."""


def check_units(
    units: t.Mapping[str, UnitText], version: Version, place: Place
) -> list[QuadletError]:
    """All errors of an app's units and drop-ins, for a host with this Podman."""
    errors: list[QuadletError] = []
    for path, unit in units.items():
        drop_in = split_drop_in(path)
        kind = kind_of(unit_of(path))
        if kind is None:
            continue
        errors += _check_kind(path, kind, version, is_drop_in=bool(drop_in))
        if not drop_in and kind.suffix in _WITH_SECTION and kind.section not in unit.sections:
            errors.append(
                QuadletError(
                    f"the unit has no [{kind.section}] section",
                    where=path,
                    remedy=f"A .{kind.suffix} unit begins with [{kind.section}].",
                    rule="missing-section",
                )
            )
        errors += _check_keys(path, unit, version)
        errors += _check_values(path, unit, version)
        errors += check_quirks(path, unit, kind, version)
        errors += _check_references(path, unit, kind, version, frozenset(units) | place.others)
    return errors


def _check_kind(path: str, kind: Kind, version: Version, *, is_drop_in: bool) -> list[QuadletError]:
    needed = max(kind.since, DROP_INS_SINCE) if is_drop_in else kind.since
    if needed <= version:
        return []
    what = "drop-ins" if is_drop_in and kind.since <= version else f".{kind.suffix} units"
    return [_too_new(path, what, needed, version, "Update Podman, or leave it out.")]


def _too_new(where: str, what: str, needed: Version, host: Version, remedy: str) -> QuadletError:
    return QuadletError(
        f"{what} came with Podman {version_text(needed)}, the host has {version_text(host)}",
        where=where,
        remedy=remedy,
        rule="too-new",
    )


def _check_keys(path: str, unit: UnitText, version: Version) -> list[QuadletError]:
    errors = []
    for entry in unit.entries:
        known = SECTIONS.get(entry.section)
        if known is None:
            continue
        row = known.get(entry.key)
        where = entry.where(path)
        if row is None:
            if version[:2] <= NEWEST:
                errors.append(_unknown_key(where, entry, known))
        elif row.since > version:
            errors.append(
                _too_new(where, entry.key, row.since, version, _remedy_without(row, version))
            )
    return errors


def _remedy_without(row: Key, version: Version) -> str:
    if row.option and row.option_since <= version:
        return f"Update Podman, or use compat: args, which writes PodmanArgs={row.option} instead."
    return "Update Podman, or leave the key out."


def _check_values(path: str, unit: UnitText, version: Version) -> list[QuadletError]:
    """Errors of values, and of references to kinds of units, that are newer than their key."""
    errors = []
    for entry in unit.entries:
        row = SECTIONS.get(entry.section, {}).get(entry.key)
        if row:
            dated = {**row.choices, **_dated_references(row, entry)}
            word = unwrap(entry.value)
        else:
            dated, word = INSTALL_SINCE if entry.section == "Install" else {}, entry.key
        since = dated.get(word)
        if since and since > version and (row is None or row.since <= version):
            what = f"{entry.key}={word}" if row else entry.key
            remedy = "Update Podman, or write it in another way: older releases ignore it."
            errors.append(_too_new(entry.where(path), what, since, version, remedy))
    return errors


def _dated_references(row: Key, entry: Entry) -> dict[str, Version]:
    """The first Podman that accepts a value that names a unit."""
    if not row.refs:
        return {}
    kinds = [ref.unit.rpartition(".")[2] for ref in entry_refs(entry)]
    since = max((row.refs[kind] for kind in kinds if kind in row.refs), default=None)
    return {unwrap(entry.value): since} if since else {}


def _unknown_key(where: str, entry: Entry, known: t.Mapping[str, t.Any]) -> QuadletError:
    near = difflib.get_close_matches(entry.key, known, n=1, cutoff=0.6)
    homes = [s for s, keys in {**SYSTEMD_KEYS, **SECTIONS}.items() if entry.key in keys]
    if homes:
        remedy = f"It is a key of [{'], ['.join(homes)}]."
    elif near:
        remedy = f"Did you mean {near[0]}?"
    else:
        remedy = "Remove it, or put it under the section that has it ([Service], [Unit])."
    return QuadletError(
        f"unknown key {entry.key!r} in section [{entry.section}]",
        where=where,
        remedy=remedy,
        rule="unknown-key",
    )


def _check_references(
    path: str, unit: UnitText, kind: Kind, version: Version, visible: frozenset[str]
) -> list[QuadletError]:
    refs = unit_refs(unit, kind.section)
    if version >= TRANSLATED_SINCE:
        refs += dependency_refs(unit)
    return [
        QuadletError(
            f"{ref.unit} does not exist in this scope",
            where=ref.entry.where(path),
            remedy=_remedy_of_missing(ref),
            rule="missing-unit",
        )
        for ref in refs
        if ref.unit not in visible and "@" not in ref.unit
    ]


def _remedy_of_missing(ref: UnitRef) -> str:
    if ref.entry.section == "Unit":
        return f"Declare {ref.unit} in the app, or name a service that there is."
    kind = KINDS[ref.unit.rpartition(".")[2]].suffix
    return f"Declare {ref.unit} in the app, or name an existing {kind} without the suffix."


def check_mounts(faults: t.Iterable[Fault]) -> list[QuadletError]:
    """Errors of mounts through which a container could become a unit."""
    return [
        QuadletError(
            f"{fault.line[1].value!r} lets a container write {_into(fault)}",
            where=fault.line[1].where(fault.line[0]),
            remedy=_PATHS_ARE_READ_ONLY,
            rule="writable-mount",
        )
        for fault in faults
        if not fault.silenceable
    ]


def _into(fault: Fault) -> str:
    folder = fault.verdict.folder if fault.verdict else ""
    if _is_inside(fault.real, folder):
        into = f"into {folder}"
    else:
        into = f"to {fault.real}, which has {folder} in it"
    return into if fault.real == fault.path else f"{into}, where {fault.path} leads on the host"


def _is_inside(path: str, folder: str) -> bool:
    return path == folder or path.startswith(f"{folder}/")
