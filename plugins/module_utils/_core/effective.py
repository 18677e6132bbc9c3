# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""A unit's effective values: with its template and the drop-ins of its app."""

from __future__ import annotations

import typing as t

from .content import Blob, text_of
from .errors import QuadletError
from .quadlet.kinds import by_folder, drop_ins_of, is_unit, kind_of
from .quadlet.splitting import split_words
from .quadlet.unitfile import UnitText, join_texts, parse_unit


def _texts_of(unit: str, content: t.Mapping[str, Blob]) -> list[str]:
    """The paths of a unit and of the template that it links to."""
    blob = content[unit]
    target = text_of(blob)
    return [unit, target] if blob.is_link and target in content else [unit]


def parse_leniently(path: str, blob: Blob) -> UnitText | None:
    """An installed unit's text, or None if it is malformed."""
    try:
        return parse_unit(path, text_of(blob))
    except QuadletError:
        return None


def declared_image(unit: str, content: t.Mapping[str, Blob]) -> str | None:
    """The value of `Image=` in a unit's text, or None."""
    kind = kind_of(unit)
    if kind is None or unit not in content:
        return None
    path = _texts_of(unit, content)[-1]
    text = parse_leniently(path, content[path])
    return text.value(kind.section, "Image") if text else None


def has_health_check(unit: str, content: t.Mapping[str, Blob]) -> bool:
    """Whether a container has a health check that runs by itself."""
    command = container_value(unit, content, "HealthCmd")
    if command is None and _has_argument(unit, content, ("--health-cmd", "--healthcheck-command")):
        return True
    runs = container_value(unit, content, "HealthInterval") != "disable"
    return command not in (None, "none") and runs


def _has_argument(unit: str, content: t.Mapping[str, Blob], options: t.Sequence[str]) -> bool:
    """Whether a container is given an option of Podman with a value other than none."""
    if unit not in content or not unit.endswith(".container"):
        return False
    text = join_texts(unit, [one for one in whole_text(unit, content) if one])
    words = [
        word for value in text.values("Container", "PodmanArgs") for word in split_words(value)
    ]
    pairs = [word.partition("=") for word in words]
    return any(name in options and value != "none" for name, _equals, value in pairs)


def container_value(unit: str, content: t.Mapping[str, Blob], key: str) -> str | None:
    """The last value of a container's key by its unit or template and the app's drop-ins."""
    if unit not in content or not unit.endswith(".container"):
        return None
    texts = filter(None, whole_text(unit, content))
    return join_texts(unit, list(texts)).value("Container", key)


def whole_text(unit: str, content: t.Mapping[str, Blob]) -> list[UnitText | None]:
    """A unit, or its template, and the app's drop-ins in their order; None for malformed texts."""
    drop_ins = drop_ins_of(unit, by_folder(p for p in content if "/" in p and is_unit(p)))
    paths = [*_texts_of(unit, content)[-1:], *drop_ins]
    return [parse_leniently(path, content[path]) for path in paths]


def changed_keys(old: UnitText, new: UnitText) -> list[str]:
    """Keys whose values differ between two texts of a unit, in the order of the new text."""

    def by_key(unit: UnitText) -> dict[tuple[str, str], list[str]]:
        values: dict[tuple[str, str], list[str]] = {}
        for entry in unit.entries:
            values.setdefault((entry.section, entry.key), []).append(entry.value)
        return values

    before, after = by_key(old), by_key(new)
    return list(dict.fromkeys(k[1] for k in [*after, *before] if before.get(k) != after.get(k)))
