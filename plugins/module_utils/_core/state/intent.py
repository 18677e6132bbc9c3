# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""The record of a run that is under way: what was before it, and where that is kept."""

from __future__ import annotations

import dataclasses
import typing as t

from . import records

if t.TYPE_CHECKING:
    from ..systemd_state import State


@dataclasses.dataclass(frozen=True)
class Intent:
    """kept: where the old bytes of each real path are, '' where there were none.  active: services
    that were active, those of other apps that would stop along too; retried: those that systemd
    was trying again and again.  enabled: companions with the state of their links.
    images: ids that names stood for before this run pulled.  started_at: seconds since the epoch.
    """

    app: str
    started_at: float
    kept: dict[str, str] = dataclasses.field(default_factory=dict)
    active: tuple[str, ...] = ()
    retried: tuple[str, ...] = ()
    enabled: dict[str, str] = dataclasses.field(default_factory=dict)
    images: dict[str, str] = dataclasses.field(default_factory=dict)


def parse_intent(text: str, path: str) -> Intent:
    """An intent from its text; a newer format than ours is refused."""
    return records.parse(text, path, _build, "Move it away; the app's files stay as they are.")


def _build(data: dict[str, t.Any]) -> Intent:
    data.pop("secrets", None)  # older records have it
    lists = {key: tuple(data[key]) for key in ("active", "retried")}
    return Intent(**{**data, **lists})


def carry_forward(died: Intent | None, now: Intent) -> Intent:
    """The intent of a run behind one that died: what was before that one is what counts."""
    if died is None:
        return now
    return dataclasses.replace(
        died,
        kept={**now.kept, **died.kept},
        enabled={**now.enabled, **died.enabled},
        images={**now.images, **died.images},
    )


def were_active(states: t.Mapping[str, State]) -> tuple[str, ...]:
    """Services that are to be active whatever comes of the run."""
    return tuple(name for name, state in states.items() if state.up)


def were_retried(states: t.Mapping[str, State]) -> tuple[str, ...]:
    """Services between two crashes: they are given back to systemd's trying."""
    return tuple(name for name, state in states.items() if state.crashing)


def died_warning(app: str, died: Intent) -> str:
    """That a run did not end, and that this one goes on from where it stopped."""
    return (
        f"a run of app {app} that began {_time(died.started_at)} did not end; this run carries it "
        "forward, and what was before it is what a failure leads back to"
    )


def _time(seconds: float) -> str:
    hours, rest = divmod(int(seconds) % 86400, 3600)
    return f"at {hours:02}:{rest // 60:02}:{rest % 60:02} UTC"
