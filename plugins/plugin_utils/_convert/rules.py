# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""The rules of a conversion: id and what holds; why.

A remark of the report names its rule; docs explain them from this table.
"""

from __future__ import annotations

import typing as t


class Rule(t.NamedTuple):
    """A rule.  summary: what the conversion does.  why: the difference that it bridges."""

    id: str
    summary: str
    why: str


def _parse_rules(table: str) -> dict[str, Rule]:
    rules = {}
    for block in table.strip().replace("\n    ", "\v").split("\n"):
        head, *why = block.split("\v")
        name, summary = head.split(None, 1)
        if name in rules:
            raise ValueError(f"two rules {name}")
        rules[name] = Rule(name, summary, " ".join(why))
    return rules


RULES: t.Final[dict[str, Rule]] = _parse_rules(
    """
anonymous-volume    A volume without a name becomes a .volume unit with one.
    An anonymous volume is deleted whenever the service stops; Docker keeps it.
"""
)
