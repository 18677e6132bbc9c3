# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""What a text is: a Compose file, run lines, units, or the output of inspect."""

from __future__ import annotations

import json
import posixpath
import re
import typing as t

from ansible_collections.quadlet.fleet.plugins.module_utils._core.errors import QuadletError
from ansible_collections.quadlet.fleet.plugins.plugin_utils._faces.arguments import (
    COMPOSE,
    INSPECT,
    RUN,
    SYSTEMD,
)

COMPOSE_NAMES: t.Final = (
    "compose.yaml",
    "compose.yml",
    "docker-compose.yml",
    "docker-compose.yaml",
)
"""The names that Compose looks for, in its order."""
UNIT_SUFFIX: t.Final = ".service"
_YAML = (".yaml", ".yml")
_SECTION = re.compile(r"(?m)^\[(Unit|Service)\]\s*$")
_RUN = re.compile(
    r"(?m)^\s*(?:[$#>]\s+)?(?:sudo\s+(?:-\S+\s+)*)?(?:\S*/)?(?:docker|podman)\b.*\b(?:run|create)\b"
)
_SERVICES = re.compile(r"(?m)^(?:services|include)\s*:|\A\s*\{\s*\"services\"\s*:")


def find_override(name: str) -> list[str]:
    """The files that lie over a Compose file of a standard name."""
    stem, suffix = posixpath.splitext(name)
    if name not in COMPOSE_NAMES:
        return []
    other = ".yml" if suffix == ".yaml" else ".yaml"
    return [f"{stem}.override{suffix}", f"{stem}.override{other}"]


def recognize(file: str, text: str) -> str:
    """The kind of a text.  QuadletError: it is none of them."""
    if file.endswith(UNIT_SUFFIX) or _SECTION.search(text):
        return SYSTEMD
    if text.lstrip()[:1] in ("[", "{") and _is_json(text):
        return INSPECT
    if file.endswith(_YAML) or _SERVICES.search(text):
        return COMPOSE
    if _RUN.search(text.replace("\\\n", " ")):
        return RUN
    raise QuadletError(
        "it is no Compose file, no unit, no output of inspect, and has no docker run or podman run",
        where=file,
        remedy=f"Say what it is: -e from={COMPOSE}, {RUN}, {SYSTEMD} or {INSPECT}.",
        topic="conversion-source",
    )


def _is_json(text: str) -> bool:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return False
    rows = value if isinstance(value, list) else [value]
    return bool(rows) and all(isinstance(row, dict) and "services" not in row for row in rows)


def recognize_directory(names: t.Collection[str]) -> tuple[str, list[str]]:
    """The kind of a directory, and the files of it to convert, in their order."""
    for name in COMPOSE_NAMES:
        if name in names:
            over = [other for other in find_override(name) if other in names]
            return COMPOSE, [name, *over[:1]]
    units = sorted(name for name in names if name.endswith(UNIT_SUFFIX))
    if units:
        return SYSTEMD, units
    raise QuadletError(
        "the directory has neither a Compose file nor a unit",
        remedy=f"Name the file, or call it {COMPOSE_NAMES[0]}.",
        topic="conversion-source",
    )
