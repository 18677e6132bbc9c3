# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Takes given texts apart into services with their drop-ins.

A text is a file, the output of `podman generate systemd` or `systemctl cat` with several units, or
that of `--format json`.
"""

from __future__ import annotations

import dataclasses
import json
import re
import typing as t

from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.report import Given, Report
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.specifiers import has_marks
from ansible_collections.quadlet.fleet.plugins.plugin_utils._generated.systemd import (
    Names,
    parse_assignments,
)

_HEADER = re.compile(
    r"^# (?:/\S*/)?(?:(?P<unit>[^\s/]+\.service)|[^\s/]+\.service\.d/[^\s/]+\.conf)$",
    re.MULTILINE,
)
_DESCRIPTION = re.compile(r"^Description=Podman (\S+\.service)(?: for %I)?$", re.MULTILINE)
_NO_NAME = re.compile(r"unit(?:\.\d+)?\.service")
"""What a text without a name is called."""
_LONGEST = 1 << 20
_MOST = 5000
_INSTANCE = re.compile(r"([^/@]+)@([^/]+)\.service")
_DROP_IN = re.compile(r"(?:^|/)([^/]+\.service)\.d/([^/]+\.conf)$")
_NO_LISTS = frozenset({"After", "Before", "BindsTo", "Requires", "Wants", "PartOf", "Conflicts"})
"""Keys whose lists an empty assignment does not empty."""


@dataclasses.dataclass
class Item:
    """An assignment that counts."""

    section: str
    key: str
    value: str
    given: Given


@dataclasses.dataclass
class Service:
    """A service's assignments, those of its drop-ins behind its own.  instances: of a template,
    those that are given.
    """

    names: Names
    given: Given
    instances: list[str] = dataclasses.field(default_factory=list)
    items: list[Item] = dataclasses.field(default_factory=list)

    def take(self, section: str, *keys: str) -> list[Item]:
        """Takes the assignments of some keys out; the caller settles them."""
        taken = [item for item in self.items if item.section == section and item.key in keys]
        self.items = [
            item for item in self.items if not (item.section == section and item.key in keys)
        ]
        return taken

    def values(self, section: str, key: str) -> list[str]:
        """The values of a key that nobody has taken."""
        return [item.value for item in self.items if (item.section, item.key) == (section, key)]


class _Text(t.NamedTuple):
    """A part of a text that is a unit or a drop-in.  line: the number of its first line."""

    name: str
    file: str
    text: str
    line: int


def collect_services(texts: t.Sequence[tuple[str, str]], report: Report) -> list[Service]:
    """The services of texts (file, text), in their order."""
    parts = [part for file, text in texts for part in _parts(file, text, report)]
    parts, instances = _join_instances(parts, report)
    services: dict[str, Service] = {}
    for part in parts:
        if not _DROP_IN.search(part.name) and part.name not in services:
            given = report.give(part.name, part.file, part.line)
            services[part.name] = Service(Names(part.name), given)
    drop_ins = sorted(
        (part for part in parts if _DROP_IN.search(part.name)),
        key=lambda part: part.name.rpartition("/")[2],
    )
    for part in [*(part for part in parts if part not in drop_ins), *drop_ins]:
        owner = _DROP_IN.search(part.name)
        service = services.get(owner.group(1) if owner else part.name)
        if service is None:
            report.give(part.name, part.file).refused(
                f"it belongs to {owner.group(1) if owner else ''}, which is not given",
                "Give that unit too.",
            )
            continue
        _read(service, part, report)
    for service in services.values():
        service.instances = instances.get(service.names.service, [])
        _settle_emptied(service)
        _settle_overridden(service)
    return list(services.values())


def _join_instances(parts: list[_Text], report: Report) -> tuple[list[_Text], dict[str, list[str]]]:
    """Parts in which instances are templates, and the instances of each template."""
    names = {part.name for part in parts}
    instances: dict[str, list[str]] = {}
    joined: list[_Text] = []
    for part in parts:
        match = _INSTANCE.fullmatch(part.name)
        if not match:
            joined.append(part)
            continue
        template = f"{match.group(1)}@.service"
        instances.setdefault(template, []).append(match.group(2))
        if template in names:
            given = report.give(part.name, part.file, part.line)
            given.exact(f"it is an instance of {template}")
        else:
            names.add(template)
            joined.append(part._replace(name=template))
    return joined, instances


def _parts(file: str, text: str, report: Report) -> t.Iterator[_Text]:
    """The units of a text."""
    if len(text) > _LONGEST:
        report.give("", file).refused(
            f"it has {len(text)} characters, and no unit has more than {_LONGEST}",
            "Give the units alone.",
        )
        return
    if has_marks(text) or "\0" in text:
        report.give("", file).refused("it holds a character that no unit can hold", "Remove it.")
        return
    text = text.removeprefix("\ufeff").replace("\r\n", "\n")
    if text.lstrip().startswith("{"):
        yield from _parse_json(file, text, report)
        return
    headers = list(_HEADER.finditer(text))
    name = file.rpartition("/")[2]
    if headers and _NO_NAME.fullmatch(name):
        name = ""
    if _DROP_IN.search(file) or (name.endswith(".service") and len(headers) < 2):
        yield _Text(file if _DROP_IN.search(file) else name, file, text, 1)
        return
    if not headers or text[: headers[0].start()].strip():
        end = headers[0].start() if headers else len(text)
        yield _Text(_guess_name(text[:end]), file, text[:end], 1)
    for match, following in zip(headers, [*headers[1:], None]):
        end = following.start() if following else len(text)
        line = text.count("\n", 0, match.start()) + 1
        yield _Text(
            match.group()[2:].rpartition("/")[2] if match["unit"] else match.group()[2:],
            file,
            text[match.start() : end],
            line,
        )


def _parse_json(file: str, text: str, report: Report) -> t.Iterator[_Text]:
    """The units of `--format json`: texts by the services' names without suffix."""
    try:
        units = json.loads(text)
    except (ValueError, RecursionError):
        units = None
    if not isinstance(units, dict) or not all(isinstance(unit, str) for unit in units.values()):
        report.give("", file).refused(
            "it is neither a unit nor the JSON of podman generate systemd", "Give the unit's text."
        )
        return
    for name, unit in units.items():
        yield _Text(f"{name.removesuffix('.service')}.service", file, unit, 1)


