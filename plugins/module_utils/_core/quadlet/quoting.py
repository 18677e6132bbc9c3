# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Encodes values as lines, each by the grammar of its reader.

The generator splits and unescapes a value by its key's lookup method, then systemd
expands `%` and `$` in the generated command.  Each function here is the inverse of a reader:
its result is read as the given words.
"""

from __future__ import annotations

import json
import re

from ..errors import QuadletError
from .splitting import ODD_CHARACTER, odd_character

_NEEDS_QUOTES = re.compile(r"[\s\"'\\\x00-\x1f\x7f]")
_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r"}
_ADDRESS = re.compile(r"\[[0-9A-Fa-f:.%A-Za-z]*\]")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_LONE_SEMICOLON = "a lone ';' can't be written: systemd takes it for the end of the command"
_IN_A_SCRIPT = "Put the command in a shell's script: [sh, -c, 'a; b']."
_NO_JSON = re.compile("[\x00\ud800-\udfff]")


def check_characters(text: str) -> None:
    """Refuses characters that no quoting can encode."""
    match = ODD_CHARACTER.search(text)
    if match:
        raise QuadletError(
            f"{match.group()!r} {odd_character(match.group())}",
            remedy="Remove it, or let a script or an environment file make it.",
            topic="unwritable-value",
        )


def literal(text: str) -> str:
    """Escapes `%x` specifiers and `$NAME`, which systemd would expand."""
    check_characters(text)
    return text.replace("%", "%%").replace("$", "$$")


def line(text: str) -> str:
    """A line of syntax, unchanged (LookupAll, Lookup)."""
    if "\n" in text or "\r" in text:
        raise QuadletError(
            f"the value {text!r} has more than one line",
            remedy="A string is one line of syntax; give a list or a mapping for more.",
            topic="unwritable-value",
        )
    check_characters(text)
    if text.rstrip().endswith("\\"):
        raise QuadletError(
            f"the value {text!r} ends in a backslash, which joins the next line",
            topic="unwritable-value",
        )
    if text.strip() == ";":
        raise QuadletError(_LONE_SEMICOLON, remedy=_IN_A_SCRIPT, topic="unwritable-value")
    return text


def word(text: str) -> str:
    """A word of a C-escaped list (LookupAllArgs, LookupLastArgs, LookupAllKeyVal)."""
    if text == "":
        raise QuadletError(
            "an empty argument can't be written: it ends the list for Podman",
            remedy="Leave it out, or set it in a script or an environment file.",
            topic="unwritable-value",
        )
    if text == ";":
        raise QuadletError(_LONE_SEMICOLON, remedy=_IN_A_SCRIPT, topic="unwritable-value")
    check_characters(text)
    if not _NEEDS_QUOTES.search(text):
        return text
    return '"' + "".join(_ESCAPES.get(c) or _escape_control(c) for c in text) + '"'


def _escape_control(char: str) -> str:
    return f"\\x{ord(char):02x}" if _CONTROL.match(char) else char


def strv_word(text: str) -> str:
    """A word of a list without escapes (LookupAllStrv)."""
    if text == "":
        raise QuadletError(
            "an empty item can't be written: it ends the list for Podman", topic="unwritable-value"
        )
    if _CONTROL.search(text):
        raise QuadletError(
            f"the value {text!r} holds a control character", topic="unwritable-value"
        )
    if not re.search(r"[\s\"']|\\$", text):  # a backslash at the end would join the next line
        return text
    for quote in "\"'":
        if quote not in text:
            return f"{quote}{text}{quote}"
    raise QuadletError(
        f"the value {text!r} has both kinds of quotes, which can't be written here",
        topic="unwritable-value",
    )


def colon_parts(parts: list[str]) -> str:
    """Parts joined by colons (Volume, PublishPort): data, so none may hold a colon itself.

    An address in brackets may.  Podman trims the line, so blanks at its ends are lost.
    """
    for part in parts:
        if ":" in part and not _ADDRESS.fullmatch(part):
            raise QuadletError(
                f"the part {part!r} holds a colon, which ends it for Podman",
                remedy="A string is written unchanged: give the whole value as a string.",
                topic="unwritable-value",
            )
    text = ":".join(parts)
    if not text:
        raise QuadletError(
            "an empty part alone would reset the key",
            remedy="Leave it out.",
            topic="unwritable-value",
        )
    if text != text.strip():
        raise QuadletError(
            f"the value {text!r} begins or ends in a blank, which Podman trims",
            topic="unwritable-value",
        )
    return line(literal(text))


def command(words: list[str]) -> str:
    """An argument list as a line (Exec, ReloadCmd); systemd expands nothing in it."""
    return " ".join(word(literal(item)) for item in words)


def json_command(words: list[str]) -> str:
    """An argument list for a scalar key that accepts JSON (HealthCmd, Entrypoint).

    Without a leading `CMD`, which Podman 5.4 mangles.  Characters that a unit can't contain
    become JSON escapes.
    """
    for text in words:
        match = _NO_JSON.search(text)
        if match:
            raise QuadletError(
                f"{match.group()!r} {odd_character(match.group())}", topic="unwritable-value"
            )
    text = json.dumps(words, ensure_ascii=False)
    return literal(ODD_CHARACTER.sub(lambda match: json.dumps(match.group())[1:-1], text))
