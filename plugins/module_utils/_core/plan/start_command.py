# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""The command that a container or pod was created with, beside the one that its unit makes."""

from __future__ import annotations

import re
import typing as t

from ..mounts.expand import Environment, expand_words, sure_specifiers
from ..mounts.facts import ANYTHING, UNKNOWN
from ..quadlet.splitting import split_words

if t.TYPE_CHECKING:
    from ..mounts.facts import Ground


class Way(t.NamedTuple):
    """How a kind's object is created: the key of its service, the words of the command, and how
    Podman shows that command.
    """

    key: str
    verb: tuple[str, ...]
    inspect: tuple[str, ...]
    shown: str


WAYS: t.Final[t.Mapping[str, Way]] = {
    "container": Way("ExecStart", ("run",), ("container",), "{{json .Config.CreateCommand}}"),
    "pod": Way("ExecStartPre", ("pod", "create"), ("pod",), "{{json .CreateCommand}}"),
}
"""The kinds whose object keeps its command, by suffix.  A pod of a kube file keeps none."""


class Command(t.NamedTuple):
    """A command without the program: the name of its object, and its words."""

    name: str
    words: tuple[str, ...]


def declared_command(suffix: str, service: str, text: str, ground: Ground) -> Command | None:
    """The command of a generated service, with what systemd expands in it; None if there is none,
    or its name is not known before systemd expands it.
    """
    way = WAYS[suffix]
    table = sure_specifiers(service, ground)
    for line in re.findall(rf"(?m)^{way.key}=(.*)$", text):
        words = split_words(line)
        at = next((n for n in range(len(words)) if _verb_at(words, n) == way.verb), 0)
        if not at:
            continue
        words = [word.replace(VARIABLE, "") for word in words]
        marked = [VARIABLE if _LONE.match(word) else word for word in words[1:]]
        expanded = tuple(expand_words(marked, table, Environment(ground)))
        name = _name(expanded)
        return Command(name, expanded) if name and not _OPEN.search(name) else None
    return None


def _verb_at(words: t.Sequence[str], at: int) -> tuple[str, ...]:
    first = words[at] if at else ""
    return (first, *words[at + 1 : at + 2]) if first == "pod" else (first,)


def _name(words: t.Sequence[str]) -> str:
    for word, after in zip(words, [*words[1:], ""]):
        if word == "--name":
            return after
        if word.startswith("--name="):
            return word.partition("=")[2]
    return ""


def is_command(declared: Command, words: t.Sequence[str]) -> bool:
    """Whether an object was created with that command, whatever the order of its options.

    The generator writes pairs such as labels in an order of its own at each reload.
    words: as Podman keeps them, with the program.
    """
    left = sorted(words[1:])
    open_words = []
    for word in declared.words:
        if _OPEN.search(word):
            open_words.append(word)
        elif word in left:
            left.remove(word)
        else:
            return False
    for word in open_words:
        if word == VARIABLE:  # any number of words
            return True
        pattern = _OPEN.sub(".*", re.escape(word))
        found = next((text for text in left if re.fullmatch(pattern, text, re.DOTALL)), None)
        if found is None:
            return False
        left.remove(found)
    return not left


def is_text(declared: str, loaded: str) -> bool:
    """Whether a generated service's file is that of a dry run, whatever the order of its pairs.

    The file begins with comments that a dry run does not print.
    """
    return _words(declared) == _words(loaded)


def _words(text: str) -> list[str]:
    return sorted(word for line in text.split("\n") if line[:1] != "#" for word in line.split())


VARIABLE = "\x02"
"""Stands for a word that is a variable alone: systemd makes any number of words of it."""
_LONE = re.compile(r"\$[A-Za-z_]")
_OPEN = re.compile(f"\\\\?[{UNKNOWN}{ANYTHING}{VARIABLE}]")
