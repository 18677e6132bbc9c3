# Copyright (c) quadlet.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What benchmarks make of their samples: medians, ratios, the file, memory by process."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import sys

import pytest

from tests.benchmarks import fleet, memory, peaks
from tests.benchmarks.samples import Figures, ratio, summarise, to_text, with_figures

ROWS = [
    {"what": "first", "at": 1, "way": "a", "unit": "s", "samples": [2.0, 4.0, 9.0]},
    {"what": "first", "at": 1, "way": "b", "unit": "s", "samples": [1.0, 1.0]},
    {"what": "again", "at": 9, "way": "a", "unit": "s", "samples": [3.0]},
]


@pytest.mark.parametrize(
    ("samples", "median", "low", "high"),
    [([1], 1, 1, 1), ([3, 1, 2], 2, 1, 3), ([1, 2], 1.5, 1, 2), ([5, 5, 1, 9, 5], 5, 1, 9)],
)
def test_a_summary(samples: list[float], median: float, low: float, high: float) -> None:
    assert summarise(samples) == (median, low, high, len(samples))


@pytest.mark.parametrize(
    ("samples", "to", "median"),
    [
        ([2, 4, 6], [1, 2, 3], 2),
        ([2, 40, 6], [1, 20, 2], 2),  # a turn under load slows both
        ([2, 100, 3], [1, 1, 1], 3),
        ([2, 4], [1, 1, 1], 3),  # fewer turns: the same ones of both
    ],
)
def test_a_ratio_is_that_of_each_turn(samples: list[float], to: list[float], median: float) -> None:
    assert ratio(samples, to).median == median


def test_figures_are_found_by_what_number_and_way() -> None:
    figures = Figures(json.loads(json.dumps(ROWS)))
    assert figures.summary("first", 1, "a") == (4, 2, 9, 3)
    assert figures.summary("first", 2, "a") is None
    assert figures.ratio("first", 1, "a", "b") == (3, 2, 4, 2)
    assert figures.ratio("again", 9, "a", "b") is None
    assert figures.counts("first") == [1]
    assert figures.counts("again", "b") == []
    assert figures.ways("first") == ["a", "b"]
    figures.add("again", 9, "a", 5.00004)
    figures.add("again", 10, "b", 7, "MiB")
    assert figures.samples("again", 9, "a") == [3.0, 5.0]
    assert figures.rows[-1] == {
        "what": "again", "at": 10, "way": "b", "unit": "MiB", "samples": [7],
    }  # fmt: skip


def test_the_file_has_medians_and_ratios() -> None:
    rows = with_figures(ROWS, "b")
    assert rows[0] == {**ROWS[0], "median": 4, "low": 2, "high": 9, "ratio": 3, "to": "b"}
    assert "ratio" not in rows[2]
    results = {"y": {"load": [1, 2, 3], "rows": rows}, "x": {"rows": rows[:1]}}
    text = to_text(results)
    assert json.loads(text) == results
    assert len(text.splitlines()) == 4 + 2 * 4 + 1 + 3 + 1 - 2


def test_memory_is_that_of_the_module_and_of_children_of_the_user() -> None:
    rows = [
        {"first": True, "uid": 0, "program": "python3.13", "peak": 30 * 1024},
        {"first": True, "uid": 0, "program": "python3.13", "peak": 20 * 1024},
        {"first": False, "uid": 1000, "program": "podman", "peak": 90 * 1024},
        {"first": False, "uid": 1000, "program": "python3.13", "peak": 25 * 1024},
        {"first": False, "uid": 0, "program": "python3.13", "peak": 40 * 1024},
    ]
    assert memory.pick(rows) == {"module": 30, "child": 25}
    assert memory.pick(rows[:1]) == {"module": 30}


def test_memory_of_the_controller_is_that_of_the_main_process_and_of_forks() -> None:
    rows = [
        {"first": False, "program": "ssh", "peak": 9216, "own": 9216},
        {"first": False, "program": "python3.11", "peak": 51200, "own": 2048},
        {"first": False, "program": "python3.11", "peak": 40960, "own": 3072},
        {"first": True, "program": "python3.11", "peak": 61440, "own": 9000},
    ]
    assert fleet.pick(rows) == {"main": 60, "fork": 50, "own": 3}


ALLOCATES = """
import os, sys
if not os.fork():
    held = b"x" * (64 << 20)
    del held
    os._exit(0)
os.wait()
held = b"x" * (32 << 20)
sys.exit(7)
"""


def test_peaks_are_seen_in_each_process(tmp_path: pathlib.Path) -> None:
    """Traced processes: what one has held and let go counts, and the exit status is handed on."""
    log = tmp_path / "log"
    done = subprocess.run(
        [sys.executable, peaks.__file__, str(log), sys.executable, "-c", ALLOCATES], check=False
    )
    assert done.returncode == 7
    child, parent = map(json.loads, log.read_text(encoding="utf-8").splitlines())
    assert (child["first"], parent["first"]) == (False, True)
    assert child["parent"] == parent["pid"]
    assert (child["uid"], child["program"]) == (os.getuid(), parent["program"])
    assert child["peak"] - child["own"] > 60 * 1024  # let go before its end
    assert 32 * 1024 < parent["peak"] < child["peak"] < 120 * 1024
