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
FIELDS = ("MESSAGE", "PODMAN_EVENT", "SYSLOG_IDENTIFIER", *_INVOCATION)
"""Fields to read.  systemd's messages name the unit's invocation beside systemd's own."""

_OWN, _SYSTEMD = 15, 5


def parse_journal(text: str, *, only: str = "", but_not: str = "") -> list[str]:
    """The last messages about a failure: 15 of the service itself and 5 of systemd.

    In a crash loop systemd's messages would displace the others.  Lines of Podman and conmon
    about their own work are left out.  only, but_not: the id of the invocation that is meant, or
    not meant; entries without an invocation count.
    """
    own, systemd = 0, 0
    chosen: list[str] = []
    for row in reversed(_rows(text)):
        message = _message(row)
        if not message.strip() or _is_noise(row, message):
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
