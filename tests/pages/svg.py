"""A few shapes of SVG, for the pictures of the documentation."""

from __future__ import annotations

import html
import typing as t

STYLE = """\
text { font-family: system-ui, sans-serif; font-size: 13px; fill: #1f2933; }
text.small { font-size: 11px; fill: #52606d; }
text.title { font-weight: 600; }
text.code { font-family: ui-monospace, monospace; font-size: 12px; }
.paper { fill: #fbfbf9; stroke: #d9d9d4; }
.box { fill: #ffffff; stroke: #7b8794; }
.area { fill: #f0f1ee; stroke: #c5cbd3; }
.reads { fill: #e3effb; stroke: #6b95c4; }
.makes { fill: #fdf1d8; stroke: #c49a45; }
.writes { fill: #fbe4dd; stroke: #c67558; }
.good { fill: #e2f3e4; stroke: #63a06b; }
.bad { fill: #f8d9d5; stroke: #b8433a; }
.line { fill: none; stroke: #52606d; stroke-width: 1.4; marker-end: url(#tip); }
"""
TIP = (
    '<marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" '
    'orient="auto"><path d="M0 0 8 4 0 8z" fill="#52606d"/></marker>'
)


class Picture:
    """An SVG that grows by shapes.  title: what a screen reader says of it; style: more rules."""

    def __init__(self, width: int, height: int, title: str, style: str = "") -> None:
        self._width, self._height, self._title = width, height, title
        self._style = STYLE + style
        self._parts: list[str] = []
        self.box(1, 1, width - 2, height - 2, "", kind="paper")

    def box(self, x: int, y: int, width: int, height: int, text: str, kind: str = "box") -> None:
        """A box with lines of text in its middle."""
        self._parts.append(
            f'<rect class="{kind}" x="{x}" y="{y}" width="{width}" height="{height}" rx="6"/>'
        )
        lines = text.split("\n") if text else []
        first = y + height // 2 - (len(lines) - 1) * 8 + 4
        for number, line in enumerate(lines):
            style = "" if number == 0 else "small"
            self.text(x + width // 2, first + number * 16, line, style, anchor="middle")

    def text(
        self, x: float, y: float, text: str, kind: str = "", anchor: str = "start", turn: int = 0
    ) -> None:
        """A line of text.  turn: by so many degrees about its place."""
        turned = f' transform="rotate({turn} {x:g} {y:g})"' if turn else ""
        self._parts.append(
            f'<text class="{kind}" x="{x:g}" y="{y:g}" text-anchor="{anchor}"{turned}>'
            f"{html.escape(text)}</text>"
        )

    def line(self, points: t.Iterable[tuple[float, float]], kind: str) -> None:
        """A line through points, without a tip."""
        told = " ".join(f"{x:g},{y:g}" for x, y in points)
        self._parts.append(f'<polyline class="{kind}" points="{told}"/>')

    def dot(self, x: float, y: float, kind: str) -> None:
        """A point."""
        self._parts.append(f'<circle class="{kind}" cx="{x:g}" cy="{y:g}" r="3.5"/>')

    def arrow(self, *points: tuple[int, int]) -> None:
        """A line through points, with a tip."""
        self._parts.append(
            f'<polyline class="line" points="{" ".join(f"{x},{y}" for x, y in points)}"/>'
        )

    def write(self) -> str:
        """The file's text."""
        size = f'viewBox="0 0 {self._width} {self._height}" width="{self._width}"'
        head = f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img">'
        lines: t.Iterable[str] = (
            head,
            f"<title>{html.escape(self._title)}</title>",
            f"<style>\n{self._style}</style>",
            TIP,
            *self._parts,
            "</svg>\n",
        )
        return "\n".join(lines)
