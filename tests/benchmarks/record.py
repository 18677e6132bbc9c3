# Copyright (c) quadlet.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The results file: what each part has measured, when, of which commit, on which machine."""

from __future__ import annotations

import datetime as dt
import importlib.metadata
import json
import os
import platform
import subprocess
import typing as t
from pathlib import Path

from tests.benchmarks.samples import Figures, to_text, with_figures

ROOT = Path(__file__).resolve().parents[2]
RESULTS = ROOT / "tests/benchmarks/results.json"
MEASURED = ("plugins", "roles", "playbooks")
"""What is measured: a commit that touches none of it measures the same."""


def read_results() -> dict[str, t.Any]:
    """All parts by name; none where there is no file."""
    if not RESULTS.exists():
        return {}
    found: dict[str, t.Any] = json.loads(RESULTS.read_text(encoding="utf-8"))
    return found


def _git(*words: str) -> str:
    done = subprocess.run(
        ["git", "-C", str(ROOT), *words], capture_output=True, text=True, check=False
    )
    return done.stdout.strip()


def _cpu() -> str:
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _now() -> str:
    return dt.datetime.now(dt.timezone.utc).strftime("%Y-%m-%d %H:%M UTC")


def describe_machine() -> dict[str, t.Any]:
    """What the figures depend on."""
    return {
        "cores": os.cpu_count(),
        "cpu": f"{_cpu()} ({platform.machine()})",
        "python": platform.python_version(),
        "ansible": importlib.metadata.version("ansible-core"),
    }


class Recorder(Figures):
    """The samples of one part, saved whenever the part asks for it.

    reference: the way that the others are compared with.  load: the load average of the last
    minute, seen at each sample, the benchmark's own work included.
    """

    def __init__(self, part: str, reference: str) -> None:
        super().__init__([])
        self.part, self.reference = part, reference
        self.about: dict[str, t.Any] = {}
        self._load = [os.getloadavg()[0]]
        self._begun = _now()

    def add(self, what: str, at: int, way: str, sample: float, unit: str = "s") -> None:
        """One more sample, told as it comes."""
        super().add(what, at, way, sample, unit)
        self._load.append(os.getloadavg()[0])
        print(f"  {self.part}: {what}, {at}, {way}: {sample:.3g} {unit}", flush=True)

    def extend(
        self, what: str, at: int, way: str, samples: t.Iterable[float], unit: str = "s"
    ) -> None:
        """Several, that were not taken in turn with others."""
        for sample in samples:
            super().add(what, at, way, sample, unit)
        self._load.append(os.getloadavg()[0])
        summary = self.summary(what, at, way)
        assert summary
        print(f"  {self.part}: {what}, {at}, {way}: {summary.median:.3g} {unit}", flush=True)

    def save(self) -> None:
        """Writes the part, in place of what was measured before."""
        load = sorted(self._load)
        part = {
            "begun": self._begun,
            "ended": _now(),
            "commit": _git("log", "-1", "--format=%h", "--abbrev=10", "--", *MEASURED),
            "clean": _git("status", "--porcelain", "--", *MEASURED) == "",
            **describe_machine(),
            **self.about,
            "load": [round(one, 2) for one in (load[0], load[len(load) // 2], load[-1])],
            "rows": with_figures(self.rows, self.reference),
        }
        RESULTS.write_text(to_text({**read_results(), self.part: part}), encoding="utf-8")


def write_page() -> None:
    """docs/benchmarks.md and its pictures, from the results file."""
    subprocess.run([str(ROOT / "tests/generate-docs")], check=True)
