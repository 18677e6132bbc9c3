# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Logs of failed runs on disk; every function runs as the owner of the scope's files.

`failures/APP.json` has those since the last run that was a good one, and is there only while there
are any: an unchanged run looks for the name, and reads nothing.  `failures/APP.past.json` has those
from before.  No app's name has a dot.
"""

from __future__ import annotations

import os

from .._core.state import failure_log
from . import state


def add_entry(state_dir: str, app: str, entry: failure_log.Row) -> None:
    """Notes a failed run."""
    path = state.failures_path(state_dir, app)
    entries = failure_log.parse(state.read_text(path))
    state.write_text(path, failure_log.dump([*entries, entry]))


def settle(state_dir: str, app: str) -> None:
    """After a run that was a good one: what failed before it is past."""
    path, past = state.failures_path(state_dir, app), state.past_failures_path(state_dir, app)
    entries = [*failure_log.parse(state.read_text(past)), *failure_log.parse(state.read_text(path))]
    state.write_text(past, failure_log.dump(entries))
    state.remove(path)


def read_entries(state_dir: str) -> dict[str, list[failure_log.Row]]:
    """The failed runs of all apps, the oldest first.  open: no good one has followed."""
    try:
        names = sorted(os.listdir(f"{state_dir}/failures"))
    except FileNotFoundError:
        return {}
    apps = sorted({name.partition(".")[0] for name in names if name.endswith(".json")})
    return {app: _read_app(state_dir, app) for app in apps[: state.MOST_APPS]}


def _read_app(state_dir: str, app: str) -> list[failure_log.Row]:
    past = failure_log.parse(state.read_text(state.past_failures_path(state_dir, app)))
    now = failure_log.parse(state.read_text(state.failures_path(state_dir, app)))
    rows = [*({**row, "open": False} for row in past), *({**row, "open": True} for row in now)]
    return rows[-failure_log.KEPT :]
