# Copyright (c) quadlet.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Measures five apps in one call of module apps beside five calls of module app.

Five apps of the system, a container each, with the gate's defaults, on one host; first and
unchanged, medians of runs in turn.  Prints a Markdown table.  It never fails for being slow.
Run it in the checkout: python -m tests.benchmarks.apps
"""

from __future__ import annotations

import collections
import pathlib
import statistics
import tempfile
import time
import typing as t

from tests.integration.support.apps import App, container, system_scope
from tests.integration.support.hosts import Fleet
from tests.integration.support.playbooks import Playbooks

COUNT = 5
RUNS = 3


def _one_by_one(items: list[dict[str, t.Any]]) -> list[dict[str, t.Any]]:
    return [{"quadlet.fleet.app": item} for item in items]


def _together(items: list[dict[str, t.Any]], parallel: int) -> list[dict[str, t.Any]]:
    return [{"quadlet.fleet.apps": {"apps": items, "parallel": parallel}}]


Seconds = dict[tuple[str, str], list[float]]

WAYS: dict[str, t.Callable[[list[dict[str, t.Any]]], list[dict[str, t.Any]]]] = {
    f"{COUNT} calls of module app": _one_by_one,
    "one call of module apps, `parallel: 1`": lambda items: _together(items, 1),
    "one call of module apps, `parallel: 4`": lambda items: _together(items, 4),
}


def _timed(tasks: list[dict[str, t.Any]], app: App) -> float:
    play = {"hosts": "all", "gather_facts": False, "tasks": tasks}
    start = time.monotonic()
    run = app.scope.playbooks.run([play], app.host.inventory)
    taken = time.monotonic() - start
    assert run.status == 0, run.output
    return taken


def _measure(way: str, apps: list[App], seconds: Seconds) -> None:
    """One first run, and some that change nothing."""
    items = [{"name": app.name, "units": app.units({"web": container()})} for app in apps]
    tasks = WAYS[way](items)
    try:
        seconds[way, "first"].append(_timed(tasks, apps[0]))
        seconds[way, "unchanged"] += [_timed(tasks, apps[0]) for _run in range(RUNS)]
    finally:
        for app in apps:
            app.remove()


def _cell(seconds: Seconds, way: str, when: str) -> str:
    median, most = (statistics.median(seconds[one, when]) for one in (way, next(iter(WAYS))))
    return f"{median:.1f} s ({median / most:.2f}x)"


def main() -> None:
    """Prints the table."""
    with tempfile.TemporaryDirectory(prefix="qf-") as name:
        folder = pathlib.Path(name)
        playbooks, fleet = Playbooks(folder), Fleet(folder)
        try:
            scope = system_scope(fleet.get(), playbooks)
            _timed([{"ansible.builtin.ping": {}}], scope.app())
            seconds: Seconds = collections.defaultdict(list)
            for _round in range(RUNS):
                for way in WAYS:
                    _measure(way, [scope.app() for _n in range(COUNT)], seconds)
            print(f"| {COUNT} apps | first | unchanged |\n|---|---|---|")
            for way in WAYS:
                cells = (_cell(seconds, way, when) for when in ("first", "unchanged"))
                print(f"| {way} | {' | '.join(cells)} |")
        finally:
            playbooks.close()
            fleet.close()


if __name__ == "__main__":
    main()
