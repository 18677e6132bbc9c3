# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Masks values of secrets in texts, however they are spelled there.

A value is looked for in the views of a text: with escapes decoded, without what quoting adds, and
as letters and digits alone.  So no spelling has to be foreseen, and a value that is split over two
lines, cut, or interrupted by colours is found too.
"""

from __future__ import annotations

import re
import typing as t

from .encodings import ENCODINGS, decode_token
from .parts import find_parts
from .views import View, letters, letters_view, lower, plain, read_views, solid, solid_view

MASK = "********"
CUT = "…"
"""Where a text was cut; what is left of a value there is masked too."""
_CUTS = re.compile(r"…|\.{3}")

SHORTEST = 4
"""Shorter values are masked only where a line is nothing else; up to five characters where they
are whole words: anywhere they would only garble results."""

_ANYWHERE = 6
_WHOLE_IN_LETTERS = 8
_PIECE = 12
"""So many letters and digits in a row, of a longer value, are a piece of it."""

_SHORTEST_CUT = 4
_WORD = r"(?:(?<![A-Za-z0-9])|(?<=\\[abefnrtv])){}(?![A-Za-z0-9])"
_TOKEN = re.compile(r"[A-Za-z0-9+/=_-]+")
_LONG_TOKEN = re.compile(r"[A-Za-z0-9+/_-]{8,4096}={0,6}")

Span = tuple[int, int]


class Needles(t.NamedTuple):
    """What is looked for, by where.

    anywhere: in solid views.  words, lines: as a whole word, a whole line.  letters: in views of
    letters and digits.  These as they are, and in lower case, for texts of whatever case.
    pieces: of values, looked for there.  coded: of encodings that leave nothing of a value's own
    characters, their pieces; short_coded: those that are shorter.  ends: what may be cut.
    """

    anywhere: frozenset[str]
    words: frozenset[str]
    lines: frozenset[str]
    letters: frozenset[str]
    pieces: frozenset[str]
    coded: frozenset[str]
    short_coded: frozenset[str]
    ends: frozenset[str]


def find_needles(values: t.Iterable[bytes], exempt: t.Collection[str] = ()) -> Needles:
    """What values look like in texts.  exempt: names that every result has."""
    sets: list[set[str]] = [set() for _field in Needles._fields]
    anywhere, words, lines, in_letters, pieces, coded, short_coded, ends = sets
    for value in values:
        parts = find_parts(value)
        for part in parts.all - {*exempt}:
            short, bare = plain(part), letters(part)
            if len(solid(part)) >= _ANYWHERE:
                anywhere |= {solid(part), lower(solid(part))}
            elif len(short) >= SHORTEST and part in parts.wholes:
                words.add(short)
            elif short.strip() and (bare or part in parts.wholes):
                lines.add(short)
            if len(bare) >= _WHOLE_IN_LETTERS:
                in_letters |= {bare, lower(bare)}
            if len(bare) >= _SHORTEST_CUT:
                ends.add(bare)
            short_coded |= _coded(part.encode())
        wholes = [*map(letters, parts.wholes)]
        pieces |= _all_pieces([*wholes, *map(lower, wholes)])
        short_coded |= _coded(value)
    coded |= _all_pieces(short_coded)
    short_coded -= {one for one in short_coded if len(one) >= _PIECE}
    return Needles(*map(frozenset, sets))


def find_lines(lines: t.Iterable[str]) -> Needles:
    """Whole lines as what is looked for, whatever they hold."""
    long = {solid(line) for line in lines if len(solid(line)) >= _ANYWHERE}
    short = {plain(line).strip() for line in lines if len(solid(line)) < _ANYWHERE} - {""}
    nothing: frozenset[str] = frozenset()
    return Needles(*[nothing] * len(Needles._fields))._replace(
        anywhere=frozenset(long), lines=frozenset(short)
    )


def _coded(data: bytes) -> set[str]:
    """The encodings of some bytes, as letters and digits."""
    if len(data) < SHORTEST:
        return set()
    return {
        coded
        for row in ENCODINGS.values()
        if len(data) <= row.most
        for text in row.encode(data)
        for coded in (letters(text),)
        if len(coded) >= row.least
    }


def mask_texts(texts: t.Sequence[str], needles: Needles, mask: str = MASK) -> list[str]:
    """The texts without what the needles stand for; neighbours are read as one text."""
    spans = find_spans("\n".join(texts), needles)
    if not spans:
        return list(texts)
    masked, place, number = [], 0, 0
    for text in texts:
        own: list[Span] = []
        while number < len(spans) and spans[number][0] < place + len(text):
            own.append(spans[number])
            if spans[number][1] > place + len(text):
                break  # it goes on in the next text
            number += 1
        masked.append(_replaced(text, [(a - place, b - place) for a, b in own], mask))
        place += len(text) + 1
        while number < len(spans) and spans[number][1] <= place:
            number += 1
    return masked


def _replaced(text: str, spans: t.Iterable[Span], mask: str) -> str:
    pieces: list[str] = []
    place = 0
    for start, end in spans:
        pieces += (text[place : max(start, 0)], mask)
        place = end
    return "".join([*pieces, text[place:]])


def find_spans(text: str, needles: Needles, depth: int = 2) -> list[Span]:
    """The places of the needles in a text: in order, none touches another.

    depth: how many encodings lie over each other.
    """
    spans: list[Span] = list(_whole_lines(text, needles.lines))
    views = read_views(text)
    spans += _in_tokens(text, needles, depth)
    bare = [letters_view(view) for view in views]
    for view in views:
        spans += _find_words(view, needles.words)
        for cased in _in_cases(solid_view(view)):
            spans += _find(cased, needles.anywhere)
    for view in bare:
        spans += _find_cut(text, view, needles.ends)
        for cased in _in_cases(view):
            there = _pieces(cased.text)
            spans += _find(cased, needles.letters)
            spans += _find_pieces(cased, there, needles.pieces)
            found = [*_find(cased, needles.short_coded), *_find_pieces(cased, there, needles.coded)]
            spans += [_token(text, span) for span in _merged(found)]
    return _merged(spans)


def _in_cases(view: View) -> list[View]:
    """The view as it is, and in lower case."""
    lowered = lower(view.text)
    return [view] if lowered == view.text else [view, view._replace(text=lowered)]


def _in_tokens(text: str, needles: Needles, depth: int) -> t.Iterator[Span]:
    """Words that are an encoding of a text which holds a needle, in whatever spelling: base64 of a
    value in upper case, of base64, of an escaped one.
    """
    if not depth:
        return
    for match in _LONG_TOKEN.finditer(text):
        for decoded in decode_token(match.group()):
            if find_spans(decoded, needles, depth - 1):
                yield match.span()
                break


def _whole_lines(text: str, needles: t.Collection[str]) -> t.Iterator[Span]:
    if not needles:
        return
    for match in re.finditer(r"[^\n]+", text):
        line = plain(match.group()).strip()
        if line in needles:
            yield match.span()


def _find(view: View, needles: t.Iterable[str]) -> t.Iterator[Span]:
    for needle in needles:
        place = view.text.find(needle)
        while place >= 0:
            yield view.span(place, place + len(needle))
            place = view.text.find(needle, place + 1)


def _find_words(view: View, needles: t.Iterable[str]) -> t.Iterator[Span]:
    for needle in needles:
        for spelled in dict.fromkeys((needle, needle.replace(" ", "+"))):
            if spelled in view.text:
                pattern = _WORD.format(re.escape(spelled))
                yield from (view.span(*m.span()) for m in re.finditer(pattern, view.text))


def _all_pieces(texts: t.Iterable[str]) -> set[str]:
    return {piece for text in texts for piece in _pieces(text)}


def _pieces(text: str) -> list[str]:
    """What stands at each of a text's places, as long as a piece is."""
    return [text[n : n + _PIECE] for n in range(len(text) - _PIECE + 1)]


