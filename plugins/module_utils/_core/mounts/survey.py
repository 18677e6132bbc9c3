# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""What the units of an app give containers on the host, line by line."""

from __future__ import annotations

import functools
import posixpath
import re
import typing as t

from ..quadlet.kinds import kind_of, template_of
from ..quadlet.splitting import split_strv, split_words
from ..quadlet.unitfile import UnitText
from .command import SETTINGS, Command, Line, Parts, collect, working_directory
from .expand import Environment, expand_specifiers, expand_words, specifier_tables
from .facts import ANYTHING, UNKNOWN, Facts, Ground
from .kube import read_kube
from .options import FromContainer, Given, option_values, read_options, read_volume

_STRING = re.compile(r"\"((?:\\.|[^\"\\])*)\"|'([^']*)'")
_STORAGE = re.compile(
    r"(?m)^\s*(?:graphroot|imagestore|rootless_storage_path|static_dir|volume_path)\s*=\s*"
    r"[\"'](/[^\"']*)[\"']"
)
_UNKNOWN = re.compile(f"[{UNKNOWN}{ANYTHING}]")
_EXPANDS = re.compile(r"\$|%[ESCLDTV]")


class Grant(t.NamedTuple):
    """A path of the host that a line gives to a container.  unit: whose line it is.
    given: as the line says; path: absolute and normal; spelled: absolute, as it stands there, for
    `..` behind a link.
    """

    unit: str
    line: Line
    given: Given
    path: str
    spelled: str


class Unreadable(t.NamedTuple):
    """A file of the app that gives paths, and can't be read."""

    unit: str
    line: Line
    path: str


class Survey:
    """What the units of an app give, as far as the facts tell."""

    def __init__(self, parts: t.Sequence[Parts], ground: Ground) -> None:
        self._parts = parts
        self.ground = ground

    @classmethod
    def of(cls, units: t.Mapping[str, UnitText], ground: Ground) -> Survey:
        """The survey of an app's units and drop-ins."""
        return cls(collect(units, ground.app_dir), ground)

    def with_facts(self, facts: Facts) -> Survey:
        """The same units, where more is known of the host."""
        return Survey(self._parts, self.ground._replace(facts=facts))

    @property
    def wants_environment(self) -> bool:
        """Whether the manager's variables matter to any path."""
        return any(
            _EXPANDS.search(word)
            for unit in self._parts
            for command in unit.commands
            for word in command.words
        )

    @property
    def wanted_files(self) -> list[str]:
        """Files of the host outside of the app whose texts matter."""
        files = {path for reader in self._readers for path in reader.files()}
        return sorted(path for path in files if self.ground.text(path) is None and is_known(path))

    @functools.cached_property
    def steering_files(self) -> frozenset[str]:
        """Files by which who writes them becomes what a unit runs, though they are none."""
        return frozenset(path for r in self._readers for path in (*r.files(), *r.run_by_systemd()))

    @functools.cached_property
    def _readers(self) -> list[_Reader]:
        ground = self.ground
        return [
            _Reader(u, service, ground) for u in self._parts for service in _services(u, ground)
        ]

    @functools.cached_property
    def grants(self) -> list[Grant]:
        """What the units give."""
        found: list[Grant] = []
        borrowed: list[tuple[str, Line, FromContainer]] = []
        names: dict[str, str] = {}
        for reader in self._readers:
            unit = reader.unit.name
            names.update(dict.fromkeys(reader.container_names(), unit))
            for line, base, given in reader.read():
                if isinstance(given, FromContainer):
                    borrowed.append((unit, line, given))
                else:
                    paths = reader.absolute(given.path, base)
                    found += [Grant(unit, line, given, normal(p), p) for p in paths]
        return list(dict.fromkeys([*found, *_borrow(found, borrowed, names)]))

    @functools.cached_property
    def mounted(self) -> list[tuple[str, str]]:
        """(what is mounted, where) by mount units of the app."""
        pairs = [
            (unit.value("Mount", "What"), unit.value("Mount", "Where")) for unit in self._parts
        ]
        return [(normal(a), normal(b)) for a, b in pairs if a[:1] == b[:1] == "/"]

    @property
    def directories(self) -> frozenset[str]:
        """What systemd makes for services of the app: StateDirectory= and the like."""
        return frozenset(path for r in self._readers for path in r.environment.directories())

    @property
    def commands(self) -> dict[str, tuple[str, ...]]:
        """The words of commands that systemd runs, by unit."""
        return {reader.unit.name: tuple(reader.run_by_systemd()) for reader in self._readers}

    @property
    def unreadable(self) -> list[Unreadable]:
        """What can't be read."""
        return [row for reader in self._readers for row in reader.unreadable()]


def _borrow(
    found: t.Sequence[Grant],
    borrowed: t.Iterable[tuple[str, Line, FromContainer]],
    names: t.Mapping[str, str],
) -> t.Iterator[Grant]:
    """What units get from containers of others, by the names of these."""
    grants = list(found)
    for user, line, container in borrowed:
        if container.writable:
            lender = names.get(container.name)
            lent = [
                grant._replace(unit=user, line=line, given=grant.given._replace(writable=True))
                for grant in grants
                if grant.unit == lender
            ]
            grants += lent
            yield from lent


def is_known(path: str) -> bool:
    """Whether no part of a path is unknown."""
    return not _UNKNOWN.search(path)


