# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Syntax that some releases of Podman misread.

Each row is a form that its releases accept without a message and misread: it is refused for a
host with such a release.  Newer releases read it correctly.
"""

from __future__ import annotations

import re
import typing as t

from ..errors import QuadletError
from .keys import SECTIONS, Key, Reads, Version, version_text
from .kinds import Kind, kind_of
from .refs import dependency_refs, unit_refs
from .splitting import split_words, unwrap
from .unitfile import Entry, UnitText


class Place(t.NamedTuple):
    """A place with a quirk: its line, its text, and the assignment, if it is one."""

    line: int
    text: str
    entry: Entry | None = None


class Quirk(t.NamedTuple):
    """first: the first supported release with the quirk.  fixed: the first release without it.
    reference: an upstream page about it.
    """

    id: str
    first: Version
    fixed: Version
    what: str
    remedy: str
    reference: str
    find: t.Callable[[UnitText, Kind], t.Iterable[Place]]


def check_quirks(
    path: str, unit: UnitText, kind: Kind, version: Version, quirks: t.Sequence[Quirk] | None = None
) -> list[QuadletError]:
    """An error for each place that the host's Podman would misread."""
    return [
        QuadletError(
            f"{place.text!r}: {quirk.what}, and the host has {version_text(version)}",
            where=_where(path, place),
            remedy=quirk.remedy.format(**_names(place)),
            rule=quirk.id,
        )
        for quirk in (QUIRKS if quirks is None else quirks)
        if quirk.first <= version < quirk.fixed
        for place in quirk.find(unit, kind)
    ]


def _where(path: str, place: Place) -> str:
    entry = place.entry
    return f"{path}:{place.line}" + (f" [{entry.section}] {entry.key}" if entry else "")


def _names(place: Place) -> dict[str, str]:
    """Names for a remedy: the service of a unit."""
    kind = kind_of(place.text)
    stem = place.text.rpartition(".")[0]
    return {"service": f"{stem}{kind.service_suffix}.service" if kind else place.text}


def _rows(unit: UnitText) -> t.Iterator[tuple[Entry, Key]]:
    """Assignments of keys that Podman reads."""
    for entry in unit.entries:
        row = SECTIONS.get(entry.section, {}).get(entry.key)
        if row and entry.value:
            yield entry, row


def _kept_quotes(unit: UnitText, _kind: Kind) -> t.Iterator[Place]:
    for entry, row in _rows(unit):
        if row.reads in _SCALARS and unwrap(entry.value) != entry.value:
            yield Place(entry.line, entry.value, entry)


def _lopsided_quotes(unit: UnitText, _kind: Kind) -> t.Iterator[Place]:
    for entry, row in _rows(unit):
        if row.reads in _SCALARS and entry.value.strip('"') != unwrap(entry.value):
            yield Place(entry.line, entry.value, entry)


_SCALARS = frozenset({Reads.SCALAR, Reads.COMMAND})


def _bare_names(unit: UnitText, _kind: Kind) -> t.Iterator[Place]:
    for entry, row in _rows(unit):
        if row.reads is Reads.KEYVAL:
            for word in split_words(entry.value):
                if word and "=" not in word:
                    yield Place(entry.line, word, entry)


def _named_users(unit: UnitText, _kind: Kind) -> t.Iterator[Place]:
    for key in ("User", "Group"):
        for entry in unit.assignments("Container", key):
            if not unwrap(entry.value).isdigit():
                yield Place(entry.line, entry.value, entry)


def _template_references(unit: UnitText, kind: Kind) -> t.Iterator[Place]:
    for ref in unit_refs(unit, kind.section):
        if "@" in ref.unit:
            yield Place(ref.entry.line, ref.unit, ref.entry)


def _dependencies(unit: UnitText, _kind: Kind) -> t.Iterator[Place]:
    for ref in dependency_refs(unit):
        yield Place(ref.entry.line, ref.unit, ref.entry)


def _broken_sources(unit: UnitText, kind: Kind) -> t.Iterator[Place]:
    for entry in unit.assignments(kind.section, "Mount"):
        if "\\" in entry.value and any(_LINE_BREAK.search(w) for w in split_words(entry.value)):
            yield Place(entry.line, entry.value, entry)


