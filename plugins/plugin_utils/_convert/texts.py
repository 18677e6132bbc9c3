# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Durations and sizes of a unit, and names of its images."""

from __future__ import annotations

import math
import posixpath
import re
import typing as t

from ansible_collections.quadlet.fleet.plugins.module_utils._core.quadlet.image_name import (
    full_name,
    parse_image_name,
)

_STEM = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*@?")
_APP = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
_UNITS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
_WHOLE = re.compile(r"[+-]?[0-9]{1,30}")
_LARGEST = 2**63
_LONGEST_DURATION = _LARGEST / 1e9
"""Seconds: Go counts nanoseconds."""
_VARIABLE = re.compile(r"\{\{|\{%|\$\{")


def clean_path(path: str) -> str:
    """A path without what means nothing in it; POSIX keeps two slashes at its begin, Linux does not
    tell them from one.
    """
    clean = posixpath.normpath(path)
    return clean[1:] if clean.startswith("//") else clean


def parse_whole(text: str) -> int | None:
    """A whole number as Go reads it: of digits, with 64 bits; None: it is none."""
    if not _WHOLE.fullmatch(text):
        return None
    number = int(text)
    return number if -_LARGEST <= number < _LARGEST else None


def parse_duration(text: str) -> float | None:
    """Seconds of a Go duration; None: it is none."""
    if text in ("0", "+0", "-0"):
        return 0.0
    return sum_of_units(text, _UNITS)


def sum_of_units(text: str, units: t.Mapping[str, float]) -> float | None:
    """The sum of numbers with units, such as 1m30s; None: it is none, or longer than Go can count.
    units: what each counts.
    """
    names = "|".join(sorted(units, key=len, reverse=True))
    parts = re.findall(rf"(\d+\.?\d*|\.\d+)({names})", text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        return None
    total = sum(float(number) * units[unit] for number, unit in parts)
    return round(total, 9) if total < _LONGEST_DURATION else None


def duration(seconds: float) -> str:
    """A duration as Podman reads it: whole seconds, or milliseconds."""
    if seconds == int(seconds):
        return f"{int(seconds)}s"
    return f"{f'{seconds * 1000:.3f}'.rstrip('0').removesuffix('.')}ms"


def whole_seconds(seconds: float) -> str:
    """Whole seconds, rounded up, for what takes no parts of one."""
    return str(math.ceil(seconds))


def slug(text: str) -> str:
    """A text as part of a name: letters, digits and dashes."""
    return re.sub(r"[^A-Za-z0-9]+", "-", text).strip("-").lower() or "x"


def app_name(name: str) -> str:
    """A name that an app can have."""
    if _APP.fullmatch(name) and name != "users":
        return name
    plain = re.sub(r"[^A-Za-z0-9_-]+", "-", name).strip("-_")
    return f"{plain or 'app'}-app" if plain in ("", "users") else plain


def unit_stem(name: str) -> str:
    """A stem that a unit can have."""
    if _STEM.fullmatch(name):
        return name
    return re.sub(r"[^A-Za-z0-9_.-]+", "-", name).lstrip("-.") or "x"


def local_name(name: str) -> str:
    """The name of an image that is built here: a short one is of this host alone."""
    return name if complete_image(name) == name else f"localhost/{name}"


def complete_image(name: str) -> str | None:
    """The name with its registry, as Docker completes it; None if it can't be known."""
    parts = parse_image_name(name)
    if parts.is_full and parts.registry not in ("index.docker.io", "docker.io"):
        return name
    if not parts.path or _VARIABLE.match(name):
        return name if parts.is_full else None
    whole = full_name(name)
    return whole if parts.tag or parts.digest else whole.removesuffix(":latest")