def _guess_name(text: str) -> str:
    match = _DESCRIPTION.search(text)
    if not match:
        return "container.service"
    name = match.group(1)
    is_template = match.group().endswith("%I")
    return name.replace(".service", "@.service") if is_template else name


def _read(service: Service, part: _Text, report: Report) -> None:
    assignments = parse_assignments(part.text)
    if len(service.items) + len(assignments) > _MOST:
        service.given.refused(f"it has more than {_MOST} lines", "Give the unit alone.")
        return
    for found in assignments:
        line = part.line + found.line - 1
        path = f"[{found.section}] {found.key}" if found.key else found.value[:40]
        given = report.give(path, part.file, line)
        if not found.key:
            given.dropped("systemd does not read this line")
        else:
            service.items.append(Item(found.section, found.key, found.value, given))


def _settle_emptied(service: Service) -> None:
    """An empty assignment empties what stands before it, but for dependencies."""
    emptied: dict[tuple[str, str], Given] = {}
    kept = []
    for item in reversed(service.items):
        place = emptied.get((item.section, item.key))
        if place is not None:
            item.given.exact(f"line {place.line} of {place.file or 'the text'} empties it")
        elif item.value or item.key in _NO_LISTS:
            kept.append(item)
        else:
            item.given.exact("it empties what stands before it")
            emptied[item.section, item.key] = item.given
    service.items = kept[::-1]


def _settle_overridden(service: Service) -> None:
    """Of a key that takes one value the last assignment counts."""
    last = {(item.section, item.key): item for item in service.items if item.key in SINGLE}
    kept = []
    for item in service.items:
        winner = last.get((item.section, item.key), item)
        if winner is item:
            kept.append(item)
        else:
            place = f"line {winner.given.line} of {winner.given.file or 'the text'}"
            item.given.exact(f"{place} sets another value")
    service.items = kept


# fmt: off
SINGLE: t.Final = frozenset({
    "Description", "SourcePath", "DefaultDependencies", "RefuseManualStart", "RefuseManualStop",
    "StopWhenUnneeded", "StartLimitInterval", "StartLimitIntervalSec", "StartLimitBurst",
    "StartLimitAction", "FailureAction", "SuccessAction", "CollectMode", "JobTimeoutSec",
    "Type", "NotifyAccess", "PIDFile", "Restart", "RestartSec", "RestartSteps",
    "RestartMaxDelaySec", "TimeoutSec", "TimeoutStartSec", "TimeoutStopSec", "TimeoutAbortSec",
    "TimeoutStartFailureMode", "TimeoutStopFailureMode", "RuntimeMaxSec", "WatchdogSec",
    "KillMode", "KillSignal", "SendSIGKILL", "SendSIGHUP", "FinalKillSignal", "RemainAfterExit",
    "GuessMainPID", "User", "Group", "Slice", "Delegate", "WorkingDirectory", "RootDirectory",
    "Nice", "OOMPolicy", "OOMScoreAdjust", "StandardInput", "StandardOutput", "StandardError",
    "SyslogIdentifier", "SyslogFacility", "SyslogLevel", "UMask", "PrivateTmp", "ProtectSystem",
    "ProtectHome", "NoNewPrivileges", "MemoryMax", "MemoryHigh", "CPUQuota", "CPUWeight",
    "TasksMax", "IOWeight", "LimitNOFILE", "LimitNPROC", "LimitCORE", "LimitMEMLOCK",
    "DefaultInstance", "ExitType", "FileDescriptorStoreMax",
})
# fmt: on
"""Keys of which the last assignment counts."""
