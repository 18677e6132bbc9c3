# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Reads the YAML that people write for pods: hosts have no library for it.

Blocks, flows, all kinds of scalars, anchors, aliases and merges; every scalar is a string.
Whatever else there is (tags of other types aside) makes the text one that can't be read.
"""

from __future__ import annotations

import re
import typing as t


class _UnreadableError(Exception):
    """A form that is not known here."""


_ESCAPES = {"0": "\0", "n": "\n", "t": "\t", "r": "\r", "e": "\x1b", "_": "\xa0", "N": "\x85"}
_KEY = re.compile(r"(\"(?:\\.|[^\"\\])*\"|'(?:''|[^'])*'|[^\s\"'\[\]{},|>@`#%][^#]*?)\s*:(?:\s+|$)")
_PROPERTY = re.compile(r"([&!])(\S*)\s*")
_ESCAPE = re.compile(r"\\(x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|\n\s*|.)", re.DOTALL)
_COMMENT = re.compile(r"(?:^|\s)#.*")
_FOLD = re.compile(r"\s*\n\s*")


def parse_documents(text: str) -> list[t.Any] | None:
    """The documents of a text, None if it has a form that is not known here."""
    try:
        return [_Reader(part).read() for part in re.split(r"(?m)^(?:---|\.\.\.)(?=\s|$)", text)]
    except (_UnreadableError, RecursionError, ValueError, OverflowError):
        return None


class _Reader:
    """Reads one document, line by line."""

    def __init__(self, text: str) -> None:
        self.lines = text.expandtabs(1).split("\n")
        self.at = 0
        self.anchors: dict[str, t.Any] = {}

    def read(self) -> t.Any:
        """The document's node."""
        while self._peek() is not None and self.lines[self.at].startswith("%"):
            self.at += 1
        node = self._block(-1)
        if self._peek() is not None:
            raise _UnreadableError
        return node

    def _peek(self) -> tuple[int, str] | None:
        """(indent, content) of the next line that has content."""
        while self.at < len(self.lines):
            line = self.lines[self.at].rstrip()
            content = line.lstrip(" ")
            if content and content[0] != "#":
                return len(line) - len(content), content
            self.at += 1
        return None

    def _block(self, parent: int) -> t.Any:
        """The node that is indented deeper than its parent."""
        found = self._peek()
        if found is None or found[0] <= parent:
            return None
        indent, content = found
        if _is_item(content):
            return self._sequence(indent)
        if _KEY.match(_strip_properties(content)[1]) and content[0] not in "{[":
            return self._mapping(indent)
        self.at += 1
        return self._value(content, parent)

    def _sequence(self, indent: int) -> list[t.Any]:
        items: list[t.Any] = []
        while True:
            found = self._peek()
            if found is None or found[0] != indent or not _is_item(found[1]):
                return items
            rest = found[1][1:]
            content = rest.lstrip(" ")
            if _COMMENT.match(" " + content):
                content = ""
            depth = indent + 1 + len(rest) - len(content)
            if content and _is_nested(content):
                self.lines[self.at] = " " * depth + content
                items.append(self._block(indent))
            else:
                self.at += 1
                items.append(self._value(content, indent))

    def _mapping(self, indent: int) -> dict[str, t.Any]:
        mapping: dict[str, t.Any] = {}
        while True:
            found = self._peek()
            if found is None or found[0] != indent or _is_item(found[1]):
                return mapping
            anchor, content = _strip_properties(found[1])
            match = _KEY.match(content)
            if match is None:
                raise _UnreadableError
            self.at += 1
            key = self._key(match.group(1), anchor)
            value = self._value(content[match.end() :], indent, in_mapping=True)
            _add(mapping, key, value)

    def _key(self, text: str, anchor: str) -> str:
        if text[0] == "*":
            node = self.alias(text[1:])
            if not isinstance(node, str):
                raise _UnreadableError
            return node
        key = _Flow(self, text).scalar() if text[0] in "\"'" else text
        if anchor:
            self.anchors[anchor] = key
        return str(key)

    def alias(self, name: str) -> t.Any:
        """The node that an alias stands for."""
        if name.strip() not in self.anchors:
            raise _UnreadableError
        return self.anchors[name.strip()]

    def _value(self, text: str, indent: int, *, in_mapping: bool = False) -> t.Any:
        """What stands behind a key or a dash, and in the lines below that belong to it."""
        anchor, text = _strip_properties(text)
        if not text or text[0] == "#":
            found = self._peek()
            dashes = in_mapping and found and found[0] == indent and _is_item(found[1])
            node = self._block(indent - 1 if dashes else indent)
        elif text[0] in "|>":
            node = self._scalar_block(text, indent)
        elif text[0] == "*":
            node = self.alias(_COMMENT.sub("", text)[1:])
        elif text[0] in "\"'{[":
            node = self._flow(text)
        else:
            node = self._plain(text, indent)
        if anchor:
            self.anchors[anchor] = node
        return node

    def _plain(self, text: str, indent: int) -> str:
        if text[0] == "?" and text[1:2] in ("", " "):
            raise _UnreadableError
        parts = [_COMMENT.sub("", text)]
        found = self._peek()
        while found and found[0] > indent and "#" not in text:
            parts.append(_COMMENT.sub("", found[1]))
            self.at += 1
            found = self._peek()
        return " ".join(part.strip() for part in parts)

    def _scalar_block(self, header: str, indent: int) -> str:
        rows = []
        while self.at < len(self.lines):
            line = self.lines[self.at]
            if line.strip() and len(line) - len(line.lstrip(" ")) <= indent:
                break
            rows.append(line.strip())
            self.at += 1
        return ("\n" if header[0] == "|" else " ").join(rows).strip()

    def _flow(self, text: str) -> t.Any:
        """A quoted scalar or a flow, which may go on in the next lines."""
        while True:
            flow = _Flow(self, text)
            try:
                node = flow.node()
            except IndexError:
                if self.at >= len(self.lines):
                    raise _UnreadableError from None
                text += "\n" + self.lines[self.at]
                self.at += 1
                continue
            if _COMMENT.sub("", " " + text[flow.at :].strip()).strip():
                raise _UnreadableError
            return node


