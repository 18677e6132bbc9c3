# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Lint rules for names: what a key may refer to, names of systemd's units, names in use."""

from __future__ import annotations

import re

from ..quadlet.keys import SYSTEMD_KEYS
from ..quadlet.kinds import kind_of
from .view import Hit, Hits, Line, Merged, Units, is_open, words_of

_RELATIONS = (
    *("After", "Before", "Requires", "Requisite", "Wants", "BindsTo", "PartOf", "Upholds"),
    *("Conflicts", "OnFailure", "OnSuccess"),
)
_LINKS = ("WantedBy", "RequiredBy", "UpheldBy", "Alias")
_SYSTEMD_UNIT = re.compile(
    r"[A-Za-z0-9:_.\\@%{}$-]+"
    r"\.(?:service|socket|device|mount|automount|swap|target|path|timer|slice|scope)"
)
"""systemd.unit(5): a name, and a suffix that tells the type."""


def bad_unit_names(unit: Merged) -> Hits:
    """Finds names in dependencies and [Install] that no unit of systemd can have."""
    for line in (*unit.all("Unit", *_RELATIONS), *unit.all("Install", *_LINKS)):
        for word in words_of(line.value):
            if not (_SYSTEMD_UNIT.fullmatch(word) or kind_of(word) or word.startswith("%")):
                yield Hit("bad-unit-name", line, f"{word!r} is no name of a unit", _remedy(word))


def _remedy(word: str) -> str:
    if "," in word:
        return "Separate names by blanks, not by commas."
    return "" if "." in word else f"Write the suffix too, such as {word}.service."


def wrong_references(unit: Merged) -> Hits:
    """Finds unit files of a kind that the key does not take: to Podman they are plain names."""
    for line in unit.own("Volume", "Network", "Image"):
        name = line.value if line.entry.key == "Image" else line.value.partition(":")[0]
        kind = kind_of(name) if "/" not in name and not is_open(name) else None
        if kind is None or line.key is None or kind.suffix in line.key.refs:
            continue
        taken = " or ".join(f".{suffix}" for suffix in line.key.refs)
        message = f"{name} is no {taken}, so Podman takes it for a name"
        yield Hit("wrong-reference", line, message, f"{line.entry.key}= takes {taken} units.")


_NO_PORTS = re.compile(r"(?:host|none|container:.+|.+\.container)(?::.*)?")


def idle_ports(unit: Merged) -> Hits:
    """Finds ports that Podman does not publish, since the network is another's or none."""
    networks = [line.value for line in unit.own("Network") if _NO_PORTS.fullmatch(line.value)]
    for line in unit.own("PublishPort") if networks else ():
        yield Hit("idle-port", line, f"nothing is published with Network={networks[0]}")


_CASES = {key.lower(): (section, key) for section, keys in SYSTEMD_KEYS.items() for key in keys}


def misspelt_keys(unit: Merged) -> Hits:
    """Finds keys of systemd's sections in the wrong case."""
    for line in unit.lines:
        section, key = _CASES.get(line.entry.key.lower(), ("", ""))
        if section == line.entry.section != "Install" and key != line.entry.key:
            message = f"systemd knows no {line.entry.key}"
            yield Hit("misspelt-key", line, message, f"Write {key}.")


def doubled_names(app: Units) -> Hits:
    """Finds a name that two units give: containers and pods share their names."""
    seen: dict[str, Line] = {}
    for unit in app.units.values():
        key = {"container": "ContainerName", "pod": "PodName"}.get(unit.kind.suffix, "")
        line = unit.last(unit.kind.section, key)
        if line is None or is_open(line.value):
            continue
        first = seen.setdefault(line.value, line)
        if first is not line:
            message = f"{line.value!r} is the name in {first.path}, too"
            yield Hit("doubled-name", line, message)


NAME_RULES = (bad_unit_names, wrong_references, idle_ports, misspelt_keys)
APP_NAME_RULES = (doubled_names,)
