# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Which companions are enabled and disabled: systemd's links for [Install] follow the text."""

from __future__ import annotations

import typing as t

from ..content import Blob
from ..effective import parse_leniently
from ..quadlet.kinds import companion_of, is_template, unit_of
from ..quadlet.unitfile import merged
from .model import PlanInput


class Enabling(t.NamedTuple):
    """enable or disable, and why; '' where the unit's own step says it."""

    verb: str
    reason: str


def installable(content: t.Mapping[str, Blob], among: t.Container[str]) -> list[str]:
    """The companions with [Install], of those that are named."""
    return [name for name in content if name in among and _install(name, content)]


def decide_enabling(world: PlanInput) -> dict[str, Enabling]:
    """What changes, by companion: its [Install] did, or someone disabled it."""
    names = dict.fromkeys(filter(_is_enabled_by_name, [*world.desired, *world.manifest.files]))
    decided = {name: _decide(world, name) for name in names}
    return {name: enabling for name, enabling in decided.items() if enabling}


def _is_enabled_by_name(path: str) -> bool:
    return companion_of(path) is not None and "/" not in path and not is_template(path)


def _decide(world: PlanInput, name: str) -> Enabling | None:
    if name not in world.desired:
        return Enabling("disable", "")
    was, now = _install(name, world.current), _install(name, world.desired)
    if not now:
        return Enabling("disable", "has no [Install] any more") if was else None
    if name not in world.current or world.manifest.loaded is None:
        return Enabling("enable", "")
    if was != now:
        return Enabling("enable", "its [Install] changed")
    if world.enabled.get(name) == "disabled" and world.app.only in (None, name):
        return Enabling("enable", "is disabled")
    return None


def _install(name: str, content: t.Mapping[str, Blob]) -> list[tuple[str, str]]:
    """What a companion's [Install] says, its drop-ins' too."""
    if name not in content or not _is_enabled_by_name(name):
        return []
    texts = {
        path: unit
        for path in content
        if unit_of(path) == name
        for unit in [parse_leniently(path, content[path])]
        if unit
    }
    if name not in texts:
        return []
    unit = merged(name, texts)
    keys = dict.fromkeys(entry.key for entry in unit.entries if entry.section == "Install")
    return [(key, value) for key in keys for value in unit.values("Install", key)]
