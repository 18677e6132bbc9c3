# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""A text as its writer may have meant it: without colours, escapes decoded, and only what counts.

Each view knows where its characters stand in the text, so that what is found in it can be masked.
"""

from __future__ import annotations

import html
import itertools
import re
import typing as t

DECODED = 3
"""How many times escapes are decoded: JSON within JSON within a quoted word."""


class View(t.NamedTuple):
    """A rewritten text.  Its character N stands for the original from starts[N] to ends[N]."""

    text: str
    starts: t.Sequence[int]
    ends: t.Sequence[int]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The place in the original of some of its characters."""
        return self.starts[start], self.ends[end - 1]


_NOISE = re.compile(
    r"(?:\x1b|#033|\^\[|\\+(?:u00|x)1[bB]|\\+033|\\+e)\[[0-?]*[ -/]*[@-~]"  # colours, also escaped
    r"|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)"
    r"|\x1b[@-Z\\-_]"
    r"|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u00ad\u200b-\u200f\u2060\ufeff]"
)
_ESCAPE = re.compile(
    r"(?P<percent>(?:%[0-9A-Fa-f]{2})+)"
    r"|(?P<bytes>(?:\\x[0-9A-Fa-f]{2})+)"
    r"|(?P<octal>(?:\\[0-3][0-7]{2})+)"
    r"|(?P<units>(?:\\u[0-9A-Fa-f]{4})+)"
    r"|(?P<point>\\U[0-9A-Fa-f]{8})"
    r"|(?P<braced>\\[uxo]\{[0-9A-Fa-f]{1,6}\})"
    r"|(?P<listed>0[xX][0-9A-Fa-f]{2}(?:[\s,;]+0[xX][0-9A-Fa-f]{2})+)"
    r"|(?P<bytes_of_od>(?: [23][0-7]{2}){2,}(?!\S))"
    r"|(?P<bits>\b[01]{8}(?:\s+[01]{8})+\b)"
    r"|(?P<entity>&(?:\#\d{1,7}|\#[xX][0-9A-Fa-f]{1,6}|[A-Za-z]{2,8});)"
    r"|(?P<shell>'\"'\"'|'\\'')"
    r"|(?P<simple>\\[\s\S])"
)
_SIMPLE: t.Final = dict(zip("abtnvfre0", "\a\b\t\n\v\f\r\x1b\0"))
_GAPS = re.compile(r"[\s\"'`\\]+")
_MARKS = re.compile(r"[\W_]+")


def plain(text: str) -> str:
    """The text without colours and control characters."""
    return _NOISE.sub("", text)


def solid(text: str) -> str:
    """The same without blanks, quotes and backslashes, which quoting adds and lines split at."""
    return _GAPS.sub("", plain(text))


def letters(text: str) -> str:
    """Letters and digits alone: what every quoting leaves as it is."""
    return _MARKS.sub("", plain(text))


def lower(text: str) -> str:
    """The text in lower case, as long as before, and each character whatever stands around it:
    Python writes a Greek sigma at the end of a word as another one.
    """
    lowered = text.lower()
    if len(lowered) != len(text):
        lowered = "".join(low if len(low := char.lower()) == 1 else char for char in text)
    return lowered.replace("\u03c2", "\u03c3")


def read_views(text: str) -> list[View]:
    """The text as it is, and with its escapes decoded once, twice, …; each without colours."""
    whole = View(text, range(len(text)), range(1, len(text) + 1))
    first = _rewritten(whole, _NOISE, _nothing)
    return [view for one in (first, *read_columns(first)) for view in _decoded(one)]


def _decoded(view: View) -> t.Iterator[View]:
    yield view
    for _time in range(DECODED):
        decoded = _rewritten(view, _ESCAPE, _decode)
        if decoded.text == view.text:
            return
        view = _rewritten(decoded, _NOISE, _nothing)
        yield view


def solid_view(view: View) -> View:
    """See solid()."""
    return _without(view, _GAPS)


def letters_view(view: View) -> View:
    """See letters()."""
    return _without(view, _MARKS)


def _without(view: View, pattern: re.Pattern[str]) -> View:
    """The view without the characters of a pattern that stands for any number of them."""
    kept = set(pattern.sub("", "".join(set(view.text))))
    flags = [*map(kept.__contains__, view.text)]
    keep = itertools.compress
    return View(
        "".join(keep(view.text, flags)), [*keep(view.starts, flags)], [*keep(view.ends, flags)]
    )


def _rewritten(view: View, pattern: re.Pattern[str], new: t.Callable[[re.Match[str]], str]) -> View:
    return _replaced(view, ((*match.span(), new(match)) for match in pattern.finditer(view.text)))


