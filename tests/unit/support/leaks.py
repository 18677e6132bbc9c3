"""How a value of a secret may be spelled, and whether a text holds any of it: an oracle of its own,
which shares nothing with what masks.
"""

from __future__ import annotations

import base64
import codecs
import functools
import html
import json
import re
import shlex
import typing as t
import urllib.parse

PIECE = 12
"""So many characters in a row are a leak."""


def _lowered(text: str) -> str:
    """Its escapes in lower case."""
    first, *others = text.split("%")
    return "%".join([first, *(part[:2].lower() + part[2:] for part in others)])


def _hexed(text: str) -> str:
    return "".join(f"\\x{byte:02x}" for byte in text.encode())


def _base32_hex(data: bytes) -> str:
    """By numbers: five bits a character."""
    size = -(-len(data) * 8 // 5)
    number = int.from_bytes(data, "big") << (size * 5 - len(data) * 8)
    digits = "0123456789ABCDEFGHIJKLMNOPQRSTUV"
    return "".join(digits[number >> 5 * n & 31] for n in reversed(range(size)))


def _in_words(data: bytes, form: str) -> str:
    """Two bytes as a number of this machine's, the smaller end first; an odd one alone."""
    return " ".join(
        format(int.from_bytes(data[n : n + 2], "little"), form) for n in range(0, len(data), 2)
    )


def _cut(text: str, size: int) -> list[str]:
    return [text[n : n + size] for n in range(0, len(text), size)]


def _dumped(data: bytes, form: str = "{0:07x}0  {1:<48} |{2}|") -> str:
    """As hexdump and xxd show it: offset, codes, and what can be printed, by 16 bytes."""
    rows = []
    for number, part in enumerate(data[n : n + 16] for n in range(0, len(data), 16)):
        shown = "".join(chr(byte) if 32 <= byte < 127 else "." for byte in part)
        rows.append(form.format(number, part.hex(" "), shown, part.hex(" ", 2)))
    return "\n".join(["", *rows, ""])


def _each_char(data: bytes) -> str:
    """As od -c shows it."""
    rows = [data[n : n + 16] for n in range(0, len(data), 16)]
    shown = [
        "".join(f"{chr(b):>4}" if 32 <= b < 127 else f" {b:03o}" for b in part) for part in rows
    ]
    return "\n".join(["", *(f"{n * 16:07o}{line}" for n, line in enumerate(shown)), ""])


SPELLINGS: dict[str, t.Callable[[str], str]] = {
    "as it is": lambda v: v,
    "trimmed": str.strip,
    "its newline stripped": lambda v: v.rstrip("\n"),
    "in a word": lambda v: f"x{v}x",
    "JSON": json.dumps,
    "JSON in UTF-8": lambda v: json.dumps(v, ensure_ascii=False),
    "JSON in JSON": lambda v: json.dumps(json.dumps(v)),
    "JSON as PHP writes it": lambda v: json.dumps(v).replace("/", "\\/"),
    "Python's repr": repr,
    "Python's ascii": ascii,
    "repr of bytes": lambda v: repr(v.encode()),
    "%q of Go": lambda v: '"' + v.encode("unicode_escape").decode().replace('"', '\\"') + '"',
    "a shell's word": shlex.quote,
    "a shell's word, as dash has it": lambda v: "'" + v.replace("'", "'\\''") + "'",
    "%q of printf": lambda v: "".join(
        c if c.isalnum() else "$'\\n'" if c == "\n" else f"\\{c}" for c in v
    ),
    "URL": urllib.parse.quote,
    "URL, all of it": lambda v: urllib.parse.quote(v, safe=""),
    "URL with plus": urllib.parse.quote_plus,
    "URL in lower case": lambda v: _lowered(urllib.parse.quote(v, safe="")),
    "URL, each byte": lambda v: "".join(f"%{byte:02X}" for byte in v.encode()),
    "URL twice": lambda v: urllib.parse.quote(urllib.parse.quote(v)),
    "HTML": html.escape,
    "XML by numbers": lambda v: "".join(c if c.isalnum() else f"&#{ord(c)};" for c in v),
    "systemd-escape": lambda v: "".join(
        c if c.isascii() and c.isalnum() else "-" if c == "/" else _hexed(c) for c in v
    ),
    "C escapes of bytes": lambda v: "".join(
        chr(b) if 32 <= b < 127 and b not in b'\\"' else f"\\{b:03o}" for b in v.encode()
    ),
    "hexadecimal escapes": _hexed,
    "base64": lambda v: base64.b64encode(v.encode()).decode(),
    "base64 without padding": lambda v: base64.b64encode(v.encode()).decode().rstrip("="),
    "base64 of its line": lambda v: base64.b64encode(f"{v}\n".encode()).decode(),
    "base64 for URLs": lambda v: base64.urlsafe_b64encode(v.encode()).decode(),
    "base64 behind one byte": lambda v: base64.b64encode(f"x{v}yz".encode()).decode(),
    "base64 behind two": lambda v: base64.b64encode(f":x{v}".encode()).decode(),
    "base64 of a login": lambda v: base64.b64encode(f"admin:{v}".encode()).decode(),
    "base64 in lines": lambda v: "\n".join(_cut(base64.b64encode(v.encode()).decode(), 20)),
    "hexadecimal": lambda v: v.encode().hex(),
    "hexadecimal in upper case": lambda v: v.encode().hex().upper(),
    "od -t x1": lambda v: v.encode().hex(" "),
    "a list of bytes": lambda v: str(list(v.encode())),
    "in upper case": str.upper,
    "in lower case": str.lower,
    "URL in upper case": lambda v: urllib.parse.quote(v.upper(), safe="").upper(),
    "base32": lambda v: base64.b32encode(v.encode()).decode(),
    "base32 in lower case": lambda v: base64.b32encode(v.encode()).decode().lower().rstrip("="),
    "base32 of its line": lambda v: base64.b32encode(f"{v}\n".encode()).decode(),
    "base32 behind three": lambda v: base64.b32encode(f"xyz{v}".encode()).decode(),
    "base32 of a login": lambda v: base64.b32encode(f"admin:{v}".encode()).decode(),
    "base32 with hexadecimal letters": lambda v: _base32_hex(v.encode()),
    "base64 of upper case": lambda v: base64.b64encode(v.upper().encode()).decode(),
    "base64 of base64": lambda v: base64.b64encode(base64.b64encode(v.encode())).decode(),
    "base64 of a URL": lambda v: base64.b64encode(urllib.parse.quote(v).encode()).decode(),
    "base64 of JSON": lambda v: base64.b64encode(json.dumps({"pw": v}).encode()).decode(),
    "hexadecimal of upper case": lambda v: v.upper().encode().hex(),
    "od -b": lambda v: " ".join(f"{byte:03o}" for byte in v.encode()),
    "od -d of bytes": lambda v: " ".join(f"{byte:03d}" for byte in v.encode()),
    "hexdump": lambda v: _in_words(v.encode(), "04x"),
    "od": lambda v: _in_words(v.encode(), "06o"),
    "hexdump behind one byte": lambda v: _in_words(b"x" + v.encode() + b"yz", "04x"),
    "rev": lambda v: v.strip()[::-1],
    "rot13": lambda v: codecs.encode(v, "rot13"),
    "over two lines": lambda v: f"{v[: len(v) // 2]}\n{v[len(v) // 2 :]}",
    "hexdump -C": lambda v: _dumped(v.encode()),
    "xxd": lambda v: _dumped(v.encode(), "{0:07x}0: {3:<39}  {2}"),
    "od -t x1z": lambda v: _dumped(v.encode(), "{0:06o}0 {1:<48} >{2}<"),
    "od -c": lambda v: _each_char(v.encode()),
    "xxd -i": lambda v: ", ".join(f"0x{byte:02x}" for byte in v.encode()),
    "xxd -b": lambda v: " ".join(f"{byte:08b}" for byte in v.encode()),
    "in braces, as Rust has it": lambda v: "".join(f"\\u{{{ord(c):x}}}" for c in v),
    "UTF-16": lambda v: v.strip().encode("utf-16-le").hex(),
    "base64 of UTF-16": lambda v: base64.b64encode(v.strip().encode("utf-16-le")).decode(),
    "numbered lines": lambda v: "".join(
        f"\n{n:6}\t{part}" for n, part in enumerate(_cut(v.replace("\n", " "), 8))
    ),
    "lines behind a name": lambda v: "".join(
        f"\nweb: {part}" for part in _cut(v.replace("\n", " "), 8)
    ),
    "in red": lambda v: f"\x1b[31m{v}\x1b[0m",
    "in colours": lambda v: "\x1b[1;32m".join(_cut(v, 3)),
    "in colours, escaped": lambda v: "\\u001b[31m".join(_cut(v, 3)),
}


def spell(value: str) -> list[str]:
    """The value in every spelling, each a text of its own."""
    return [spelled(value) for spelled in SPELLINGS.values()]


@functools.cache
def _pieces(value: str) -> dict[str, str]:
    """Pieces of every spelling, as it is or escaped as JSON, with the spelling's name."""
    pieces = {}
    for name, spelled in SPELLINGS.items():
        whole = spelled(value.strip())
        for form in (whole, json.dumps(whole)[1:-1]):
            starts = range(max(1, len(form) - PIECE + 1))
            pieces.update({form[n : n + PIECE]: name for n in starts})
    return {piece: name for piece, name in pieces.items() if _tells(piece)}


_ENDS = re.compile(r"\\+[nrt]|\\*u001b\W*[0-9;]*m?|\x1b[\[0-9;]*m?")
_NUMBERS = re.compile(r"(?<!\w)(?:[0-9a-f]*:?(?:\s{2,}|(?<=:)\s)|0+[0-9a-f]{0,2}:?\s?$|\d+\t)")


def _tells(piece: str) -> bool:
    """Whether more of a value is in a piece than colours, ends and numbers of lines, and signs."""
    return len(re.findall(r"\w", _NUMBERS.sub(" ", _ENDS.sub("\t", piece)))) > 3


@functools.cache
def _by_length(values: tuple[str, ...]) -> dict[int, dict[str, str]]:
    pieces: dict[int, dict[str, str]] = {}
    for value in values:
        for piece, name in _pieces(value).items():
            pieces.setdefault(len(piece), {})[piece] = name
    return pieces


def find_leaks(text: str, values: t.Iterable[str]) -> list[str]:
    """What a text tells of values: pieces of any spelling."""
    found = {
        f"{pieces[piece]}: {piece}"
        for size, pieces in _by_length(tuple(values)).items()
        for piece in pieces.keys() & {text[n : n + size] for n in range(len(text) - size + 1)}
    }
    return sorted(found)
