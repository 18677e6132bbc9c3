# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Reads units of systemd's own as systemd does: lines, sections, words of a command.

Sources: systemd.syntax(7), systemd.service(5) "Command lines", systemd.unit(5) "Specifiers";
conf-parser.c, extract-word.c.
"""

from __future__ import annotations

import re
import typing as t

from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.specifiers import (
    DOLLAR,
    PERCENT,
    ROOT_DOLLAR,
    ROOT_PERCENT,
)

BLANKS: t.Final = " \t"
_SECTION = re.compile(r"\[([^\[\]]+)\]")
_LINE_END = re.compile(r"\r\n|[\n\r\0]")
_BETWEEN = " \t\n\r"
_SEPARATOR = re.compile(r"\\?;(?=[ \t\n\r]|$)")
_NUMBERED = re.compile(r"x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{3})")
_SIMPLE = dict(zip("abfnrtv\\\"'s", "\a\b\f\n\r\t\v\\\"' "))
_EXPANDED = re.compile(r"%(.)|\$(?:(\$)|\{([A-Za-z_]\w*)\})", re.DOTALL)
_WHOLE_VARIABLE = re.compile(r"\$([A-Za-z_]\w*)")
_PATHS = frozenset("CDELSTVdfhtyY")
"""Specifiers that are paths."""


class Assignment(t.NamedTuple):
    """A line of a unit.  key: '' for a line that systemd does not read."""

    section: str
    key: str
    value: str
    line: int


class Problem(Exception):  # noqa: N818
    """systemd would not take the command; the text says why."""


def parse_assignments(text: str) -> list[Assignment]:
    """The assignments of a unit's text, in their order."""
    found: list[Assignment] = []
    section = ""
    for number, line in _logical_lines(text):
        heading = _SECTION.fullmatch(line)
        if heading:
            section = heading.group(1)
            continue
        key, equals, value = line.partition("=")
        if not section or not equals or not key.strip(BLANKS):
            found.append(Assignment(section, "", line, number))
        else:
            found.append(Assignment(section, key.rstrip(BLANKS), value.strip(BLANKS), number))
    return found


def _logical_lines(text: str) -> t.Iterator[tuple[int, str]]:
    """(number, line) of each line with content; continued lines are joined by a blank."""
    parts: list[str] = []
    first = 0
    for number, raw in enumerate([*_LINE_END.split(text), ""], start=1):
        line = raw.strip(BLANKS)
        if line[:1] in ("#", ";") and line:
            continue
        first = first or number
        if (len(line) - len(line.rstrip("\\"))) % 2:
            parts.append(line[:-1] + " ")
            continue
        whole = "".join([*parts, line]).strip(BLANKS)
        if whole:
            yield first, whole
        parts, first = [], 0


def split_commands(line: str) -> list[list[str]]:
    """The words of each command of a line: quotes group, C escapes apply, a lone `;` ends one.

    Problem if systemd would refuse the line.
    """
    commands: list[list[str]] = [[]]
    position = 0
    while True:
        while position < len(line) and line[position] in _BETWEEN:
            position += 1
        if position >= len(line):
            return [words for words in commands if words]
        separator = _SEPARATOR.match(line, position)
        if separator:
            if separator.group() == ";":
                commands.append([])
            else:
                commands[-1].append(";")
            position = separator.end()
            continue
        word, position = _read_word(line, position)
        commands[-1].append(word)


def split_line(line: str) -> list[str]:
    """The words of a line that is no command.  Problem if systemd would refuse the line."""
    words: list[str] = []
    position = 0
    while True:
        while position < len(line) and line[position] in _BETWEEN:
            position += 1
        if position >= len(line):
            return words
        word, position = _read_word(line, position)
        words.append(word)


