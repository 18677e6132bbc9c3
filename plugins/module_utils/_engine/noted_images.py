# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Images of runs that failed or died: noted before the pull, settled by the next run that counts.

They stay for the next try, which need not pull them again.  A run that counts, an unchanged one
and the removal of the app among them, takes those that its generations need and removes the others.
"""

from __future__ import annotations

import contextlib
import typing as t

from .._core.errors import QuadletError, join_errors
from .._core.quadlet.image_name import full_name
from .._core.state import records
from .._core.state.generation import from_record
from .._core.state.noted_images import NotedImages, Settled, parse_noted, settle, with_pull
from .._host import state
from .._host.owner import to_quadlet_error

if t.TYPE_CHECKING:
    from .._core.state.manifest import Manifest
    from .._host.scope import Scope
    from .context import Context


def note_images(
    scope: Scope,
    app: str,
    lacking: t.Collection[str],
    there: t.Collection[str],
    ids: t.Collection[str] = (),
) -> None:
    """Notes those of the lacking names that are, or may be, there; and ids that got a name."""
    if not (lacking or ids):
        return
    before = NotedImages(app)
    with contextlib.suppress(QuadletError):  # one that is damaged is replaced
        before = _read(scope, app) or before
    after = with_pull(before, lacking, there, ids)
    if after != before:
        _write(scope, app, after)


def settle_images(context: Context, record: Manifest | None) -> list[str]:
    """Removes what is noted and no generation needs; warnings.

    The run counts by now: what fails here is a warning, and undoes nothing.
    """
    pulled = context.pulled
    if not (context.decision.snapshot.noted or pulled.brought or pulled.replaced):
        return []
    try:
        _settle(context, record)
    except Exception as error:
        return [f"what earlier runs have pulled could not be removed: {to_quadlet_error(error)}"]
    return []


def _settle(context: Context, record: Manifest | None) -> None:
    from .generations import read_all

    scope, app = context.scope, context.app.name
    noted = _read(scope, app)
    if noted is None:
        return
    left = [*read_all(scope, app).whole.values()] + ([from_record(record)] if record else [])
    settled = settle(noted, left)
    if (settled.names or settled.ids) and not _remove(context, settled):
        return
    if settled.kept != noted:
        _write(scope, app, settled.kept)


def _remove(context: Context, settled: Settled) -> bool:
    """Removes images that nobody else uses; False where Podman can't be run now."""
    from .._host import podman
    from .cleanup import can_run_podman, remove_images, used_by_others

    if not can_run_podman(context):
        return False
    owner = context.scope.manager
    used = {full_name(name) for name in used_by_others(context)} if settled.names else set()
    names = [name for name in settled.names if full_name(name) not in used]
    nameless = podman.read_nameless_images(owner) if settled.ids else frozenset[str]()
    errors = remove_images(owner, [*names, *(one for one in settled.ids if one in nameless)])
    if errors:
        raise join_errors(errors)
    return True


def _read(scope: Scope, app: str) -> NotedImages | None:
    path = state.noted_path(scope.state_dir, app)
    text = scope.files.call(state.read_text, path)
    return parse_noted(str(text), path) if text is not None else None


def _write(scope: Scope, app: str, noted: NotedImages) -> None:
    text = "" if noted.empty else records.dump(noted)
    scope.files.call(state.write_noted, scope.state_dir, app, text)
