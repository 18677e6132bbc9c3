# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""A document in few bytes: texts and shapes of records are written once.

In packed data an integer is a text (its number in `texts`), a text is a number, a list is a list,
and a record is {number of its shape: values}.  page.js unpacks it.
"""

from __future__ import annotations

import typing as t


def pack(document: t.Any) -> dict[str, t.Any]:
    """The packed document, of what JSON can hold."""
    packer = _Packer()
    data = packer.pack(document)
    return {"texts": [*packer.texts], "shapes": [*map(list, packer.shapes)], "data": data}


class _Packer:
    def __init__(self) -> None:
        self.texts: dict[str, int] = {}
        self.shapes: dict[tuple[str, ...], int] = {}

    def pack(self, value: t.Any) -> t.Any:
        if isinstance(value, str):
            return self.texts.setdefault(value, len(self.texts))
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, (int, float)):
            return str(value)
        if isinstance(value, t.Mapping):
            shape = self.shapes.setdefault(tuple(value), len(self.shapes))
            return {str(shape): [self.pack(part) for part in value.values()]}
        return [self.pack(part) for part in value]
