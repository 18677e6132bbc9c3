# Copyright (c) quadlet.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Measures how long it takes from a release that crash-loops to the one before, proved by its gate.

An app of six containers, `stable: 5`, rootful and rootless, on one host: an update that passes,
and one of whose containers one crashes under `Restart=always`.  Prints a Markdown table.  It never
fails for being slow.  Run it in the checkout: python -m tests.benchmarks.rollback
"""

from __future__ import annotations

import pathlib
import tempfile
import time

from tests.integration.support.apps import App, Result, container, system_scope, user_scope
from tests.integration.support.hosts import Fleet
from tests.integration.support.playbooks import Playbooks

STABLE = 5
LOOPS = container(exec_="sh -c 'exit 3'").replace(
    "[Service]\n", "[Service]\nRestart=always\nRestartSec=100ms\n"
)


def _release(number: int) -> dict[str, str]:
    return {f"c{n}": container(f"Environment=RELEASE={number}") for n in range(6)}


def _timed(app: App, units: dict[str, str]) -> tuple[float, Result]:
    start = time.monotonic()
    result = app.deploy(units, gate={"stable": STABLE})
    return time.monotonic() - start, result


def _row(app: App) -> str:
    app.deployed(_release(1))
    good, passed = _timed(app, _release(2))
    passed.ok()
    bad, failed = _timed(app, {**_release(3), "c5": LOOPS})
    assert failed["rolled_back"] is True, failed.message
    assert all(app.runs(f"c{n}") for n in range(6))
    spent = failed["timings"]
    return (
        f"| {app.scope.name} | {good:.1f} s | {bad:.1f} s ({bad / good:.2f}x) "
        f"| {spent['start']:.1f} s | {spent['rollback']:.1f} s |"
    )


def main() -> None:
    """Prints the table."""
    with tempfile.TemporaryDirectory(prefix="qf-") as name:
        folder = pathlib.Path(name)
        playbooks, fleet = Playbooks(folder), Fleet(folder)
        try:
            host = fleet.get()
            print(
                "| scope | update that passes | one that loops, to restored | seen in | undone in |"
            )
            print("|---|---|---|---|---|")
            for scope in (system_scope(host, playbooks), user_scope(host, playbooks)):
                app = scope.app()
                print(_row(app), flush=True)
                app.remove()
        finally:
            playbooks.close()
            fleet.close()


if __name__ == "__main__":
    main()
