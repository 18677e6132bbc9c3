# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""The linger module: on or off, and when on, until the manager answers."""

from __future__ import annotations

import typing as t

from .._core.errors import QuadletError
from .._core.plan.unready import unready_warning
from .._host import linger
from .._host.scope import resolve_scope
from .._host.systemd import Manager
from .base import run_module

if t.TYPE_CHECKING:
    from ansible.module_utils.basic import AnsibleModule


def reconcile_linger(user: str, *, on: bool, check: bool) -> dict[str, t.Any]:
    """The module's result."""
    scope = resolve_scope(user)
    if scope.is_system or scope.user is None:
        raise QuadletError(
            "the system's manager needs no linger",
            where="user",
            remedy="Name another user.",
            topic="options-exclude",
        )
    changed = linger.is_lingering(scope.user) != on
    warnings: list[str] = []
    if not check:
        if changed:
            linger.set_linger(scope.user, on=on)
        if on:
            linger.ensure_manager(scope, Manager(scope.manager, system=False))
    if on:
        warnings = linger.online_warning(Manager(scope.manager, system=True))
    return {"changed": changed, "uid": scope.manager.uid, "warnings": warnings}


def run(module: AnsibleModule) -> None:
    """Ends the module."""
    params = module.params
    run_module(
        module,
        lambda: reconcile_linger(
            params["user"], on=params["state"] == "enabled", check=module.check_mode
        ),
        lambda error: {
            "changed": params["state"] == "enabled",
            "uid": None,
            "warnings": [unready_warning(error, f"linger would be {params['state']}.")],
        },
    )
