# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""A table of text for people."""

from __future__ import annotations

import typing as t

WIDEST = 100
"""Characters of a last column; more is cut."""


def make_table(heads: t.Sequence[str], rows: t.Iterable[t.Sequence[t.Any]]) -> list[str]:
    """Lines with aligned columns; None and '' are shown as a dash."""
    texts = [list(heads), *([_text(value) for value in row] for row in rows)]
    widths = [max(len(row[column]) for row in texts) for column in range(len(heads))]
    return [
        "  ".join(text.ljust(width) for text, width in zip(row, widths)).rstrip() for row in texts
    ]


def _text(value: t.Any) -> str:
    if isinstance(value, float):
        return f"{value:.1f}"
    text = "-" if value in (None, "") else " ".join(str(value).split())
    return text if len(text) <= WIDEST else f"{text[: WIDEST - 1]}…"
