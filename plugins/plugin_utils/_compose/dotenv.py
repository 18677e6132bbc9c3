# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""The grammar of dotenv files, as Compose has it.

A line is NAME=VALUE, NAME: VALUE, or NAME alone, which hands on a variable that is given.  export
may stand before it.  A value without quotes ends at the line's end or before a blank and #; its
variables are replaced.  A value in double quotes may have several lines, variables, and the
escapes that escapes() lists.  In single quotes only an escaped quote means something.  Behind a
closing quote another assignment may begin.
"""

from __future__ import annotations

import re
import typing as t

from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.template import (
    Expanded,
    Keep,
    Lookup,
    TemplateError,
    expand,
    parse_template,
)

_BLANKS: t.Final = r" \t\v\f\r\x85\xa0"
_EXPORT: t.Final = re.compile(r"export\s+")
_SPACE: t.Final = re.compile(r"\s*")
_NAME: t.Final = re.compile(rf"([\w.\-\[\]{_BLANKS}]*)(?:([=:])[{_BLANKS}]*|\n|\Z)")
_BLANK: t.Final = re.compile(f"[{_BLANKS}]")
_QUOTED: t.Final = {
    quote: re.compile(rf"{quote}([^{quote}\\]*(?:\\.[^{quote}\\]*)*){quote}", re.DOTALL)
    for quote in "'\""
}
_ESCAPE: t.Final = re.compile(r"\\([abfnrtv$\"\\]|0[0-3][0-7]{2})")
_SIGNS: t.Final = {
    "a": "\a",
    "b": "\b",
    "f": "\f",
    "n": "\n",
    "r": "\r",
    "t": "\t",
    "v": "\v",
    "$": "$$",
    '"': '"',
    "\\": "\\",
}
LONGEST_VALUE: t.Final = 128 * 1024
"""The longest value that a process can be given as a variable on Linux."""
_LONGEST: t.Final = 4 * 1024 * 1024
_MOST: t.Final = 10_000


class DotenvError(ValueError):
    """A text that is no dotenv file.  line: from 1."""

    def __init__(self, what: str, line: int) -> None:
        super().__init__(what)
        self.line = line


class Assignment(t.NamedTuple):
    """A variable of a file.  value: None where the name stands alone, and nobody gives it one."""

    value: Expanded | None
    line: int


def parse_dotenv(
    text: str, lookup: Lookup, keep: Keep, earlier: t.Mapping[str, Expanded] | None = None
) -> dict[str, Assignment]:
    """The variables of a file in their order.  lookup: those that are given; in values they win
    over the file's own, and those over the ones of earlier files.  DotenvError: the text is none.
    """
    return _Parser(text.removeprefix("\ufeff"), lookup, keep, earlier or {}).parse()


class _Parser:
    def __init__(
        self, text: str, lookup: Lookup, keep: Keep, earlier: t.Mapping[str, Expanded]
    ) -> None:
        self._earlier = earlier
        self._text = text
        self._lookup = lookup
        self._keep = keep
        self._at = 0
        self._line = 1
        self._counted = 0
        self._length = 0
        self._found: dict[str, Assignment] = {}

    def parse(self) -> dict[str, Assignment]:
        while self._skip():
            name, is_alone = self._parse_name()
            line = self._line
            value = self._lookup(name) if is_alone else self._expand(*self._parse_value())
            self._found[name] = Assignment(value, line)
            self._length += len(value.text) if value else 0
            if self._length > _LONGEST or len(self._found) > _MOST:
                raise DotenvError("the file has too many or too long variables", line)
        return self._found

    def _skip(self) -> bool:
        """Goes on to the next name; whether there is one."""
        text = self._text
        while True:
            space = _SPACE.match(text, self._at)
            self._at = space.end() if space else self._at
            if not text.startswith("#", self._at):
                break
            end = text.find("\n", self._at)
            self._at = len(text) if end < 0 else end
        self._line += text.count("\n", self._counted, self._at)
        self._counted = self._at
        return self._at < len(text)

    def _written(self) -> str:
        return self._text[self._at : self._at + 40].split("\n", 1)[0]

    def _parse_name(self) -> tuple[str, bool]:
        """A name, and whether it stands alone."""
        export = _EXPORT.match(self._text, self._at)
        start = export.end() if export else self._at
        match = _NAME.match(self._text, start)
        name = match.group(1).strip() if match else ""
        if not match or not name or _BLANK.search(name):
            raise DotenvError(f"{self._written()!r} has no name of a variable", self._line)
        self._at = match.end()
        return name, match.group(2) is None

    def _parse_value(self) -> tuple[str, bool]:
        """A value as it is written, and whether its variables are replaced."""
        quote = self._text[self._at : self._at + 1]
        if quote not in _QUOTED:
            end = self._text.find("\n", self._at)
            end = len(self._text) if end < 0 else end
            start, self._at = self._at, end
            return self._text[start:end].split(" #", 1)[0].rstrip(), True
        match = _QUOTED[quote].match(self._text, self._at)
        if not match:
            raise DotenvError(f"no quote ends the value {self._written()!r}", self._line)
        self._at = match.end()
        value = match.group(1)
        if quote == "'":
            return value.replace("\\'", "'"), False
        return _ESCAPE.sub(_to_sign, value), True

    def _expand(self, text: str, has_variables: bool) -> Expanded:
        try:
            parts = parse_template(text) if has_variables else (text,)
            expanded = expand(parts, self._look, self._keep)
        except TemplateError as error:
            raise DotenvError(str(error), self._line) from None
        if len(expanded.text) > LONGEST_VALUE:
            raise DotenvError(f"a value has more than {LONGEST_VALUE} characters", self._line)
        return expanded

    def _look(self, name: str) -> Expanded | None:
        own = self._found.get(name)
        return self._lookup(name) or (own.value if own else None) or self._earlier.get(name)


def _to_sign(match: re.Match[str]) -> str:
    r"""What an escape in double quotes means: \a \b \f \n \r \t \v \" \\ \$ and \0nnn."""
    sign = match.group(1)
    return _SIGNS[sign] if sign in _SIGNS else chr(int(sign, 8))
