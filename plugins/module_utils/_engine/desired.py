# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""What an app is to consist of: declared and kept files, with the stored names of secrets."""

from __future__ import annotations

import os
import types
import typing as t

from .._core.app.app import App
from .._core.content import Blob
from .._core.errors import join_errors
from .._core.quadlet.kinds import is_unit, unit_of
from .._core.state.manifest import Manifest
from .._host.scope import Scope


class Desired(t.NamedTuple):
    """secrets: stored names by declared ones, of those that the units name.  new_key: what made
    them, where the scope has none yet; it is to be kept before any secret is made.
    """

    content: dict[str, Blob]
    secrets: t.Mapping[str, str] = types.MappingProxyType({})
    new_key: str = ""


def decide_desired(
    app: App, scope: Scope, manifest: Manifest, current: t.Mapping[str, Blob]
) -> Desired:
    """The content as it is installed; QuadletError for a use of a secret that can't be served."""
    content = desired_content(app, manifest, current)
    mark = f".{app.name}-".encode()
    named = any(is_unit(path) and mark in blob.data for path, blob in content.items())
    if not (app.secrets or manifest.secrets or named):
        return Desired(content)
    return _name_secrets(app, scope, manifest, content)


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


def _name_secrets(app: App, scope: Scope, manifest: Manifest, content: dict[str, Blob]) -> Desired:
    from .._core.secrets.stored_names import as_installed, find_stored, stored_name
    from .._host import secrets

    given, key, made = app.secrets or {}, "", ""
    if given and content:
        key = scope.files.call(secrets.read_key, scope.state_dir)
        made = "" if key else os.urandom(secrets.KEY_SIZE).hex()
    keeps = app.content is None or not app.prune
    stored = {
        **find_stored(content, app.name),
        **(manifest.secrets if keeps else {}),
        **{
            name: stored_name(bytes.fromhex(key or made), app.name, name, value)
            for name, value in (given.items() if key or made else ())
        },
    }
    if stored:
        if app.content is not None or app.patch or given:
            _refuse_other_uses(content, stored)
        changed = content
        if app.content is None and app.secrets is None:
            changed = {path: content[path] for path in app.patch if path in content}
        content = {**content, **as_installed(changed, stored, app.name)}
    return Desired(content, find_stored(content, app.name), made)


def _refuse_other_uses(content: t.Mapping[str, Blob], names: t.Collection[str]) -> None:
    from .._core.secrets.unsupported_uses import check_uses

    errors = check_uses(content, names)
    if errors:
        raise join_errors(errors)
