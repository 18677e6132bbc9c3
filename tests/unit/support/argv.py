"""A generated service as systemd reads it: its lines, and each command's argument list.

Written from systemd's rules (conf-parser.c, extract-word.c, escape.c, specifier.c, env-util.c),
in bytes, and without the collection's own reading, which it is there to judge.  Strict: what
systemd would warn of, drop, or replace by something else is an error.
"""

from __future__ import annotations

import re
import typing as t

BLANKS = b" \t\n\r"
_LINE_ENDS = re.compile(rb"\r\n|[\n\r\x00]")
_CHUNK = {
    b"": re.compile(rb"[^ \t\n\r\"'\\]+"),
    b'"': re.compile(rb"[^\"\\]+"),
    b"'": re.compile(rb"[^'\\]+"),
}
_SIMPLE = dict(zip(b"abfnrtv\\\"'s", b"\a\b\f\n\r\t\v\\\"' "))
_NUMBERED = re.compile(rb"x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{3})")

_NONCHARACTERS = "".join(chr(plane * 0x10000 + n) for plane in range(17) for n in (0xFFFE, 0xFFFF))
NONCHARACTER = re.compile(f"[\ufdd0-\ufdef{_NONCHARACTERS}]")


class SystemdError(Exception):
    """systemd would not take the text as it stands."""


class Assignment(t.NamedTuple):
    """One line of a section that systemd reads."""

    section: str
    key: str
    value: bytes


def read_service(data: bytes) -> list[Assignment]:
    """The assignments of a service's text; sections that begin with X- are not systemd's."""
    found: list[Assignment] = []
    section = ""
    for line in _logical_lines(data):
        _check_text(line)
        if line.startswith(b"["):
            if not line.endswith(b"]"):
                raise SystemdError(f"bad section header {line!r}")
            section = line[1:-1].decode()
            continue
        if section.startswith("X-"):
            continue
        key, equals, value = line.partition(b"=")
        if not section or not equals:
            raise SystemdError(f"neither a section nor an assignment: {line!r}")
        found.append(Assignment(section, key.rstrip(BLANKS).decode(), value.lstrip(BLANKS)))
    return found


def _logical_lines(data: bytes) -> t.Iterator[bytes]:
    parts: list[bytes] = []
    for raw in [*_LINE_ENDS.split(data), b""]:
        line = raw.strip(BLANKS)
        if parts and line[:1] in (b"#", b";") and line:
            continue
        if (len(line) - len(line.rstrip(b"\\"))) % 2:
            parts.append(line[:-1] + b" ")
            continue
        whole = b"".join([*parts, line])
        parts = []
        if whole and whole[:1] not in (b"#", b";"):
            yield whole


def _check_text(line: bytes) -> None:
    """systemd does not load a unit with a line that is not UTF-8 of characters, wherever it is."""
    try:
        text = line.decode()
    except UnicodeDecodeError:
        raise SystemdError(f"not UTF-8: {line!r}") from None
    if NONCHARACTER.search(text):
        raise SystemdError(f"a noncharacter: {line!r}")


def split_command(line: bytes) -> list[bytes]:
    """The words of a command, before anything in them is expanded."""
    words: list[bytes] = []
    position = 0
    while True:
        while line[position : position + 1] in (b" ", b"\t", b"\n", b"\r"):
            position += 1
        if position >= len(line):
            return words
        separator = re.compile(rb"\\?;(?=[ \t\n\r]|$)").match(line, position)
        if separator:
            raise SystemdError(f"{separator.group()!r} ends the command")
        word, position = _read_word(line, position)
        words.append(word)


def _read_word(line: bytes, position: int) -> tuple[bytes, int]:
    parts: list[bytes] = []
    quote = b""
    while True:
        chunk = _CHUNK[quote].match(line, position)
        if chunk:
            parts.append(chunk.group())
            position = chunk.end()
        char = line[position : position + 1]
        position += 1
        if char == b"\\":
            part, position = _read_escape(line, position)
            parts.append(part)
        elif char == b"" and quote:
            raise SystemdError(f"a quote without an end: {line!r}")
        elif char in (b"", b" ", b"\t", b"\n", b"\r"):
            return b"".join(parts), position
        else:
            quote = b"" if quote else char


def _read_escape(line: bytes, position: int) -> tuple[bytes, int]:
    simple = _SIMPLE.get(line[position] if position < len(line) else 0)
    if simple is not None:
        return bytes([simple]), position + 1
    numbered = _NUMBERED.match(line, position)
    if not numbered:
        raise SystemdError(f"a bad escape: {line[position - 1 : position + 9]!r}")
    hexadecimal, short, long, octal = numbered.groups()
    number = int(octal, 8) if octal else int(hexadecimal or short or long, 16)
    is_byte = bool(octal or hexadecimal)
    if number == 0 or (is_byte and number > 255) or number > 0x10FFFF:
        raise SystemdError(f"an escape that names nothing: {numbered.group()!r}")
    return (bytes([number]) if is_byte else chr(number).encode()), numbered.end()


def expand(word: bytes) -> bytes:
    """The word as the process gets it; an error where systemd would put in something else."""

    if b"%" in word.replace(b"%%", b""):
        raise SystemdError(f"systemd expands a specifier in {word[:80]!r}")
    parts = word.replace(b"%%", b"%").split(b"$$")
    if parts[0].startswith(b"$") or any(b"${" in part for part in parts):
        raise SystemdError(f"systemd expands a variable in {word[:80]!r}")
    return b"$".join(parts)
