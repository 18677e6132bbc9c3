# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Reads services one by one; resolve.py does what needs all of them."""

from __future__ import annotations

import re
import typing as t

from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose import values
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.attachments import (
    NETWORKS,
    settle_hostname,
    settle_networks,
)
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.build import (
    BUILD,
    settle_image,
)
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.devices import DEVICES
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.dispatch import (
    Handlers,
    dispatch,
)
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.mounts import MOUNTS
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.outside import OUTSIDE
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.plain import OPTIONS
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.process import (
    PROCESS,
    settle_restart,
)
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.reading import (
    AbsentError,
    Reading,
    UnfitError,
    convert,
    items,
    mapping,
    refusing,
    taken,
    taken_flag,
    text,
)
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.secrets import SECRETS
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.service import (
    Condition,
    Need,
    Service,
    new_service,
)
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.steps import STEPS
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.table import Row
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.taking import Branch
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.variables import (
    ENVIRONMENT,
    settle_environment,
    settle_labels,
)
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.model import Value

_NAME: t.Final = re.compile(r"[a-zA-Z0-9._-]+")
_STEM: t.Final = re.compile(r"[a-zA-Z0-9_][a-zA-Z0-9._-]{0,199}")
_MOST_REPLICAS: t.Final = 100
_CONDITIONS: t.Final[dict[str, Condition]] = {
    "service_started": "started",
    "service_healthy": "healthy",
    "service_completed_successfully": "completed",
}


def read_services(reading: Reading) -> dict[str, Service]:
    """The services by name, each with what it leaves for the end."""
    section = reading.root.get("services")
    if section is None or section.is_empty:
        given = section or reading.root
        given.head().absent("there are no services", "Give at least one under services.")
        return {}
    services = {}
    if not section.is_mapping:
        section.take().refused("it is no mapping of services")
        return {}
    for name, branch in section.items():
        with refusing(branch):
            services[name] = _read_service(reading, name, branch)
    return services


def _read_service(reading: Reading, name: str, branch: Branch) -> Service:
    if not _NAME.fullmatch(name):
        raise UnfitError(branch, f"{name!r} is no name of a service", "Use a-z, 0-9, . _ and -.")
    if not _STEM.fullmatch(reading.stem(name)):
        raise UnfitError(branch, f"{name!r} can't name a unit", "Begin with a letter or a digit.")
    if branch.is_empty or not branch.is_mapping:
        raise AbsentError(branch, "it is no mapping with an image or a build")
    service = new_service(reading, name, branch)
    dispatch(service, branch, HANDLERS)
    with refusing(branch):
        _settle(service)
    return service


def _settle(service: Service) -> None:
    parts = [service.branch.get(key) for key in ("image", "build", "provider")]
    if all(part is None or part.is_empty for part in parts):
        service.branch.head().absent("it has neither image nor build", "Give one of them.")
    settle_image(service)
    settle_environment(service)
    settle_labels(service)
    settle_restart(service)
    settle_hostname(service)
    if service.provider is None:
        settle_networks(service)


def _read_scale(service: Service, branch: Branch, _row: Row) -> None:
    count = convert(branch, values.to_int)
    given = branch.take()
    if not 0 <= count <= _MOST_REPLICAS:
        raise UnfitError(branch, f"{count} is none of 0 to {_MOST_REPLICAS}")
    if service.scale is None:
        service.scale = Value(count, given)
    elif service.scale.value != count:
        given.refused(
            f"{count} here, {service.scale.value} in {service.scale.given.path}",
            "Give one of them.",
        )
    given.exact("each container has a unit of its own" if count > 1 else "")


def _read_depends_on(service: Service, branch: Branch, _row: Row) -> None:
    """The needs that are told stand before those that other keys imply: the first one counts."""
    told = []
    if branch.is_mapping:
        for name, part in branch.items():
            with refusing(part):
                told.append(_read_need(name, part))
    else:
        for item in items(branch):
            with refusing(item):
                told.append(Need(text(item), item, item.take()))
    service.needs[:0] = told


def _read_need(name: str, part: Branch) -> Need:
    fields = mapping(part) if not part.is_empty else {}
    condition = taken(fields, "condition") or "service_started"
    if condition not in _CONDITIONS:
        known = ", ".join(_CONDITIONS)
        raise UnfitError(fields["condition"], f"{condition!r} is none of {known}")
    need = Need(name, part, part.head() if fields else part.take(), _CONDITIONS[condition])
    need.required = taken_flag(fields, "required", True)
    need.restart = taken_flag(fields, "restart")
    return need


HANDLERS: t.Final[Handlers[Service]] = {
    **OPTIONS,
    **BUILD,
    **DEVICES,
    **ENVIRONMENT,
    **MOUNTS,
    **NETWORKS,
    **PROCESS,
    **SECRETS,
    **OUTSIDE,
    **STEPS,
    "depends_on": _read_depends_on,
    "scale": _read_scale,
}
"""Every handler of a service's keys by its name in the table."""
