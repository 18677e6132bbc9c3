# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Which of the generator's messages refuse an app, and which only warn."""

from __future__ import annotations

import re
import types
import typing as t

from ..errors import QuadletError
from ..quadlet.kinds import KINDS, kind_of
from ..quadlet.refs import unit_refs
from .generator import Complaint, Service, Verdict, to_error

if t.TYPE_CHECKING:
    from ..quadlet.unitfile import UnitText


_NOTHING: t.Final[t.Mapping[str, str]] = types.MappingProxyType({})


def weigh_errors(
    verdict: Verdict,
    units: t.Mapping[str, UnitText],
    app_dir: str,
    broken_before: t.Container[str],
    removed: t.Mapping[str, str] = _NOTHING,
    apps: t.Mapping[str, str] = _NOTHING,
) -> tuple[list[QuadletError], list[str]]:
    """(errors, warnings) of a dry run with an app's units.

    Errors: those of the app's own units, of units that they refer to, and of units that were
    fine without the app.  Warnings: of other units.  broken_before: names of units that the
    generator refuses as the scope is installed.  removed: units that this run removes, with what
    each made.  apps: of units that are not the app's.
    """
    wanted = _referenced(units)
    errors: list[QuadletError] = []
    warnings: list[str] = []
    for complaint in verdict.errors:
        name = unit_name(complaint)
        own = complaint.unit.startswith(f"{app_dir}/") or name in units
        where = complaint.unit.replace(f"{app_dir}/", "", 1)
        lost = next((unit for unit in removed if unit in re.split(r"[\s:,]", complaint.text)), "")
        if lost and not own:
            errors.append(_loses(where, apps.get(name, ""), lost, removed[lost]))
        elif own or name in wanted or name not in broken_before:
            errors.append(to_error(complaint, units.get(name) if own else None, where=where))
        else:
            warnings.append(f"{where} was broken before and still is: {complaint.text}")
    warnings += [text for text in verdict.warnings if any(unit in text for unit in units)]
    return errors, warnings


def _loses(where: str, app: str, unit: str, made: str) -> QuadletError:
    which = f"app {app}" if app else "it"
    return QuadletError(
        f"it uses {unit}{f' ({made})' if made else ''}, which this run would remove",
        where=f"{where} of app {app}" if app else where,
        remedy=f"Change or remove {which} first, or keep {unit}. Nothing was written or stopped.",
        topic="still-used",
    )


def unit_name(complaint: Complaint) -> str:
    """The file name of the unit that a message is about."""
    return complaint.unit.rpartition("/")[2]


def _referenced(units: t.Mapping[str, UnitText]) -> set[str]:
    names: set[str] = set()
    for path, unit in units.items():
        kind = kind_of(path)
        if kind:
            names.update(ref.unit for ref in unit_refs(unit, kind.section))
    return names


def find_without_service(
    units: t.Iterable[str], services: t.Iterable[Service]
) -> list[QuadletError]:
    """Units that got no service: Podman before 5.0 drops unreadable units without a message."""
    made = {service.unit for service in services}
    return [
        QuadletError(
            "the Quadlet generator made no service of it, and gave no reason",
            where=path,
            remedy="See podman-systemd.unit(5) for what the host's Podman reads.",
            topic="no-service",
        )
        for path in units
        if "/" not in path and path.rpartition(".")[2] in KINDS and path not in made
    ]
