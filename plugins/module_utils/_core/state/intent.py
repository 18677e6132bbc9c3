# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""The record of a run under way: the state before it, for a rollback."""

from __future__ import annotations

import dataclasses
import typing as t

from . import records

if t.TYPE_CHECKING:
    from ..systemd_state import State


@dataclasses.dataclass(frozen=True)
class Intent:
    """kept: where the old bytes of each real path are, '' for a new file.  active: services that
    were active, with dependents in other apps; retried: services that systemd was restarting
    after crashes.  enabled: companions with the state of their links.  images: ids by name before
    this run pulled.  started_at: seconds since the epoch.
    """

    app: str
    started_at: float
    kept: dict[str, str] = dataclasses.field(default_factory=dict)
    active: tuple[str, ...] = ()
    retried: tuple[str, ...] = ()
    enabled: dict[str, str] = dataclasses.field(default_factory=dict)
    images: dict[str, str] = dataclasses.field(default_factory=dict)


def parse_intent(text: str, path: str) -> Intent:
    """Parses an intent; refuses a newer format than ours."""
    return records.parse(text, path, _build, "Move it away; the app's files stay as they are.")


def _build(data: dict[str, t.Any]) -> Intent:
    data.pop("secrets", None)  # older records have it
    lists = {key: tuple(data[key]) for key in ("active", "retried")}
    return Intent(**{**data, **lists})


def carry_forward(died: Intent | None, now: Intent) -> Intent:
    """The intent of a run that follows a run that died: it keeps the state before that run."""
    if died is None:
        return now
    return dataclasses.replace(
        died,
        kept={**now.kept, **died.kept},
        enabled={**now.enabled, **died.enabled},
        images={**now.images, **died.images},
    )


def were_active(states: t.Mapping[str, State]) -> tuple[str, ...]:
    """Services that must be active after the run, even if it fails."""
    return tuple(name for name, state in states.items() if state.up)


def were_restarting(states: t.Mapping[str, State]) -> tuple[str, ...]:
    """Services between two crashes: after a rollback systemd restarts them again."""
    return tuple(name for name, state in states.items() if state.crashing)


def died_warning(app: str, died: Intent) -> str:
    """The warning of a run that did not end and is carried forward."""
    return (
        f"a run of app {app} that began {_time(died.started_at)} did not end; this run carries it "
        "forward, and a failure restores what was before it"
    )


def _time(seconds: float) -> str:
    hours, rest = divmod(int(seconds) % 86400, 3600)
    return f"at {hours:02}:{rest // 60:02}:{rest % 60:02} UTC"
