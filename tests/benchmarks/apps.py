# Copyright (c) quadlet.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Measures five apps in one call of module apps beside five calls of module app.

Five apps of the system, a container each, with the gate's defaults, on one host; first and
unchanged, in turn.  Writes its part of results.json, and docs/benchmarks.md from it.  It never
fails for being slow.
Run it in the checkout: python -m tests.benchmarks.apps
"""

from __future__ import annotations

import argparse
import pathlib
import tempfile
import time
import typing as t

from tests.benchmarks.record import Recorder, write_page
from tests.integration.support.apps import App, container, system_scope
from tests.integration.support.hosts import Fleet
from tests.integration.support.playbooks import Playbooks

COUNT = 5


def _one_by_one(items: list[dict[str, t.Any]]) -> list[dict[str, t.Any]]:
    return [{"quadlet.fleet.app": item} for item in items]


def _together(items: list[dict[str, t.Any]], parallel: int) -> list[dict[str, t.Any]]:
    return [{"quadlet.fleet.apps": {"apps": items, "parallel": parallel}}]


WAYS: dict[str, t.Callable[[list[dict[str, t.Any]]], list[dict[str, t.Any]]]] = {
    "calls": _one_by_one,
    "parallel 1": lambda items: _together(items, 1),
    "parallel 4": lambda items: _together(items, 4),
}


def _timed(tasks: list[dict[str, t.Any]], app: App) -> float:
    play = {"hosts": "all", "gather_facts": False, "tasks": tasks}
    start = time.monotonic()
    run = app.scope.playbooks.run([play], app.host.inventory)
    taken = time.monotonic() - start
    assert run.status == 0, run.output
    return taken


def _measure(recorder: Recorder, way: str, apps: list[App]) -> None:
    """One first run, and one that changes nothing."""
    items = [{"name": app.name, "units": app.units({"web": container()})} for app in apps]
    tasks = WAYS[way](items)
    try:
        recorder.add("first", COUNT, way, _timed(tasks, apps[0]))
        recorder.add("unchanged", COUNT, way, _timed(tasks, apps[0]))
    finally:
        for app in apps:
            app.remove()


def run(options: argparse.Namespace) -> None:
    """The whole part."""
    recorder = Recorder("apps", "calls")
    with tempfile.TemporaryDirectory(prefix="qf-") as name:
        folder = pathlib.Path(name)
        playbooks, fleet = Playbooks(folder), Fleet(folder)
        try:
            scope = system_scope(fleet.get(), playbooks)
            recorder.about["podman"] = scope.host.podman
            _timed([{"ansible.builtin.ping": {}}], scope.app())
            for _turn in range(options.turns):
                for way in WAYS:
                    _measure(recorder, way, [scope.app() for _n in range(COUNT)])
            recorder.save()
        finally:
            playbooks.close()
            fleet.close()


def main() -> None:
    """Measures, and writes the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--turns", type=int, default=5, help="samples of each way")
    run(parser.parse_args())
    write_page()


if __name__ == "__main__":
    main()
