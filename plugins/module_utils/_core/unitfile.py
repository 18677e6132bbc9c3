# Copyright (c) quadlet.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Unit text, as Podman's parser reads it (pkg/systemd/parser/unitfile.go)."""

from __future__ import annotations

import re
import typing as t

from .errors import QuadletError

_SECTION = re.compile(r"\[([^\[\]\x00-\x1f]+)\]")


class Entry(t.NamedTuple):
    """One assignment: its section, key, value (lines joined) and first line's number."""

    section: str
    key: str
    value: str
    line: int


class UnitText(t.NamedTuple):
    """A unit's text and what it says: sections in order, and every assignment."""

    name: str
    sections: tuple[str, ...]
    entries: tuple[Entry, ...]

    def values(self, section: str, key: str) -> list[str]:
        """Every value of a repeatable key; an empty assignment resets the list."""
        found: list[str] = []
        for entry in self.entries:
            if (entry.section, entry.key) == (section, key):
                found = [*found, entry.value] if entry.value else []
        return found

    def value(self, section: str, key: str) -> str | None:
        """The last value of a key, or None."""
        found = self.values(section, key)
        return found[-1] if found else None


def parse_unit(name: str, text: str) -> UnitText:
    """What a unit's text says; QuadletError with file:line where Podman refuses it.

    Lines are trimmed; `#` and `;` begin comments; a backslash at a line's end joins
    the next one.  A line that ends in a backslash before an empty line hangs the
    generator of Podman 4.6 to 5.3; at the end of the file every release drops it.
    """
    if text.startswith("\ufeff"):
        raise QuadletError(
            "the text begins with a byte order mark, which Podman does not read",
            where=f"{name}:1",
            remedy="Save the file as UTF-8 without BOM.",
        )
    if "\x00" in text:
        before = text[: text.index("\x00")].count("\n")
        raise QuadletError("the text holds a NUL byte", where=f"{name}:{before + 1}")
    sections: list[str] = []
    entries: list[Entry] = []
    for number, line in _logical_lines(name, text):
        heading = _SECTION.fullmatch(line)
        if heading:
            sections.append(heading.group(1))
        else:
            entries.append(_parse_assignment(name, number, line, sections))
    return UnitText(name, tuple(dict.fromkeys(sections)), tuple(entries))


def _logical_lines(name: str, text: str) -> t.Iterator[tuple[int, str]]:
    """(number, text) of every line that says something, continued lines joined."""
    parts: list[str] = []
    first = last = 0
    for number, raw in enumerate([*text.split("\n"), ""], start=1):
        line = raw.strip()
        if parts and not line:
            raise QuadletError(
                "a line ends in a backslash and nothing follows it",
                where=f"{name}:{last}",
                remedy="Remove the backslash: Podman hangs on it, or drops the line.",
            )
        if not line or line[0] in "#;":
            continue
        first, last = first or number, number
        if line.endswith("\\"):
            parts.append(line[:-1])
            continue
        yield first, "".join([*parts, line])
        parts, first = [], 0


def _parse_assignment(name: str, number: int, line: str, sections: list[str]) -> Entry:
    where = f"{name}:{number}"
    key, equals, value = line.partition("=")
    key = key.strip()
    if not equals:
        raise QuadletError(
            f"'{line}' is not a key=value pair, a [Section] or a comment",
            where=where,
            remedy="Correct the line.",
        )
    if not sections:
        raise QuadletError(
            f"'{line}' stands before the first section",
            where=where,
            remedy="Put it below a heading such as [Container].",
        )
    if not key:
        raise QuadletError(f"'{line}' has no key before the '='", where=where)
    return Entry(sections[-1], key, value.strip(), number)
