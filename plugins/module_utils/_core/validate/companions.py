# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Companions: native systemd units of an app (timers, sockets, targets, …).

systemd reads them directly: they are installed in its directory and enabled.  Otherwise they are
services of the app like those that the generator makes.
"""

from __future__ import annotations

import dataclasses
import re
import typing as t

from ..errors import QuadletError
from ..quadlet.kinds import COMPANIONS, Companion, companion_of, is_template, split_drop_in, unit_of
from ..quadlet.path_names import escape_path, mounts_for, unescape_path
from ..quadlet.splitting import TRUE
from ..quadlet.unitfile import UnitText, merged
from ..state.manifest import ServiceRecord
from .generator import Service, to_service
from .jobs import find_waiting, is_job

RULE: t.Final = "bad-companion"

_EVERYWHERE = ("Unit", "Install")
_AT_LINE = re.compile(r"(?P<unit>\S+?):(?P<line>\d+): (?P<text>.*)")
_OF_UNIT = re.compile(r"(?P<unit>\S+?): (?P<text>.* Refusing\.)")
_IS_ERROR = re.compile(r"Failed to |Invalid |Refusing\.")


def companion_services(units: t.Mapping[str, UnitText], folder: str) -> list[Service]:
    """The companions among an app's units, templates aside, as services."""
    services = []
    for path in units:
        companion = companion_of(path)
        if companion and "/" not in path and not is_template(path):
            services.append(_to_service(path, companion, merged(path, units), folder))
    return services


def _to_service(name: str, companion: Companion, unit: UnitText, folder: str) -> Service:
    block: dict[tuple[str, str], list[str]] = {("Unit", "SourcePath"): [f"{folder}/{name}"]}
    for entry in unit.entries:
        block.setdefault((entry.section, entry.key), []).append(entry.value)
    service = to_service(name, block)
    if companion.starts:
        return service._replace(triggers=(f"{name.rpartition('.')[0]}.{companion.starts}",))
    if not companion.trigger_key:
        return service
    given = unit.value(companion.section, companion.trigger_key)
    stem = name.rpartition(".")[0]
    each = (unit.value(companion.section, "Accept") or "").lower() in TRUE
    default = f"{stem}@.service" if companion.suffix == "socket" and each else f"{stem}.service"
    return service._replace(triggers=(given or default,))


def to_records(services: t.Iterable[Service]) -> dict[str, ServiceRecord]:
    """Records of services that are not started yet, by name; templates have no state."""
    services = [service for service in services if not service.template]
    fields = {field.name for field in dataclasses.fields(ServiceRecord)}
    waiting = find_waiting(services)
    return {
        service.name: ServiceRecord(
            unit=service.unit,
            triggered=service.name in waiting,
            job=is_job(service),
            **{key: value for key, value in service._asdict().items() if key in fields},
        )
        for service in services
    }


def add_mounts(services: t.Sequence[Service], companions: t.Sequence[Service]) -> list[Service]:
    """The services with the app's mounts that RequiresMountsFor= pulls in: they stop with these.

    The generator writes that key for each directory of the host that a container mounts.
    """
    mounts = {service.name for service in companions if service.name.endswith(".mount")}
    if not mounts:
        return [*services]
    return [_with_mounts(service, mounts) for service in services]


def _with_mounts(service: Service, mounts: t.Collection[str]) -> Service:
    names = [name for path in service.paths for name in mounts_for(path) if name in mounts]
    more = tuple(dict.fromkeys(name for name in names if name != service.name))
    return service._replace(needs=(*service.needs, *more), follows=(*service.follows, *more))


