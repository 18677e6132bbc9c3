# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""When services were last started, from what systemd makes at each start: a control group, and a
link with the id of the invocation.

A look at a path takes microseconds, a question to systemd some milliseconds for each service.
"""

from __future__ import annotations

import contextlib
import os
import typing as t

from .scope import Scope

_TOP, _UNKNOWN = "/sys/fs/cgroup", float("inf")


def started_after(
    scope: Scope, services: t.Iterable[str], time: float, *, certain: bool = False
) -> list[str]:
    """Services that may have been started after a time (since the epoch).  certain: that have been.

    One whose control group is elsewhere (`Slice=`, a template's instance) or gone (a network) has
    the link, since systemd 249 in a user's manager too; one without both may have been started.
    """
    uid = scope.manager.uid
    users = f"user.slice/user-{uid}.slice/user@{uid}.service/app.slice"
    groups = f"{_TOP}/{'system.slice' if scope.is_system else users}"
    links = f"{'/run' if scope.is_system else scope.manager.runtime_dir}/systemd/units/invocation:"
    made = ((name, _made_at(f"{groups}/{name}", f"{links}{name}")) for name in services)
    return [name for name, at in made if at > time and not (certain and at == _UNKNOWN)]


def _made_at(*paths: str) -> float:
    for path in paths:
        with contextlib.suppress(OSError):
            return os.lstat(path).st_mtime
    return _UNKNOWN
