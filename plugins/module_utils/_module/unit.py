# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""One unit of an app."""

from __future__ import annotations

import typing as t

from .._core.app.app import parse_unit_app
from .._engine.reconcile import reconcile
from .._host.scope import resolve_scope
from .base import run_module

if t.TYPE_CHECKING:
    from ansible.module_utils.basic import AnsibleModule

    from .._core.app.app import App
    from .._core.errors import QuadletError


def run(module: AnsibleModule) -> None:
    """Ends the module."""
    params = module.params
    run_module(
        module,
        lambda: reconcile(
            parse_unit_app(params),
            resolve_scope(params["user"], params["location"]),
            check=module.check_mode,
        ),
        lambda error: _foretell(parse_unit_app(params), params, error),
        lambda result: _keep(params, result),
    )


def _keep(params: t.Mapping[str, t.Any], result: dict[str, t.Any]) -> None:
    from .failed_runs import log_runs

    log_runs([{**params, "name": parse_unit_app(params).name}], [result])


def _foretell(app: App, params: t.Mapping[str, t.Any], error: QuadletError) -> dict[str, t.Any]:
    from .._engine.foretell import foretell_app

    return foretell_app(app, params["user"], params["location"], error)
