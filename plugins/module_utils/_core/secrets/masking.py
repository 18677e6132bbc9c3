# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Values that no result may show."""

from __future__ import annotations

import typing as t

MASK = "********"
SHORTEST = 4
"""A shorter value is part of too many words: to mask it would take results apart, not hide it."""

_SHORTEST_LINE = 6


def hidden_texts(values: t.Iterable[bytes]) -> list[str]:
    """The texts to mask, longest first: each value, and the long lines of one that has several."""
    found = set()
    for value in values:
        try:
            text = value.decode()
        except UnicodeDecodeError:  # no text can hold it
            continue
        lines = [line.strip() for line in text.splitlines()]
        found |= {one for one in (text, text.strip()) if len(one) >= SHORTEST}
        found |= {line for line in lines if len(line) >= _SHORTEST_LINE}
    return sorted(found, key=lambda text: (-len(text), text))


def make_mask(values: t.Iterable[bytes]) -> t.Callable[[str], str]:
    """A function that masks these values in a text."""
    texts = hidden_texts(values)

    def mask(text: str) -> str:
        for one in texts:
            text = text.replace(one, MASK)
        return text

    return mask


def given_texts(secrets: t.Mapping[str, t.Any]) -> tuple[set[str], set[str]]:
    """(what Ansible masks of a secrets option as it was given, what is worth it).

    Ansible masks every text in it, be it `text` of an encoding or a value of one character.
    """
    theirs: set[str] = set()
    ours: set[str] = set()
    for value in secrets.values():
        more = value if isinstance(value, t.Mapping) else {"value": value}
        theirs |= {str(one) for one in more.values()}
        raw = str(more.get("value", "")).encode("utf-8", "surrogateescape")
        ours.update(hidden_texts([raw, *_decoded(more, raw)]))
    return theirs, ours


def _decoded(more: t.Mapping[str, t.Any], raw: bytes) -> t.Iterator[bytes]:
    import base64
    import binascii

    if more.get("encoding") == "base64":
        try:
            yield base64.b64decode(raw)
        except (binascii.Error, ValueError):
            return
