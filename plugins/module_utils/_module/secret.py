# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""The secret module: creates, replaces or removes a secret of a scope."""

from __future__ import annotations

import typing as t

from .._core.errors import QuadletError
from .._core.plan.unready import unready_warning
from .._core.secrets.secret import check_name, decide, decode_value, describe
from .._host import secrets
from .._host.scope import resolve_scope
from .base import run_module

if t.TYPE_CHECKING:
    from ansible.module_utils.basic import AnsibleModule

    from .._host.owner import Owner


def reconcile_secret(
    user: str | None, name: str, wanted: bytes | None, *, check: bool
) -> dict[str, t.Any]:
    """The module's result."""
    check_name(name)
    owner = resolve_scope(user).manager
    secrets.require_runtime_dir(owner)
    ident = secrets.look_up(owner, name)
    # What is to be removed need not be read.
    current = None if ident is None else b"" if wanted is None else secrets.read(owner, ident)
    action = decide(current, wanted)
    if action in ("create", "replace"):
        secrets.require_space(owner)
    if not check:
        if action == "remove" and ident is not None:
            secrets.remove(owner, ident)
        elif action == "create" and wanted is not None:
            secrets.store(owner, name, wanted)
        elif action == "replace" and wanted is not None and current is not None:
            _replace(owner, name, current, wanted)
    return {"changed": action != "none", "name": name, "diff": describe(action)}


def _replace(owner: Owner, name: str, old: bytes, new: bytes) -> None:
    try:
        secrets.store(owner, name, new, replace=True)
    except QuadletError as error:
        # Podman removes the old one before it stores the new one.
        if not _holds(owner, name, old):
            _put_back(owner, name, old, error)
        raise QuadletError(
            f"{error.what.rstrip('.')}; the old value is in place",
            remedy="Mend the cause and run again.",
            topic=error.topic,
        ) from error


def _holds(owner: Owner, name: str, value: bytes) -> bool:
    try:
        ident = secrets.look_up(owner, name)
        return ident is not None and secrets.read(owner, ident) == value
    except QuadletError:
        return False


def _put_back(owner: Owner, name: str, old: bytes, error: QuadletError) -> None:
    try:
        secrets.store(owner, name, old, replace=secrets.look_up(owner, name) is not None)
    except QuadletError as again:
        raise QuadletError(
            f"{error.what}; the old value is gone, and its restore failed too: {again.what}",
            remedy="Mend the cause and run again.",
            topic="secret-lost",
        ) from error


def run(module: AnsibleModule) -> None:
    """Ends the module."""
    params = module.params

    def work() -> dict[str, object]:
        present = params["state"] == "present"
        wanted = decode_value(params["value"], params["encoding"]) if present else None
        return reconcile_secret(params["user"], params["name"], wanted, check=module.check_mode)

    def unready(error: QuadletError) -> dict[str, object]:
        action = "create" if params["state"] == "present" else "none"
        ending = f"the secret would be {params['state']}."
        return {
            "changed": action != "none",
            "name": params["name"],
            "diff": describe(action),
            "warnings": [unready_warning(error, ending)],
        }

    run_module(module, work, unready)
