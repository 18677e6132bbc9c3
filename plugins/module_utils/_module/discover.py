# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""The discover module: what runs on a host outside of Quadlet; nothing is changed."""

from __future__ import annotations

import os
import typing as t

from .._core.errors import QuadletError
from .._core.host.subordinate_ids import Range
from .._host import accounts, foreign
from .._host.app_users import read_app_users
from .._host.engines import find_engines
from .._host.linger import read_lingering_users
from .._host.scope import Scope, resolve_scope
from .base import run_module
from .discover_engine import KINDS, look_at_engine

if t.TYPE_CHECKING:
    from ansible.module_utils.basic import AnsibleModule

Row = dict[str, t.Any]


def discover(params: t.Mapping[str, t.Any]) -> Row:
    """The module's result."""
    result: dict[str, list[Row]] = {kind: [] for kind in (*KINDS, "units", "errors")}
    ranges = _read_ranges(params["target"])
    for scope in _read_scopes(params["user"]):
        try:
            found = _look(scope, ranges)
        except QuadletError as error:
            found = {"errors": [{"engine": None, "msg": str(error)}]}
        for kind, rows in found.items():
            result[kind] += [{"user": scope.user, **row} for row in rows]
    errors = result["errors"]
    if (
        errors
        and params["user"] is not None
        and not any(result[kind] for kind in result if kind != "errors")
    ):
        raise QuadletError("\n".join(row["msg"] for row in errors), topic=None)
    warnings = [f"{row['user'] or 'the system'}: {row['msg']}" for row in errors]
    return {"changed": False, **result, "warnings": warnings}


def _read_scopes(user: str | None) -> list[Scope]:
    """The scopes to look into: for root the system's, and those of all users who may have some."""
    if user is not None:
        return [resolve_scope(user)]
    if os.geteuid() != 0:
        return [resolve_scope(str(os.geteuid()))]
    scopes = [resolve_scope(None)]
    for name in sorted({*read_app_users(set()), *read_lingering_users()} - {"root"}):
        try:
            scopes.append(resolve_scope(name))
        except QuadletError:  # linger of an account that is gone
            continue
    return scopes


def _read_ranges(target: str | None) -> list[list[Range]]:
    """The subordinate uids and gids of the user who is to run it all; none for the system."""
    owner = resolve_scope(target).manager if target is not None else None
    if owner is None or not owner.uid:
        return []
    granted = accounts.read_granted(owner)
    return [list(granted.uids), list(granted.gids)]


def _look(scope: Scope, ranges: list[list[Range]]) -> dict[str, list[Row]]:
    """What is in a scope, by kind."""
    owner = scope.manager
    places = foreign.SYSTEM_DIRS if scope.is_system else foreign.USER_DIRS
    directories = [path.format(home=owner.home) for path in places]
    found: dict[str, list[Row]] = {"units": owner.call(foreign.read_units, directories)}
    engines, troubles = find_engines(owner)
    found["errors"] = [{"engine": name, "msg": text} for name, text in troubles]
    for engine in engines:
        try:
            there = look_at_engine(engine, directories, ranges)
        except QuadletError as error:
            there = {"errors": [{"msg": str(error)}]}
        for kind, rows in there.items():
            found.setdefault(kind, []).extend({"engine": engine.name, **row} for row in rows)
    return found


def run(module: AnsibleModule) -> None:
    """Ends the module."""
    run_module(module, lambda: discover(module.params))
