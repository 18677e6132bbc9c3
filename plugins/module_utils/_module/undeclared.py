# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Apps that a project has deployed to this host and no longer declares: found, told, removed."""

from __future__ import annotations

import dataclasses
import pwd
import typing as t

from .._core.app.app import App
from .._core.app.many import app_label
from .._core.errors import QuadletError
from .._core.state.roster import (
    Place,
    Roster,
    check_empty,
    find_undeclared,
    undeclared_warning,
    why_not_ours,
)
from .._engine.observe import read_manifest
from .._engine.reconcile import reconcile
from .._host.scope import Scope, resolve_scope

Row = dict[str, t.Any]


@dataclasses.dataclass(frozen=True)
class Request:
    """What is asked for.  mode: one of MODES.  allow_empty: an empty list is meant."""

    project: str
    mode: str = "ignore"
    allow_empty: bool = False


@dataclasses.dataclass
class Handled:
    """What became of undeclared apps.  rows: as returned.  results: of removals, with warnings and
    diffs.  gone: apps that are there no more.
    """

    rows: list[Row] = dataclasses.field(default_factory=list)
    results: list[Row] = dataclasses.field(default_factory=list)
    warnings: list[str] = dataclasses.field(default_factory=list)
    gone: list[Place] = dataclasses.field(default_factory=list)

    @property
    def changed(self) -> bool:
        """Whether an app was removed, or will be."""
        return any(result.get("changed") for result in self.results)


class _Left(t.NamedTuple):
    """An undeclared app that is there.  why: it is not the project's any more, or unreadable."""

    place: Place
    user: str | None
    scope: Scope | None
    why: str

    @property
    def label(self) -> str:
        return app_label(self.place.name, self.user)

    @property
    def row(self) -> Row:
        return {"name": self.place.name, "user": self.user, "location": self.place.location}


def handle_undeclared(
    request: Request,
    known: Roster,
    declared: t.Collection[Place],
    uncertain: t.Collection[str],
    *,
    check: bool,
) -> Handled:
    """Tells of a project's undeclared apps, or removes them; QuadletError: nothing was done."""
    handled = Handled()
    left: list[_Left] = []
    if request.mode != "ignore":
        for place in find_undeclared(known, declared, uncertain):
            found = _look(place, known[place])
            if found is None:
                handled.gone.append(place)
            else:
                left.append(found)
    ours = [one for one in left if not one.why and request.mode == "remove"]
    labels = [one.label for one in ours]
    is_declared = bool(declared or uncertain)
    check_empty(request.project, labels, declared=is_declared, allowed=request.allow_empty)
    for one in left:
        if one not in ours:
            handled.rows.append({**one.row, "action": "none", "msg": one.why})
            handled.warnings.append(undeclared_warning(request.project, one.label, one.why))
    _remove_all(ours, handled, check=check)
    return handled


def _look(place: Place, generation: int) -> _Left | None:
    """An app of the roster, if it is still there; with its user it is gone."""
    user: str | None = None
    scope: Scope | None = None
    try:
        if place.uid:
            user = pwd.getpwuid(place.uid).pw_name
        home = "home" if place.location == "system" else place.location
        scope = resolve_scope(user, home)
        record = read_manifest(scope, place.name)
    except KeyError:
        return None
    except QuadletError as error:
        return _Left(place, user, None, str(error))
    if record is None:
        return None
    return _Left(place, user, scope, why_not_ours(generation, record.deployed))


def _remove_all(apps: t.Sequence[_Left], handled: Handled, *, check: bool) -> None:
    """Removes apps; one that another one needs is tried again after that one.

    Check mode can't foresee what another removal makes possible.
    """
    todo, errors = list(apps), dict[Place, QuadletError]()
    while todo:
        failed = []
        for one in todo:
            error = _remove(one, handled, check=check)
            if error:
                failed.append(one)
                errors[one.place] = error
        if len(failed) == len(todo):
            break
        todo = failed
    unforeseen = check and len(todo) < len(apps)
    for one in todo:
        message = str(errors[one.place])
        if unforeseen:
            message = f"whether it can go is seen when the others are gone; now: {message}"
            handled.warnings.append(f"app {one.label}: {message}")
        row = {**one.row, "action": "remove", "failed": not unforeseen, "plan": [], "msg": message}
        handled.rows.append(row)


def _remove(one: _Left, handled: Handled, *, check: bool) -> QuadletError | None:
    """Removes an app as state: absent does: its data stays."""
    try:
        result = reconcile(
            App(one.place.name, state="absent"), t.cast(Scope, one.scope), check=check
        )
    except QuadletError as error:
        return error
    handled.rows.append(
        {**one.row, "action": "remove", "failed": False, "plan": result.get("plan", []), "msg": ""}
    )
    handled.results.append({**one.row, **result})
    handled.gone.append(one.place)
    return None
