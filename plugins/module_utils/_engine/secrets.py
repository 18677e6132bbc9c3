# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Secrets of an app in Podman: made before anything starts, removed when nothing names them."""

from __future__ import annotations

import contextlib
import typing as t

from .._core.content import from_wire
from .._core.errors import QuadletError
from .._core.plan.secrets import needed_secrets
from .._core.secrets import stored_names as app_secrets
from .._host import files, secrets, state
from .._host.owner import Owner

if t.TYPE_CHECKING:
    from .context import Context


@contextlib.contextmanager
def secrets_made(context: Context) -> t.Iterator[list[str]]:
    """Makes the run's secrets in Podman, and removes new ones that no unit names in the end: the
    run has failed and was undone.  Yields what will tell of those that stay nevertheless.
    """
    new, stay = _bring(context), list[str]()
    try:
        yield stay
    finally:
        if new:
            try:
                stay += map(str, _forget(context, new))
            except QuadletError as error:  # nobody knows whether they are needed
                stay.append(f"the secrets {', '.join(new)} may stay in Podman: {error}")


def _bring(context: Context) -> list[str]:
    """Makes what a start or a written unit needs and Podman has not.

    The names of that, and of what runs that died have left: all that the record does not have.
    """
    must, may = needed_secrets(context.decision.inputs, context.plan)
    if not (must or may):
        return []
    owner, values = context.scope.manager, context.app.secrets or {}
    secrets.require_runtime_dir(owner)
    stored_now = set(secrets.read_names(owner))
    lost = {name: stored for name, stored in {**may, **must}.items() if stored not in stored_now}
    for name, stored in lost.items():
        if name in must and name not in values:
            raise QuadletError(
                f"the secret {name} is gone from Podman (it was {stored}), and its value is "
                "not given",
                where=f"app {context.app.name}",
                remedy="Give it in secrets, and it is made again; nothing was changed.",
                topic="secret-gone",
            )
    _make(context, {stored: values[name] for name, stored in lost.items() if name in values})
    # The record of a run that died has what it made.
    known = {} if context.decision.snapshot.died else context.record.secrets
    names = {*stored_now, *lost.values()} - {*known.values()}
    return sorted(n for n in names if app_secrets.declared_name(n, context.app.name) is not None)


def _make(context: Context, values: t.Mapping[str, bytes]) -> None:
    owner, made = context.scope.manager, []
    if values:
        secrets.require_space(owner)
        if context.decision.snapshot.new_key:
            context.scope.files.call(
                secrets.keep_key, context.scope.state_dir, context.decision.snapshot.new_key
            )
    try:
        for stored, value in values.items():
            made.append(stored)  # one that fails may be there all the same
            secrets.store(owner, stored, value)
    except QuadletError:
        remove_secrets(owner, made)
        raise


def _forget(context: Context, new: t.Sequence[str]) -> list[QuadletError]:
    """Removes secrets that no installed unit names, and no generation; why some stay."""
    found = context.scope.files.call(
        files.read_app,
        context.scope.layout(context.app.name),
        sorted({*context.desired, *context.record.files}),
    )
    current = from_wire(found["files"], context.record.on_change)
    named = app_secrets.find_stored(current, context.app.name).values()
    left = [stored for stored in new if stored not in named]
    if left:
        kept = context.scope.files.call(
            state.read_generations, context.scope.state_dir, context.app.name
        )
        left = [stored for stored in left if not any(stored in text for text in kept.values())]
    return remove_secrets(context.scope.manager, left)


def remove_secrets(owner: Owner, stored: t.Sequence[str]) -> list[QuadletError]:
    """Removes secrets by their stored names; why some stay."""
    errors = []
    for name in stored:
        try:
            secrets.remove(owner, name)
        except QuadletError as error:
            if "no such secret" not in error.what:
                errors.append(error)
    return errors


def stored_of_app(owner: Owner, app: str) -> list[str]:
    """Stored names in Podman that are an app's."""
    names = secrets.read_names(owner)
    return [name for name in names if app_secrets.declared_name(name, app) is not None]
