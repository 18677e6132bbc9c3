# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Reconciles an app in a scope."""

from __future__ import annotations

import typing as t

from .._core.app.app import parse_app
from .._core.state.roster import Place
from .._engine.reconcile import reconcile
from .._host.roster import release
from .._host.scope import resolve_scope
from .base import mask_secrets, run_module

if t.TYPE_CHECKING:
    from ansible.module_utils.basic import AnsibleModule

    from .._core.app.app import App
    from .._core.errors import QuadletError


def run(module: AnsibleModule) -> None:
    """Ends the module."""
    params = module.params
    mask_secrets(module, params["secrets"])
    run_module(
        module,
        lambda: _reconcile(params, check=module.check_mode),
        lambda error: _foretell(parse_app(params), params, error),
        lambda result: _keep(params, result),
    )


def _keep(params: t.Mapping[str, t.Any], result: dict[str, t.Any]) -> None:
    from .failed_runs import log_runs

    log_runs([params], [result])


def _foretell(app: App, params: t.Mapping[str, t.Any], error: QuadletError) -> dict[str, t.Any]:
    from .._engine.foretell import foretell_app

    return foretell_app(app, params["user"], params["location"], error)


def _reconcile(params: t.Mapping[str, t.Any], *, check: bool) -> dict[str, t.Any]:
    """The module's result.  An app that is deployed so is no project's any more."""
    app, scope = parse_app(params), resolve_scope(params["user"], params["location"])
    result = reconcile(app, scope, check=check)
    if app.content is not None and not check:
        release(Place(app.name, scope.manager.uid, scope.location))
    return result
