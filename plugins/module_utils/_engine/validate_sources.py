# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Sources of bind mounts that are not there: found before anything stops.

The host is asked only where a text has changed or something is to be started.
"""

from __future__ import annotations

from .._core.content import text_of
from .._core.errors import QuadletError, join_errors
from .._core.host.subordinate_ids import ranges_of
from .._core.mounts.sources import MISSING, Source, find_sources, missing_of
from .._core.mounts.survey import Survey
from .._core.plan.model import Plan, PlanInput
from .._core.quadlet.kinds import is_unit, template_of, unit_of
from .._core.validate.check import parse_desired, parse_units
from .._host import mounts
from .._host.accounts import read_ranges
from .._host.scope import Scope
from .observe import Snapshot
from .validate_mounts import place_of, survey_units

_MOUNTS = (".mount", ".automount")
_WORDS = (b"Volume", b"Mount", b"PodmanArgs", b"GlobalArgs", b"podman")


def check_sources(
    scope: Scope, snapshot: Snapshot, inputs: PlanInput, plan: Plan, survey: Survey | None
) -> list[str]:
    """Warnings of what may be missing later; QuadletError for what this run would start without.

    survey: of the app's units, if there is one.
    """
    sources = _find(scope, snapshot, survey)
    if not sources:
        return []
    paths = sorted({source.path for source in sources})
    wrong = scope.manager.call(mounts.find_unusable, paths, _read_mapped(scope))
    starting = {inputs.services[name].unit for name in (*plan.start, *plan.restart, *plan.run)}
    starting |= {template_of(unit) or unit for unit in starting}
    left = {record.unit for record in inputs.services.values() if record.waits}
    errors, warnings = list[QuadletError](), list[str]()
    for source, why in missing_of(sources, {str(path): str(why) for path, why in wrong.items()}):
        if source.unit in starting and not source.doubt:
            errors.append(_error(scope, snapshot, source, why))
        elif source.unit in starting or source.unit in left or not plan.start:
            warnings.append(_warning(source, why))
    if errors:
        raise join_errors(errors)
    return list(dict.fromkeys(warnings))


def _find(scope: Scope, snapshot: Snapshot, survey: Survey | None) -> list[Source]:
    units = {path: blob for path, blob in snapshot.desired.items() if is_unit(path)}
    if not any(word in blob.data for blob in units.values() for word in _WORDS):
        return []
    if survey is None:
        place = place_of(snapshot.manifest.app, scope, snapshot)
        survey = survey_units(place, scope, snapshot, parse_desired(snapshot.desired)[0])
    mounts = {p: text_of(b) for p, b in units.items() if unit_of(p).endswith(_MOUNTS)}
    return find_sources(
        survey,
        files=[p for p in (*snapshot.desired, *snapshot.foreign_files) if not is_unit(p)],
        directories=[row.path for row in snapshot.wanted_directories],
        mounts=parse_units(mounts)[0],
    )


def _read_mapped(scope: Scope) -> list[list[list[int]]]:
    """The user's subordinate ids as find_unusable takes them."""
    if scope.is_system:
        return []
    owner = scope.manager
    granted = [ranges_of(rows, owner.name, owner.uid) for rows in read_ranges().values()]
    return [[[row.first, row.size] for row in rows] for rows in granted]


def _where(source: Source) -> str:
    path, entry = source.line
    return entry.where(path)


def _error(scope: Scope, snapshot: Snapshot, source: Source, why: str) -> QuadletError:
    inside = source.path.startswith(f"{scope.app_dir(snapshot.manifest.app)}/")
    make = f"Have it made by directories: {{{source.path}: {{}}}}, or correct the path."
    if inside:
        make = "Bring it as one of the app's files, or correct the path."
    elif why != MISSING:
        make = "Give the scope's user the right to it, or correct the path."
    return QuadletError(
        f"the bind source {source.path} {why}",
        where=_where(source),
        remedy=make,
        topic="bind-source",
    )


def _warning(source: Source, why: str) -> str:
    so_far = f"; {source.doubt}, perhaps" if source.doubt else "; nothing that starts now needs it"
    return f"{_where(source)}: the bind source {source.path} {why}{so_far}"
