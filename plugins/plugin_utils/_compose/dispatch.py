# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Hands each key to the handler of its row, and refuses keys that no row has."""

from __future__ import annotations

import typing as t

from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.reading import (
    NOTHING,
    Scope,
    UnfitError,
    refusing,
)
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.table import (
    Branching,
    Row,
    row_of,
    suggest,
)
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.taking import Branch

S = t.TypeVar("S", bound=Scope)
Handler = t.Callable[[S, Branch, Row], None]
Handlers = t.Mapping[str, Handler[S]]

_WITH_EMPTY: t.Final = frozenset({"command", "entrypoint"})


def dispatch(scope: S, branch: Branch, handlers: Handlers[S]) -> None:
    """Reads a mapping: each key by the handler of its row.  Goes on behind what is refused."""
    if not branch.is_mapping:
        raise UnfitError(branch, "it is no mapping")
    branch.head().exact()
    for part in branch.parts():
        row = row_of(part.trail)
        if row is None or part.is_taken:
            continue
        if not row.handler:
            _settle_empty(part)
            continue
        with refusing(part):
            _read(scope, part, row, handlers)


def _settle_empty(part: Branch) -> None:
    """What the handler above reads, should there be something."""
    if part.is_empty:
        part.take().exact(NOTHING)


def _read(scope: S, part: Branch, row: Row, handlers: Handlers[S]) -> None:
    if part.is_empty and row.handler not in _WITH_EMPTY:
        part.take().exact(NOTHING)
    elif row.handler == "walk":
        dispatch(scope, part, handlers)
    elif row.handler in SETTLE:
        SETTLE[row.handler](part, row)
    else:
        handlers[row.handler](scope, part, row)


SETTLE: t.Final[dict[str, t.Callable[[Branch, Row], None]]] = {
    "exact": lambda part, row: part.take().exact(row.text),
    "drop": lambda part, row: part.take().dropped(row.text, row.remedy),
    "refuse": lambda part, row: part.take().refused(row.text, row.remedy),
}
"""Handlers of keys of which nothing is written."""


def _refuse_number(part: Branch, place: Branching) -> None:
    """Refuses a number or a boolean where only a text may stand, as Compose does."""
    value = part.node.value
    if place.row and place.row.forms == "string" and isinstance(value, (bool, int, float)):
        part.take().refused("it is no text", f"Write '{part.node.text or value}', in quotes.")


def refuse_unknown(branch: Branch, place: Branching) -> None:
    """Refuses keys that no row has, as Compose does; extensions have no effect."""
    if branch.is_list and "[]" in place.children:
        for item in branch.each():
            refuse_unknown(item, place.children["[]"])
    if not branch.is_mapping or not place.children:
        return
    for key, part in branch.items():
        below = place.step(key)
        if below:
            _refuse_number(part, below)
            refuse_unknown(part, below)
        elif key.startswith("x-"):
            part.take().exact("an extension")
        elif not place.is_free:
            part.take().refused("there is no such key", suggest(key, place))
