# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Check mode on a host that lacks the user or Podman: the result that can be given all the same."""

from __future__ import annotations

import typing as t

from .._core.app.app import App
from .._core.app.layout import Layout
from .._core.errors import QuadletError
from .._core.info.result import make_result
from .._core.plan.foretell import foretell
from .._core.secrets.private import find_private
from .._core.state.manifest import Manifest
from .._core.validate.check import Place
from .._host import heard
from .._host.scope import ADMIN_UNITS, SYSTEMD_DIRS, Scope, resolve_scope
from .observe import Installed, read_installed


def foretell_app(
    app: App, user: str | int | None, location: str, error: QuadletError
) -> dict[str, t.Any]:
    """The return values of the app and unit modules.  error: what the host lacks.

    QuadletError for what would be wrong on any host.
    """
    try:
        scope = resolve_scope(user, location)
    except QuadletError:
        layout, place, installed = *_guess(app.name, str(user), location), None
    else:
        layout, place = scope.layout(app.name), _place(app.name, scope)
        installed = read_installed(app, scope)
    current = installed.current if installed else {}
    for content in (app.content or {}, app.patch, current):
        heard.note_private(find_private({p: blob for p, blob in content.items() if blob}))
    told = foretell(app, error, current, layout, place)
    return make_result(
        told.steps,
        services={},
        manifest=_manifest(app, installed),
        warnings=told.warnings,
        lint=[finding._asdict() for finding in told.findings],
        diff=told.diff,
        timings={},
    )


def _manifest(app: App, installed: Installed | None) -> Manifest:
    return installed.manifest if installed else Manifest(app.name)


def _place(app: str, scope: Scope) -> Place:
    return Place(scope.app_dir(app), scope.unit_dir, scope.manager.home, frozenset())


def _guess(app: str, user: str, location: str) -> tuple[Layout, Place]:
    """Where the app will be once the user is there, and where lint takes that to be."""
    home, units = f"/home/{user}", "{}/.config/containers/systemd"
    shown = units.format(f"~{user}") if location == "home" else f"{ADMIN_UNITS}/(uid of {user})"
    folder = units.format(home) if location == "home" else f"{ADMIN_UNITS}/0"
    layout = Layout(app, f"{shown}/{app}", SYSTEMD_DIRS[location].format(home=f"~{user}"))
    return layout, Place(f"{folder}/{app}", folder, home, frozenset())
