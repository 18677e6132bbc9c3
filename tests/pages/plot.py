"""A plot of series over a number, as an SVG: axes with ticks, lines with spread, direct labels."""

from __future__ import annotations

import math
import typing as t

from tests.pages.svg import Picture

WIDTH, HEIGHT = 860, 430
LEFT, RIGHT, TOP, BOTTOM = 66, 200, 44, 54
LABEL_GAP = 17
COLOURS = {
    "ours": ("#0b62c4", "#6cb2ff"),
    "also": ("#7a3fb0", "#c79bf2"),
    "third": ("#0a7d6b", "#4fd0b8"),
    "ping": ("#5a6570", "#a9b4bf"),
    "raw": ("#2c7a33", "#7ccf83"),
    "builtin": ("#a35a00", "#f0ad52"),
    "podman": ("#b3261e", "#ff8f86"),
}
"""By kind of line: on light paper, on dark."""


def _rules(number: int) -> str:
    return "".join(
        f".line-{kind} {{ stroke: {pair[number]}; }} .dot-{kind} {{ fill: {pair[number]}; }} "
        f"text.label-{kind} {{ fill: {pair[number]}; }}\n"
        for kind, pair in COLOURS.items()
    )


STYLE = (
    "polyline { fill: none; stroke-width: 1.8; }\n"
    "polyline.line-ours { stroke-width: 3; }\n"
    "polyline.spread, polyline.leader { stroke-width: 1; }\n"
    ".grid { stroke: #e2e3de; stroke-width: 1; }\n.axis { stroke: #7b8794; stroke-width: 1; }\n"
    "text.bold { font-weight: 600; }\n"
    "text.label { paint-order: stroke; stroke: #fbfbf9; stroke-width: 4px; }\n"
    + _rules(0)
    + "@media (prefers-color-scheme: dark) {\n"
    "text { fill: #e6e9ed; } text.small { fill: #a9b4bf; }\n"
    ".paper { fill: #16191d; stroke: #343a42; }\n"
    "text.label { stroke: #16191d; }\n"
    ".grid { stroke: #2a3037; } .axis { stroke: #7b8794; }\n" + _rules(1) + "}\n"
)


class Point(t.NamedTuple):
    """A median with its spread."""

    x: float
    y: float
    low: float
    high: float


class Series(t.NamedTuple):
    """A line.  kind: one of COLOURS."""

    label: str
    kind: str
    points: t.Sequence[Point]


class Axis(t.NamedTuple):
    """title: with the unit.  log: each factor as wide as the next.  at: the ticks, if not made."""

    title: str
    log: bool = False
    at: tuple[float, ...] = ()


def make_ticks(low: float, high: float, *, log: bool) -> list[float]:
    """Round numbers that enclose low and high: 1, 2 and 5 times powers of ten."""
    steps = [m * 10.0**e for e in range(-4, 7) for m in (1, 2, 5)]
    if log:
        first = max(
            number for number, step in enumerate(steps) if step <= low * 1.0001 or not number
        )
        last = min(number for number, step in enumerate(steps) if step >= high * 0.9999)
        return [round(step, 6) for step in steps[first : max(last, first + 1) + 1]]
    step = min(one for one in steps if high / one <= 6)
    return [round(step * number, 6) for number in range(math.ceil(high / step - 1e-9) + 1)]


def place(value: float, ticks: t.Sequence[float], pixels: tuple[float, float], log: bool) -> float:
    """Where a value is between the pixels of the first and last tick; a lone one in the middle."""
    low, high = ticks[0], ticks[-1]
    if low == high:
        return sum(pixels) / 2
    part = math.log(value / low) / math.log(high / low) if log else (value - low) / (high - low)
    return round(pixels[0] + part * (pixels[1] - pixels[0]), 1)