def _find_pieces(view: View, there: t.Sequence[str], pieces: t.Collection[str]) -> t.Iterator[Span]:
    """The places of pieces, those that overlap as one.  there: what stands at each place."""
    places = [(n, n + _PIECE) for n, piece in enumerate(there) if piece in pieces]
    return (view.span(*place) for place in _merged(places))


def _find_cut(text: str, view: View, needles: t.Collection[str]) -> t.Iterator[Span]:
    """The beginning of a value before the sign of a cut, its end behind it."""
    import bisect

    for cut in _CUTS.finditer(text):
        place = cut.start()
        at = bisect.bisect_left(view.starts, place)
        before, behind = view.text[max(0, at - _PIECE) : at], view.text[at : at + _PIECE]
        for needle in needles:
            longest = min(len(needle), _PIECE)
            for size in range(longest, _SHORTEST_CUT - 1, -1):
                if before.endswith(needle[:size]):
                    yield view.span(at - size, at)
                if behind.startswith(needle[-size:]):
                    yield view.span(at, at + size)


def _token(text: str, span: Span) -> Span:
    """The word around an encoded value: its edges hold bits of it."""
    start, end = span
    while start and _TOKEN.match(text[start - 1]):
        start -= 1
    match = _TOKEN.match(text, end)
    return start, match.end() if match else end


def _merged(spans: t.Iterable[Span]) -> list[Span]:
    merged: list[Span] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(end, merged[-1][1])
        else:
            merged.append((start, end))
    return merged


def given_texts(secrets: t.Mapping[str, t.Any]) -> tuple[set[str], set[str]]:
    """(texts of a secrets option that Ansible masks, texts that it must mask).

    Ansible masks every text in it, even `text` of an encoding or a value of one character.
    """
    theirs: set[str] = set()
    ours: set[str] = set()
    for value in secrets.values():
        options = value if isinstance(value, t.Mapping) else {"value": value}
        theirs |= {str(option) for option in options.values()}
        raw = str(options.get("value", ""))
        for text in (raw, *_decoded(options, raw)):
            wholes = {text, text.strip()}
            ours |= {whole for whole in wholes if len(whole) >= SHORTEST}
            ours |= {line.strip() for line in text.splitlines() if len(line.strip()) >= _ANYWHERE}
    return theirs, ours


def find_logins(authfile: t.Any) -> list[str]:
    """The texts of an authfile that let somebody in, of each registry: as given, and decoded."""
    import json

    try:
        data = json.loads(authfile) if isinstance(authfile, str) else authfile
        rows = [row for row in data["auths"].values() if isinstance(row, dict)]
    except (ValueError, KeyError, TypeError, AttributeError):
        return []
    texts = [str(row[key]) for row in rows for key in _LOGIN_KEYS if row.get(key)]
    for row in rows:
        login = next(_decoded({"encoding": "base64"}, str(row.get("auth", ""))), "")
        texts += [login, login.partition(":")[2]]
    return [text for text in texts if len(text) >= SHORTEST]


_LOGIN_KEYS = ("auth", "password", "identitytoken", "registrytoken")


def _decoded(options: t.Mapping[str, t.Any], raw: str) -> t.Iterator[str]:
    import base64
    import binascii

    if options.get("encoding") == "base64":
        try:
            yield base64.b64decode(raw.encode("utf-8", "surrogateescape")).decode()
        except (binascii.Error, ValueError):
            return
