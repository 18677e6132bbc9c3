# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Specifiers and variables of systemd inside values of the model.

The model's values are data, and the writer escapes them.  Where a value of a unit of systemd's own
stands for something that only the host knows (`%h`, `${NAME}`), marks stand for the character that
must stay as it is, and the written text gets it back.  A path begins with its slash all the while,
so that every rule sees a path.
"""

from __future__ import annotations

import typing as t

from ansible_collections.quadlet.fleet.plugins.module_utils._core.quadlet.render import render_unit

PERCENT: t.Final = "\ue025"
DOLLAR: t.Final = "\ue024"
_AT_ROOT: t.Final = "\ue02f"

ROOT_PERCENT: t.Final = f"/{_AT_ROOT}{PERCENT}"
ROOT_DOLLAR: t.Final = f"/{_AT_ROOT}{DOLLAR}"
"""The same at the beginning of a path."""

_MARKS = (ROOT_PERCENT, ROOT_DOLLAR, PERCENT, DOLLAR)


def has_marks(text: str) -> bool:
    """Whether a text holds a mark, which no text that is given may."""
    return any(mark in text for mark in (PERCENT, DOLLAR, _AT_ROOT))


def restore(text: str) -> str:
    """The text as systemd reads it."""
    for mark in _MARKS:
        text = text.replace(mark, "%" if mark.endswith(PERCENT) else "$")
    return text


def restore_units(units: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """Units with what the marks stand for; such a unit becomes a text."""
    return {
        name: restore(render_unit(name, unit)) if _holds_marks(unit) else unit
        for name, unit in units.items()
    }


def _holds_marks(value: t.Any) -> bool:
    if isinstance(value, t.Mapping):
        return any(_holds_marks(key) or _holds_marks(part) for key, part in value.items())
    if isinstance(value, (list, tuple)):
        return any(_holds_marks(part) for part in value)
    return isinstance(value, str) and has_marks(value)
