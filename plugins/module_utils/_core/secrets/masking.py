# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Masks values of secrets in texts."""

from __future__ import annotations

import typing as t

MASK = "********"
SHORTEST = 4
"""Shorter values are parts of too many words: masking them would only garble results."""

_SHORTEST_LINE = 6


def hidden_texts(values: t.Iterable[bytes]) -> list[str]:
    """The texts to mask, longest first: each value, and the long lines of a value."""
    texts = set()
    for value in values:
        try:
            text = value.decode()
        except UnicodeDecodeError:  # no text can hold it
            continue
        lines = [line.strip() for line in text.splitlines()]
        texts |= {whole for whole in (text, text.strip()) if len(whole) >= SHORTEST}
        texts |= {line for line in lines if len(line) >= _SHORTEST_LINE}
    return sorted(texts, key=lambda text: (-len(text), text))


def make_mask(values: t.Iterable[bytes]) -> t.Callable[[str], str]:
    """A function that masks these values in a text."""
    texts = hidden_texts(values)

    def mask(text: str) -> str:
        for hidden in texts:
            text = text.replace(hidden, MASK)
        return text

    return mask


def given_texts(secrets: t.Mapping[str, t.Any]) -> tuple[set[str], set[str]]:
    """(texts of a secrets option that Ansible masks, texts that must be masked).

    Ansible masks every text in it, even `text` of an encoding or a value of one character.
    """
    theirs: set[str] = set()
    ours: set[str] = set()
    for value in secrets.values():
        options = value if isinstance(value, t.Mapping) else {"value": value}
        theirs |= {str(option) for option in options.values()}
        raw = str(options.get("value", "")).encode("utf-8", "surrogateescape")
        ours.update(hidden_texts([raw, *_decoded(options, raw)]))
    return theirs, ours


def _decoded(options: t.Mapping[str, t.Any], raw: bytes) -> t.Iterator[bytes]:
    import base64
    import binascii

    if options.get("encoding") == "base64":
        try:
            yield base64.b64decode(raw)
        except (binascii.Error, ValueError):
            return
