# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Sources of bind mounts that are not there: found before anything stops.

The host is asked only where a text has changed or something is to be started.
"""

from __future__ import annotations

import typing as t

from .._core.content import text_of
from .._core.errors import QuadletError, join_errors
from .._core.mounts.sources import MISSING, Source, find_sources, missing_of
from .._core.mounts.survey import Survey
from .._core.plan.model import Plan, PlanInput
from .._core.quadlet.kinds import is_unit, template_of, unit_of
from .._core.validate.check import parse_desired, parse_units
from .._host import mounts
from .._host.accounts import read_granted
from .._host.scope import Scope
from .observe import Snapshot
from .validate_mounts import place_of, survey_units

if t.TYPE_CHECKING:
    from .._core.app.beside import Beside

_MOUNTS = (".mount", ".automount")
_WORDS = (b"Volume", b"Mount", b"PodmanArgs", b"GlobalArgs", b"podman", b"Yaml")


def check_sources(
    scope: Scope, snapshot: Snapshot, inputs: PlanInput, plan: Plan, survey: Survey | None
) -> list[str]:
    """Warnings of what may be missing later; QuadletError for what this run would start without.

    survey: of the app's units, if there is one.
    """
    sources = _find(scope, snapshot, survey, inputs.app.beside)
    if not sources:
        return []
    wanted = sorted({source.place for source in sources})
    rows = scope.manager.call(mounts.find_unusable, list(map(list, wanted)), _read_mapped(scope))
    wrong = {(str(path), str(kind)): str(why) for path, kind, why in rows}
    starting = {inputs.services[name].unit for name in (*plan.start, *plan.restart, *plan.run)}
    starting |= {template_of(unit) or unit for unit in starting}
    left = {record.unit for record in inputs.services.values() if record.waits}
    errors, warnings = list[QuadletError](), list[str]()
    for source, why in missing_of(sources, wrong):
        is_other = bool(source.kind) and why != MISSING  # nothing brings what is there already
        if source.unit in starting and (is_other or not source.doubt):
            errors.append(_error(scope, snapshot, source, why))
        elif source.unit in starting or source.unit in left or not plan.start:
            warnings.append(_warning(source, why))
    if errors:
        raise join_errors(errors)
    return list(dict.fromkeys(warnings))


def _find(
    scope: Scope, snapshot: Snapshot, survey: Survey | None, beside: t.Sequence[Beside]
) -> list[Source]:
    units = {path: blob for path, blob in snapshot.desired.items() if is_unit(path)}
    if not any(word in blob.data for blob in units.values() for word in _WORDS):
        return []
    if survey is None:
        place = place_of(snapshot.manifest.app, scope, snapshot)
        survey = survey_units(place, scope, snapshot, parse_desired(snapshot.desired)[0])
    mounts = {p: text_of(b) for p, b in units.items() if unit_of(p).endswith(_MOUNTS)}
    mounts.update(row for app in beside for row in app.mounts)
    return find_sources(
        survey,
        files=[p for p in (*snapshot.desired, *snapshot.foreign_files) if not is_unit(p)],
        directories=[
            *(row.path for row in snapshot.wanted_directories),
            *(path for app in beside for path in app.brings),
        ],
        mounts=parse_units(mounts)[0],
    )


def _read_mapped(scope: Scope) -> list[list[list[int]]]:
    """The user's subordinate ids as find_unusable takes them."""
    if scope.is_system:
        return []
    granted = read_granted(scope.manager)
    return [[[row.first, row.size] for row in rows] for rows in (granted.uids, granted.gids)]


def _where(source: Source) -> str:
    path, entry = source.line
    return entry.where(path)


def _error(scope: Scope, snapshot: Snapshot, source: Source, why: str) -> QuadletError:
    inside = source.path.startswith(f"{scope.app_dir(snapshot.manifest.app)}/")
    make = f"Have it made by directories: {{{source.path}: {{}}}}, or correct the path."
    if inside:
        make = "Bring it as one of the app's files, or correct the path."
    elif source.kind:
        make = f"See that the {source.kind} is there, or correct the path or the type."
    elif why != MISSING:
        make = "Give the scope's user the right to it, or correct the path."
    return QuadletError(
        f"the {_what(source)} {why}", where=_where(source), remedy=make, topic="bind-source"
    )


def _what(source: Source) -> str:
    """The source as people call it."""
    is_kube = source.line[1].key == "Yaml"
    return f"{'hostPath' if is_kube else 'bind source'} {source.path}"


def _warning(source: Source, why: str) -> str:
    so_far = f"; {source.doubt}, perhaps" if source.doubt else "; nothing that starts now needs it"
    return f"{_where(source)}: the {_what(source)} {why}{so_far}"