_LINE_BREAK = re.compile(r"[\n\r]")


def _comments_inside(unit: UnitText, _kind: Kind) -> t.Iterator[Place]:
    lines = unit.text.split("\n") if "\\\n" in unit.text or "\\\r" in unit.text else []
    for entry in unit.entries if lines else ():
        for number in range(entry.line + 1, entry.end + 1):
            if _COMMENT.match(lines[number - 1]):
                yield Place(number, lines[number - 1].strip(), entry)


_COMMENT = re.compile(r"\s*[#;]")
_BACKSLASH = re.compile(r"^[^\S\n]*#.*=.*\\[^\S\n]*$", re.MULTILINE)
_SEMICOLON = re.compile(r"^[^\S\n]*;.*$", re.MULTILINE)


def _semicolon_comments(unit: UnitText, _kind: Kind) -> t.Iterator[Place]:
    return _lines(_SEMICOLON, unit)


def _backslash_comments(unit: UnitText, _kind: Kind) -> t.Iterator[Place]:
    return _lines(_BACKSLASH, unit)


def _lines(pattern: re.Pattern[str], unit: UnitText) -> t.Iterator[Place]:
    for match in pattern.finditer(unit.text):
        yield Place(unit.text.count("\n", 0, match.start()) + 1, match.group().strip())


_4_7: Version = (4, 7)
_PODMAN = "https://github.com/containers/podman"

QUIRKS: t.Final[tuple[Quirk, ...]] = (
    Quirk(
        "kept-quotes",
        _4_7,
        (5, 0),
        "before Podman 5.0 the quotes become part of the value",
        "Write the value without quotes.",
        f"{_PODMAN}/issues/20992",
        _kept_quotes,
    ),
    Quirk(
        "lopsided-quotes",
        (5, 0),
        (5, 8, 2),
        "Podman 5.0 to 5.8.1 take away every double quote at the ends of the value",
        "Let the value begin and end with something else; of a command make a list of words.",
        f"{_PODMAN}/issues/28409",
        _lopsided_quotes,
    ),
    Quirk(
        "bare-name",
        _4_7,
        (5, 6),
        "before Podman 5.6 a name without '=' is dropped",
        "Write NAME=value; to pass on the value of the environment use PodmanArgs=--env NAME.",
        f"{_PODMAN}/issues/26247",
        _bare_names,
    ),
    Quirk(
        "named-user",
        _4_7,
        (4, 8),
        "before Podman 4.8 a name becomes uid 0, which is root",
        "Write the number.",
        f"{_PODMAN}/issues/18096",
        _named_users,
    ),
    Quirk(
        "template-reference",
        _4_7,
        (5, 7),
        "before Podman 5.7 a template's name becomes a service that does not exist",
        "Name the volume or network itself, without a suffix.",
        f"{_PODMAN}/issues/25902",
        _template_references,
    ),
    Quirk(
        "untranslated-dependency",
        _4_7,
        (5, 5),
        "before Podman 5.5 a unit's name means nothing here",
        "Write {service}.",
        "podman-systemd.unit(5) of 5.5, Dependency between Quadlet units",
        _dependencies,
    ),
    Quirk(
        "line-break-in-source",
        _4_7,
        (5, 8),
        "before Podman 5.8 a line break in a source becomes a line of the service",
        "Rename the file or directory.",
        f"{_PODMAN}/blob/v5.4.2/pkg/systemd/quadlet/quadlet.go",
        _broken_sources,
    ),
    Quirk(
        "comment-in-continuation",
        _4_7,
        (5, 4),
        "before Podman 5.4 a comment inside a continued line becomes part of it",
        "Put the comment above the line.",
        f"{_PODMAN}/pull/24825",
        _comments_inside,
    ),
    Quirk(
        "backslash-comment",
        _4_7,
        (5, 0),
        "before Podman 5.0 a comment with '=' that ends in a backslash takes in the next line",
        "End the comment with something else.",
        f"{_PODMAN}/issues/21555",
        _backslash_comments,
    ),
    Quirk(
        "semicolon-comment",
        _4_7,
        (5, 4),
        "before Podman 5.4 ';' does not begin a comment",
        "Begin the comment with '#'.",
        f"{_PODMAN}/pull/24987",
        _semicolon_comments,
    ),
)
