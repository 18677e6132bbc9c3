# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""The record of ansible-pull's runs, which role pull writes, as info returns it."""

from __future__ import annotations

import json
import typing as t

FORMAT = 1
SERVICE, TIMER = "quadlet-pull.service", "quadlet-pull.timer"

_FIELDS: t.Final[dict[str, t.Any]] = {
    "url": "",
    "version": "",
    "commit": "",
    "wanted": "",
    "started_at": "",
    "ended_at": "",
    "result": "unknown",
    "message": "",
    "changed": False,
}
"""Fields of the record that are returned, with defaults for missing fields."""


def to_row(text: str, user: str | None, states: t.Mapping[str, str]) -> dict[str, t.Any]:
    """The row of info for a scope's record.  states: ActiveStates of the timer and the service."""
    row = {"user": user, **_FIELDS, "timer": states.get(TIMER), "service": states.get(SERVICE)}
    try:
        data = json.loads(text)
        version = data["format"]
        if version > FORMAT:
            reason = (
                f"its record has format {version}, this release of quadlet.fleet knows {FORMAT}"
            )
            return {**row, "message": reason}
        known = {key: type(_FIELDS[key])(data[key]) for key in _FIELDS if key in data}
        return {**row, **known}
    except (ValueError, KeyError, TypeError, RecursionError):
        return {**row, "message": "its record is damaged; the next run replaces it"}


def find_trouble(row: t.Mapping[str, t.Any], label: str) -> list[str]:
    """Sentences about failures of ansible-pull in a scope.  label: the scope's name."""
    messages = []
    if row["result"] != "ok":
        what = f"its last run ({row['ended_at']}) {_ENDS.get(row['result'], 'is unknown')}"
        first = str(row["message"]).partition("\n")[0]
        messages.append(f"{label} is to converge with ansible-pull, but {what}: {first}")
    if row["timer"] not in ("active", None):
        messages.append(
            f"{label} is to converge with ansible-pull, but {TIMER} is {row['timer']}: start it, "
            "or apply the role quadlet.fleet.pull"
        )
    return messages


_ENDS: t.Final = {"failed": "failed", "refused": "refused the commit"}