def _replaced(view: View, parts: t.Iterable[tuple[int, int, str]]) -> View:
    """The view with other texts in places, in their order."""
    texts: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    place = 0
    for first, last, text in parts:
        if first == last:
            continue
        texts += (view.text[place:first], text)
        starts += view.starts[place:first]
        starts += [view.starts[first]] * len(text)
        ends += view.ends[place:first]
        ends += [view.ends[last - 1]] * len(text)
        place = last
    if not place:
        return view
    texts.append(view.text[place:])
    starts += view.starts[place:]
    ends += view.ends[place:]
    return View("".join(texts), starts, ends)


_DIGITS = re.compile(r"\d")
_BREAKS = frozenset(" \t:|>]=")
_OFFSET = re.compile(r"[ \t]*[0-9a-fA-F]{4,}:?[ \t]+")
_WORD = r"(?:[01]{8}|[0-9a-fA-F]{2}(?:[0-9a-fA-F]{2})?)"
_DUMP = re.compile(
    rf"[ \t]*[0-9a-fA-F]{{4,}}:?[ \t]+(?P<codes>(?:{_WORD} {{1,2}})*{_WORD})"
    r"(?: {2,}[|>]?(?P<text>[^\n]{1,16}?)[|<]?)?[ \t]*"
)


def read_columns(view: View) -> list[View]:
    """The text without what begins each of its lines: a time, a number, an offset; and each column
    of what xxd, hexdump and od print.  So a value is whole again that goes on in the next line.
    """
    if "\n" not in view.text:
        return []
    lines, place = list[tuple[int, str]](), 0
    for line in view.text.split("\n"):
        lines.append((place, line))
        place += len(line) + 1
    beginnings = [(at, at + size, "") for at, size in _beginnings(lines)]
    codes, texts = list[tuple[int, int, str]](), list[tuple[int, int, str]]()
    for at, line in lines:
        match = _DUMP.fullmatch(line)
        if match:
            first, last = match.span("codes")
            codes += [(at, at + first, ""), (at + last, at + len(line), "")]
            start, end = match.span("text") if match["text"] else (len(line), len(line))
            texts += [(at, at + start, ""), (at + end, at + len(line), "")]
    return [_replaced(view, parts) for parts in (beginnings, codes, texts) if len(parts) > 1]


def _beginnings(lines: t.Sequence[tuple[int, str]]) -> t.Iterator[tuple[int, int]]:
    """(place, length) of the beginnings of lines: what neighbours share but for digits."""
    plain_lines = [_DIGITS.sub("0", line) for _at, line in lines]
    shared = [_shared(one, other) for one, other in zip(plain_lines, plain_lines[1:])]
    for (at, line), before, behind in zip(lines, [0, *shared], [*shared, 0]):
        offset = _OFFSET.match(line)
        size = offset.end() if offset else max(before, behind)
        if size:
            yield at, size


def _shared(one: str, other: str) -> int:
    """How much of two lines is the same, up to the end of a word."""
    size = 0
    for place, (char, same) in enumerate(zip(one, other), 1):
        if char != same:
            break
        if char in _BREAKS:
            size = place
    return size


def _nothing(_match: re.Match[str]) -> str:
    return ""


def _decode(match: re.Match[str]) -> str:
    return _DECODERS[match.lastgroup or ""](match.group())


def _hexadecimal(text: str) -> str:
    return _text_of(bytes.fromhex(re.sub(r"%|\\x", "", text)))


def _octal(text: str) -> str:
    return _text_of(bytes(int(digits, 8) & 255 for digits in text[1:].split("\\")))


def _units(text: str) -> str:
    """UTF-16, as JSON has it: two units for what is beyond the first 65536 characters."""
    data = bytes.fromhex(text.replace("\\u", ""))
    return data.decode("utf-16-be", "surrogatepass" if len(data) == 2 else "replace")


def _point(text: str) -> str:
    number = int.from_bytes(bytes.fromhex(text[2:]), "big")
    return chr(number) if number < 0x110000 else text


def _braced(text: str) -> str:
    number = int(text[3:-1], 16)
    return chr(number) if number < 0x110000 else text


def _listed(text: str) -> str:
    return _text_of(bytes.fromhex(re.sub(r"0[xX]|[\s,;]", "", text)))


def _of_od(text: str) -> str:
    return _text_of(bytes(int(digits, 8) for digits in text.split()))


def _bits(text: str) -> str:
    return _text_of(bytes(int(digits, 2) for digits in text.split()))


def _simple(text: str) -> str:
    return _SIMPLE.get(text[1], text[1])


def _text_of(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError:  # a language that spells characters, not bytes
        return data.decode("latin-1")


_DECODERS: t.Final[dict[str, t.Callable[[str], str]]] = {
    "percent": _hexadecimal,
    "bytes": _hexadecimal,
    "octal": _octal,
    "units": _units,
    "point": _point,
    "braced": _braced,
    "listed": _listed,
    "bytes_of_od": _of_od,
    "bits": _bits,
    "entity": html.unescape,
    "shell": lambda _text: "'",
    "simple": _simple,
}
