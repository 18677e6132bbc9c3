# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Reading a host: what is there of an app, and what surrounds it.  Nothing is changed."""

from __future__ import annotations

import dataclasses
import os
import typing as t

from .._core.app.app import App
from .._core.app.layout import Layout
from .._core.content import Blob, from_wire
from .._core.plan.own_starts import Moved
from .._core.quadlet.kinds import drop_in_dirs, is_quadlet
from .._core.state.manifest import Manifest, parse_manifest
from .._core.systemd_state import State
from .._host import changes, files, state
from .._host import unit_search as scan
from .._host.owner import Owner
from .._host.scope import Scope
from .._host.systemd import Manager
from .._host.unit_search import Around

if t.TYPE_CHECKING:
    from .._core.app.directories_option import Directory
    from .._core.state.intent import Intent
    from .desired import Desired


@dataclasses.dataclass(frozen=True)
class Snapshot:
    """One look at an app's host.

    manifest: the record of the last run, empty if there is none.  desired: what the app
    is to consist of.  current: what is there of that and of what the app owns.
    foreign_files: other paths in the app's directory.  others: unit files elsewhere in the
    scope, as (name, path).  drop_ins: digests of drop-ins that the app does not own but
    that apply to its units.  states: of the recorded services; none where the manager is
    not running.  died: the intent of a run that did not end; stale: an intent is left of a
    run that did end, or had not begun.  secrets: stored names by declared ones, of those that its
    units name.  new_key: what made them, where the scope has none yet.  recorded_at: when the last
    run ended, or one found all as it should be (seconds since the epoch).  touched: files and
    drop-ins that somebody changed since, with the time, whatever they hold now.  moved: when
    directories that a start is made from were changed.  noted: whether images are noted that
    runs have pulled and no generation answers for.  going: units of other apps that go before this
    run, in check mode.  wanted_directories: as declared, with absolute paths; seen_directories:
    what is there, by path.  has_failed: whether the run before this one has failed.
    """

    manifest: Manifest
    desired: dict[str, Blob]
    current: dict[str, Blob]
    foreign_files: tuple[str, ...]
    others: tuple[tuple[str, str], ...]
    drop_ins: dict[str, str]
    manager_up: bool
    states: dict[str, State]
    secrets: t.Mapping[str, str] = dataclasses.field(default_factory=dict)
    new_key: str = dataclasses.field(default="", repr=False)
    recorded_at: float = 0.0
    touched: t.Mapping[str, float] = dataclasses.field(default_factory=dict)
    moved: Moved = dataclasses.field(default_factory=Moved)
    died: Intent | None = None
    stale: bool = False
    noted: bool = False
    going: tuple[str, ...] = ()
    wanted_directories: tuple[Directory, ...] = ()
    seen_directories: t.Mapping[str, dict[str, t.Any]] = dataclasses.field(default_factory=dict)
    has_failed: bool = False


class Installed(t.NamedTuple):
    """What is there of an app.  manifest: the record of the last run, empty if there is none.
    current: files that are declared or recorded.  listing: all paths in the app's directory.
    intent: the text that a run under way keeps.  leftover: old or new bytes are
    there, or an old record.  has_failed: whether the run before has failed.  noted: images are
    noted.
    """

    manifest: Manifest
    current: dict[str, Blob]
    listing: tuple[str, ...]
    intent: str | None
    leftover: bool
    recorded_at: float
    touched: t.Mapping[str, float]
    has_failed: bool
    noted: bool


def read_installed(app: App, scope: Scope) -> Installed:
    """The app as it is on the host."""
    declared = sorted({*(app.content or ()), *app.patch})
    found = scope.files.call(_read_installed, scope.state_dir, scope.layout(app.name), declared)
    text, path = found["manifest"], state.manifest_path(scope.state_dir, app.name)
    manifest = parse_manifest(text, path) if text else Manifest(app.name)
    current = from_wire(found["files"], manifest.on_change)
    listing = tuple(map(str, found["listing"]))
    recorded_at, touched = found["recorded_at"], found["touched"]
    leftover, failed, noted = (bool(found[key]) for key in ("leftover", "has_failed", "noted"))
    more = (leftover, recorded_at, touched, failed, noted)
    return Installed(manifest, current, listing, found["intent"], *more)


