# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Several units in one text, `x.quadlets`, as Podman 5.8 and newer install them.

Lines of `---` divide the parts; a comment `# FileName=web` names a part's unit, and its first
section of a kind gives the suffix.  They are split here, so that every release can read them.
"""

from __future__ import annotations

import re
import typing as t

from ..errors import QuadletError, shape
from .kinds import KINDS, holds_units

_NAME = re.compile(r"^[^\S\n]*#[^\S\n]*FileName=(.*)$", re.MULTILINE)
_SECTION = re.compile(r"^[^\S\n]*\[([^\[\]\n]+)\][^\S\n]*$", re.MULTILINE)
_SUFFIXES = {kind.section: kind.suffix for kind in KINDS.values()}


class Part(t.NamedTuple):
    """A unit in a text of several: its file name, its text, and the number of lines before it."""

    name: str
    text: str
    offset: int


def expand(units: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """Units by file name; texts of several units are split."""
    single = {path: value for path, value in units.items() if not holds_units(path)}
    for path, text in units.items():
        if not holds_units(path):
            continue
        if not isinstance(text, str):
            raise QuadletError(
                f"several units are text, not {shape(text)}",
                where=f"units {path}",
                topic="unit-form",
            )
        for part in split_quadlets(path, text):
            if part.name in single:
                raise QuadletError(
                    f"{part.name} is declared already",
                    where=f"{path}:{part.offset + 1}",
                    remedy="Declare it once.",
                    topic="declared-twice",
                )
            single[part.name] = part.text
    return single


def split_quadlets(path: str, text: str) -> list[Part]:
    """The units of a text; QuadletError with file:line for a part without name or kind."""
    parts = [_part(path, offset, chunk) for offset, chunk in _chunks(text) if chunk.strip()]
    if not parts:
        raise QuadletError(
            "it holds no unit",
            where=path,
            remedy="Remove it, or write units.",
            topic="several-units",
        )
    seen: dict[str, Part] = {}
    for part in parts:
        other = seen.setdefault(part.name, part)
        if other is not part:
            raise QuadletError(
                f"{part.name} is there twice, from line {other.offset + 1} on too",
                where=f"{path}:{part.offset + 1}",
                remedy="Give one of the two another FileName.",
                topic="declared-twice",
            )
    return parts


def _chunks(text: str) -> t.Iterator[tuple[int, str]]:
    """(number of lines before it, text) of each part."""
    lines = text.split("\n")
    ends = [number for number, line in enumerate(lines) if line.strip() == "---"]
    start = 0
    for end in [*ends, len(lines)]:
        chunk = "\n".join(lines[start:end])
        yield start, chunk if chunk.endswith("\n") or not chunk else f"{chunk}\n"
        start = end + 1


def _part(path: str, offset: int, text: str) -> Part:
    where = f"{path}:{offset + 1}"
    named = _NAME.search(text)
    if named is None:
        raise QuadletError(
            "the part has no name",
            where=where,
            remedy="Begin it with a comment such as '# FileName=web'.",
            topic="several-units",
        )
    name = named.group(1).strip()
    if not name or "." in name or "/" in name:
        raise QuadletError(
            f"FileName={name} is not a name without a suffix and a slash",
            where=f"{path}:{offset + 1 + text.count(chr(10), 0, named.start())}",
            remedy="Write the bare name; the section gives the suffix.",
            topic="several-units",
        )
    kinds = [_SUFFIXES[s] for s in _SECTION.findall(text) if s in _SUFFIXES]
    if not kinds:
        raise QuadletError(
            f"the part {name!r} has no section of a unit",
            where=where,
            remedy=f"Begin it with one of [{'], ['.join(_SUFFIXES)}].",
            topic="several-units",
        )
    return Part(f"{name}.{kinds[0]}", text, offset)