def _read_word(line: str, position: int) -> tuple[str, int]:
    parts: list[str] = []
    quote = ""
    while position < len(line):
        char = line[position]
        position += 1
        if char == "\\":
            part, position = _read_escape(line, position)
            parts.append(part)
        elif quote and char == quote:
            quote = ""
        elif not quote and char in "\"'":
            quote = char
        elif not quote and char in _BETWEEN:
            return "".join(parts), position
        else:
            parts.append(char)
    if quote:
        raise Problem(f"the quote {quote} has no end")
    return "".join(parts), position


def _read_escape(line: str, position: int) -> tuple[str, int]:
    """What a backslash and the characters after it mean; before others it stays."""
    char = line[position : position + 1]
    if char in _SIMPLE:
        return _SIMPLE[char], position + 1
    numbered = _NUMBERED.match(line, position)
    if not numbered:
        return "\\", position
    digits = next(filter(None, numbered.groups()))
    code = int(digits, 8 if numbered.group(4) else 16)
    if not 0 < code < 0x110000 or 0xD800 <= code < 0xE000:
        return "\\", position
    return chr(code), numbered.end()


class Names(t.NamedTuple):
    """What a unit's name gives for specifiers.  service: its file's name, container-web.service."""

    service: str

    @property
    def stem(self) -> str:
        """The name without its suffix."""
        return self.service.rpartition(".")[0]

    @property
    def is_template(self) -> bool:
        """Whether it is a template, whose instance is not known."""
        return self.stem.endswith("@")

    def table(self) -> dict[str, str]:
        """Values by the letter; the instance of a template stays a specifier."""
        prefix, _at, instance = self.stem.partition("@")
        if self.is_template:
            instance = f"{PERCENT}i"
        whole = f"{self.stem}{instance}" if self.is_template else self.stem
        last = prefix.rpartition("-")[2]
        table = {"n": f"{whole}.service", "N": whole, "p": prefix, "j": last, "i": instance}
        table["I"] = f"{PERCENT}I" if self.is_template else unescape_name(instance)
        return {**table, "P": unescape_name(prefix), "J": unescape_name(last)}


def unescape_name(name: str) -> str:
    """A name as systemd-escape --unescape gives it."""
    escape = re.compile(r"\\x([0-9a-fA-F]{2})")
    return escape.sub(lambda match: chr(int(match.group(1), 16)), name.replace("-", "/"))


def expand_words(
    words: t.Sequence[str], names: Names, variables: t.Mapping[str, str], literal: bool = False
) -> list[str]:
    """The words as the command gets them.  What only the host knows is marked.

    variables: those that the unit sets.  literal: `$` means nothing (prefix `:`).
    """
    found: list[str] = []
    for word in words:
        whole = _WHOLE_VARIABLE.fullmatch(word)
        if whole and not literal and whole.group(1) in variables:
            found += split_line(variables[whole.group(1)])
        elif whole and not literal:
            found.append(f"{DOLLAR}{word[1:]}")
        else:
            found.append(_expand(word, names, variables, literal))
    return found


def expand_text(text: str, names: Names) -> str:
    """A text that is no command with the specifiers that the unit's name gives."""
    table = {key: value.replace(PERCENT, "%") for key, value in names.table().items()}
    return re.sub("%([a-zA-Z%])", lambda match: table.get(match.group(1), match.group()), text)


def _expand(word: str, names: Names, variables: t.Mapping[str, str], literal: bool) -> str:
    table = names.table()

    def value(match: re.Match[str]) -> str:
        specifier, dollar, variable = match.groups()
        if specifier is not None:
            if specifier == "%":
                return "%"
            if specifier in table:
                return table[specifier]
            at_root = specifier in _PATHS
            return f"{ROOT_PERCENT if at_root else PERCENT}{specifier}"
        if literal:
            return match.group()
        if dollar:
            return "$"
        if variable in variables:
            return variables[variable]
        is_path = word[match.end() :].startswith(("/", ":/"))
        return f"{ROOT_DOLLAR if is_path else DOLLAR}{{{variable}}}"

    return _EXPANDED.sub(value, word)
