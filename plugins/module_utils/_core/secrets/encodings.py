# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Encodings that leave nothing of a value's own characters, or none in its order.

They are those that the tools of a usual image make without a key: base64, base32, xxd, hexdump, od,
iconv, uuencode, rev, tr.  Escapes are no encodings: views.py decodes them.
"""

from __future__ import annotations

import base64
import binascii
import codecs
import typing as t


def _in_bits(
    encode: t.Callable[[bytes], bytes], block: int, bits: int
) -> t.Callable[[bytes], list[str]]:
    """The characters that are the data's alone, wherever in a text it stands.

    block: bytes of a group; bits: of a character.
    """

    def encoded(data: bytes) -> list[str]:
        return [
            encode(b"\0" * before + data).decode()[
                -(-8 * before // bits) : 8 * (before + len(data)) // bits
            ]
            for before in range(block)
        ]

    return encoded


in_base64: t.Final = _in_bits(base64.b64encode, 3, 6)
"""Base64, for each place modulo three."""

_BASE32_HEX: t.Final = str.maketrans(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", "0123456789ABCDEFGHIJKLMNOPQRSTUV"
)
_in_base32: t.Final = _in_bits(base64.b32encode, 5, 5)


def _base32(data: bytes) -> list[str]:
    found = [text.lower() for text in _in_base32(data)]
    return [*found, *(text.upper().translate(_BASE32_HEX).lower() for text in found)]


def _decimal(data: bytes) -> list[str]:
    return ["".join(map(str, data)), "".join(f"{byte:03}" for byte in data)]


def _octal(data: bytes) -> list[str]:
    return ["".join(f"{byte:03o}" for byte in data)]


def _words(data: bytes) -> list[str]:
    """Two bytes as one number, the smaller end first: hexdump and od without options."""
    found = []
    for before in range(2):
        cut = data[before : len(data) - (len(data) - before) % 2]
        pairs = [cut[n] | cut[n + 1] << 8 for n in range(0, len(cut), 2)]
        found += ["".join(f"{n:04x}" for n in pairs), "".join(f"{n:06o}" for n in pairs)]
    return found


def _wide(data: bytes) -> list[str]:
    """Two bytes a character, as hexadecimal and base64."""
    text = data.decode("utf-8", "replace").strip()
    both = [text.encode(name, "surrogatepass") for name in ("utf-16-le", "utf-16-be")]
    return [one.hex() for one in both] + [coded for one in both for coded in in_base64(one)]


def _uuencoded(data: bytes) -> bytes:
    lines = (binascii.b2a_uu(data[n : n + 45], backtick=True) for n in range(0, len(data), 45))
    return b"".join(line[1:-1] for line in lines)


def _turned(data: bytes) -> list[str]:
    text = data.decode("utf-8", "replace").strip()
    return [line[::-1] for line in text.splitlines()] + [codecs.encode(text, "rot13")]


class Encoding(t.NamedTuple):
    """encode: the texts, of some bytes.  least: characters below which one would only garble.
    most: bytes above which only its lines are looked for, since each search costs time.
    """

    encode: t.Callable[[bytes], list[str]]
    least: int
    most: int = 4096


_ANY: t.Final = 1 << 62
ENCODINGS: t.Final[t.Mapping[str, Encoding]] = {
    "base64": Encoding(in_base64, 6, _ANY),
    "base32": Encoding(_base32, 6),
    "hexadecimal": Encoding(lambda data: [data.hex()], 1, _ANY),
    "decimal": Encoding(_decimal, 12),
    "octal": Encoding(_octal, 12),
    "words": Encoding(_words, 8),
    "turned": Encoding(_turned, 5),
    "wide": Encoding(_wide, 12),
    "uuencode": Encoding(_in_bits(_uuencoded, 3, 6), 8),
}
"""One row for each: what it makes, as letters and digits, is looked for in every text."""


def decode_token(word: str) -> list[str]:
    """The texts that a word is an encoding of: printable ones, for others are by chance."""
    bare = word.rstrip("=")
    found = []
    for decode in (_from_base64, _from_base32, bytes.fromhex):
        try:
            text = decode(bare).decode()
        except ValueError:
            continue
        if text and all(char.isprintable() or char.isspace() for char in text):
            found.append(text)
    return found


def _from_base64(word: str) -> bytes:
    plain = word.translate(_FOR_URLS)
    return base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)


def _from_base32(word: str) -> bytes:
    return base64.b32decode(word + "=" * (-len(word) % 8), casefold=True)


_FOR_URLS: t.Final = str.maketrans("-_", "+/")
