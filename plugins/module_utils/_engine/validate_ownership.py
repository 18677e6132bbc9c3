# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Whose files these are: what the app may replace or adopt, and where it may be installed."""

from __future__ import annotations

from .._core.app.adopted import Adopted
from .._core.app.app import App
from .._core.app.beside import owner_beside
from .._core.errors import NOT_READY, QuadletError, join_errors
from .._core.host.subordinate_ids import missing_remedy
from .._core.state.manifest import parse_manifest
from .._core.validate import conflicts
from .._host import scope as scopes
from .._host import state, unit_search
from .._host.scope import Scope
from .observe import Snapshot
from .validate_companions import taken_companions


def check_user(scope: Scope) -> None:
    if scope.is_system:
        return
    missing = scopes.subordinate_ids_missing(
        scope.manager, lambda path: state.read_text(path) or ""
    )
    if missing:
        from .._host.accounts import read_granted

        looked = "; ".join(read_granted(scope.manager).lacking)
        raise QuadletError(
            f"user {scope.user} has no range in {' and '.join(missing)}, "
            f"so its containers can't have users of their own ({looked})",
            where="user",
            remedy=missing_remedy(str(scope.user)),
            data={NOT_READY: True},
            topic="no-subordinate-ids",
        )


def check_location(app: App, scope: Scope) -> None:
    if scope.is_system:
        return
    other = "home" if scope.location == "admin" else "admin"
    folder = (
        f"{scope.manager.home}/.config/containers/systemd"
        if other == "home"
        else f"{scopes.ADMIN_UNITS}/{scope.manager.uid}"
    )
    if scope.manager.call(_has_units, f"{folder}/{app.name}"):
        raise QuadletError(
            f"app {app.name!r} is installed at location {other} already",
            where=f"{folder}/{app.name}",
            remedy=f"Remove it there first (state: absent, location: {other}).",
            topic="other-location",
        )


def _has_units(folder: str) -> bool:
    return any(True for _path in unit_search.walk_units(folder))


def check_files(app: App, scope: Scope, snapshot: Snapshot) -> dict[str, Adopted]:
    """Refuses to overwrite what the app does not own; the adopted units by name."""
    layout = scope.layout(app.name)
    errors = taken_companions(scope, app, snapshot)
    reported = {error.where for error in errors}
    for path, blob in snapshot.desired.items():
        installed = snapshot.current.get(path)
        if (
            installed
            and path not in snapshot.manifest.files
            and installed.data != blob.data
            and not app.adopt
            and layout.real(path) not in reported
        ):
            errors.append(
                QuadletError(
                    "a file is there that no app owns",
                    where=layout.real(path),
                    remedy="Use adopt: true to replace it, or remove it.",
                    topic="foreign-file",
                )
            )
    adopted: dict[str, Adopted] = {}
    foreign = []
    for name, path in snapshot.others:
        if name not in snapshot.desired or path == layout.real(name):
            continue
        owner = owner_beside(app.beside, path) or read_owner(scope, path)
        if owner is None and app.adopt and path.startswith(scope.unit_dir + "/"):
            adopted[name] = Adopted(path, scope.files.call(state.read_text, path) or "")
        else:
            foreign.append(conflicts.ForeignFile(name, path, owner))
    errors += conflicts.file_conflicts(snapshot.desired, foreign)
    if errors:
        raise join_errors(errors)
    return adopted


def read_owner(scope: Scope, path: str) -> str | None:
    """The app that owns a unit file, or None."""
    owner = scope.files.call(_owner_of, scope.state_dir, scope.unit_dir, path)
    return str(owner) if owner else None


def _owner_of(state_dir: str, unit_dir: str, path: str) -> str | None:
    app, _slash, rest = path[len(unit_dir) + 1 :].partition("/")
    if not path.startswith(unit_dir + "/") or not rest:
        return None
    manifest = state.manifest_path(state_dir, app)
    text = state.read_text(manifest)
    return app if text and rest in parse_manifest(text, manifest).files else None
