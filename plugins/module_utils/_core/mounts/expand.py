# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Expands words of a command as systemd does: specifiers, then variables.

Source: systemd.unit(5) on specifiers, systemd.service(5) on command lines, systemd.exec(5) on
variables.
"""

from __future__ import annotations

import re
import typing as t

from ..quadlet.path_names import unescape
from ..quadlet.splitting import split_words
from .command import DIRECTORIES
from .facts import ANYTHING, UNKNOWN, Ground

_SPECIFIER = re.compile(r"%(.)", re.DOTALL)
_VARIABLE = re.compile(r"\$(?:\$|\{([A-Za-z_][A-Za-z0-9_]*)\})")
_SHOWN = re.compile(r"(?m)^\s*([A-Za-z_][A-Za-z0-9_]*)=(.*)$")
_GENERATED = "/run/systemd/generator"

_SYSTEM = {"E": "/etc", "S": "/var/lib", "C": "/var/cache", "L": "/var/log", "D": "/usr/share"}
_XDG = {
    "E": ("XDG_CONFIG_HOME", ".config"),
    "S": ("XDG_STATE_HOME", ".local/state"),
    "C": ("XDG_CACHE_HOME", ".cache"),
    "L": ("XDG_STATE_HOME", ".local/state"),
    "D": ("XDG_DATA_HOME", ".local/share"),
}

_DEPENDENT = "ESCLDTV"
"""Specifiers that variables of a user's manager change, or its release."""

_OF_RELEASE = "SLTV"
"""Those that stay open where the variables are known."""

Table = t.Mapping[str, str]


def specifier_tables(service: str, ground: Ground) -> list[dict[str, str]]:
    """The specifiers of a service; with a second table where older systemds differ.

    Before systemd 254 %S and %L of a user's manager lay below %E.
    """
    table = {**_of_name(service), **_of_scope(ground), "%": "%"}
    if not ground.rootless:
        return [table]
    runtime = f"{ground.runtime_dir}/systemd/generator"
    table = {**table, "Y": runtime, "y": f"{runtime}/{service}"}
    return [table, {**table, "S": table["E"], "L": f"{table['E']}/log"}]


def sure_specifiers(service: str, ground: Ground) -> dict[str, str]:
    """The specifiers of a service; ANYTHING for those of a user that depend on the manager."""
    table = specifier_tables(service, ground)[0]
    open_ones = _DEPENDENT if ground.facts.environment is None else _OF_RELEASE
    return {**table, **dict.fromkeys(open_ones, ANYTHING)} if ground.rootless else table


def _of_scope(ground: Ground) -> dict[str, str]:
    facts, home = ground.facts, ground.home
    known = facts.environment or {}
    user = facts.user if ground.rootless else "root"
    uid = facts.uid if ground.rootless else 0
    table = {
        "h": home,
        "t": ground.runtime_dir,
        "T": known.get("TMPDIR", "/tmp"),
        "V": known.get("TMPDIR", "/var/tmp"),
        "u": user or UNKNOWN,
        "U": UNKNOWN if uid is None else str(uid),
        "g": UNKNOWN,
        "G": UNKNOWN,
        "s": ANYTHING,
        **facts.specifiers,
    }
    if not ground.rootless:
        return {**table, **_SYSTEM}
    folders = {k: known.get(name, f"{home}/{path}") for k, (name, path) in _XDG.items()}
    return {**table, **folders, "L": f"{folders['L']}/log"}


def _of_name(service: str) -> dict[str, str]:
    """The specifiers that a service's name gives; the instance of a template is not known."""
    stem = service.rpartition(".")[0]
    prefix, at, instance = stem.partition("@")
    instance = instance or (UNKNOWN if at else "")
    stem = f"{prefix}{at}{instance}"
    last = prefix.rpartition("-")[2]
    return {
        "n": f"{stem}.service",
        "N": stem,
        "p": prefix,
        "P": _unescape(prefix),
        "i": instance,
        "I": _unescape(instance),
        "j": last,
        "J": _unescape(last),
        "f": "/" + _unescape(instance if at else prefix),
        "y": f"{_GENERATED}/{service}",
        "Y": _GENERATED,
    }


def _unescape(name: str) -> str:
    if UNKNOWN in name:
        return ANYTHING
    return unescape(name)


def expand_specifiers(text: str, table: Table) -> str:
    """The text with specifiers replaced: unknown letters become a name that is not known."""

    def value(match: re.Match[str]) -> str:
        char = match.group(1)
        return table.get(char, UNKNOWN if char.isalpha() else match.group())

    return _SPECIFIER.sub(value, text)


def expand_words(words: t.Sequence[str], table: Table, environment: Environment) -> list[str]:
    """The words of a command line as the command gets them."""
    expanded = []
    for given in words:
        word = expand_specifiers(given, table)
        if word[:1] == "$" and word[1:2] not in ("{", "$"):
            expanded += environment.get(word[1:]).split()
        else:
            expanded.append(_VARIABLE.sub(lambda m: environment.get(m.group(1)), word))
    return expanded


class Environment:
    """The variables of a service.  own: those that its unit sets."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._complete = ground.facts.environment is not None
        self.own: dict[str, str] = {}
        self._known: dict[str, str] = {}
        if ground.rootless:
            self._known = {"HOME": ground.home, "XDG_RUNTIME_DIR": ground.runtime_dir}
        self._known.update(ground.facts.environment or {})

    def get(self, name: str | None) -> str:
        """The value of a variable; '$' without a name."""
        if name is None:
            return "$"
        return {**self._known, **self.own}.get(name, "" if self._complete else ANYTHING)

    def directories(self) -> list[str]:
        """What systemd makes for the service: StateDirectory= and the like."""
        names = (key.replace("Directory", "_DIRECTORY").upper() for key in DIRECTORIES)
        return [path for name in names for path in self.own.get(name, "").split(":") if path]

    def read(self, key: str, value: str, table: Table) -> None:
        """Takes an assignment of [Service] into account."""
        value = expand_specifiers(value, table)
        if key == "Environment":
            pairs = (word.partition("=") for word in split_words(value))
            self.own.update({name: text for name, equals, text in pairs if equals})
        elif key == "EnvironmentFile":
            self._read_file(value.removeprefix("-"))
        elif key in DIRECTORIES:
            top, names = table[DIRECTORIES[key]], split_words(value)
            paths = [f"{top}/{name.partition(':')[0]}" for name in names]
            self.own[key.replace("Directory", "_DIRECTORY").upper()] = ":".join(paths)

    def _read_file(self, path: str) -> None:
        text = self._ground.text(path)
        if text is None:
            self._complete = False
        else:
            self.own.update(parse_environment(text))


def parse_environment(text: str) -> dict[str, str]:
    """Variables of an environment file, or as `systemctl show-environment` shows them."""
    found = {}
    for name, shown in _SHOWN.findall(text):
        value = shown.strip().removeprefix("$") if shown.startswith("$'") else shown.strip()
        quoted = len(value) > 1 and value[0] == value[-1] and value[0] in "\"'"
        found[name] = "".join(split_words(value)) if quoted else value
    return found
