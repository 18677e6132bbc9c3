# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Names of services, containers and pods that something else on the host has already."""

from __future__ import annotations

import typing as t

from .._core.errors import QuadletError, join_errors
from .._core.quadlet.kinds import is_companion
from .._core.state.manifest import ServiceRecord
from .._core.systemd_state import State
from .._core.validate import conflicts
from .._core.validate.generator import Service
from .._host import podman
from .._host.scope import Scope
from .._host.systemd import Manager

if t.TYPE_CHECKING:
    from .context import Decision

_GENERATED = ("/run/systemd/generator", "/run/user/")


def check_names(scope: Scope, manager: Manager, decision: Decision) -> None:
    """The last look at names, before anything is done."""
    known = decision.inputs.manifest.services
    if not decision.snapshot.manager_up:  # it could not be asked before
        new = {n: r for n, r in decision.inputs.services.items() if n not in known}
        check_service_names(manager, scope, new)
    services = decision.validation.services if decision.validation else ()
    _check_container_names(
        scope, [s for s in services if s.name not in known or s.objects != known[s.name].objects]
    )


def check_service_names(
    manager: Manager, scope: Scope, services: t.Mapping[str, ServiceRecord]
) -> dict[str, State]:
    """The states of new services; refuses names of those that exist outside of Quadlet, or of a
    companion elsewhere.
    """
    states = manager.read_states(services)
    taken = [name for name, state in states.items() if state.load not in ("not-found", "")]
    masked = [name for name in taken if states[name].load == "masked"]
    errors = [conflicts.masked_error(name, user=not scope.is_system) for name in masked]
    errors += [
        QuadletError(
            f"{name} exists already{'' if is_companion(services[name].unit) else _NOT_OURS}: "
            f"{details.fragment}",
            where=name,
            remedy="Rename the unit, or remove that file.",
            topic="service-name-taken",
        )
        for name, details in manager.read_details([n for n in taken if n not in masked]).items()
        if details.fragment and not _is_ours(services[name].unit, details.fragment, scope)
    ]
    if errors:
        raise join_errors(errors)
    return states


_NOT_OURS = " and is not of Quadlet"


def _is_ours(unit: str, fragment: str, scope: Scope) -> bool:
    """Whether a unit file of systemd is where this unit's is, or will be."""
    if is_companion(unit):
        return fragment == f"{scope.systemd_dir}/{unit}"
    return fragment.startswith(_GENERATED)


def _check_container_names(scope: Scope, services: t.Sequence[Service]) -> None:
    """Refuses names of containers and pods that something else in the scope's storage has."""
    if any(service.objects for service in services):
        containers = podman.read_containers(scope.manager)
        errors = conflicts.container_conflicts(services, containers)
        if errors:
            raise join_errors(errors)
