# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Values of a Compose file as Compose reads them: words, numbers, sizes, durations, modes.

Each function takes plain data and raises ValueError, which says what is expected.
"""

from __future__ import annotations

import re
import typing as t

from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.texts import (
    parse_whole,
    sum_of_units,
)

Data = t.Union[str, int, float, bool, None]

_TRUE = frozenset({"1", "t", "true", "y", "yes", "on"})
_FALSE = frozenset({"0", "f", "false", "n", "no", "off"})
_LARGEST_SIZE = 2.0**63
_SIZE = re.compile(r"(-?\d+(?:\.\d+)?) ?([bkmgtp])?(?:i?b)?", re.IGNORECASE)
_SECONDS = {
    "ns": 1e-9,
    "us": 1e-6,
    "µs": 1e-6,
    "μs": 1e-6,
    "ms": 1e-3,
    "s": 1.0,
    "m": 60.0,
    "h": 3600.0,
    "d": 86400.0,
    "w": 604800.0,
}
_END = frozenset(";&|<>")


def to_text(value: Data) -> str:
    """A scalar as text, as Go prints it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e21:
        return str(int(value))
    return str(value)


def to_bool(value: Data) -> bool:
    """A boolean, also as text."""
    text = to_text(value).lower()
    if text in _TRUE or text in _FALSE:
        return text in _TRUE
    raise ValueError(f"{to_text(value)!r} is no boolean")


def to_int(value: Data) -> int:
    """A whole number, also as text."""
    text = to_text(value).strip()
    number = parse_whole(text)
    if number is None:
        raise ValueError(f"{text!r} is no whole number")
    return number


def to_number(value: Data) -> str:
    """A number, also as text: its text."""
    text = to_text(value).strip()
    if re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)", text):
        return text
    raise ValueError(f"{text!r} is no number")


def to_bytes(value: Data) -> int:
    """A size in bytes: 512, 64m, 1.5gb, 2GiB; -1 for no limit."""
    text = to_text(value).strip()
    match = _SIZE.fullmatch(text)
    if not match:
        raise ValueError(f"{text!r} is no size, such as 512m")
    power = "bkmgtp".index((match[2] or "b").lower())
    size = float(match[1]) * 1024**power
    if abs(size) >= _LARGEST_SIZE:
        raise ValueError(f"{text!r} is no size: it is too large")
    return int(size)


def to_size(value: Data) -> str:
    """A size as Podman reads it: as given, where Podman knows the form, or else in bytes."""
    text = to_text(value).strip()
    size = to_bytes(text)
    return text if re.fullmatch(r"-?\d+[bkmgBKMG]?", text) else str(size)


def to_seconds(value: Data) -> float:
    """A duration in seconds: 1m30s, 2h, 500ms, 1d; a plain number is an error, but for 0."""
    text = to_text(value).strip()
    rest, sign = text.lstrip("+-"), -1.0 if text.startswith("-") else 1.0
    if rest == "0":
        return 0.0
    seconds = sum_of_units(rest, _SECONDS)
    if seconds is None:
        raise ValueError(f"{text!r} is no duration, such as 1m30s")
    return sign * seconds


def to_mode(value: Data) -> str:
    """A file mode as octal digits.  Compose reads text as octal, and a number as a number."""
    if isinstance(value, int) and not isinstance(value, bool):
        mode = value
    else:
        text = to_text(value).strip().lower().replace("0o", "", 1)
        if not re.fullmatch(r"[0-7]+", text):
            raise ValueError(f"{to_text(value)!r} is no file mode in octal digits")
        mode = int(text, 8)
    if not 0 <= mode <= 0o7777:
        raise ValueError(f"{to_text(value)!r} is no file mode: it would be {mode:o}")
    return f"{mode:04o}"


class _Words:
    """The state of split_words."""

    def __init__(self) -> None:
        self.words: list[str] = []
        self.word: str | None = None
        self.quote = ""
        self.escaped = False

    def add(self, text: str) -> None:
        self.word = (self.word or "") + text

    def end(self) -> None:
        if self.word is not None:
            self.words.append(self.word)
        self.word = None


def split_words(text: str) -> tuple[tuple[str, ...], str]:
    """The words of a command, and what Compose cuts off.

    Compose's grammar (go-shellwords): quotes and backslashes as in a shell, but a backslash
    works in double quotes for any character, with n and t for newline and tab; nothing is
    expanded; a bare parenthesis is an error; what follows a bare ; & | < or > is cut off.
    """
    state = _Words()
    for index, char in enumerate(text):
        if _take_quoted(state, char):
            continue
        if char in " \t\r\n":
            state.end()
        elif char in _END:
            if char == ">" and (state.word or "").isdigit():
                state.word = None
            state.end()
            return tuple(state.words), text[index:]
        elif char == "(" and (state.word or "").endswith("$"):
            state.quote = ")"
            state.add(char)
        elif char in "()":
            raise ValueError(f"{text!r} has a bare parenthesis, which Compose refuses: quote it")
        else:
            state.add(char)
    if state.quote or state.escaped:
        raise ValueError(f"{text!r} has an open quote")
    state.end()
    return tuple(state.words), ""


def _take_quoted(state: _Words, char: str) -> bool:
    """Takes a character whose meaning depends on quotes; whether it did."""
    if state.escaped:
        state.escaped = False
        keep = "\\" if state.quote in ("`", ")") else ""
        state.add(keep + (char if keep else {"n": "\n", "t": "\t"}.get(char, char)))
    elif char == "\\" and state.quote != "'":
        state.escaped = True
    elif char == state.quote:
        state.quote = ""
        state.add(char if char in "`)" else "")
    elif state.quote:
        state.add(char)
    elif char in "\"'":
        state.quote = char
        state.add("")
    elif char == "`":
        state.quote = char
        state.add(char)
    else:
        return False
    return True