def _services(unit: Parts, ground: Ground) -> list[str]:
    """The services of a unit; of a template those of its instances, too."""
    kind = kind_of(unit.name)
    stems = [unit.name.rpartition(".")[0]]
    stems += [n.rpartition(".")[0] for n in ground.others if template_of(n) == unit.name]
    if stems[0].endswith("@") and unit.value("Install", "DefaultInstance"):
        stems.append(stems[0] + unit.value("Install", "DefaultInstance"))
    suffix = kind.service_suffix if kind else ""
    names = []
    for stem in stems:
        base, at, instance = stem.partition("@")
        given = unit.value(kind.section, "ServiceName") if kind else ""
        names.append(f"{given or f'{base}{suffix}{at}{instance}'}.service")
    return names


class _Reader:
    """Reads the lines of one unit, for one of its services."""

    def __init__(self, unit: Parts, service: str, ground: Ground) -> None:
        self.unit, self.ground = unit, ground
        self.tables = specifier_tables(service, ground)
        self.environment = Environment(ground)
        for _path, entry in sorted(unit.service(), key=lambda line: line[1].key):
            self.environment.read(entry.key, entry.value, self.tables[0])

    def container_names(self) -> list[str]:
        """The names by which others can borrow its mounts."""
        section, stem = "Container", self.unit.name.rpartition(".")[0]
        name = self.unit.value(section, "ContainerName") or "systemd-%N"
        names = [expand_specifiers(name, table) for table in self.tables]
        pod = self.unit.value("Pod", "PodName") or f"systemd-{stem}"
        return [*names, f"{pod}-infra"] if self.unit.name.endswith(".pod") else names

    def read(self) -> t.Iterator[tuple[Line, str, Given | FromContainer]]:
        """(line, what relative paths are relative to, what it gives)."""
        for command in self.unit.commands:
            for words in self._expanded(command):
                for given in read_options(words):
                    yield command.line, command.base, given
        for line, path in self._files_of(self.unit.all("Kube", "Yaml")):
            yield from self._kube(line, path)
        for line, word in self._settings_files():
            for given in _settings(self.ground.text(self._path(word)) or ""):
                yield line, "", given

    def _expanded(self, command: Command) -> list[list[str]]:
        return [expand_words(command.words, table, self.environment) for table in self.tables]

    def _kube(self, line: Line, path: str) -> t.Iterator[tuple[Line, str, Given | FromContainer]]:
        text = self.ground.text(path)
        given = [] if text is None else read_kube(text)
        yield from ((line, "", one) for one in given or ())

    def unreadable(self) -> t.Iterator[Unreadable]:
        """Files that give paths, in a form that is not known."""
        for line, path in self._files_of(self.unit.all("Kube", "Yaml")):
            text = self.ground.text(path)
            if text is not None and read_kube(text) is None:
                yield Unreadable(self.unit.name, line, path)

    def _files_of(self, lines: t.Iterable[Line]) -> list[tuple[Line, str]]:
        return [(line, self._path(w)) for line in lines for w in split_strv(line[1].value)]

    def _settings_files(self) -> list[tuple[Line, str]]:
        """Files with settings for Podman that the unit names."""
        kind = kind_of(self.unit.name)
        lines = self.unit.all(kind.section, "ContainersConfModule") if kind else []
        found = [(line, line[1].value) for line in lines]
        globals_ = self.unit.all(kind.section, "GlobalArgs") if kind else []
        words = [(line, split_words(line[1].value)) for line in globals_]
        found += [(line, value) for line, row in words for value in option_values(row, "--module")]
        lines = self.unit.all("Service", "Environment", "EnvironmentFile")
        named = [self.environment.own.get(name, "") for name in SETTINGS]
        return found + [(lines[-1], path) for path in named if path and lines]

    def _path(self, word: str) -> str:
        path = expand_specifiers(word, self.tables[0])
        return posixpath.normpath(posixpath.join(self.ground.app_dir, path))

    def files(self) -> list[str]:
        """Absolute paths of files whose texts matter."""
        lines = self.unit.all("Kube", "Yaml")
        files = [path for _line, path in self._files_of(lines)]
        files += [self._path(word) for _line, word in self._settings_files()]
        lines = self.unit.all("Service", "EnvironmentFile")
        files += [self._path(line[1].value.removeprefix("-")) for line in lines]
        return [path for path in files if "://" not in path]

    def run_by_systemd(self) -> list[str]:
        """The words of the commands of [Service]: scripts and their arguments."""
        lines = [line for line in self.unit.service() if line[1].key.startswith("Exec")]
        words = [word.lstrip("-+!@:|") for line in lines for word in split_words(line[1].value)]
        return [normal(expand_specifiers(word, table)) for word in words for table in self.tables]

    def absolute(self, path: str, base: str) -> list[str]:
        """The absolute paths that a path can be."""
        if path[:1] in ("/", ANYTHING):
            return [path]
        folder = base or working_directory(self.unit, self.ground.app_dir)
        home = self.ground.home
        tops = {expand_specifiers(folder, table) for table in self.tables} - {""}
        tops = tops or {home if self.ground.rootless else "/"}
        return [f"{home if top == '~' else top}/{path}" for top in sorted(tops)]


def _settings(text: str) -> t.Iterator[Given | FromContainer]:
    """What settings of Podman give: each string in them that is a volume or a mount."""
    for match in _STRING.finditer(text):
        string = "".join(split_words(f'"{match.group(1)}"')) if match.group(1) else match.group(2)
        if string and "type=" in string:
            yield from read_options(["--mount", string])
        elif string and ":" in string:
            yield from read_volume(string)
    yield from map(Given, _STORAGE.findall(text))


def normal(path: str) -> str:
    """Without `//`, `.`, `..`; at two slashes POSIX keeps both, Linux does not."""
    normal = posixpath.normpath(path)
    return f"/{normal.lstrip('/')}" if normal.startswith("/") else normal
