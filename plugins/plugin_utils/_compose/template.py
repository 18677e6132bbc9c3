# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Variables in a text: $NAME, ${NAME} and its forms, as Compose replaces them.

${NAME:-word}  the value, or word where there is none or an empty one;  ${NAME-word}: only where
there is none.  ${NAME:?word}, ${NAME?word}: an error with that message instead.
${NAME:+word}, ${NAME+word}: word where there is a value, else nothing.  A word may have variables.
$$ is a dollar sign, and so is one that no name and no brace follows, as in $5 or $(date).
${ without a name, an operator or its end is an error.
"""

from __future__ import annotations

import re
import typing as t

from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.node import Unset


class TemplateError(ValueError):
    """A text that is no template.  at: where, from 0."""

    def __init__(self, what: str, at: int) -> None:
        super().__init__(what)
        self.at = at


class Reference(t.NamedTuple):
    """A use of a variable.  form: '' or an operator such as :-; word: what stands behind it."""

    name: str
    form: str = ""
    word: tuple[t.Any, ...] = ()


Part = t.Union[str, Reference]
_NAME: t.Final = re.compile(r"[_a-zA-Z][_a-zA-Z0-9]*", re.ASCII)
_FORM: t.Final = re.compile(r":?[-?+]")
_BEGIN: t.Final = re.compile(r"\$(?:\{|[_a-zA-Z])")
_DOLLARS: t.Final = re.compile(r"(?:\$\$)+")
_LITERAL: t.Final = re.compile(r"[^$]+")
_LITERAL_IN_WORD: t.Final = re.compile(r"[^${}]+")
_DEEPEST: t.Final = 32
LONGEST: t.Final = 1024 * 1024
"""In characters, with the variables."""


def parse_template(text: str) -> tuple[Part, ...]:
    """The parts of a text.  TemplateError: a brace behind a dollar sign begins no variable."""
    parts, _end = _parse_parts(text, 0, 0)
    return parts


def _parse_parts(text: str, at: int, depth: int) -> tuple[tuple[Part, ...], int]:
    """The parts from a place on to the end, or to the brace that closes a word.  Braces in a
    word come in pairs, as in ${A:-{"b": 1}}.
    """
    parts: list[Part] = []
    inner = 0
    if depth > _DEEPEST:
        raise TemplateError("variables are nested too deeply", at)
    while at < len(text):
        if depth and text[at] in "{}":
            inner += 1 if text[at] == "{" else -1
            if inner < 0:
                break
        if _BEGIN.match(text, at):
            reference, at = _parse_reference(text, at, depth)
            parts.append(reference)
        else:
            literal, at = _parse_literal(text, at, _LITERAL_IN_WORD if depth else _LITERAL)
            parts.append(literal)
    return tuple(parts), at


def _parse_literal(text: str, at: int, literal: re.Pattern[str]) -> tuple[str, int]:
    """What is no variable, and where it ends; of two dollar signs one is left."""
    match = _DOLLARS.match(text, at)
    if match:
        return "$" * (len(match.group()) // 2), match.end()
    match = literal.match(text, at)
    return (match.group(), match.end()) if match else (text[at], at + 1)


def _parse_reference(text: str, at: int, depth: int) -> tuple[Reference, int]:
    braced = text.startswith("${", at)
    name = _NAME.match(text, at + 1 + braced)
    if not name:
        raise TemplateError(f"no name of a variable behind {text[at : at + 12]!r}", at)
    end = name.end()
    if not braced:
        return Reference(name.group()), end
    form = _FORM.match(text, end)
    word: tuple[Part, ...] = ()
    if form:
        word, end = _parse_parts(text, form.end(), depth + 1)
    if not text.startswith("}", end):
        raise TemplateError(f"no closing brace, or no such form, in {text[at : at + 24]!r}", at)
    return Reference(name.group(), form.group() if form else "", word), end + 1


class Expanded(t.NamedTuple):
    """A text with its variables replaced, and those that have no value."""

    text: str
    unset: tuple[Unset, ...] = ()


Lookup = t.Callable[[str], t.Optional[Expanded]]
"""The value of a variable; None where it has none."""
Keep = t.Callable[[str], str]
"""What stands for a variable without a value."""


def expand(parts: t.Sequence[Part], lookup: Lookup, keep: Keep) -> Expanded:
    """Replaces the variables; a word that isn't needed is not looked at.  TemplateError: what
    comes out is too long.
    """
    texts: list[str] = []
    unset: list[Unset] = []
    length = 0
    for part in parts:
        if isinstance(part, str):
            texts.append(part)
        else:
            expanded = _expand_reference(part, lookup, keep)
            texts.append(expanded.text)
            unset.extend(expanded.unset)
        length += len(texts[-1])
        if length > LONGEST:
            raise TemplateError(f"with its variables it has more than {LONGEST} characters", 0)
    return Expanded("".join(texts), tuple(unset))


def _expand_reference(part: Reference, lookup: Lookup, keep: Keep) -> Expanded:
    value = lookup(part.name)
    has_value = value is not None and bool(value.text or not part.form.startswith(":"))
    operator = part.form[-1:]
    if operator == "+":
        return expand(part.word, lookup, keep) if has_value else Expanded("")
    if value is not None and has_value:
        return value
    if operator == "-":
        return expand(part.word, lookup, keep)
    message = expand(part.word, lookup, keep).text
    return Expanded(keep(part.name), (Unset(part.name, message, operator == "?"),))


def references(parts: t.Sequence[Part]) -> t.Iterator[Reference]:
    """Every use of a variable, those in words too."""
    for part in parts:
        if isinstance(part, Reference):
            yield part
            yield from references(part.word)
