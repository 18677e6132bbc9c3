# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""The state of hosts that converge with ansible-pull, for module info."""

from __future__ import annotations

import typing as t

from .._core.info import ansible_pull as pulled
from .._engine.observe import is_up
from .._host import state
from .._host.owner import to_quadlet_error
from .._host.scope import Scope
from .._host.systemd import Manager


def read_pulls(
    scopes: t.Iterable[Scope], errors: list[dict[str, t.Any]]
) -> tuple[list[dict[str, t.Any]], list[str]]:
    """(a row for each scope that role pull has set up, messages about failures).

    errors: why that of a scope can't be read is added.
    """
    rows, troubles = [], []
    for scope in scopes:
        path = f"{scope.state_dir}/pull.json"
        try:
            text = None if scope.location == "admin" else scope.files.call(state.read_text, path)
            row = None if text is None else pulled.to_row(text, scope.user, _states(scope))
        except Exception as error:
            place = {"user": scope.user, "location": scope.location, "app": None}
            errors.append({**place, "msg": str(to_quadlet_error(error))})
            continue
        if row is not None:
            rows.append(row)
            troubles += pulled.find_trouble(row, scope.label)
    return rows, troubles


def _states(scope: Scope) -> dict[str, str]:
    if not is_up(scope):
        return {}
    manager = Manager(scope.manager, system=scope.is_system)
    states = manager.read_states([pulled.TIMER, pulled.SERVICE])
    return {unit: state.active for unit, state in states.items()}