class _Flow:
    """Reads a flow or a quoted scalar; IndexError where the text ends too early."""

    def __init__(self, reader: _Reader, text: str) -> None:
        self.reader, self.text, self.at = reader, text, 0

    def _skip(self) -> str:
        """The next character that counts."""
        while self.text[self.at] in " \t\n#":
            if self.text[self.at] == "#":
                self.at = self.text.index("\n", self.at) if "\n" in self.text[self.at :] else 10**9
            self.at += 1
        return self.text[self.at]

    def node(self) -> t.Any:
        """The next node."""
        anchor = ""
        while self._skip() in "&!":
            match = _PROPERTY.match(self.text, self.at)
            anchor = match.group(2) if match and match.group(1) == "&" else anchor
            self.at = match.end() if match else 10**9
        opening = self._skip()
        node = self._collection(opening) if opening in "{[" else self.scalar()
        if anchor:
            self.reader.anchors[anchor] = node
        return node

    def _collection(self, opening: str) -> t.Any:
        self.at += 1
        mapping: dict[str, t.Any] = {}
        items: list[t.Any] = []
        while self._skip() not in "}]":
            if self.text[self.at] == ",":
                self.at += 1
                continue
            key = self.node()
            if self._skip() == ":":
                self.at += 1
                value = None if self._skip() in ",}]" else self.node()
                _add(mapping, str(key), value)
                items.append({str(key): value})
            else:
                _add(mapping, str(key), None)
                items.append(key)
        self.at += 1
        return mapping if opening == "{" else items

    def scalar(self) -> t.Any:
        """The next scalar, or what an alias stands for."""
        char = self.text[self.at]
        if char == '"':
            return self._quoted(re.compile(r'"((?:\\.|[^"\\])*)"', re.DOTALL), _unescape)
        if char == "'":
            return self._quoted(re.compile(r"'((?:''|[^'])*)'(?!')"), _unquote)
        start = self.at
        if char == "?" and self.text[start + 1] in " \n":
            raise _UnreadableError
        while not self._ends_plain():
            self.at += 1
        plain = _FOLD.sub(" ", self.text[start : self.at].strip())
        return self.reader.alias(plain[1:]) if plain[:1] == "*" else plain

    def _ends_plain(self) -> bool:
        char = self.text[self.at]
        if char == "#" and self.text[self.at - 1] in " \n":
            return True
        return char in ",]}[{" or (char == ":" and self.text[self.at + 1] in " ,]}\n")

    def _quoted(self, pattern: re.Pattern[str], read: t.Callable[[str], str]) -> str:
        match = pattern.match(self.text, self.at)
        if match is None:
            raise IndexError
        self.at = match.end()
        return read(match.group(1))


def _unescape(text: str) -> str:
    def character(match: re.Match[str]) -> str:
        name = match.group(1)
        if name[0] == "\n":
            return ""
        return chr(int(name[1:], 16)) if len(name) > 1 else _ESCAPES.get(name, name)

    return _ESCAPE.sub(character, _FOLD.sub(_fold, text))


def _fold(match: re.Match[str]) -> str:
    """A line's end within quotes is a blank; one behind a backslash is nothing."""
    before = match.string[: match.start()]
    return match.group() if before.endswith("\\") else " "


def _unquote(text: str) -> str:
    return _FOLD.sub(" ", text).replace("''", "'")


def _add(mapping: dict[str, t.Any], key: str, value: t.Any) -> None:
    """Adds a pair; what a merge brings does not replace what is there."""
    if key == "<<":
        for source in value if isinstance(value, list) else [value]:
            for name, text in source.items() if isinstance(source, dict) else ():
                mapping.setdefault(name, text)
    else:
        mapping[key] = value


def _is_item(content: str) -> bool:
    return content == "-" or content.startswith("- ")


def _is_nested(content: str) -> bool:
    """Whether a block begins behind a dash."""
    _anchor, rest = _strip_properties(content)
    flow = rest[:1] in ("{", "[")
    return _is_item(rest) or (not flow and _KEY.match(rest) is not None)


def _strip_properties(text: str) -> tuple[str, str]:
    """(anchor, rest) of a node's text; tags are passed over."""
    anchor = ""
    match = _PROPERTY.match(text)
    while match:
        anchor = match.group(2) if match.group(1) == "&" else anchor
        text = text[match.end() :]
        match = _PROPERTY.match(text)
    return anchor, text