def check_companions(
    units: t.Mapping[str, UnitText], *, location: str, folder: str
) -> list[QuadletError]:
    """All errors of an app's companions.  location: `system` for the system's scope."""
    errors: list[QuadletError] = []
    for path, unit in units.items():
        if location == "admin":
            errors.append(
                QuadletError(
                    f"companions can't be at location admin: {folder} is read for every user",
                    where=path,
                    remedy="Use location: home.",
                    topic="companion-location",
                )
            )
        errors += _check_sections(path, unit)
        if COMPANIONS[unit_of(path).rpartition(".")[2]].of_path and "/" not in path:
            errors += _check_mount(path, merged(path, units), location)
    for error in errors:
        error.rule = RULE
    return errors


def _check_mount(path: str, unit: UnitText, location: str) -> list[QuadletError]:
    """Errors of a unit that is named after a path."""
    stem, _dot, suffix = path.rpartition(".")
    section = COMPANIONS[suffix].section
    if location != "system":
        return [
            QuadletError(
                f"a user's manager can't start a .{suffix} unit: to mount takes root",
                where=path,
                remedy="Declare it in an app of the system's scope, and let the user's units mount "
                "the directory; or mount by other means, such as a volume with Type=nfs or a "
                "program with FUSE in a .service.",
                topic="mount-unit",
            )
        ]
    where = unit.value(section, "Where") or ""
    if not where.startswith(("/", "%")) or ".." in where.split("/"):
        return [
            QuadletError(
                f"Where={where} is no absolute path",
                where=f"{path} [{section}] Where",
                remedy="Write the directory to mount at, such as /srv/data.",
                topic="mount-unit",
            )
        ]
    right = f"{escape_path(where.replace('%%', '%'))}.{suffix}"
    if path == right or "%" in where.replace("%%", ""):  # systemd-analyze expands specifiers
        return []
    return [
        QuadletError(
            f"the unit mounts at {where}, so that systemd takes it under the name {right} alone",
            where=f"{path} [{section}] Where",
            remedy=f"Rename it to {right}, or mount at {unescape_path(stem)}.",
            topic="mount-unit",
        )
    ]


def _check_sections(path: str, unit: UnitText) -> list[QuadletError]:
    drop_in = split_drop_in(path)
    name = unit_of(path)
    row = COMPANIONS[name.rpartition(".")[2]]
    known = [section for section in (row.section, *_EVERYWHERE) if section]
    errors = [
        QuadletError(
            f"[{section}] is no section of a .{row.suffix} unit",
            where=path,
            remedy=f"It has {', '.join(f'[{name}]' for name in known)}; systemd ignores others.",
            topic="companion-section",
        )
        for section in unit.sections
        if section not in known and not section.startswith("X-")
    ]
    if row.required and not drop_in and row.section not in unit.sections:
        errors.append(
            QuadletError(
                f"the unit has no [{row.section}] section",
                where=path,
                remedy=f"A .{row.suffix} unit needs [{row.section}].",
                topic="companion-section",
            )
        )
    if is_template(name) and "Install" in unit.sections:
        errors.append(
            QuadletError(
                "a template is neither enabled nor started",
                where=f"{path} [Install]",
                remedy=f"Declare an instance, such as {name.replace('@.', '@NAME.')}.",
                topic="template-enabled",
            )
        )
    return errors


def parse_verification(
    output: str, units: t.Container[str]
) -> tuple[list[QuadletError], list[str]]:
    """Errors and warnings of systemd-analyze about these units.

    Messages without a line are ignored: most are about services that the generator has not made
    yet, or commands that come with the app.
    """
    errors, warnings = [], []
    for line in output.split("\n"):
        match = _AT_LINE.fullmatch(line) or _OF_UNIT.fullmatch(line)
        if not match or match["unit"] not in units:
            continue
        where, text = line[: match.start("text") - 2], match["text"]
        if _IS_ERROR.search(text):
            remedy = "See systemd.unit(5) and the page of the unit's type."
            errors.append(
                QuadletError(
                    f"systemd says: {text}", where=where, remedy=remedy, topic="systemd-refuses"
                )
            )
        else:
            warnings.append(f"{where}: {text}")
    return errors, warnings
