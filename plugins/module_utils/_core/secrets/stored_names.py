# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Secrets of an app: stored under a name that changes with the value.

A unit is installed with the stored name, `NAME.APP-HEX12`, and with a target, so that its
container sees the declared name.  Only the suffix distinguishes declared from installed texts.
"""

from __future__ import annotations

import dataclasses
import hashlib
import hmac
import re
import typing as t

from ..content import Blob, text_of
from ..errors import QuadletError
from ..quadlet.kinds import kind_of, unit_of
from ..quadlet.splitting import unescape
from ..quadlet.unitfile import Entry, parse_unit
from .secret import describe

_SUFFIX = re.compile(r"\.([^.]+)-[0-9a-f]{12}")
_PAIRS: t.Final = {"%%": "%", "$$": "$"}
_OPEN = re.compile(r"[%$]")


class _Char(t.NamedTuple):
    """A character of a word: the span of its syntax, and the quote around it."""

    text: str
    start: int
    end: int
    quote: str


class Edit(t.NamedTuple):
    """A replacement of characters of a word; start == end inserts."""

    start: int
    end: int
    text: str


Change = t.Callable[[str, int, int], t.Sequence[Edit]]
"""(word, start and end of its source) → edits."""


def stored_name(key: bytes, app: str, name: str, value: bytes) -> str:
    """The name for Podman: without the key it reveals nothing about the value."""
    parts = [text.encode("utf-8", "surrogateescape") for text in (app, name)]
    sized = b"".join(len(part).to_bytes(8, "big") + part for part in (*parts, value))
    return f"{name}.{app}-{hmac.new(key, sized, hashlib.sha256).hexdigest()[:12]}"


def declared_name(stored: str, app: str) -> str | None:
    """The declared name of a stored name; None for other names than this app's."""
    name, dot, rest = stored.rpartition(".")
    match = _SUFFIX.fullmatch(dot + rest)
    return name if name and match and match.group(1) == app else None


def installed_text(path: str, text: str, stored: t.Mapping[str, str]) -> str:
    """A declared text with stored names, and declared names as targets."""

    def change(word: str, start: int, end: int) -> t.Sequence[Edit]:
        source = word[start:end]
        name = _plain(source)
        if name is None or name not in stored:
            return ()
        first = f",target={source}"
        # If the text has our target already, another is added: declared_text() removes just one.
        given = any(part.startswith("target=") for part in word.split(","))
        own = given and not _begins(word[end:], first)
        return [Edit(end, end, stored[name][len(name) :] + ("" if own else first))]

    return _edited(path, text, change) if stored else text


def declared_text(path: str, text: str, app: str) -> str:
    """The declared text of an installed one."""

    def change(word: str, start: int, end: int) -> t.Sequence[Edit]:
        name = declared_name(word[start:end], app)
        if name is None:
            return ()
        first = f",target={name}"
        target = len(first) if _begins(word[end:], first) else 0
        return [Edit(start + len(name), end + target, "")]

    return _edited(path, text, change) if f".{app}-" in text else text


def _begins(options: str, first: str) -> bool:
    return f"{options},".startswith(f"{first},")


def find_stored(content: t.Mapping[str, Blob], app: str) -> dict[str, str]:
    """The stored names in an app's units, by declared name."""
    names: dict[str, str] = {}

    def collect(word: str, start: int, end: int) -> t.Sequence[Edit]:
        name = declared_name(word[start:end], app)
        plain = _plain(name) if name else None
        if name and plain:
            names[plain] = plain + word[start + len(name) : end]
        return ()

    for path, blob in content.items():
        if f".{app}-".encode() in blob.data:
            _edited(path, text_of(blob), collect)
    return names


def as_installed(blobs: dict[str, Blob], stored: t.Mapping[str, str], app: str) -> dict[str, Blob]:
    """Units with these stored names, from declared or installed texts."""
    return {
        path: dataclasses.replace(
            blob,
            data=installed_text(path, as_declared(path, blob, app), stored).encode(
                "utf-8", "surrogateescape"
            ),
        )
        if _may_name_secrets(path) and b"Secret" in blob.data
        else blob
        for path, blob in blobs.items()
    }


def as_declared(path: str, blob: Blob, app: str) -> str:
    """The declared text of a unit."""
    return declared_text(path, text_of(blob), app)


def changes(old: t.Mapping[str, str], new: t.Mapping[str, str]) -> dict[str, str]:
    """The changes by declared name: create, replace or remove."""
    verbs = {}
    for name in dict.fromkeys([*old, *new]):
        if old.get(name) != new.get(name):
            verbs[name] = "create" if name not in old else "replace" if name in new else "remove"
    return verbs


_IN_WORDS: t.Final = {"create": "is new", "replace": "changed", "remove": "is no longer declared"}


