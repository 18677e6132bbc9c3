# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""What an app's units refer to by a key that names units or objects, whichever app has them.

A reference decides which of two apps is deployed first; a mere mention does not (ordering).
"""

from __future__ import annotations

import re
import typing as t

from ..quadlet.kinds import template_of

FIRST: t.Final[dict[str, tuple[str, ...]]] = {
    "Unit": (
        *("After", "Requires", "Requisite", "Wants", "BindsTo", "PartOf", "Upholds"),
        *("OnFailure", "OnSuccess", "JoinsNamespaceOf", "StopPropagatedFrom", "PropagatesStopTo"),
        *("ReloadPropagatedFrom", "PropagatesReloadTo"),
    ),
    "Install": ("Also",),
    "Service": ("Slice", "Sockets"),
    "Timer": ("Unit",),
    "Path": ("Unit",),
    "Socket": ("Service",),
}
"""Keys of systemd (systemd.unit(5) and the pages of the types): what they name comes first."""

THEN: t.Final[dict[str, tuple[str, ...]]] = {
    "Unit": ("Before",),
    "Install": ("WantedBy", "RequiredBy", "UpheldBy"),
}
"""Keys that say that the unit comes before what they name.  A target or a slice is nothing that
waits for its members: it comes first.
"""

OF_OBJECTS: t.Final = ("Network", "Volume", "Pod", "Image", "Mount")
"""Quadlet's keys that name a unit, or an object by its name; all that a table has (a test)."""

_SYSTEMD = {key for keys in (*FIRST.values(), *THEN.values()) for key in keys}
_LINE = re.compile(
    rf"^[^\S\n]*({'|'.join(sorted({*_SYSTEMD, *OF_OBJECTS}))})[^\S\n]*=[^\S\n]*(\S.*)$",
    re.MULTILINE,
)
_CONTINUED = re.compile(r"\\\n(?:[^\S\n]*[#;].*\n)*")
_SOURCE = re.compile(r"""(?:^|[,\s"'])(?:source|src)=([^,\s"']+)""")
_GROUPS = (".target", ".slice")
_BEFORE = frozenset(key for keys in THEN.values() for key in keys)


class References(t.NamedTuple):
    """Names, each with the assignment.  first: what must be there before; then: what must not."""

    first: dict[str, str]
    then: dict[str, str]


def find_references(texts: t.Iterable[str]) -> References:
    """The references of an app's units and drop-ins."""
    found = References({}, {})
    for text in texts:
        for key, value in _LINE.findall(_CONTINUED.sub(" ", text)):
            line = f"{key}={value.strip()}"
            for name in _names(key, value):
                _note(found, key, name, line)
    return found


def _note(found: References, key: str, name: str, line: str) -> None:
    before = key in _BEFORE and not name.endswith(_GROUPS)
    table = found.then if before else found.first
    table.setdefault(name, line)
    template = template_of(name) if "@" in name else None
    if template:
        table.setdefault(template, line)


def image_name(name: str) -> str:
    """The name under which an image that an app builds is offered, and asked for."""
    return f"image {name}"


def _names(key: str, value: str) -> list[str]:
    words = value.split()
    if key == "Mount":
        return _SOURCE.findall(value)
    if key == "Image":
        return [words[0], image_name(words[0])]
    if key in ("Network", "Volume", "Pod"):
        kind, _colon, rest = words[0].partition(":")
        return [rest.partition(":")[0] if kind == "container" and key == "Network" else kind]
    return words
