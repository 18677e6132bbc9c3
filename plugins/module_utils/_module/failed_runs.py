# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Keeps what failed runs have told, as it leaves the host, and reads it for module info."""

from __future__ import annotations

import contextlib
import time
import typing as t

from .._core.app.app import parse_app_name
from .._core.errors import QuadletError
from .._core.state import failure_log
from .._host import failure_log as log
from .._host import heard
from .._host.owner import to_quadlet_error
from .._host.scope import Scope, resolve_scope

Row = dict[str, t.Any]


def log_runs(items: t.Sequence[t.Mapping[str, t.Any]], rows: t.Sequence[Row]) -> None:
    """Keeps those of the apps' runs that have failed.  items: the options of each."""
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    for item, row in zip(items, rows):
        entry = failure_log.make_entry(row, now)
        if entry:
            with contextlib.suppress(QuadletError, OSError):
                app = parse_app_name(str(item["name"]))
                scope = resolve_scope(item.get("user"), item.get("location") or "home")
                scope.files.call(log.add_entry, scope.state_dir, app, entry)


def read_runs(
    scopes: t.Iterable[Scope], wanted: t.Collection[str] | None, warnings: list[str]
) -> list[Row]:
    """Failed runs of the scopes' apps, the oldest of each app first.

    warnings: why those of a scope can't be read is added.  It is no error: the apps were read, and
    a user who breaks the own log holds up no rollout.
    """
    rows = []
    for scope in scopes:
        place = {"user": scope.user, "location": scope.location}
        try:
            found = scope.files.call(log.read_entries, scope.state_dir)
        except Exception as error:
            why = to_quadlet_error(error)
            warnings.append(f"{scope.label}: what failed runs told could not be read: {why}")
            continue
        for app, entries in found.items():
            if (wanted is None or app in wanted) and _is_name(str(app)):
                for entry in entries:
                    heard.note_text(scope.manager, "\n".join(failure_log.texts_of(entry)))
                    rows.append({"app": app, **place, **entry})
    return rows


def _is_name(app: str) -> bool:
    """Whether a file is of an app: a user can put any name there."""
    try:
        parse_app_name(app)
    except QuadletError:
        return False
    return True
