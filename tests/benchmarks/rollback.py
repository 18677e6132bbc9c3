# Copyright (c) quadlet.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Measures how long it takes from a release that crash-loops to the one before, proved by its gate.

An app of six containers, `stable: 5`, rootful and rootless, on one host: an update that passes,
and one of whose containers one crashes under `Restart=always`, in turn.  Writes its part of
results.json, and docs/benchmarks.md from it.  It never fails for being slow.
Run it in the checkout: python -m tests.benchmarks.rollback
"""

from __future__ import annotations

import argparse
import pathlib
import tempfile
import time

from tests.benchmarks.record import Recorder, write_page
from tests.integration.support.apps import App, Result, container, system_scope, user_scope
from tests.integration.support.hosts import Fleet
from tests.integration.support.playbooks import Playbooks

COUNT = 6
STABLE = 5
LOOPS = container(exec_="sh -c 'exit 3'").replace(
    "[Service]\n", "[Service]\nRestart=always\nRestartSec=100ms\n"
)


def _release(number: int) -> dict[str, str]:
    return {f"c{n}": container(f"Environment=RELEASE={number}") for n in range(COUNT)}


def _timed(app: App, units: dict[str, str]) -> tuple[float, Result]:
    start = time.monotonic()
    result = app.deploy(units, gate={"stable": STABLE})
    return time.monotonic() - start, result


def _measure(recorder: Recorder, app: App, turn: int) -> None:
    """An update that passes, and one that does not."""
    what = app.scope.name
    taken, passed = _timed(app, _release(2 * turn))
    passed.ok()
    recorder.add(what, COUNT, "passes", taken)
    taken, failed = _timed(app, {**_release(2 * turn + 1), f"c{COUNT - 1}": LOOPS})
    assert failed["rolled_back"] is True, failed.message
    assert all(app.runs(f"c{n}") for n in range(COUNT))
    recorder.add(what, COUNT, "restored", taken)
    recorder.add(what, COUNT, "seen", failed["timings"]["start"])
    recorder.add(what, COUNT, "undone", failed["timings"]["rollback"])


def run(options: argparse.Namespace) -> None:
    """The whole part."""
    recorder = Recorder("rollback", "passes")
    with tempfile.TemporaryDirectory(prefix="qf-") as name:
        folder = pathlib.Path(name)
        playbooks, fleet = Playbooks(folder), Fleet(folder)
        try:
            host = fleet.get()
            recorder.about["podman"] = host.podman
            for scope in (system_scope(host, playbooks), user_scope(host, playbooks)):
                app = scope.app()
                app.deployed(_release(1))
                for turn in range(1, options.turns + 1):
                    _measure(recorder, app, turn)
                app.remove()
            recorder.save()
        finally:
            playbooks.close()
            fleet.close()


def main() -> None:
    """Measures, and writes the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--turns", type=int, default=5, help="samples of each update")
    run(parser.parse_args())
    write_page()


if __name__ == "__main__":
    main()
