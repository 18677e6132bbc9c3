# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""The reload module: no reload that would make a service vanish."""

from __future__ import annotations

import typing as t

from .._core.errors import QuadletError, join_errors
from .._core.plan.unready import unready_warning
from .._engine.validate_installed import installed_errors
from .._host.scope import resolve_scope
from .._host.systemd import Manager
from .base import run_module

if t.TYPE_CHECKING:
    from ansible.module_utils.basic import AnsibleModule


def reload_scope(user: str | None, *, check: bool) -> dict[str, t.Any]:
    """The module's result; QuadletError, and no reload, where the generator refuses a file."""
    scope = resolve_scope(user)
    verdict, errors = installed_errors(scope)
    if errors:
        error = join_errors(errors)
        error.data = {"errors": [item.to_dict() for item in errors]}
        raise error
    manager = Manager(scope.manager, system=scope.is_system)
    if not check:
        if not scope.is_system and not manager.answers():
            raise QuadletError(
                f"the service manager of user {scope.user} does not run",
                where="user",
                remedy="Turn linger on first (quadlet.fleet.linger), or let the user log in.",
                topic="no-manager",
            )
        manager.reload()
    services = sorted(service.name for service in verdict.services)
    return {"changed": True, "services": services, "warnings": list(verdict.warnings)}


def run(module: AnsibleModule) -> None:
    """Ends the module."""
    run_module(
        module,
        lambda: reload_scope(module.params["user"], check=module.check_mode),
        lambda error: {
            "changed": True,
            "services": [],
            "warnings": [unready_warning(error, "systemd would reload.")],
        },
    )
