# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""The words behind run or create: options, the image, and the words of its command."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.quadlet.fleet.plugins.plugin_utils._run.options import (
    RUN,
    Row,
    Table,
)

_MOST_FAULTS: t.Final = 100


@dataclasses.dataclass(frozen=True)
class Argument:
    """An option as it was given.  index: of its first word.  value: of a flag '', or its word."""

    row: Row
    value: str
    index: int


@dataclasses.dataclass
class Arguments:
    """image: its index, or None.  faults: (index, what is wrong, remedy)."""

    options: list[Argument] = dataclasses.field(default_factory=list)
    image: int | None = None
    command: int = 0
    faults: list[tuple[int, str, str]] = dataclasses.field(default_factory=list)


def parse_arguments(words: t.Sequence[str], table: Table = RUN) -> Arguments:
    """Reads words as pflag does: the first that is no option, and no option's value, is the image;
    what follows it is the command.
    """
    found = Arguments(command=len(words))
    index = 0
    while index < len(words):
        word = words[index]
        if word == "--":
            index += 1
            break
        if not word.startswith("-") or word == "-" or len(found.faults) >= _MOST_FAULTS:
            break
        index = _read_long(words, index, found, table) if word.startswith("--") else _read_short(
            words, index, found, table
        )  # fmt: skip
    if index < len(words):
        found.image, found.command = index, index + 1
    return found


def _read_long(words: t.Sequence[str], index: int, found: Arguments, table: Table) -> int:
    name, equals, value = words[index].partition("=")
    row = table.find(name)
    if row is None:
        found.faults.append((index, f"there is no option {name}", table.suggest(name)))
        meant = table.near(name)
        return index + (2 if meant and not meant.flag and not equals else 1)
    if row.flag or equals:
        found.options.append(Argument(row, value if equals else "", index))
        return index + 1
    return _take_next(words, index, row, found)


def _take_next(words: t.Sequence[str], index: int, row: Row, found: Arguments) -> int:
    if index + 1 >= len(words):
        found.faults.append((index, f"{row.name} has no value", "Give it one."))
        return index + 1
    found.options.append(Argument(row, words[index + 1], index))
    return index + 2


def _read_short(words: t.Sequence[str], index: int, found: Arguments, table: Table) -> int:
    letters = words[index][1:]
    for place, letter in enumerate(letters):
        row = table.short.get(letter)
        if row is None:
            found.faults.append(
                (index, f"there is no option -{letter}", table.suggest(f"--{letters}"))
            )
            return index + 1
        rest = letters[place + 1 :]
        if rest.startswith("="):
            found.options.append(Argument(row, rest[1:], index))
            return index + 1
        if not row.flag and rest:
            found.options.append(Argument(row, rest, index))
            return index + 1
        if not row.flag:
            return _take_next(words, index, row, found)
        found.options.append(Argument(row, "", index))
    return index + 1
