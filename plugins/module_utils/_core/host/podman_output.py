# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""What Podman's commands print about versions, containers, networks, volumes and images."""

from __future__ import annotations

import calendar
import json
import re
import typing as t

from ..validate.conflicts import Container

if t.TYPE_CHECKING:
    from ..quadlet.keys import Version

_VERSION = re.compile(r"(\d+)\.(\d+)(?:\.(\d+))?")
_HEALTH = re.compile(r"\((healthy|unhealthy|starting)\)")
_NO_SUCH_OBJECT = ("find network", "no such")
_FIELDS: t.Final = {"network": ("name", "created"), "volume": ("Name", "CreatedAt")}
"""The fields of `podman KIND inspect` that have the name and the time of creation."""

_TIME = re.compile(r"(\d+)-(\d+)-(\d+)[T ](\d+):(\d+):(\d+)(\.\d+)?(?:Z| ?([+-])(\d\d):?(\d\d))")


def parse_version(text: str) -> tuple[Version, str] | None:
    """The version that `podman --version` prints: its three numbers, and as it is written."""
    match = _VERSION.search(text)
    if match is None:
        return None
    return tuple(int(number or 0) for number in match.groups()), match.group(0)


def parse_containers(text: str) -> list[Container]:
    """The containers that `podman ps --pod --format json` prints."""
    return [_parse_container(row) for row in json.loads(text or "[]") or []]


def _parse_container(row: t.Mapping[str, t.Any]) -> Container:
    labels = row.get("Labels") or {}
    health = _HEALTH.search(row.get("Status", ""))
    return Container(
        name=(row.get("Names") or [""])[0],
        service=labels.get("PODMAN_SYSTEMD_UNIT", ""),
        pod=row.get("PodName", "") if row.get("IsInfra") else "",
        image=row.get("Image", ""),
        image_id=row.get("ImageID", ""),
        health=health.group(1) if health else None,
        restarts=_number(row.get("Restarts")),
        started_at=float(_number(row.get("StartedAt"))),
        exit_code=_number(row.get("ExitCode")) if row.get("State") in _ENDED else None,
    )


_ENDED = frozenset({"exited", "stopped"})


def _number(value: t.Any) -> int:
    return value if isinstance(value, int) else 0


def parse_create_commands(text: str) -> dict[str, list[str]]:
    """The commands by name, from lines of a name and a command, each as JSON."""
    found = {}
    for line in text.splitlines():
        name, end = json.JSONDecoder().raw_decode(line)
        words = json.loads(line[end:])
        if isinstance(words, list):
            found[str(name)] = [str(word) for word in words]
    return found


def is_missing_object(message: str) -> bool:
    """Whether an error message of Podman says that a network or volume does not exist."""
    return any(text in message for text in _NO_SUCH_OBJECT)


def parse_objects(text: str, kind: str) -> dict[str, dict[str, t.Any]]:
    """The rows of `podman KIND inspect` by name."""
    field, _time = _FIELDS[kind]
    return {row[field]: row for row in json.loads(text or "[]") or []}


def parse_made_at(row: t.Mapping[str, t.Any], kind: str) -> float:
    """When a network or volume was created, in seconds since the epoch; 0 if that is not told."""
    match = _TIME.match(str(row.get(_FIELDS[kind][1], "")))
    if match is None:
        return 0.0
    *numbers, fraction, sign, hours, minutes = match.groups()
    offset = int(hours or 0) * 3600 + int(minutes or 0) * 60
    moment = calendar.timegm((*map(int, numbers), 0, 0, 0)) + float(fraction or 0)
    return moment + offset if sign == "-" else moment - offset


def parse_images(text: str) -> dict[str, str]:
    """Ids by name and by digest of the images that `podman images --format json` prints."""
    return {
        name: row["Id"]
        for row in json.loads(text or "[]") or []
        for name in (*(row.get("Names") or ()), *(row.get("RepoDigests") or ()))
    }
