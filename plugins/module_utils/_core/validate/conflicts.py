# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Names of an app that are in use elsewhere in the scope."""

from __future__ import annotations

import typing as t

from ..errors import QuadletError

if t.TYPE_CHECKING:
    from ..systemd_state import State
    from .generator import Service


class ForeignFile(t.NamedTuple):
    """A unit file in the scope's search path that is not in the app's directory."""

    name: str
    path: str
    app: str | None


class Container(t.NamedTuple):
    """A container that Podman has: its name, the service that made it or '', and the name
    of the pod whose infra container it is, or ''.  image: as named, and its id.
    health: healthy, unhealthy, starting, or None without a health check.  restarts: by Podman.
    started_at: in seconds since the epoch.  exit_code: None while it has not ended.
    """

    name: str
    service: str
    pod: str
    image: str = ""
    image_id: str = ""
    health: str | None = None
    restarts: int = 0
    started_at: float = 0.0
    exit_code: int | None = None


def file_conflicts(units: t.Iterable[str], others: t.Iterable[ForeignFile]) -> list[QuadletError]:
    """An error for each unit whose file name exists elsewhere in the scope."""
    mine = frozenset(units)
    errors = []
    for other in others:
        if other.name in mine:
            owner = f"app {other.app!r}" if other.app else "no app"
            errors.append(
                QuadletError(
                    f"a unit of that name is in {other.path}, owned by {owner}",
                    where=other.name,
                    remedy="Rename one of the two: of one name the generator reads one file only. "
                    "A converted Compose file gets names of its own by names: compose."
                    if other.app
                    else "Use adopt: true to take it over, or rename or remove it.",
                    topic="unit-taken",
                )
            )
    return errors


def service_conflicts(
    services: t.Sequence[Service], folders: t.Sequence[str]
) -> list[QuadletError]:
    """Errors for service and object names that a unit of the app shares with another unit."""
    errors = []
    for label, names in (
        ("service", lambda service: (service.name,)),
        ("container or pod", lambda service: service.objects),
    ):
        owners: dict[str, Service] = {}
        for service in services:
            for name in names(service):
                other = owners.setdefault(name, service)
                if other is not service and _in(folders, service, other):
                    errors.append(_shared(label, name, _sort(folders, service, other)))
    return errors


def _in(folders: t.Sequence[str], *services: Service) -> bool:
    return any(service.source.rpartition("/")[0] in folders for service in services)


def _sort(folders: t.Sequence[str], first: Service, second: Service) -> tuple[Service, Service]:
    return (first, second) if _in(folders, first) else (second, first)


def _shared(label: str, name: str, pair: tuple[Service, Service]) -> QuadletError:
    mine, other = pair
    where = (
        other.unit
        if mine.source.rpartition("/")[0] == other.source.rpartition("/")[0]
        else other.source
    )
    key = "ServiceName" if label == "service" else "ContainerName or PodName"
    return QuadletError(
        f"{mine.unit} and {where} both make the {label} {name!r}; the one would replace the other",
        where=mine.unit,
        remedy=f"Rename one of the units, or give it another {key}.",
        topic="object-name-taken",
    )


def container_conflicts(
    services: t.Iterable[Service], containers: t.Iterable[Container]
) -> list[QuadletError]:
    """Errors for containers and pods of others whose name these services would use."""
    errors = []
    for service in services:
        for other in containers:
            taken = {other.name, other.pod} & set(service.objects)
            if taken and other.service != service.name:
                owner = f"of {other.service}" if other.service else "made outside of Quadlet"
                errors.append(
                    QuadletError(
                        f"the name {min(taken)!r} belongs to a container {owner}, "
                        "which would be removed",
                        where=service.unit,
                        remedy="Remove that container, or set another ContainerName or PodName.",
                        topic="container-name-taken",
                    )
                )
    return errors


def masked_error(service: str, *, user: bool) -> QuadletError:
    """The error for a service that somebody has masked: systemd would load and start nothing."""
    words = "--user unmask" if user else "unmask"
    return QuadletError(
        f"{service} is masked, so that systemd does not start it",
        where=service,
        remedy=f"Unmask it (systemctl {words} {service}), or take its unit out of the app.",
        topic="service-masked",
    )


def find_masked(
    services: t.Iterable[str],
    states: t.Mapping[str, State],
    moved: t.Collection[str],
    *,
    reload: bool,
    user: bool,
) -> list[QuadletError]:
    """Errors for masked services that a run starts, or would miss after its reload."""
    return [
        masked_error(name, user=user)
        for name in services
        if name in states and states[name].load == "masked" and (reload or name in moved)
    ]