def spread_labels(places: t.Sequence[float], gap: float, most: float) -> list[float]:
    """Places in their order, moved as little as keeps a gap between them, none below most."""
    order = sorted(range(len(places)), key=lambda number: places[number])
    moved = [places[number] for number in order]
    for number in range(1, len(moved)):
        moved[number] = max(moved[number], moved[number - 1] + gap)
    limit = most
    for number in range(len(moved) - 1, -1, -1):
        moved[number] = min(moved[number], limit)
        limit = moved[number] - gap
    found = dict(zip(order, moved))
    return [found[number] for number in range(len(places))]


def make_plot(title: str, x_axis: Axis, y_axis: Axis, series: t.Sequence[Series]) -> str:
    """The file's text; series without a point are left out."""
    series = [one for one in series if one.points]
    picture = Picture(WIDTH, HEIGHT, title, STYLE)
    picture.text(LEFT, 26, title, "bold")
    if not series:
        picture.text(LEFT, HEIGHT / 2, "not measured yet")
        return picture.write()
    points = [point for one in series for point in one.points]
    x_ticks = _ticks(x_axis, [point.x for point in points])
    y_ticks = _ticks(y_axis, [*(p.low for p in points), *(p.high for p in points)])
    across, up = (LEFT, WIDTH - RIGHT), (HEIGHT - BOTTOM, TOP)
    _draw_axes(picture, (x_axis, x_ticks), (y_axis, y_ticks))

    def put(x: float, y: float) -> tuple[float, float]:
        return (place(x, x_ticks, across, x_axis.log), place(y, y_ticks, up, y_axis.log))

    for one in series:
        picture.line([put(point.x, point.y) for point in one.points], f"line-{one.kind}")
        for point in one.points:
            spread = [put(point.x, point.low), put(point.x, point.high)]
            picture.line(spread, f"spread line-{one.kind}")
            picture.dot(*put(point.x, point.y), f"dot-{one.kind}")
    _draw_labels(picture, [(one, put(one.points[-1].x, one.points[-1].y)) for one in series])
    return picture.write()


def _draw_labels(picture: Picture, ends: t.Sequence[tuple[Series, tuple[float, float]]]) -> None:
    """Each beside the end of its line; those of lines that end together keep a distance."""
    for right in dict.fromkeys(x for _one, (x, _y) in ends):
        group = [(one, y) for one, (x, y) in ends if x == right]
        heights = spread_labels([y for _one, y in group], LABEL_GAP, HEIGHT - BOTTOM)
        for (one, y), height in zip(group, heights):
            if abs(height - y) > 3:
                picture.line([(right + 5, y), (right + 16, height)], f"leader line-{one.kind}")
            bold = " bold" if one.kind == "ours" else ""
            picture.text(right + 18, height + 4, one.label, f"label label-{one.kind}{bold}")


def _ticks(axis: Axis, values: t.Sequence[float]) -> list[float]:
    return list(axis.at) or make_ticks(min(values), max(values), log=axis.log)


def _draw_axes(picture: Picture, x: tuple[Axis, list[float]], y: tuple[Axis, list[float]]) -> None:
    (x_axis, x_ticks), (y_axis, y_ticks) = x, y
    right, floor = WIDTH - RIGHT, HEIGHT - BOTTOM
    for tick in x_ticks:
        at = place(tick, x_ticks, (LEFT, right), x_axis.log)
        picture.line([(at, TOP), (at, floor)], "grid")
        picture.text(at, floor + 18, f"{tick:g}", "small", "middle")
    for tick in y_ticks:
        at = place(tick, y_ticks, (floor, TOP), y_axis.log)
        picture.line([(LEFT, at), (right, at)], "grid")
        picture.text(LEFT - 8, at + 4, f"{tick:g}", "small", "end")
    picture.line([(LEFT, TOP), (LEFT, floor), (right, floor)], "axis")
    picture.text((LEFT + right) / 2, HEIGHT - 14, x_axis.title, "", "middle")
    picture.text(22, (TOP + floor) / 2, y_axis.title, "", "middle", -90)
