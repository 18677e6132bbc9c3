# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""The verdict on an app's companions, as far as it takes a look at the host."""

from __future__ import annotations

import typing as t

from .._core.app.app import App
from .._core.content import to_wire
from .._core.errors import QuadletError
from .._core.quadlet.kinds import is_companion
from .._core.quadlet.unitfile import UnitText
from .._core.state.manifest import parse_manifest
from .._core.validate.companions import check_companions, parse_verification
from .._host import heard, staging, state
from .._host.child import CHANGE
from .._host.scope import Scope
from .observe import Snapshot

if t.TYPE_CHECKING:
    from .._core.app.beside import Beside


def validate_companions(
    scope: Scope, snapshot: Snapshot, units: t.Mapping[str, UnitText]
) -> tuple[list[QuadletError], list[str]]:
    """Errors and warnings: our own rules' first, systemd's own where those find nothing."""
    own = [path for path in units if is_companion(path)]
    errors = check_companions(
        {path: units[path] for path in own}, location=scope.location, folder=scope.systemd_dir
    )
    if errors or not own:
        return errors, []
    flags = [] if scope.is_system else ["--user"]
    said = scope.manager.call(staging.verify, flags, to_wire(snapshot.desired, own), limit=CHANGE)
    heard.note_text(scope.manager, str(said))
    return parse_verification(str(said), frozenset(own))


def taken_companions(scope: Scope, app: App, snapshot: Snapshot) -> list[QuadletError]:
    """New companions whose names other apps have: all apps share systemd's directory."""
    new = [p for p in snapshot.desired if is_companion(p) and p not in snapshot.manifest.files]
    if not new:
        return []
    owners = scope.files.call(_owners_among, scope.state_dir, app.name, new)
    return [
        QuadletError(
            f"{path} is a unit of app {owner!r}",
            where=scope.layout(app.name).real(path),
            remedy="Rename one of the two.",
            topic="unit-taken",
        )
        for path, owner in owners.items()
        if not any(one.name == owner and _gives_up(one, path) for one in app.beside)
    ]


def _gives_up(app: Beside, path: str) -> bool:
    return app.prunes and path not in app.companions


def _owners_among(state_dir: str, app: str, paths: t.Sequence[str]) -> dict[str, str]:
    """Owners by companion, of those that another app owns."""
    owners = {}
    for other in state.list_apps(state_dir):
        files = _files_of(state_dir, other) if other != app else ()
        owners.update({path: other for path in paths if path in files})
    return owners


def _files_of(state_dir: str, app: str) -> t.Collection[str]:
    """The files of another app; none where its record can't be read: its own run reports that, and
    a file that is there belongs to somebody in any case.
    """
    path = state.manifest_path(state_dir, app)
    try:
        text = state.read_text(path)
        return parse_manifest(text, path).files if text else ()
    except QuadletError:
        return ()
