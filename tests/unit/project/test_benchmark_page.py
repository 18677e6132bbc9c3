# Copyright (c) quadlet.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the page of benchmarks makes of figures: tables and plots."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET

import pytest

from tests.benchmarks.record import RESULTS
from tests.benchmarks.samples import ratio, summarise
from tests.pages import benchmarks
from tests.pages.benchmark_plots import PLOTS
from tests.pages.plot import Axis, Point, Series, make_plot, make_ticks, place, spread_labels
from tests.unit.support.together import together


@pytest.mark.parametrize(
    ("low", "high", "log", "ticks"),
    [
        (0.4, 97, True, [0.2, 0.5, 1, 2, 5, 10, 20, 50, 100]),
        (1, 1, True, [1, 2]),
        (0.9, 10, True, [0.5, 1, 2, 5, 10]),
        (1, 2.8, False, [0, 0.5, 1, 1.5, 2, 2.5, 3]),
        (1, 200, False, [0, 50, 100, 150, 200]),
        (60, 61, False, [0, 20, 40, 60, 80]),
    ],
)
def test_ticks_are_round_and_enclose(
    low: float, high: float, log: bool, ticks: list[float]
) -> None:
    assert make_ticks(low, high, log=log) == ticks


@pytest.mark.parametrize(
    ("value", "ticks", "log", "pixel"),
    [
        (0, [0, 10], False, 100),
        (5, [0, 10], False, 150),
        (10, [0, 10], False, 200),
        (1, [1, 100], True, 100),
        (10, [1, 10, 100], True, 150),
        (100, [1, 100], True, 200),
        (20, [20], True, 150),  # one number of units so far
        (8, [8], False, 150),
    ],
)
def test_a_place_on_an_axis(value: float, ticks: list[float], log: bool, pixel: float) -> None:
    assert place(value, ticks, (100, 200), log) == pixel


@pytest.mark.parametrize(
    ("places", "spread"),
    [
        ([10, 50], [10, 50]),
        ([50, 10], [50, 10]),
        ([10, 12, 14], [10, 20, 30]),
        ([14, 12, 10], [30, 20, 10]),
        ([95, 99], [90, 100]),
        ([], []),
    ],
)
def test_labels_keep_a_distance(places: list[float], spread: list[float]) -> None:
    assert spread_labels(places, 10, 100) == spread


@together("log", [False, True])
@together(
    "points", [[], [Point(1, 0.5, 0.5, 0.5)], [Point(1, 1, 1, 1), Point(9, 0.001, 0.001, 70)]]
)
def test_a_plot_of_whatever_was_measured_so_far(points: list[Point], log: bool) -> None:
    series = [Series("a", "ours", points), Series("b", "ping", points[:1])]
    counts = tuple(point.x for point in points)
    for axis in (Axis("x", log, counts), Axis("x", log)):
        picture = ET.fromstring(make_plot("t", axis, Axis("y", log), series))
        assert any(node.text == "not measured yet" for node in picture.iter()) is not bool(points)


def test_a_plot_has_titles_units_labels_and_points() -> None:
    series = [
        Series("we & they", "ours", [Point(1, 2, 1.5, 3), Point(10, 20, 18, 25)]),
        Series("ping", "ping", [Point(1, 1, 1, 1)]),
        Series("nobody", "raw", []),
    ]
    picture = ET.fromstring(make_plot("Time", Axis("units", log=True), Axis("seconds"), series))
    texts = [node.text for node in picture.iter() if node.tag.endswith("text")]
    assert {"Time", "units", "seconds", "we & they", "ping"} <= set(texts)
    assert "nobody" not in texts
    assert sum(node.tag.endswith("circle") for node in picture.iter()) == 3


@pytest.mark.parametrize("name", PLOTS)
def test_a_picture_stays_within_its_frame(name: str) -> None:
    picture = ET.fromstring(PLOTS[name]())
    _x, _y, width, height = map(float, picture.attrib["viewBox"].split())
    for node in picture.iter():
        if node.tag.endswith("text"):
            wide = len(node.text or "") * 7.2
            left = float(node.attrib["x"])
            ends = {"start": left + wide, "middle": left + wide / 2, "end": left}
            assert "transform" in node.attrib or ends[node.attrib["text-anchor"]] <= width, (
                node.text
            )
            assert 0 <= float(node.attrib["y"]) <= height


@pytest.mark.parametrize(
    ("samples", "times", "cell"),
    [
        ([1.0, 1.1, 1.2, 1.3, 1.4], None, "1.20 s [1.00-1.40]"),
        ([1.0, 2.0], [1.0, 4.0], "1.50 s [1.00-2.00 of 2] (0.75x)"),
        ([30.0], None, "30.0 s [one run]"),
        ([], None, "-"),
    ],
)
def test_a_cell(samples: list[float], times: list[float] | None, cell: str) -> None:
    summary = summarise(samples) if samples else None
    assert benchmarks.show(summary, "s", ratio(samples, times) if times else None) == cell


def test_the_page_has_every_block_and_each_part_was_measured() -> None:
    text = (benchmarks.ROOT / benchmarks.PAGE).read_text(encoding="utf-8")
    assert [name for _begin, name, _end in benchmarks.BLOCK.findall(text)] == list(
        benchmarks.BLOCKS
    )
    results = json.loads(RESULTS.read_text(encoding="utf-8"))
    assert all(f"| `{name}` | {part['begun'][:10]}" in text for name, part in results.items())
    assert all(f"]({name.removeprefix('docs/')})" in text for name in PLOTS)
