# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""The input of lint rules: an app's units, each with its drop-ins, and their context."""

from __future__ import annotations

import dataclasses
import functools
import re
import typing as t

from ..mounts.judge import Fault, Judgement, judge_mounts
from ..mounts.survey import Grant
from ..quadlet.keys import NEWEST, SECTIONS, Key, Reads, Version
from ..quadlet.kinds import Kind, by_folder, drop_ins_of, kind_of
from ..quadlet.refs import PathRef, path_refs
from ..quadlet.splitting import split_words, unwrap
from ..quadlet.unitfile import Entry, UnitText
from ..validate.check import Place


@dataclasses.dataclass(frozen=True)
class Context:
    """Facts about the scope of the units.

    version: the host's Podman.  rootless: whether it is a user's scope, None if unknown.
    files: the app's other files with their modes, None if unknown.  declared: sections as
    given, by unit.  ignore: (unit or '', rule) of silenced rules.  mounts: the judgement on them,
    where there is one already.
    """

    place: Place
    version: Version = NEWEST
    rootless: bool | None = None
    files: t.Mapping[str, int] | None = None
    declared: t.Mapping[str, t.Any] = dataclasses.field(default_factory=dict)
    ignore: tuple[tuple[str, str], ...] = ()
    mounts: Judgement | None = None


_WHOLE = frozenset({Reads.SCALAR, Reads.COMMAND, Reads.BOOL, Reads.UINT})


class Line(t.NamedTuple):
    """An assignment: its file, entry, key's row and unit.

    value: as Podman reads it, without the quotes that it removes.
    """

    path: str
    entry: Entry
    value: str
    key: Key | None
    unit: Merged


class Hit(t.NamedTuple):
    """A rule that a line or a whole file breaks.  remedy: replaces the rule's."""

    rule: str
    at: Line | str
    message: str
    remedy: str = ""


Hits = t.Iterator[Hit]


class Merged:
    """A unit with its drop-ins in order, read as the generator reads them."""

    def __init__(self, name: str, kind: Kind, parts: t.Sequence[UnitText], app: Units) -> None:
        self.name = name
        self.kind = kind
        self.parts = parts
        self.app = app
        self.lines = [self.line(part.name, entry) for part in parts for entry in part.entries]
        self.by_key: dict[tuple[str, str], list[Line]] = {}
        for line in self.lines:
            lines = self.by_key.setdefault((line.entry.section, line.entry.key), [])
            if line.entry.value:
                lines.append(line)
            else:  # an empty assignment resets those before it
                lines.clear()

    def line(self, path: str, entry: Entry) -> Line:
        """An assignment of the file with that path."""
        key, value = SECTIONS.get(entry.section, {}).get(entry.key), entry.value
        if value[:1] == '"' and key and key.reads in _WHOLE:
            value = unwrap(value)
        return Line(path, entry, value, key, self)

    def all(self, section: str, *keys: str) -> list[Line]:
        """The effective assignments of these keys."""
        return [line for key in keys for line in self.by_key.get((section, key), ())]

    def own(self, *keys: str) -> list[Line]:
        """The assignments of these keys in the section of the unit's kind."""
        return self.all(self.kind.section, *keys)

    def last(self, section: str, key: str) -> Line | None:
        """The effective assignment of a key that takes one value."""
        lines = self.by_key.get((section, key))
        return lines[-1] if lines else None

    def value(self, section: str, key: str) -> str:
        """The value of a key that takes one value, or ''."""
        lines = self.by_key.get((section, key))
        return lines[-1].value if lines else ""

    @functools.cached_property
    def podman_args(self) -> list[tuple[Line, list[str]]]:
        """The words of each PodmanArgs= line."""
        return [(line, words_of(line.value)) for line in self.own("PodmanArgs")]

    @functools.cached_property
    def paths(self) -> list[tuple[Line, PathRef]]:
        """The paths that it names; paths in drop-ins are relative to the unit, too."""
        place, section = self.app.context.place, self.kind.section
        return [
            (self.line(part.name, ref.entry), ref)
            for part in self.parts
            for ref in path_refs(part, section, unit_dir=place.app_dir, home=place.home)
        ]

    @functools.cached_property
    def service(self) -> str:
        """The name of its service."""
        given = self.value(self.kind.section, "ServiceName")
        stem = self.name.rpartition(".")[0]
        return f"{given or service_stem(stem, self.kind)}.service"

    @property
    def is_job(self) -> bool:
        """Whether its service ends when its work is done."""
        return self.value("Service", "Type") == "oneshot"


def service_stem(stem: str, kind: Kind) -> str:
    """`front` of a pod is `front-pod`; a template's `@` stays at the end."""
    base, at, instance = stem.partition("@")
    return f"{base}{kind.service_suffix}{at}{instance}"


_Judged = t.TypeVar("_Judged", Grant, Fault)


def _by_unit(rows: t.Iterable[_Judged]) -> dict[str, list[_Judged]]:
    found: dict[str, list[_Judged]] = {}
    for row in rows:
        found.setdefault(row.unit, []).append(row)
    return found


class Units:
    """An app's units and their context."""

    def __init__(self, texts: t.Mapping[str, UnitText], context: Context) -> None:
        self.context = context
        self.texts = texts
        folders = by_folder(path for path in texts if "/" in path)
        self.units: dict[str, Merged] = {}
        for name, text in texts.items():
            kind = kind_of(name)
            if kind and "/" not in name:
                drop_ins = drop_ins_of(name, folders) if folders else ()
                parts = [text, *(texts[path] for path in drop_ins)]
                self.units[name] = Merged(name, kind, parts, self)
        self.visible = frozenset(self.units) | context.place.others

    @functools.cached_property
    def file_paths(self) -> frozenset[str]:
        """The app's files and the directories that they are in."""
        files = self.context.files or ()
        folders = (path[:end] for path in files for end, char in enumerate(path) if char == "/")
        return frozenset((*files, *folders))

    @functools.cached_property
    def _judgement(self) -> Judgement:
        judgement = self.context.mounts
        return (
            judge_mounts(self.texts, self.context.place.ground) if judgement is None else judgement
        )

    @functools.cached_property
    def grants(self) -> dict[str, list[Grant]]:
        """The paths of the host that containers get, by unit."""
        return _by_unit(self._judgement.grants)

    @functools.cached_property
    def writable(self) -> dict[str, str]:
        """Of those that containers can write, the unit by path."""
        grants = self._judgement.grants
        return {grant.path: grant.unit for grant in grants if grant.given.writable}

    @functools.cached_property
    def faults(self) -> dict[str, list[Fault]]:
        """Those that no container should write, by unit."""
        return _by_unit(self._judgement.faults)

    @functools.cached_property
    def by_service(self) -> dict[str, Merged]:
        """The app's units by the names of their services, and by their own names."""
        named = {unit.service: unit for unit in self.units.values()}
        return {**named, **self.units}


_PLAIN = re.compile(r"[ !#-&(-\[\]-~\t]*")


def words_of(value: str) -> list[str]:
    """The words of a line, as Podman splits them."""
    return value.split() if _PLAIN.fullmatch(value) else split_words(value)


def is_open(value: str) -> bool:
    """Whether systemd expands a value, so that it can't be checked here."""
    return "%" in value or "$" in value
