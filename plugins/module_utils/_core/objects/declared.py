# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""What a service's command declares of its network or volume, as systemd expands it.

Specifiers and variables are expanded where their value is sure.  For the others systemd is asked,
where it has loaded the same command: it expands specifiers when it loads a unit (systemd.unit(5)),
and variables only when it starts the program.
"""

from __future__ import annotations

import re
import typing as t

from ..mounts.expand import Environment, expand_specifiers, expand_words, sure_specifiers
from ..mounts.facts import ANYTHING, UNKNOWN
from .create_command import CreateCommand, parse_create
from .model import ANY

if t.TYPE_CHECKING:
    from ..mounts.facts import Ground
    from ..quadlet.unitfile import UnitText

_OPEN = re.compile(f"[{UNKNOWN}{ANYTHING}]")
_LONE = re.compile(r"\$[A-Za-z_]")
_VARIABLE = re.compile(r"\$[A-Za-z_{]|%[ECD]")
_OF_HOST = re.compile(r"%[AbBgGHlmMovwW]")
_ARGV = re.compile(r"argv\[\]=\S+ (.*?) ; ignore_errors=")
_OF_EACH_SERVICE = frozenset(
    {
        *(
            "CREDENTIALS_DIRECTORY",
            "INVOCATION_ID",
            "JOURNAL_STREAM",
            "LISTEN_FDS",
            "LISTEN_FDNAMES",
        ),
        *("LISTEN_PID", "MAINPID", "MANAGERPID", "MEMORY_PRESSURE_WATCH", "MEMORY_PRESSURE_WRITE"),
        *("NOTIFY_SOCKET", "PIDFILE", "SYSTEMD_EXEC_PID", "TERM", "WATCHDOG_PID", "WATCHDOG_USEC"),
    }
)
"""Variables that systemd sets for each service anew (systemd.exec(5))."""
_OF_ITS_USER = frozenset({"HOME", "LOGNAME", "SHELL", "USER"})
_UNSURE_KEYS = frozenset({"PassEnvironment", "UnsetEnvironment"})


def wants_environment(words: t.Iterable[str]) -> bool:
    """Whether variables, of the service or its manager, are parts of words."""
    return any(_VARIABLE.search(word.replace("$$", "")) for word in words)


def wants_host(words: t.Iterable[str]) -> bool:
    """Whether specifiers are parts of words that only the host knows: its name, its release."""
    return any(_OF_HOST.search(word.replace("%%", "")) for word in words)


def environment_files(units: t.Iterable[UnitText], service: str, ground: Ground) -> list[str]:
    """Absolute paths of the files with variables that units name."""
    table = sure_specifiers(service, ground)
    values = [value for unit in units for value in unit.values("Service", "EnvironmentFile")]
    paths = [expand_specifiers(value.removeprefix("-"), table) for value in values]
    return [path for path in paths if path.startswith("/") and not _OPEN.search(path)]


class _SureEnvironment(Environment):
    """The variables of a service whose values are sure."""

    def __init__(self, ground: Ground, units: t.Sequence[UnitText], table: dict[str, str]) -> None:
        super().__init__(ground)
        self._unsure = False
        self._rootless = ground.rootless
        entries = [e for unit in units for e in unit.entries if e.section == "Service"]
        for entry in sorted(entries, key=lambda entry: entry.key):
            resets = entry.key in ("Environment", "EnvironmentFile") and not entry.value
            self._unsure = self._unsure or resets or entry.key in _UNSURE_KEYS
            self.read(entry.key, entry.value, table)

    def get(self, name: str | None) -> str:
        """The value of a variable, ANYTHING where it is not sure; '$' without a name."""
        given_by_systemd = name in _OF_EACH_SERVICE or (name in _OF_ITS_USER and not self._rootless)
        if name is not None and (self._unsure or given_by_systemd):
            return ANYTHING
        return super().get(name)

    def _read_file(self, path: str) -> None:
        if path.startswith("/"):  # systemd ignores other paths
            self._unsure = self._unsure or self._ground.text(path) is None
            super()._read_file(path)


def declared_object(
    service: str,
    words: t.Sequence[str],
    ground: Ground,
    units: t.Sequence[UnitText] = (),
    loaded: str = "",
) -> CreateCommand | None:
    """The command of a service; None if it can't be told what object it makes.

    What is not known before systemd expands it becomes ANY.  units: the unit with its drop-ins.
    loaded: what systemd shows of the same command, as it has loaded it; '' if it was not asked.
    """
    table = sure_specifiers(service, ground)
    environment = _SureEnvironment(ground, units, table)
    words = _as_loaded(words, table, loaded) if loaded else words
    expanded, unclear, unknown = list[str](), list[str](), list[str]()
    for word in words:
        parts = [_OPEN.sub(ANY, part) for part in expand_words([word], table, environment)]
        is_open = any(ANY in part for part in parts)
        unclear += [word] if is_open else []
        unknown += [word] if is_open and _LONE.match(word) else []  # any number of words
        expanded += parts
    command = parse_create(expanded)
    if command is None or ANY in command.name or any(ANY in word for word in command.place):
        return None
    return command._replace(unclear=tuple(unclear), unknown=(*command.unknown, *unknown))


def parse_loaded(shown: str) -> str:
    """The words after the program, of a command as `systemctl show -p ExecStart` shows it."""
    found = _ARGV.search(shown)
    return found[1] if found else ""


def _as_loaded(words: t.Sequence[str], table: dict[str, str], loaded: str) -> t.Sequence[str]:
    """The words with the specifiers that systemd has expanded; as they are where these are others.

    In what systemd shows a blank of a word can't be told from one between words.
    """
    known = [expand_specifiers(word, table) for word in words]
    pattern = " ".join(_OPEN.sub("(.*)", re.escape(word)) for word in known)
    match = re.fullmatch(pattern, loaded, re.DOTALL)
    if match is None or any(" " in value for value in match.groups()):
        return words
    values = iter(match.groups())
    filled = [_OPEN.sub(lambda _match: next(values), word) for word in known]
    return [word.replace("%", "%%") for word in filled]
