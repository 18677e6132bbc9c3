# Copyright (c) quadlet.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What samples say: median and spread, ratios of pairs, and the text of the results file."""

from __future__ import annotations

import json
import statistics
import typing as t

Row = dict[str, t.Any]
"""A series of samples: what, at (how many units or hosts), way, unit (s, MiB …), samples, and
what follows from them (see with_figures)."""


class Summary(t.NamedTuple):
    """Of some samples."""

    median: float
    low: float
    high: float
    number: int


def summarise(samples: t.Sequence[float]) -> Summary:
    """Median, and the least and most."""
    return Summary(statistics.median(samples), min(samples), max(samples), len(samples))


def ratio(samples: t.Sequence[float], to: t.Sequence[float]) -> Summary:
    """How many times the others' these are, turn by turn: the two of a turn shared the load.

    A way that has fewer turns is compared with the others' same turns.
    """
    return summarise([one / other for one, other in zip(samples, to)])


class Figures:
    """The rows of a part."""

    def __init__(self, rows: t.Iterable[Row]) -> None:
        self.rows = list(rows)

    def samples(self, what: str, at: int, way: str) -> list[float]:
        """Of a series; empty where it was not measured."""
        return next((row["samples"] for row in self.rows if _key(row) == (what, at, way)), [])

    def summary(self, what: str, at: int, way: str) -> Summary | None:
        """Of a series that was measured."""
        samples = self.samples(what, at, way)
        return summarise(samples) if samples else None

    def ratio(self, what: str, at: int, way: str, to: str) -> Summary | None:
        """Of two series that were measured in turn."""
        samples, others = self.samples(what, at, way), self.samples(what, at, to)
        return ratio(samples, others) if samples and others else None

    def counts(self, what: str, way: str | None = None) -> list[int]:
        """For how many units or hosts there are samples."""
        return sorted({r["at"] for r in self.rows if r["what"] == what and way in (None, r["way"])})

    def ways(self, what: str) -> list[str]:
        """In the order in which they were measured."""
        return list(dict.fromkeys(row["way"] for row in self.rows if row["what"] == what))

    def add(self, what: str, at: int, way: str, sample: float, unit: str = "s") -> None:
        """One more."""
        key = (what, at, way)
        row = next((row for row in self.rows if _key(row) == key), None)
        if row is None:
            row = {"what": what, "at": at, "way": way, "unit": unit, "samples": []}
            self.rows.append(row)
        row["samples"].append(round(sample, 4))


def _key(row: Row) -> tuple[str, int, str]:
    return row["what"], row["at"], row["way"]


def with_figures(rows: t.Iterable[Row], reference: str) -> list[Row]:
    """The rows with median, least, most, and the ratio to the reference's of the same turns."""
    figures = Figures(rows)
    found = []
    for row in figures.rows:
        median, low, high, _number = summarise(row["samples"])
        times = figures.ratio(*_key(row), reference)
        more = {"ratio": round(times.median, 4), "to": reference} if times else {}
        found.append({**row, "median": round(median, 4), "low": low, "high": high, **more})
    return found


def to_text(results: t.Mapping[str, t.Mapping[str, t.Any]]) -> str:
    """The results file: JSON with a line for each series."""
    parts = []
    for name, part in sorted(results.items()):
        about = {key: value for key, value in part.items() if key != "rows"}
        head = [f"  {json.dumps(key)}: {json.dumps(value)}" for key, value in about.items()]
        rows = ",\n".join(f"   {json.dumps(row)}" for row in part["rows"])
        body = ",\n".join([*head, f'  "rows": [\n{rows}\n  ]'])
        parts.append(f" {json.dumps(name)}: {{\n{body}\n }}")
    return "{\n" + ",\n".join(parts) + "\n}\n"
