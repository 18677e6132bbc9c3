# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""The texts of a result, in their order, and the result with others in their place."""

from __future__ import annotations

import typing as t

FIXED = frozenset(
    {"name", "user", "location", "state", "app", "unit", "service", "action", "phase"}
    | {"active", "sub", "result", "job", "health", "level", "rule"}
)
"""Keys of names from the inventory and of words that playbooks compare: none holds anything that
a service has written."""


def list_texts(item: t.Any) -> list[str]:
    """All texts but keys and the values of FIXED."""
    texts: list[str] = []

    def take(text: str) -> str:
        texts.append(text)
        return text

    _rebuilt(item, take)
    return texts


def with_texts(item: t.Any, texts: t.Sequence[str]) -> t.Any:
    """The same result with these texts."""
    left = iter(texts)
    return _rebuilt(item, lambda _text: next(left))


def _rebuilt(item: t.Any, change: t.Callable[[str], str]) -> t.Any:
    if isinstance(item, str):
        return change(item)
    if isinstance(item, t.Mapping):
        return {
            key: value if key in FIXED and isinstance(value, str) else _rebuilt(value, change)
            for key, value in item.items()
        }
    if isinstance(item, (list, tuple)):
        return [_rebuilt(value, change) for value in item]
    return item
