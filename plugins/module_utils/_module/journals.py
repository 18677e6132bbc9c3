# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""The last lines of services that have failed, for module info."""

from __future__ import annotations

import typing as t

from .._core.systemd_state import State
from .._host.owner import to_quadlet_error
from .._host.scope import Scope
from .._host.systemd import Manager

_MOST = 20
"""Services of a host whose journal is read: each takes a process."""


def add_journals(apps: t.Iterable[dict[str, t.Any]], scopes: t.Iterable[Scope], lines: int) -> None:
    """Gives each service that has failed its last lines; the first ones, where there are many."""
    managers = {s.user: Manager(s.manager, system=s.is_system) for s in scopes}
    failed = [
        (managers[app["user"]], name, service)
        for app in apps
        for name, service in app["services"].items()
        if State(active=service["active"], sub=service["sub"]).failed
    ]
    for manager, name, service in failed[:_MOST]:
        try:
            service["journal"] = manager.read_journal(name, 0)[-lines:]
        except Exception as error:
            service["journal"] = [f"it can't be read: {to_quadlet_error(error)}"]
