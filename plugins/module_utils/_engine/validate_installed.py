# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""What the generator says of a scope as it is installed."""

from __future__ import annotations

import typing as t

from .._core.errors import QuadletError
from .._core.validate import check
from .._core.validate.generator import Verdict, parse_verdict, to_error
from .._host import heard, podman, staging, state, unit_search
from .._host.child import CHANGE
from .._host.scope import Scope


def installed_verdict(scope: Scope) -> Verdict:
    """What the generator says of the scope as it is installed."""
    generator = podman.find_generator(system=scope.is_system)
    ran = scope.manager.call(staging.run_generator, generator, None, limit=CHANGE)
    heard.note_text(scope.manager, str(ran["err"]))
    return parse_verdict(str(ran["out"]), str(ran["err"]))


def installed_errors(scope: Scope) -> tuple[Verdict, list[QuadletError]]:
    """The generator's verdict on the scope as it is installed, its errors with path and line."""
    verdict = installed_verdict(scope)
    paths = (
        scope.manager.call(_unit_paths, [top for top, _since in scope.search])
        if verdict.errors
        else {}
    )
    errors = []
    for complaint in verdict.errors:
        path = str(paths.get(complaint.unit, complaint.unit))
        text = scope.manager.call(state.read_text, path) if path.startswith("/") else None
        units, _errors = check.parse_units({path: str(text or "")})
        errors.append(to_error(complaint, units.get(path), where=path))
    return verdict, errors


def _unit_paths(search: t.Sequence[str]) -> dict[str, str]:
    """Paths of the scope's units by name; of one name the first in the search path counts."""
    found: dict[str, str] = {}
    for top in search:
        for relative in unit_search.walk_units(top):
            found.setdefault(relative.rpartition("/")[2], f"{top}/{relative}")
    return found
