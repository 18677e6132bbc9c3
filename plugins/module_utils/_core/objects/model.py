# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Differences between a network or volume and what its unit declares."""

from __future__ import annotations

import re
import typing as t

if t.TYPE_CHECKING:
    from .create_command import CreateCommand

_PASSWORD = re.compile(r"(?i)\b(\w*pass(?:word|wd)?2?)=[^,']*")


class Difference(t.NamedTuple):
    """A value that an object has not as its unit declares it.

    key: of the unit, with the name of the pair or the subnet.  there, declared: None where there
    is none.
    """

    key: str
    there: str | None
    declared: str | None

    def __str__(self) -> str:
        there, declared = (
            "nothing" if value is None else f"'{value}'" for value in (self.there, self.declared)
        )
        return without_password(f"{self.key}: there {there}, declared {declared}")


def without_password(text: str) -> str:
    """The text without values of options that are passwords."""
    return _PASSWORD.sub(r"\1=...", text)


class Judged(t.NamedTuple):
    """A service's object, as the host has it.

    there: whether it is there at all.  made_at: its creation, in seconds since the epoch.
    differences: from what its unit declares; None where the two can't be compared.
    unclear: parts of its command that were not compared.
    """

    there: bool
    made_at: float = 0.0
    differences: tuple[Difference, ...] | None = None
    unclear: tuple[str, ...] = ()


ANY: t.Final = "\x01"
"""A declared value that leaves the choice to Podman, or is not known before systemd expands it."""

Row = tuple[str, t.Optional[str], t.Optional[str]]
"""A key, its value there, and the declared one."""

Rows = t.Callable[["CreateCommand", t.Mapping[str, t.Any]], t.Iterator[Row]]


def pair_rows(
    key: str, there: t.Mapping[str, str], declared: t.Mapping[str, str]
) -> t.Iterator[Row]:
    """The rows of a key that repeats, with pairs.

    Where the name of a declared one is not known, it may be any that is there.
    """
    known = {name for name in declared if ANY not in name}
    for name in sorted({*there, *known} if len(known) == len(declared) else known):
        yield f"{key} {name}", there.get(name), declared.get(name)


def is_pool_matter(row: Difference) -> bool:
    """Whether only a subnet is in question that containers.conf may have Podman choose."""
    return row.key == "Subnet" and row.declared is None
