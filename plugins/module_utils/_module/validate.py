# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""The validate module: the verdict on units, and nothing else."""

from __future__ import annotations

import typing as t

from .._core.app.app import App, parse_app_name, parse_content, sections_of
from .._core.errors import QuadletError, join_errors
from .._core.lint.engine import Finding
from .._core.lint.rules import parse_ignore
from .._core.plan.unready import unready_warning
from .._core.validate.generator import Service
from .._engine.compat import for_host
from .._engine.decide import look
from .._engine.validate import note_quotations, validate_app
from .._engine.validate_installed import installed_errors
from .._host import podman
from .._host.owner import own_process
from .._host.scope import Scope, resolve_scope
from .._host.systemd import Manager
from .base import run_module
from .installed import lint_installed

if t.TYPE_CHECKING:
    from ansible.module_utils.basic import AnsibleModule


def validate(params: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """The module's result; an error of a unit fails it."""
    name = parse_app_name(params["name"])
    scope = resolve_scope(params["user"], params["location"])
    content = parse_content(name, params["units"], params["files"])
    ignore = parse_ignore(params["lint_ignore"])
    if content is None:
        verdict, errors = installed_errors(scope)
        findings = lint_installed(scope, ignore)
        note_quotations(scope, findings)
        lint = _rows(findings)
        if errors:
            raise _failed(errors, list(verdict.warnings), lint)
        return _result(verdict.services, list(verdict.warnings), lint)
    app = App(
        name,
        content=content,
        compat=params["compat"],
        sections=sections_of(params["units"]),
        lint_ignore=ignore,
    )
    return _validate_app(for_host(app), scope)


def _validate_app(app: App, scope: Scope) -> dict[str, t.Any]:
    manager = Manager(scope.manager, system=scope.is_system)
    try:
        snapshot, asked = look(app, scope, manager), podman.ask_version(own_process())
        validation = validate_app(app, scope, snapshot, asked)
    except QuadletError as error:
        rows = error.data.get("errors")
        errors = [QuadletError.from_dict(row) for row in rows] if rows else [error]
        raise _failed(errors, [], error.data.get("lint", [])) from None
    return _result(validation.services, list(validation.warnings), _rows(validation.findings))


def _rows(findings: t.Iterable[Finding]) -> list[dict[str, t.Any]]:
    return [finding._asdict() for finding in findings]


def _result(
    services: t.Iterable[Service], warnings: list[str], lint: list[dict[str, t.Any]]
) -> dict[str, t.Any]:
    return {
        "changed": False,
        "errors": [],
        "warnings_found": warnings,
        "warnings": warnings,
        "lint": lint,
        "services": {
            service.name: {"unit": service.unit, "needs": list(service.needs)}
            for service in services
        },
    }


def _failed(
    errors: t.Sequence[QuadletError], warnings: list[str], lint: list[dict[str, t.Any]]
) -> QuadletError:
    """An error with the list of all errors."""
    joined = join_errors(errors)
    rows = [
        {key: error.to_dict()[key] for key in ("where", "what", "remedy", "rule")}
        for error in errors
    ]
    joined.data = {"errors": rows, "warnings_found": warnings, "lint": lint}
    return joined


def _unready(error: QuadletError) -> dict[str, t.Any]:
    return _result((), [unready_warning(error, "nothing can be said of the units.")], [])


def run(module: AnsibleModule) -> None:
    """Ends the module."""
    run_module(module, lambda: validate(module.params), _unready)
