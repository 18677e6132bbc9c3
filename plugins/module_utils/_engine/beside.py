# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Check mode of several apps: each is judged in a scope that has those before it."""

from __future__ import annotations

import dataclasses
import typing as t

from .._core.app.app import App
from .._core.app.beside import Beside, make_beside, with_beside
from .._core.plan.directories import expand_home
from .._host.scope import Scope
from .compat import for_host
from .observe import Snapshot
from .validate_ownership import read_owner


def surround(app: App, scope: Scope, snapshot: Snapshot) -> Snapshot:
    """The snapshot of a scope in which the apps before this one are deployed."""
    around = with_beside(snapshot.others, app.beside, lambda path: read_owner(scope, path))
    return dataclasses.replace(snapshot, others=around.others, going=around.gone)


def find_beside(earlier: t.Iterable[tuple[App, Scope]], scope: Scope) -> tuple[Beside, ...]:
    """Those of the earlier apps that this scope's manager has, as they will be."""
    found = [
        _as_it_will_be(for_host(app), place)
        for app, place in earlier
        if place.manager.uid == scope.manager.uid
    ]
    return tuple(one for one in found if one)


def _as_it_will_be(app: App, scope: Scope) -> Beside | None:
    """None for an app whose installed set stays."""
    folder = scope.app_dir(app.name)
    if app.state == "absent":
        return Beside(app.name, folder, {})
    if app.content is None:
        return None
    directories = [row.path for row in expand_home(app.directories, scope.manager.home)]
    return make_beside(app.name, folder, app.content, directories, prunes=app.prune)
