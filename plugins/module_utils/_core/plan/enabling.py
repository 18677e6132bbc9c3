# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Which companions are enabled and disabled, after their [Install] sections."""

from __future__ import annotations

import typing as t

from ..content import Blob
from ..effective import parse_leniently
from ..quadlet.kinds import companion_of, is_template, unit_of
from ..quadlet.unitfile import merged
from .model import PlanInput


class Enabling(t.NamedTuple):
    """enable or disable, and why; '' if another step of the unit names the reason."""

    verb: str
    reason: str


def installable(content: t.Mapping[str, Blob], among: t.Container[str]) -> list[str]:
    """The companions with [Install] among the given names."""
    return [name for name in content if name in among and _install(name, content)]


def decide_enabling(inputs: PlanInput) -> dict[str, Enabling]:
    """The changes by companion: its [Install] changed, or someone disabled it."""
    names = dict.fromkeys(filter(_is_enabled_by_name, [*inputs.desired, *inputs.manifest.files]))
    decided = {name: _decide(inputs, name) for name in names}
    return {name: enabling for name, enabling in decided.items() if enabling}


def _is_enabled_by_name(path: str) -> bool:
    return companion_of(path) is not None and "/" not in path and not is_template(path)


def _decide(inputs: PlanInput, name: str) -> Enabling | None:
    if name not in inputs.desired:
        return Enabling("disable", "")
    was, now = _install(name, inputs.current), _install(name, inputs.desired)
    if not now:
        return Enabling("disable", "has no [Install] any more") if was else None
    if name not in inputs.current or inputs.manifest.loaded is None:
        return Enabling("enable", "")
    if was != now:
        return Enabling("enable", "its [Install] changed")
    if inputs.enabled.get(name) == "disabled" and inputs.app.only in (None, name):
        return Enabling("enable", "is disabled")
    return None


def _install(name: str, content: t.Mapping[str, Blob]) -> list[tuple[str, str]]:
    """Keys and values of a companion's [Install], with drop-ins."""
    if name not in content or not _is_enabled_by_name(name):
        return []
    paths = [path for path in content if unit_of(path) == name]
    parsed = {path: parse_leniently(path, content[path]) for path in paths}
    texts = {path: unit for path, unit in parsed.items() if unit}
    if name not in texts:
        return []
    unit = merged(name, texts)
    keys = dict.fromkeys(entry.key for entry in unit.entries if entry.section == "Install")
    return [(key, value) for key in keys for value in unit.values("Install", key)]
