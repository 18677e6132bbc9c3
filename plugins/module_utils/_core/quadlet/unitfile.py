# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Parses unit text as Podman does (pkg/systemd/parser/unitfile.go).

The parser is lossless: the text is kept, and every assignment knows its lines, so that an
assignment can be rewritten without changes of comments, order and other lines.
"""

from __future__ import annotations

import dataclasses
import functools
import re
import typing as t

from ..errors import QuadletError
from .kinds import by_folder, drop_ins_of
from .splitting import ODD_CHARACTER, odd_character

_SECTION = re.compile(r"\[([^\[\]\x00-\x1f]+)\]")


class Entry(t.NamedTuple):
    """An assignment: section, key, value (lines joined), first and last line number."""

    section: str
    key: str
    value: str
    line: int
    end: int

    def where(self, path: str) -> str:
        """Its place in a file, for errors."""
        return f"{path}:{self.line} [{self.section}] {self.key}"


@dataclasses.dataclass(frozen=True)
class UnitText:
    """A parsed unit: its text, sections in order, and assignments."""

    name: str
    text: str
    sections: tuple[str, ...]
    entries: tuple[Entry, ...]

    @functools.cached_property
    def _by_key(self) -> dict[tuple[str, str], list[Entry]]:
        entries: dict[tuple[str, str], list[Entry]] = {}
        for entry in self.entries:
            entries.setdefault((entry.section, entry.key), []).append(entry)
        return entries

    def assignments(self, section: str, key: str) -> list[Entry]:
        """The effective assignments of a key: an empty assignment resets those before it."""
        entries: list[Entry] = []
        for entry in self._by_key.get((section, key), ()):
            entries = [*entries, entry] if entry.value else []
        return entries

    def values(self, section: str, key: str) -> list[str]:
        """The effective values of a repeatable key."""
        return [entry.value for entry in self.assignments(section, key)]

    def value(self, section: str, key: str) -> str | None:
        """The last value of a key, or None."""
        values = self.values(section, key)
        return values[-1] if values else None

    def with_lines(self, edits: t.Mapping[Entry, t.Sequence[str]]) -> str:
        """The text with the lines of some assignments replaced."""
        lines = self.text.split("\n")
        for entry in sorted(edits, key=lambda entry: -entry.line):
            lines[entry.line - 1 : entry.end] = edits[entry]
        return "\n".join(lines)


def merged(name: str, units: t.Mapping[str, UnitText]) -> UnitText:
    """A unit joined with its drop-ins, in their order."""
    drop_ins = drop_ins_of(name, by_folder(path for path in units if "/" in path))
    return join_texts(name, [units[path] for path in (name, *drop_ins)])


def join_texts(name: str, texts: t.Sequence[UnitText]) -> UnitText:
    """Several texts joined to one."""
    return UnitText(
        name,
        "".join(text.text for text in texts),
        tuple(dict.fromkeys(section for text in texts for section in text.sections)),
        tuple(entry for text in texts for entry in text.entries),
    )


@functools.lru_cache(maxsize=8192)  # a run asks for each text several times
def parse_unit(name: str, text: str, *, forgiving: bool = False) -> UnitText:
    """Parses a unit's text; QuadletError with file:line (rule syntax) if Podman refuses it.

    Lines are trimmed; `#` and `;` begin comments; a backslash at a line's end joins
    the next one.  A line that ends in a backslash before an empty line hangs the
    generator of Podman 4.6 to 5.3; at the end of the file every release drops it.
    forgiving: such a line is read as Podman 5.4 and newer do.
    """
    if text.startswith("\ufeff"):
        raise QuadletError(
            "the text begins with a byte order mark, which Podman does not read",
            where=f"{name}:1",
            remedy="Save the file as UTF-8 without BOM.",
            rule="syntax",
        )
    sections: list[str] = []
    entries: list[Entry] = []
    for span, line in _logical_lines(name, text, forgiving):
        heading = _SECTION.fullmatch(line)
        if heading:
            sections.append(heading.group(1))
        else:
            entries.append(_parse_assignment(name, span, line, sections))
    return UnitText(name, text, tuple(dict.fromkeys(sections)), tuple(entries))


def _logical_lines(
    name: str, text: str, forgiving: bool
) -> t.Iterator[tuple[tuple[int, int], str]]:
    """((first, last number), text) of every line with content; continued lines are joined."""
    parts: list[str] = []
    first = last = 0
    odd = "\r" in text or ODD_CHARACTER.search(text)
    for number, raw in enumerate([*text.split("\n"), ""], start=1):
        line = raw.strip()
        if parts and not line and not forgiving:
            raise QuadletError(
                "a line ends in a backslash and nothing follows it",
                where=f"{name}:{last}",
                remedy="Remove the backslash: Podman hangs on it, or drops the line.",
                rule="syntax",
            )
        if odd:
            _check_characters(f"{name}:{number}", line)
        if not line or line[0] in "#;":
            continue
        first, last = first or number, number
        if line.endswith("\\"):
            parts.append(line[:-1])
            continue
        yield (first, number), "".join([*parts, line])
        parts, first = [], 0
    if parts and last == text.removesuffix("\n").count("\n") + 1:
        yield (first, last), "".join(parts)


def _check_characters(where: str, line: str) -> None:
    """Refuses characters that systemd reads differently from Podman.

    A comment may contain anything that does not end its line: the generator copies it.
    """
    if "\r" in line:
        raise QuadletError(
            "a carriage return stands inside the line: Podman reads on, systemd ends the line",
            where=where,
            remedy="Remove it; only before a line's end it means nothing.",
            rule="syntax",
        )
    match = ODD_CHARACTER.search(line)
    if match and ("\x00" in line or line[0] not in "#;"):
        raise QuadletError(
            f"{match.group()!r} {odd_character(match.group())}",
            where=where,
            remedy="Remove it, and save the file as UTF-8.",
            rule="syntax",
        )


def _parse_assignment(name: str, span: tuple[int, int], line: str, sections: list[str]) -> Entry:
    where = f"{name}:{span[0]}"
    key, equals, value = line.partition("=")
    key = key.strip()
    if not equals:
        raise QuadletError(
            f"'{line}' is not a key=value pair, a [Section] or a comment",
            where=where,
            remedy="Correct the line.",
            rule="syntax",
        )
    if not sections:
        raise QuadletError(
            f"'{line}' stands before the first section",
            where=where,
            remedy="Put it below a heading such as [Container].",
            rule="syntax",
        )
    if not key:
        raise QuadletError(f"'{line}' has no key before the '='", where=where, rule="syntax")
    return Entry(sections[-1], key, value.strip(), *span)