def read_snapshot(
    app: str,
    scope: Scope,
    manager: Manager,
    installed: Installed,
    desired: Desired,
    directories: tuple[Directory, ...] = (),
) -> Snapshot:
    """The app with what surrounds it, as far as that matters to the desired content."""
    manifest, intent = installed.manifest, installed.intent
    owned = sorted({*desired.content, *manifest.files})
    around = _scan(scope, _around(app, scope, owned, manifest.services, directories))
    up = is_up(scope)
    return Snapshot(
        manifest=manifest,
        desired=desired.content,
        current=installed.current,
        foreign_files=tuple(path for path in installed.listing if path not in owned),
        others=tuple((str(name), str(path)) for name, path in around["units"]),
        drop_ins={str(path): str(sha) for path, sha in around["drop_ins"].items()},
        manager_up=up,
        states=manager.read_states(manifest.services) if up else {},
        secrets=desired.secrets,
        new_key=desired.new_key,
        recorded_at=installed.recorded_at,
        touched={
            str(path): when
            for path, when in (*installed.touched.items(), *around["touched"].items())
            if when > installed.recorded_at
        },
        moved=Moved(*(float(around["moved"].get(key, 0.0)) for key in Moved._fields)),
        died=_parse_died(intent, manifest, state.intent_path(scope.state_dir, app)),
        stale=bool(intent or installed.leftover) and bool(manifest.loaded or not manifest.files),
        noted=installed.noted,
        wanted_directories=directories,
        seen_directories={str(p): row for p, row in around.get("directories", {}).items()},
        has_failed=installed.has_failed,
    )


def _around(
    app: str,
    scope: Scope,
    owned: t.Sequence[str],
    services: t.Iterable[str],
    directories: t.Iterable[Directory],
) -> Around:
    units = [path for path in owned if is_quadlet(path) and "/" not in path]
    return Around(
        scope.app_dir(app),
        tuple(owned),
        tuple(sorted({d for unit in units for d in drop_in_dirs(unit)})),
        tuple(scope.drop_in_places),
        tuple({d for service in services for d in drop_in_dirs(service)}),
        tuple(row.path for row in directories),
        tuple(sorted({0, scope.manager.uid})),
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


def is_up(scope: Scope) -> bool:
    """Whether the scope's manager runs."""
    return scope.is_system or os.path.exists(f"{scope.manager.runtime_dir}/bus")


def _scan(scope: Scope, around: Around) -> dict[str, t.Any]:
    """What is in the scope beside the app.

    Each directory is looked into by who owns it, and nobody's word counts for another's:
    a path below the unit directory of location admin may be acted on by root.
    """
    tops = [top for top, _since in scope.search]
    if scope.files is scope.manager:
        return _look(scope.manager, tops, around)
    inside = f"{scope.unit_dir}/"
    mine = _look(scope.files, [scope.unit_dir], around._replace(directories=()))
    theirs = _look(scope.manager, [top for top in tops if top != scope.unit_dir], around)
    units = [row for row in theirs["units"] if not str(row[1]).startswith(inside)]
    moved = {key: max(mine["moved"][key], at) for key, at in theirs["moved"].items()}
    found: dict[str, t.Any] = {**theirs, "units": [*mine["units"], *units], "moved": moved}
    for key in ("drop_ins", "touched"):
        others = {p: row for p, row in theirs[key].items() if not str(p).startswith(inside)}
        found[key] = {**mine[key], **others}
    return found


def _look(owner: Owner, tops: list[str], around: Around) -> dict[str, t.Any]:
    found: dict[str, t.Any] = owner.call(scan.scan_scope, tops, around)
    return found


def _read_installed(state_dir: str, layout: Layout, declared: t.Sequence[str]) -> dict[str, t.Any]:
    path = state.manifest_path(state_dir, layout.app)
    text = state.read_text(path)
    owned = parse_manifest(text, path).files if text else {}
    paths = sorted({*declared, *owned})
    found = files.read_app(layout, paths)
    kept = os.path.lexists(state.kept_manifest_path(state_dir, layout.app))
    return {
        **found,
        "manifest": text,
        "recorded_at": os.stat(path).st_mtime if text else 0.0,
        "intent": state.read_text(state.intent_path(state_dir, layout.app)),
        "leftover": found["leftover"] or kept,
        "has_failed": os.path.lexists(state.failures_path(state_dir, layout.app)),
        "noted": os.path.lexists(state.noted_path(state_dir, layout.app)),
        "touched": {path: changes.changed_at(layout.real(path)) for path in paths},
    }
