# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""What of a secret's value must not be seen: all of it, its lines, the values in it."""

from __future__ import annotations

import base64
import binascii
import json
import re
import typing as t

SHORTEST_PART = 8
"""Of values within a value, as in `KEY=VALUE`: shorter ones are ports and words."""

_BREAKS = re.compile(r"[\r\n\0\ufffd]+")
_PAIR = re.compile(r"[\s\"']*(?:export\s+)?[\w.\-/ ]{1,100}[\"']?\s*[:=]\s*(\S.*)")
_PAIRS = re.compile(r"[\w.\-/]\s*[\"']?\s*[:=]\s*(\"[^\"]*\"|'[^']*'|[^\s,;&{}\[\]]+)")
_LOGIN = re.compile(r"//([^/\s@:]*):([^/\s@]*)@")
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{6,}={0,2}")


class Parts(t.NamedTuple):
    """wholes: each is a secret by itself.  lines: of wholes.  within: values in them."""

    wholes: frozenset[str]
    lines: frozenset[str]
    within: frozenset[str]

    @property
    def all(self) -> frozenset[str]:
        """All texts."""
        return self.wholes | self.lines | self.within


def find_parts(value: bytes) -> Parts:
    """The parts of a value.

    A value that is JSON, YAML, an environment file, a URL with a login or base64 is read as that.
    What is no UTF-8 counts as a break between lines.
    """
    text = value.decode("utf-8", "replace")
    wholes, lines, within = {text.strip()}, set(_lines(text)), set(_values(text))
    for word in [text.strip(), *lines, *within]:
        decoded = _decoded(word)
        if decoded:
            wholes.add(decoded.strip())
            lines.update(_lines(decoded))
            within.update(_values(decoded))
    within = {part for part in within if len(part) >= SHORTEST_PART}
    return Parts(*(frozenset(found) - {""} for found in (wholes, lines, within)))


def _lines(text: str) -> t.Iterator[str]:
    return (line.strip() for line in _BREAKS.split(text))


def _values(text: str) -> t.Iterator[str]:
    yield from _leaves(text)
    for line in _lines(text):
        whole = _PAIR.fullmatch(line)
        if whole:
            yield whole.group(1).strip(" \t\"',")
        for match in _PAIRS.finditer(line):
            yield match.group(1).strip("\"'")
        for match in _LOGIN.finditer(line):
            yield match.group(1) + ":" + match.group(2)
            yield match.group(2)


def _leaves(text: str) -> t.Iterator[str]:
    """Texts and numbers in JSON."""
    if text.lstrip()[:1] not in ("{", "["):
        return
    try:
        todo = [json.loads(text)]
    except (ValueError, RecursionError):
        return
    while todo:
        item = todo.pop()
        if isinstance(item, dict):
            todo += item.values()
        elif isinstance(item, list):
            todo += item
        elif isinstance(item, (str, int, float)) and not isinstance(item, bool):
            yield str(item).strip()


def _decoded(word: str) -> str | None:
    """The text that a word is the base64 of, as in the YAML of a secret of Kubernetes."""
    joined = "".join(word.split())
    if not _BASE64.fullmatch(joined):
        return None
    joined = joined.rstrip("=").replace("-", "+").replace("_", "/")
    try:
        text = base64.b64decode(joined + "=" * (-len(joined) % 4)).decode()
    except (binascii.Error, UnicodeDecodeError):
        return None
    return text if text.strip().isprintable() or "\n" in text else None
