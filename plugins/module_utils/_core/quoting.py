# Copyright (c) quadlet.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Values as one line each, by the grammar of whoever reads them.

The generator splits and unescapes a value by its key's lookup method, then systemd
expands `%` and `$` in the command that it makes.  Each function here is one
reader's inverse: what it returns arrives as the words that were given.
"""

from __future__ import annotations

import json
import re
import typing as t

from .errors import QuadletError

_NEEDS_QUOTES = re.compile(r"[\s\"'\\\x00-\x1f\x7f]")
_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r"}
_ADDRESS = re.compile(r"\[[0-9A-Fa-f:.%A-Za-z]*\]")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_LONE_SEMICOLON = "a lone ';' can't be written: systemd takes it for the end of the command"
_IN_A_SCRIPT = "Put the command in a shell's script: [sh, -c, 'a; b']."
_NO_JSON = re.compile("[\x00\ud800-\udfff]")

ODD_CHARACTER: t.Final = re.compile(
    "[\x00\x80\ud800-\udfff\ufdd0-\ufdef"
    + "".join(
        f"{chr(plane + 0xFFFE)}{chr(plane + 0xFFFF)}" for plane in range(0, 0x110000, 0x10000)
    )
    + "]"
)
"""NUL, U+0080, surrogates and noncharacters: what no unit can hold."""


def check_characters(text: str) -> None:
    """Refuses characters with which no value arrives, whatever the quoting."""
    found = ODD_CHARACTER.search(text)
    if found:
        raise QuadletError(
            f"{found.group()!r} {odd_character(found.group())}",
            remedy="Remove it, or let a script or an environment file make it.",
        )


def odd_character(char: str) -> str:
    """What is wrong with a character that ODD_CHARACTER matches."""
    if char == "\x00":
        return "is a NUL byte, which ends a text"
    if char == "\x80":
        return "is U+0080, which Podman writes as a byte that is no UTF-8"
    if "\ud800" <= char <= "\udfff":
        return "is not UTF-8, but half of a pair, or a byte of another encoding"
    return "is a noncharacter, and systemd refuses a unit that holds one"


def literal(text: str) -> str:
    """Text that systemd leaves as it is: it expands `%x` specifiers and `$NAME`."""
    check_characters(text)
    return text.replace("%", "%%").replace("$", "$$")


def line(text: str) -> str:
    """One line of syntax, as it stands (LookupAll, Lookup)."""
    if "\n" in text or "\r" in text:
        raise QuadletError(
            f"the value {text!r} has more than one line",
            remedy="A string is one line of syntax; give a list or a mapping for more.",
        )
    check_characters(text)
    if text.rstrip().endswith("\\"):
        raise QuadletError(f"the value {text!r} ends in a backslash, which joins the next line")
    if text.strip() == ";":
        raise QuadletError(_LONE_SEMICOLON, remedy=_IN_A_SCRIPT)
    return text


def word(text: str) -> str:
    """One word of a C-escaped list (LookupAllArgs, LookupLastArgs, LookupAllKeyVal)."""
    if text == "":
        raise QuadletError(
            "an empty argument can't be written: it ends the list for Podman",
            remedy="Leave it out, or set it in a script or an environment file.",
        )
    if text == ";":
        raise QuadletError(_LONE_SEMICOLON, remedy=_IN_A_SCRIPT)
    check_characters(text)
    if not _NEEDS_QUOTES.search(text):
        return text
    return '"' + "".join(_ESCAPES.get(c) or _escape_control(c) for c in text) + '"'


def _escape_control(char: str) -> str:
    return f"\\x{ord(char):02x}" if _CONTROL.match(char) else char


def strv_word(text: str) -> str:
    """One word of a list without escapes (LookupAllStrv)."""
    if text == "":
        raise QuadletError("an empty item can't be written: it ends the list for Podman")
    if _CONTROL.search(text):
        raise QuadletError(f"the value {text!r} holds a control character")
    if not re.search(r"[\s\"']|\\$", text):  # a backslash at the end would join the next line
        return text
    for quote in "\"'":
        if quote not in text:
            return f"{quote}{text}{quote}"
    raise QuadletError(f"the value {text!r} has both kinds of quotes, which can't be written here")


def colon_parts(parts: list[str]) -> str:
    """Parts joined by colons (Volume, PublishPort): data, so none may hold a colon itself.

    An address in brackets may.  Podman trims the line, so blanks at its ends are lost.
    """
    for part in parts:
        if ":" in part and not _ADDRESS.fullmatch(part):
            raise QuadletError(
                f"the part {part!r} holds a colon, which ends it for Podman",
                remedy="A string is written as it stands: give the whole value as one.",
            )
    text = ":".join(parts)
    if not text:
        raise QuadletError("an empty part alone would reset the key", remedy="Leave it out.")
    if text != text.strip():
        raise QuadletError(f"the value {text!r} begins or ends in a blank, which Podman trims")
    return line(literal(text))


def command(words: list[str]) -> str:
    """An argument list as one line (Exec, ReloadCmd): data, so systemd expands nothing."""
    return " ".join(word(literal(item)) for item in words)


def json_command(words: list[str]) -> str:
    """An argument list for a scalar key that takes JSON (HealthCmd, Entrypoint).

    Without a leading `CMD`, which Podman 5.4 mangles.  Characters that can't stand in a unit
    are written as JSON's escapes.
    """
    for text in words:
        found = _NO_JSON.search(text)
        if found:
            raise QuadletError(f"{found.group()!r} {odd_character(found.group())}")
    text = json.dumps(words, ensure_ascii=False)
    return literal(ODD_CHARACTER.sub(lambda match: json.dumps(match.group())[1:-1], text))


_NUMBERED = {"x": (2, 16), "u": (4, 16), "U": (8, 16), **dict.fromkeys("01234567", (2, 8))}
_UNESCAPES = {"n": "\n", "t": "\t", "r": "\r", "s": " ", "a": "\a", "b": "\b", "f": "\f", "v": "\v"}


_BLANKS = " \t\n\r"
_STRV_PART = re.compile(r"\"[^\"]*\"|'[^']*'|[^\s\"']+")
_STRV_WORD = re.compile(rf"(?:{_STRV_PART.pattern})+")


def split_words(text: str) -> list[str]:
    """The words of a line as Podman and systemd split it: quotes group, C escapes apply."""
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
            current.append(_unescape(chars))
        elif char == quote:
            quote = ""
        elif not quote and char in "\"'":
            quote = char
        else:
            current.append(char)
    return [*words, "".join(current)] if started else words


def unwrap(text: str) -> str:
    """A single value (Lookup) without the pair of double quotes around it, as since 5.8.2."""
    paired = len(text) > 1 and text[0] == text[-1] == '"'
    return text[1:-1] if paired else text


def split_strv(text: str) -> list[str]:
    """The words of a line without escapes (LookupAllStrv).

    Podman drops the whole line where a quote is not closed, and what follows an empty word.
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


def _unescape(chars: t.Iterator[str]) -> str:
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
