# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""What engines print of containers, pods, volumes and images."""

from __future__ import annotations

import json
import re
import typing as t

Row = dict[str, t.Any]

_ANONYMOUS = re.compile(r"[0-9a-f]{64}")
SERVICE_LABEL: t.Final = "PODMAN_SYSTEMD_UNIT"
_PID_FILE = re.compile(r"--infra-conmon-pidfile[= ](?:\S*/)?([^/\s]+)\.pid$")
_INSTANCE = re.compile(r"^([^@]+@)[^@]*(\.\w+)$")


def parse_rows(text: str) -> list[Row]:
    """The objects that an inspect command prints: a list, or one after another."""
    decoder, rest = json.JSONDecoder(), text.strip()
    found: list[Row] = []
    while rest:
        value, end = decoder.raw_decode(rest)
        found += [row for row in (value if isinstance(value, list) else [value]) if row]
        rest = rest[end:].lstrip()
    return [row for row in found if isinstance(row, dict)]


def name_of(row: t.Mapping[str, t.Any]) -> str:
    """The name of anything that was inspected; Docker's begin with a slash."""
    return str(row.get("Name") or row.get("name") or row.get("Id") or "").lstrip("/")


def labels_of(row: t.Mapping[str, t.Any]) -> dict[str, str]:
    """A container's labels."""
    labels = (row.get("Config") or {}).get("Labels") or {}
    return {str(key): str(value) for key, value in labels.items()}


def is_infra(row: t.Mapping[str, t.Any]) -> bool:
    """Whether it is the infra container of a pod."""
    return bool(row.get("IsInfra"))


def service_of(row: t.Mapping[str, t.Any]) -> str:
    """The service that made a container or the pod: by its label, or its pod's file of a PID."""
    label = labels_of(row).get(SERVICE_LABEL)
    if label:
        return label
    for command in (row.get("CreateCommand"), (row.get("Config") or {}).get("CreateCommand")):
        words = [str(word) for word in command or ()]
        for word in (*words, *map(" ".join, zip(words, words[1:]))):
            match = _PID_FILE.match(word)
            if match:
                return f"{match.group(1)}.service"
    return ""


def generated_names(service: str) -> list[str]:
    """The files in a generator's directory that mean a service is Quadlet's."""
    match = _INSTANCE.match(service)
    names = [service, *(["".join(match.groups())] if match else [])]
    return [name for name in names if name and "/" not in name]


def without_words(row: Row) -> Row:
    """What was inspected, without what the container's health checks printed."""
    state = dict(row.get("State") or {})
    for key in ("Health", "Healthcheck"):
        if isinstance(state.get(key), dict):
            state[key] = {**state[key], "Log": None}
    return {**row, "State": state} if state else row


class Mounted(t.NamedTuple):
    """A mount.  name: of a volume, else ''.  source: on the host."""

    kind: str
    name: str
    source: str
    target: str

    @property
    def is_anonymous(self) -> bool:
        """Whether it is a volume without a name of its own."""
        return self.kind == "volume" and bool(_ANONYMOUS.fullmatch(self.name))


def mounts_of(row: t.Mapping[str, t.Any]) -> list[Mounted]:
    """What a container has mounted, with its tmpfs."""
    host = row.get("HostConfig") or {}
    found = [
        Mounted(
            str(mount.get("Type") or ""),
            str(mount.get("Name") or ""),
            str(mount.get("Source") or ""),
            str(mount.get("Destination") or ""),
        )
        for mount in row.get("Mounts") or ()
    ]
    return [*found, *(Mounted("tmpfs", "", "", path) for path in host.get("Tmpfs") or ())]


def uncovered(image: t.Mapping[str, t.Any], mounts: t.Iterable[Mounted]) -> list[str]:
    """Directories that the image calls volumes, and where nothing is mounted."""
    volumes = (image.get("Config") or {}).get("Volumes") or {}
    targets = {mount.target.rstrip("/") for mount in mounts}
    return sorted(path for path in volumes if path.rstrip("/") not in targets)
