# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Reading a host: what an app is there, and what surrounds it.  Nothing is changed."""

from __future__ import annotations

import dataclasses
import os
import typing as t

from .._core.app.app import App
from .._core.app.layout import Layout
from .._core.content import Blob, from_wire
from .._core.quadlet.kinds import drop_in_dirs, is_quadlet, is_unit, unit_of
from .._core.state.manifest import Manifest, parse_manifest
from .._core.systemd_state import State
from .._host import files, state
from .._host import unit_search as scan
from .._host.owner import Owner
from .._host.scope import Scope
from .._host.systemd import Manager

if t.TYPE_CHECKING:
    from .._core.state.intent import Intent


@dataclasses.dataclass(frozen=True)
class Snapshot:
    """One look at an app's host.

    manifest: the record of the last run, empty if there is none.  desired: what the app
    is to consist of.  current: what is there of that and of what the app owns.
    foreign_files: other paths in the app's directory.  others: unit files elsewhere in the
    scope, as (name, path).  drop_ins: digests of drop-ins that the app does not own but
    that apply to its units.  states: of the recorded services; none where the manager is
    not running.  died: the intent of a run that did not end; stale: one is left of a run that did,
    or that had not begun.  secrets: stored names by declared ones, of those that its units name.
    new_key: what made them, where the scope has none yet.
    """

    manifest: Manifest
    desired: dict[str, Blob]
    current: dict[str, Blob]
    foreign_files: tuple[str, ...]
    others: tuple[tuple[str, str], ...]
    drop_ins: dict[str, str]
    manager_up: bool
    states: dict[str, State]
    secrets: dict[str, str] = dataclasses.field(default_factory=dict)
    new_key: str = dataclasses.field(default="", repr=False)
    died: Intent | None = None
    stale: bool = False


def read_snapshot(app: App, scope: Scope, manager: Manager) -> Snapshot:
    """The snapshot that a plan for this app starts from."""
    declared = sorted({*(app.content or ()), *app.patch})
    found = scope.files.call(_read_installed, scope.state_dir, scope.layout(app.name), declared)
    manifest = (
        parse_manifest(found["manifest"], state.manifest_path(scope.state_dir, app.name))
        if found["manifest"]
        else Manifest(app.name)
    )
    current = from_wire(found["files"], manifest.on_change)
    desired, secrets, new_key = _with_secrets(
        app, scope, manifest, desired_content(app, manifest, current)
    )
    owned = sorted({*desired, *manifest.files})
    units = [path for path in owned if is_quadlet(path) and "/" not in path]
    around = _scan(
        scope, app.name, owned, sorted({d for unit in units for d in drop_in_dirs(unit)})
    )
    up = is_up(scope)
    return Snapshot(
        manifest=manifest,
        desired=desired,
        current=current,
        foreign_files=tuple(path for path in found["listing"] if path not in owned),
        others=tuple((str(name), str(path)) for name, path in around["units"]),
        drop_ins={str(path): str(sha) for path, sha in around["drop_ins"].items()},
        manager_up=up,
        states=manager.read_states(manifest.services) if up else {},
        secrets=secrets,
        new_key=new_key,
        died=_parse_died(found["intent"], manifest, state.intent_path(scope.state_dir, app.name)),
        stale=bool(found["intent"]) and bool(manifest.loaded or not manifest.files),
    )


def read_manifest(scope: Scope, app: str) -> Manifest | None:
    """The record of an app's last run, alone."""
    path = state.manifest_path(scope.state_dir, app)
    text = scope.files.call(state.read_text, path)
    return parse_manifest(str(text), path) if text else None


def _parse_died(text: str | None, manifest: Manifest, path: str) -> Intent | None:
    """A run between its first write and its last one has a manifest that says so."""
    if not text or not manifest.files or manifest.loaded:
        return None
    from .._core.state.intent import parse_intent

    return parse_intent(text, path)


def _with_secrets(
    app: App, scope: Scope, manifest: Manifest, desired: dict[str, Blob]
) -> tuple[dict[str, Blob], dict[str, str], str]:
    """The content with the stored names of secrets, those, and the key that a first run makes."""
    mark = f".{app.name}-".encode()
    named = any(is_unit(path) and mark in blob.data for path, blob in desired.items())
    if not (app.secrets or manifest.secrets or named):
        return desired, {}, ""
    from .secrets import name_secrets

    return name_secrets(app, scope, manifest, desired)


def is_up(scope: Scope) -> bool:
    """Whether the scope's manager runs."""
    return scope.is_system or os.path.exists(f"{scope.manager.runtime_dir}/bus")


def _scan(
    scope: Scope, app: str, owned: t.Sequence[str], dirs: t.Sequence[str]
) -> dict[str, t.Any]:
    """What is in the scope beside the app.

    Each directory is looked into by who owns it, and nobody's word counts for another's:
    a path below the unit directory of location admin may be acted on by root.
    """

    def look(owner: Owner, tops: list[str]) -> dict[str, t.Any]:
        found: dict[str, t.Any] = owner.call(
            scan.scan_scope, tops, scope.app_dir(app), list(owned), list(dirs)
        )
        return found

    tops = [top for top, _since in scope.search]
    if scope.files is scope.manager:
        return look(scope.manager, tops)
    inside = f"{scope.unit_dir}/"
    mine = look(scope.files, [scope.unit_dir])
    theirs = look(scope.manager, [top for top in tops if top != scope.unit_dir])
    units = [row for row in theirs["units"] if not str(row[1]).startswith(inside)]
    drop_ins = {p: d for p, d in theirs["drop_ins"].items() if not str(p).startswith(inside)}
    return {"units": [*mine["units"], *units], "drop_ins": {**mine["drop_ins"], **drop_ins}}


def _read_installed(state_dir: str, layout: Layout, declared: t.Sequence[str]) -> dict[str, t.Any]:
    path = state.manifest_path(state_dir, layout.app)
    text = state.read_text(path)
    owned = parse_manifest(text, path).files if text else {}
    return {
        "manifest": text,
        "intent": state.read_text(state.intent_path(state_dir, layout.app)),
        **files.read_app(layout, sorted({*declared, *owned})),
    }


def desired_content(app: App, manifest: Manifest, current: t.Mapping[str, Blob]) -> dict[str, Blob]:
    """What the app is to consist of: declared, and kept where it is not pruned."""
    if app.state == "absent":
        return {}
    installed = {path: current[path] for path in manifest.files if path in current}
    if app.content is None:
        return _patched(app, installed)
    return app.content if app.prune else {**installed, **app.content}


def _patched(app: App, installed: dict[str, Blob]) -> dict[str, Blob]:
    """The installed set with the app's patch; nothing at all once no unit is left."""
    gone = [unit for unit, blob in app.patch.items() if blob is None]
    left = {path: blob for path, blob in installed.items() if unit_of(path) not in gone}
    left.update({unit: blob for unit, blob in app.patch.items() if blob is not None})
    return left if any(is_unit(path) and "/" not in path for path in left) else {}
