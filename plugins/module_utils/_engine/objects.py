# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Networks and volumes that are there, beside what their units declare."""

from __future__ import annotations

import typing as t

from .._core.objects.create_command import find_place
from .._core.objects.model import Judged, is_pool_matter
from .._core.plan.model import is_literal, kind_of_service
from .._core.state.manifest import ServiceRecord
from .._host import heard, podman
from .._host.owner import Owner
from .._host.scope import Scope

if t.TYPE_CHECKING:
    from .declared_objects import Units

Shown = t.Mapping[str, t.Optional[t.Mapping[str, t.Any]]]
"""What Podman shows of a service's object; None where there is none."""


def read_shown(owner: Owner, services: t.Mapping[str, ServiceRecord]) -> Shown:
    """The objects of services, with one call for each kind and each of Podman's storages."""
    groups: dict[tuple[str, tuple[str, ...]], dict[str, str]] = {}
    for service, record in services.items():
        group = kind_of_service(record).suffix, find_place(record.creates)
        groups.setdefault(group, {})[service] = record.makes
    shown: dict[str, t.Mapping[str, t.Any] | None] = {}
    for (kind, place), names in groups.items():
        objects = podman.read_objects(owner, kind, sorted({*names.values()}), place)
        shown.update((service, objects.get(name)) for service, name in names.items())
    return shown


def judge_objects(
    scope: Scope,
    app: str,
    services: t.Mapping[str, ServiceRecord],
    units: Units,
    shown: Shown | None = None,
) -> dict[str, Judged]:
    """The judgement on each service's object; of one without a literal name only that it may be
    there.
    """
    from .._core.objects.judge import judge_object
    from .declared_objects import declare_objects

    named = {name: record for name, record in services.items() if is_literal(record.makes)}
    shown = read_shown(scope.manager, named) if shown is None else shown
    declared = declare_objects(scope, app, named, units) if named else {}
    judged = {
        name: judge_object(kind_of_service(record).suffix, declared[name], shown[name])
        for name, record in named.items()
    }
    others = {name: record for name, record in services.items() if name not in named}
    judged.update((n, Judged(there=True, unclear=(record.makes,))) for n, record in others.items())
    found = [row for one in judged.values() for row in one.differences or ()]
    if any(map(is_pool_matter, found)) and scope.manager.call(podman.has_pools):
        judged = {name: _without_pools(one) for name, one in judged.items()}
    unclear = [text for one in judged.values() for text in one.unclear]
    heard.note_text(scope.manager, "\n".join(map(str, (*found, *unclear))))
    return judged


def _without_pools(judged: Judged) -> Judged:
    if judged.differences is None:
        return judged
    left = (row for row in judged.differences if not is_pool_matter(row))
    return judged._replace(differences=tuple(left))
