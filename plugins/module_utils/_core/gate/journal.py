# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Journal entries as `journalctl -o json` writes them, one object a line."""

from __future__ import annotations

import json
import re
import typing as t

_ID = re.compile(r"[0-9a-f]{64}")
_INVOCATION = ("INVOCATION_ID", "USER_INVOCATION_ID", "_SYSTEMD_INVOCATION_ID")
_FIELDS = ("MESSAGE", "PODMAN_EVENT", "SYSLOG_IDENTIFIER", "_SYSTEMD_CGROUP", *_INVOCATION)
"""Fields to read.  systemd's messages name the unit's invocation beside systemd's own."""

_OWN, _SYSTEMD = 15, 5
_EARLY = 1.0
"""Seconds by which a process may speak before systemd notes that its service has begun."""


class Whose(t.NamedTuple):
    """A service whose entries are meant, in a manager.

    uid: of the manager's user, None for the system's.  pid: of the process that ended last, 0 if
    it is not known.  containers: their names, as far as they are known.
    """

    service: str
    uid: int | None = None
    pid: int = 0
    containers: tuple[str, ...] = ()

    @property
    def _prefix(self) -> str:
        return "" if self.uid is None else "USER_"

    @property
    def unit_fields(self) -> tuple[str, ...]:
        """Fields that name the unit: of its processes, of systemd about it, of other daemons."""
        heads = ("_SYSTEMD_", "", "OBJECT_SYSTEMD_", "COREDUMP_")
        return tuple(f"{head}{self._prefix}UNIT" for head in heads)

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields to read."""
        return (*_FIELDS, *self.unit_fields)

    @property
    def matches(self) -> list[str]:
        """Alternatives for journalctl: all that it takes for a unit's (systemd.journal-fields(7)),
        and what may be the words of a process that had ended before the journal looked whose it is.

        Those have no unit, but the name that the generator gives them (`SyslogIdentifier=%N`), the
        process, or the container.
        """
        own, about, *by_daemons = (f"{field}={self.service}" for field in self.unit_fields)
        user = f"_UID={self.uid or 0}"
        units = [[own, user], [about, user]] if self.uid is not None else [[own], [about, "_PID=1"]]
        units += [[field, "_UID=0"] for field in by_daemons]
        strays = [f"SYSLOG_IDENTIFIER={self.service.rpartition('.')[0]}"]
        strays += [f"_PID={self.pid}"] if self.pid else []
        strays += [f"CONTAINER_NAME={name}" for name in self.containers]
        ways = [*units, *([stray, user] for stray in strays)]
        return [word for way in ways for word in ("+", *way)][1:]

    def has(self, row: t.Mapping[str, t.Any], begun: float) -> bool:
        """Whether an entry that journalctl found is the service's: one that is nobody's counts
        since the service's start.
        """
        if row.get("_SYSTEMD_CGROUP") or row.get("_SYSTEMD_UNIT"):
            return any(row.get(field) == self.service for field in self.unit_fields)
        return int(row.get("__REALTIME_TIMESTAMP") or 0) / 1e6 >= begun - _EARLY


def parse_journal(
    text: str, whose: Whose | None = None, *, only: str = "", but_not: str = "", begun: float = 0.0
) -> list[str]:
    """The last messages about a failure: 15 of the service itself and 5 of systemd.

    In a crash loop systemd's messages would displace the others.  Lines of Podman and conmon
    about their own work are left out.  only, but_not: the id of the invocation that is meant, or
    not meant; entries without an invocation count.  begun: the start of what is meant.
    """
    own, systemd = 0, 0
    chosen: list[str] = []
    for row in reversed(_rows(text)):
        message = _message(row)
        if not message.strip() or _is_noise(row, message):
            continue
        if whose and not whose.has(row, begun):
            continue
        if not _is_meant(_invocation(row), only, but_not):
            continue
        if row.get("SYSLOG_IDENTIFIER") == "systemd":
            systemd += 1
            is_kept = systemd <= _SYSTEMD
        else:
            own += 1
            is_kept = own <= _OWN
        if is_kept:
            chosen.append(message)
    return chosen[::-1]


def _is_meant(invocation: str, only: str, but_not: str) -> bool:
    return not invocation or invocation == (only or invocation) != but_not


def _invocation(row: t.Mapping[str, t.Any]) -> str:
    return str(next((row[key] for key in _INVOCATION if row.get(key)), ""))


def _is_noise(row: t.Mapping[str, t.Any], message: str) -> bool:
    """Podman's events, conmon's notes, and the container's id that `podman run -d` prints."""
    by_conmon = row.get("SYSLOG_IDENTIFIER") == "conmon" or message.startswith("conmon ")
    return "PODMAN_EVENT" in row or by_conmon or bool(_ID.fullmatch(message))


_ENDED = re.compile(r"(?:Main|Control) process exited, code=(\w+), status=(\d+)")


def last_end(lines: t.Sequence[str]) -> tuple[str, int] | None:
    """How a main process, or a command beside it, ended, by systemd's last message: exit-code or
    signal, and its number.
    """
    for line in reversed(lines):
        match = _ENDED.search(line)
        if match:
            how, number = match.groups()
            return "exit-code" if how == "exited" else "signal", int(number)
    return None


def parse_job_results(text: str, field: str) -> dict[str, str]:
    """The result of the last ended job by unit: done, failed, dependency, …"""
    rows = [row for row in _rows(text) if row.get(field) and row.get("JOB_RESULT")]
    return {row[field]: row["JOB_RESULT"] for row in rows}


def _rows(text: str) -> list[dict[str, t.Any]]:
    return [json.loads(line) for line in text.split("\n") if line.startswith("{")]


def _message(row: t.Mapping[str, t.Any]) -> str:
    """The text of MESSAGE: a list of bytes if it is not UTF-8, of texts if it is repeated."""
    message = row.get("MESSAGE") or ""
    if isinstance(message, list) and all(isinstance(item, int) for item in message):
        message = bytes(message).decode("utf-8", "replace")
    elif isinstance(message, list):
        message = "\n".join(str(item) for item in message)
    return str(message).rstrip()