def change_in_words(path: str, old: Blob, new: Blob, app: str) -> list[str]:
    """`secret db changed` for each changed secret of a unit."""
    before, after = find_stored({path: old}, app), find_stored({path: new}, app)
    return [f"secret {name} {_IN_WORDS[verb]}" for name, verb in changes(before, after).items()]


def declared_content(blobs: t.Mapping[str, Blob], app: str) -> dict[str, Blob]:
    """All units as declared."""
    mark = f".{app}-".encode()
    return {
        path: dataclasses.replace(
            blob, data=as_declared(path, blob, app).encode("utf-8", "surrogateescape")
        )
        if mark in blob.data and _may_name_secrets(path)
        else blob
        for path, blob in blobs.items()
    }


def describe_changes(
    old: t.Mapping[str, Blob], new: t.Mapping[str, Blob], app: str
) -> list[dict[str, str]]:
    """Entries of a diff, one for each secret that changes between two contents."""
    verbs = changes(find_stored(old, app), find_stored(new, app))
    return [
        {"before_header": f"secret {name}", "after_header": f"secret {name}", **describe(verb)}
        for name, verb in verbs.items()
    ]


def _may_name_secrets(path: str) -> bool:
    kind = kind_of(unit_of(path))
    return kind is not None and kind.suffix == "container"


def _edited(path: str, text: str, change: Change) -> str:
    """The text with every word of its Secret= lines changed; a malformed text stays as it is."""
    if not _may_name_secrets(path) or "Secret" not in text:
        return text
    try:
        entries = parse_unit(path, text, forgiving=True).entries
    except QuadletError:
        return text
    edits: list[Edit] = []
    for entry in entries:
        if (entry.section, entry.key) == ("Container", "Secret"):
            edits += _entry_edits(text, entry, change)
    for start, end, new in sorted(edits, reverse=True):
        text = text[:start] + new + text[end:]
    return text


def _entry_edits(text: str, entry: Entry, change: Change) -> t.Iterator[Edit]:
    """The edits of the text for a Secret= line."""
    chars = _positions(text, entry)
    places = [place for _char, place in chars]
    for letters in _words("".join(char for char, _place in chars)):
        word = "".join(letter.text for letter in letters)
        start, end = source_of(word)
        for edit in change(word, start, end) if end > start else ():
            for letter in letters[edit.start : edit.end]:
                yield Edit(places[letter.start], places[letter.end - 1] + 1, "")
            if edit.text:
                last = letters[edit.start - 1]
                place = places[last.end - 1] + 1
                yield Edit(place, place, "".join(_escaped(c, last.quote) for c in edit.text))


def _positions(text: str, entry: Entry) -> list[tuple[str, int]]:
    """The characters of a value, its lines joined, with their positions in the text."""
    lines = text.split("\n")
    offset = sum(len(line) + 1 for line in lines[: entry.line - 1])
    chars: list[tuple[str, int]] = []
    for raw in lines[entry.line - 1 : entry.end]:
        line = raw.strip()
        if line and line[0] not in "#;":
            first = offset + len(raw) - len(raw.lstrip())
            chars += [(char, first + n) for n, char in enumerate(line.removesuffix("\\"))]
        offset += len(raw) + 1
    return chars["".join(char for char, _place in chars).index("=") + 1 :]


def _words(value: str) -> t.Iterator[list[_Char]]:
    """The words of a line, as split_words() has them, with the place of each character."""
    place = -1

    def count() -> t.Iterator[str]:
        nonlocal place
        for char in value:
            place += 1
            yield char

    word: list[_Char] = []
    quote = ""
    chars = count()
    for char in chars:
        start = place
        if not quote and char in " \t\n\r":
            if word:
                yield word
            word = []
        elif char == "\\":
            word += [_Char(text, start, place + 1, quote) for text in unescape(chars)]
        elif char == quote:
            quote = ""
        elif not quote and char in "\"'":
            quote = char
        else:
            word.append(_Char(char, start, start + 1, quote))
    if word:
        yield word


def source_of(word: str) -> tuple[int, int]:
    """The span of the secret's name in `NAME,opt=…` or `opt=…,source=NAME`; (0, 0): none."""
    parts = word.split(",")
    span, place = (0, 0), 0
    for number, part in enumerate(parts):
        if number == 0 and (len(parts) == 1 or "=" not in part):
            span = (0, len(part))
        elif part.startswith("source="):
            span = (place + len("source="), place + len(part))
        place += len(part) + 1
    return span


def _plain(source: str) -> str | None:
    """The name that systemd expands a source to; None if it has specifiers or variables."""
    rest = re.sub(r"%%|\$\$", "", source)
    return None if _OPEN.search(rest) else re.sub(r"%%|\$\$", lambda m: _PAIRS[m.group()], source)


def _escaped(char: str, quote: str) -> str:
    if char in "\\\"'" or char < " " or char == "\x7f" or (char == " " and not quote):
        return f"\\x{ord(char):02x}"
    return char
