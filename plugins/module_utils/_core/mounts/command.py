# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""The words of Podman's command line that a unit makes, as far as they can give paths to write.

Also what [Service] gives: other commands of Podman, bind mounts, files for the output.
"""

from __future__ import annotations

import dataclasses
import functools
import itertools
import posixpath
import typing as t

from ..quadlet.kinds import by_folder as _by_folder
from ..quadlet.kinds import drop_ins_of, kind_of, template_of
from ..quadlet.splitting import split_strv, split_words, unwrap
from ..quadlet.unitfile import Entry, UnitText
from .options import BIND, is_path, mount_options

Line = tuple[str, Entry]
"""The file of an assignment, and the assignment."""


@dataclasses.dataclass(frozen=True)
class Command:
    """Words that one line gives.  base: what relative paths in it are relative to, if the line's
    key says so; '' is the service's working directory.
    """

    line: Line
    words: tuple[str, ...]
    base: str = ""


class Parts:
    """A unit with its drop-ins: the effective assignments, as the generator reads them."""

    def __init__(self, name: str, texts: t.Sequence[UnitText], app_dir: str) -> None:
        self.name = name
        self._app_dir = app_dir
        self._lines: dict[tuple[str, str], list[Line]] = {}
        for text in texts:
            for entry in text.entries:
                lines = self._lines.setdefault((entry.section, entry.key), [])
                if entry.value:
                    lines.append((text.name, entry))
                else:  # an empty assignment resets those before it
                    lines.clear()

    @functools.cached_property
    def commands(self) -> list[Command]:
        """The words of each line that can give paths to write."""
        return list(_read_commands(self, self._app_dir))

    def all(self, section: str, *keys: str) -> list[Line]:
        """The lines of these keys."""
        return [line for key in keys for line in self._lines.get((section, key), ())]

    def last(self, section: str, key: str) -> Line | None:
        """The line that counts of a key that takes one value."""
        lines = self._lines.get((section, key))
        return lines[-1] if lines else None

    def value(self, section: str, key: str) -> str:
        """The value of such a key, or ''."""
        line = self.last(section, key)
        return unwrap(line[1].value) if line else ""

    def service(self) -> list[Line]:
        """All lines of [Service], in order."""
        return [
            line
            for (section, _key), lines in self._lines.items()
            if section == "Service"
            for line in lines
        ]


def collect(units: t.Mapping[str, UnitText], app_dir: str) -> list[Parts]:
    """Each unit of an app with its drop-ins; those of an instance with its template."""
    folders = _by_folder(path for path in units if "/" in path)
    names = dict.fromkeys(path.partition("/")[0].removesuffix(".d") for path in units)
    collected = []
    for name in names:
        source = name if name in units else template_of(name) or ""
        if source in units:
            drop_ins = [units[path] for path in drop_ins_of(name, folders)] if folders else []
            collected.append(Parts(name, [units[source], *drop_ins], app_dir))
    return collected


def _read_commands(unit: Parts, app_dir: str) -> t.Iterator[Command]:
    kind = kind_of(unit.name)
    if kind:
        yield from _own_section(unit, kind.section, app_dir)
        if kind.suffix == "volume":
            yield from _volume(unit)
    elif unit.name.endswith(".mount"):
        for key, option in (("What", "--rootfs"), ("Where", "--point")):
            line = unit.last("Mount", key)
            if line:
                yield Command(line, (option, line[1].value))
    yield from _service(unit)


def _own_section(unit: Parts, section: str, app_dir: str) -> t.Iterator[Command]:
    for line in unit.all(section, "Volume"):
        value = line[1].value
        base = app_dir if value.startswith(".") else ""
        yield Command(line, ("--volume", value), base)
    for line in unit.all(section, "Mount"):
        for word in split_words(line[1].value):
            base = app_dir if _is_relative_mount(word) else ""
            yield Command(line, ("--mount", word), base)
    rootfs = unit.last(section, "Rootfs")
    if rootfs and not _is_read_only(unit, section):
        yield Command(rootfs, ("--rootfs", unwrap(rootfs[1].value)))
    image = unit.last(section, "Image")
    if image and unwrap(image[1].value).startswith("-"):  # Podman takes it for an option
        words = split_words(unit.value(section, "Exec"))
        yield Command(image, (unwrap(image[1].value), *words))
    yield from _arguments(unit.all(section, "GlobalArgs"), "")
    yield from _arguments(unit.all(section, "PodmanArgs"), unit.value(section, "Image"))
    for line in unit.all(section, "LogOpt"):
        yield Command(line, tuple(f"--log-opt={word}" for word in split_strv(line[1].value)))
    destination = unit.last(section, "HealthLogDestination")
    if destination:
        yield Command(destination, ("--health-log-destination", unwrap(destination[1].value)))


def _arguments(lines: t.Sequence[Line], image: str) -> t.Iterator[Command]:
    """The words of all lines are one list: the value of an option can stand in the next line.

    image: what follows the last one.
    """
    rows = [split_words(line[1].value) for line in lines]
    for number, (line, words) in enumerate(zip(lines, rows)):
        after = [*itertools.chain.from_iterable(rows[number + 1 :]), image][:1]
        opened = words and words[-1].startswith("-")
        yield Command(line, tuple([*words, *after] if opened else words))


def _is_read_only(unit: Parts, section: str) -> bool:
    arguments = [
        word for line in unit.all(section, "PodmanArgs") for word in split_words(line[1].value)
    ]
    takes_back = any(word.startswith("--read-only=") for word in arguments)
    return unit.value(section, "ReadOnly").lower() in _TRUE and not takes_back


_TRUE = frozenset({"1", "yes", "true", "on"})


def _is_relative_mount(word: str) -> bool:
    sources = [text for name, _e, text in mount_options(word) if name in ("source", "src")]
    return any(source.startswith(".") for source in sources)


def _volume(unit: Parts) -> t.Iterator[Command]:
    flags = unit.value("Volume", "Options").split(",")
    binds = "bind" in flags or "rbind" in flags or unit.value("Volume", "Type") == "bind"
    for key, option in (("Device", "device"), ("Options", "o")):
        line = unit.last("Volume", key)
        if line:
            words = ("--opt", f"{option}={unwrap(line[1].value)}")
            yield Command(line, (*words, BIND) if binds and option == "device" else words)


def _service(unit: Parts) -> t.Iterator[Command]:
    for line in unit.service():
        key, value = line[1].key, line[1].value
        if key.startswith("Exec"):
            yield from _commands(line, split_words(value))
        elif key == "BindPaths":
            for word in split_words(value):
                yield Command(line, ("--rootfs", word.removeprefix("-").partition(":")[0]))
        elif key in DIRECTORIES:
            links = [word.split(":")[1] for word in split_words(value) if ":" in word]
            for link in filter(None, links):
                yield Command(line, ("--point", f"%{DIRECTORIES[key]}/{link}"))
        elif key in ("StandardOutput", "StandardError"):
            path = value.partition(":")[2]
            if is_path(path) or path[:1] == "%":
                yield Command(line, ("--file", path))


def _commands(line: Line, words: t.Sequence[str]) -> t.Iterator[Command]:
    """Commands of Podman, also within a script for a shell."""
    if any(posixpath.basename(word.lstrip("-+!@:|")) in _ENGINES for word in words):
        yield Command(line, tuple(words))
    for word in words:
        if any(name in word for name in _ENGINES) and len(split_words(word)) > 1:
            yield from _commands(line, split_words(word))


_ENGINES = frozenset({"podman", "podman-remote", "docker"})


def working_directory(unit: Parts, app_dir: str) -> str:
    """The working directory of a unit's service as its text has it, or ''."""
    kind = kind_of(unit.name)
    given = unit.value("Service", "WorkingDirectory").removeprefix("-")
    asked = unit.value(kind.section, "SetWorkingDirectory") if kind else ""
    if given or not asked:
        return given
    named = {"yaml": unit.value("Kube", "Yaml"), "file": unit.value("Build", "File")}
    if asked in named:
        asked = posixpath.dirname(named[asked])
    return posixpath.join(app_dir, "" if asked == "unit" else asked)


DIRECTORIES: t.Final = {
    "RuntimeDirectory": "t",
    "StateDirectory": "S",
    "CacheDirectory": "C",
    "LogsDirectory": "L",
    "ConfigurationDirectory": "E",
}
"""What systemd makes for a service, with the specifier of the place (systemd.exec(5))."""

SETTINGS: t.Final = ("CONTAINERS_CONF", "CONTAINERS_CONF_OVERRIDE", "CONTAINERS_STORAGE_CONF")
"""Variables that name files with settings for Podman."""
