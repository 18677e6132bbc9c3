# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Parses a unit's text as sections, in the form that render_unit() takes."""

from __future__ import annotations

import typing as t

from .keys import SECTIONS
from .unitfile import parse_unit

Sections = dict[str, dict[str, t.Any]]


def unit_data(name: str, text: str) -> Sections:
    """{section: {key: value}} of a unit's text; values are unchanged lines of syntax.

    A key that may repeat has a list, in which an empty string is a reset; a key that takes one
    value has its last value.  Repeated keys of systemd's own sections have a list.  Comments are
    dropped.
    """
    unit = parse_unit(name, text, forgiving=True)
    sections: Sections = {section: {} for section in unit.sections}
    for entry in unit.entries:
        row = SECTIONS.get(entry.section, {}).get(entry.key)
        keys = sections[entry.section]
        if row and not row.repeats:
            keys[entry.key] = entry.value
        elif entry.key in keys:
            keys[entry.key] = [*_listed(keys[entry.key]), entry.value]
        else:
            keys[entry.key] = [entry.value] if row else entry.value
    return sections


def _listed(value: t.Any) -> list[str]:
    return value if isinstance(value, list) else [value]
