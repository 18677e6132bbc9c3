# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""When services were last started, from their control groups: systemd makes a new one each time.

A look at a directory takes microseconds, a question to systemd some milliseconds for each service.
"""

from __future__ import annotations

import os
import typing as t

from .scope import Scope

_TOP = "/sys/fs/cgroup"


def started_after(scope: Scope, services: t.Iterable[str], time: float) -> list[str]:
    """Services that may have been started after a time (since the epoch).

    One whose control group is elsewhere (`Slice=`, a template's instance) may have been, too.
    """
    uid = scope.manager.uid
    users = f"user.slice/user-{uid}.slice/user@{uid}.service/app.slice"
    folder = f"{_TOP}/{'system.slice' if scope.is_system else users}"
    return [name for name in services if _made_at(f"{folder}/{name}") > time]


def _made_at(path: str) -> float:
    try:
        return os.stat(path).st_mtime
    except OSError:
        return float("inf")
