# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Splits lines as Podman's generator and systemd do."""

from __future__ import annotations

import re
import typing as t

_NUMBERED = {"x": (2, 16), "u": (4, 16), "U": (8, 16), **dict.fromkeys("01234567", (2, 8))}
_UNESCAPES = {"n": "\n", "t": "\t", "r": "\r", "s": " ", "a": "\a", "b": "\b", "f": "\f", "v": "\v"}
_BLANKS = " \t\n\r"
_BLANK = re.compile(f"[{_BLANKS}]+")
_SPECIAL = re.compile(r"[\\\"']")
TRUE: t.Final = frozenset({"1", "yes", "true", "on"})
"""Words that Podman and systemd read as true; Podman ignores case."""

_STRV_PART = re.compile(r"\"[^\"]*\"|'[^']*'|[^\s\"']+")
_STRV_WORD = re.compile(rf"(?:{_STRV_PART.pattern})+")

ODD_CHARACTER: t.Final = re.compile(
    "[\x00\x80\ud800-\udfff\ufdd0-\ufdef"
    + "".join(
        f"{chr(plane + 0xFFFE)}{chr(plane + 0xFFFF)}" for plane in range(0, 0x110000, 0x10000)
    )
    + "]"
)
"""NUL, U+0080, surrogates and noncharacters, which no unit can contain."""


def odd_character(char: str) -> str:
    """The fault of a character that ODD_CHARACTER matches."""
    if char == "\x00":
        return "is a NUL byte, which ends a text"
    if char == "\x80":
        return "is U+0080, which Podman writes as a byte that is no UTF-8"
    if "\ud800" <= char <= "\udfff":
        return "is not UTF-8, but half of a pair, or a byte of another encoding"
    return "is a noncharacter, and systemd refuses a unit that holds one"


def split_words(text: str) -> list[str]:
    """The words of a line: quotes group, C escapes apply."""
    if not _SPECIAL.search(text):
        return [word for word in _BLANK.split(text) if word]
    words: list[str] = []
    current: list[str] = []
    quote = ""
    started = False
    chars = iter(text)
    for char in chars:
        if not quote and char in _BLANKS:
            if started:
                words.append("".join(current))
            current, started = [], False
            continue
        started = True
        if char == "\\":
            current.append(unescape(chars))
        elif char == quote:
            quote = ""
        elif not quote and char in "\"'":
            quote = char
        else:
            current.append(char)
    return [*words, "".join(current)] if started else words


def unwrap(text: str) -> str:
    """A single value (Lookup) without its surrounding double quotes, as since 5.8.2."""
    paired = len(text) > 1 and text[0] == text[-1] == '"'
    return text[1:-1] if paired else text


def split_strv(text: str) -> list[str]:
    """The words of a line without escapes (LookupAllStrv).

    Podman drops the whole line if a quote is not closed, and all words after an empty word.
    """
    if _STRV_PART.sub("", text).strip():
        return []
    words = [
        "".join(_unquoted(part) for part in _STRV_PART.findall(word))
        for word in _STRV_WORD.findall(text)
    ]
    return words[: words.index("")] if "" in words else words


def _unquoted(part: str) -> str:
    return part[1:-1] if part[0] in "\"'" else part


def unescape(chars: t.Iterator[str]) -> str:
    """The meaning of a backslash and the characters after it."""
    char = next(chars, "")
    size, base = _NUMBERED.get(char, (0, 0))
    if size:
        octal = char if base == 8 else ""
        digits = octal + "".join(next(chars, "") for _n in range(size))
        try:
            return chr(int(digits, base))
        except (ValueError, OverflowError):
            return f"\\{char}{digits}"
    return _UNESCAPES.get(char, char)
