# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Secrets of an app on a host: their key, their making, and their end."""

from __future__ import annotations

import contextlib
import os
import typing as t

from .._core.app.app import App
from .._core.content import Blob, from_wire
from .._core.errors import QuadletError, join_errors
from .._core.plan.secrets import needed_secrets
from .._core.secrets import stored_names as app_secrets
from .._core.state.manifest import Manifest
from .._host import files, secrets
from .._host.owner import Owner
from .._host.scope import Scope

if t.TYPE_CHECKING:
    from .context import Work


class Named(t.NamedTuple):
    """An app's content with the stored names of its secrets.  new_key: made in this run, to be
    kept before any secret is.
    """

    desired: dict[str, Blob]
    stored: dict[str, str]
    new_key: str


def name_secrets(app: App, scope: Scope, manifest: Manifest, desired: dict[str, Blob]) -> Named:
    """The content as it is installed; QuadletError for a use that no stored name can serve."""
    given, key, made = app.secrets or {}, "", ""
    if given and desired:
        key = scope.files.call(secrets.read_key, scope.state_dir)
        made = "" if key else os.urandom(secrets.KEY_SIZE).hex()
    keeps = app.content is None or not app.prune
    stored = {
        **app_secrets.find_stored(desired, app.name),
        **(manifest.secrets if keeps else {}),
        **{
            name: app_secrets.stored_name(bytes.fromhex(key or made), app.name, name, value)
            for name, value in (given.items() if key or made else ())
        },
    }
    if stored:
        if app.content is not None or app.patch or given:
            _refuse_other_uses(desired, stored)
        changed = desired
        if app.content is None and app.secrets is None:
            changed = {path: desired[path] for path in app.patch if path in desired}
        desired = {**desired, **app_secrets.as_installed(changed, stored, app.name)}
    return Named(desired, app_secrets.find_stored(desired, app.name), made)


def _refuse_other_uses(desired: t.Mapping[str, Blob], names: t.Collection[str]) -> None:
    from .._core.secrets.unsupported_uses import check_uses

    errors = check_uses(desired, names)
    if errors:
        raise join_errors(errors)


@contextlib.contextmanager
def secrets_made(work: Work) -> t.Iterator[None]:
    """Has the work's secrets in Podman; those that this run made go if no unit names them in the
    end, since it has failed and was undone.
    """
    made = _bring(work)
    try:
        yield
    finally:
        if made:
            with contextlib.suppress(QuadletError):  # nobody knows whether they are needed
                _forget(work, made)


def _bring(work: Work) -> tuple[str, ...]:
    """Makes what a start or a written unit needs and Podman has not; the names of that."""
    must, may = needed_secrets(work.world, work.plan)
    if not (must or may):
        return ()
    owner, values = work.scope.manager, work.app.secrets or {}
    secrets.require_runtime_dir(owner)
    there = set(secrets.read_names(owner))
    lost = {name: stored for name, stored in {**may, **must}.items() if stored not in there}
    for name, stored in lost.items():
        if name in must and name not in values:
            raise QuadletError(
                f"the secret {name} is gone from Podman (it was {stored}), and its value is "
                "not given",
                where=f"app {work.app.name}",
                remedy="Give it in secrets, and it is made again; nothing was changed.",
            )
    return _make(work, {stored: values[name] for name, stored in lost.items() if name in values})


def _make(work: Work, values: t.Mapping[str, bytes]) -> tuple[str, ...]:
    owner, made = work.scope.manager, []
    if values:
        secrets.require_space(owner)
        if work.new_key:
            work.scope.files.call(secrets.keep_key, work.scope.state_dir, work.new_key)
    try:
        for stored, value in values.items():
            secrets.store(owner, stored, value)
            made.append(stored)
    except QuadletError:
        remove_secrets(owner, made)
        raise
    return tuple(made)


def _forget(work: Work, made: t.Sequence[str]) -> None:
    """Removes secrets that no installed unit names."""
    found = work.scope.files.call(
        files.read_app,
        work.scope.layout(work.app.name),
        sorted({*work.desired, *work.before.files}),
    )
    current = from_wire(found["files"], work.before.on_change)
    named = app_secrets.find_stored(current, work.app.name).values()
    remove_secrets(work.scope.manager, [stored for stored in made if stored not in named])


def remove_secrets(owner: Owner, stored: t.Sequence[str]) -> None:
    """Removes secrets by their stored names; what Podman does not give up stays."""
    for name in stored:
        with contextlib.suppress(QuadletError):
            secrets.remove(owner, name)


def stored_of_app(owner: Owner, app: str) -> list[str]:
    """Stored names in Podman that are an app's."""
    names = secrets.read_names(owner)
    return [name for name in names if app_secrets.declared_name(name, app) is not None]
