# Copyright (c) quadlet.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Measures what a deployment and a rollout cost on a fleet in which nothing changes.

First on 1 to 8 real hosts, an app of ten containers on each, beside a play with only ping; then
the controller alone, with hosts over the local connection whose interpreter answers at once what a
real one has answered.  Then the memory of the controller's processes (peaks.py), in runs of their
own.  Writes its part of results.json, and docs/benchmarks.md from it.  It never fails for being
slow.  Run it in the checkout: python -m tests.benchmarks.fleet
"""

from __future__ import annotations

import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time
import typing as t

from tests.benchmarks.record import Recorder, write_page
from tests.integration.support.apps import container
from tests.integration.support.hosts import Fleet, Host
from tests.integration.support.playbooks import ROOT, Playbooks
from tests.integration.support.shops import ROLLOUT

HOSTS = [("5.4", role) for role in "pqrs"] + [(v, role) for v in ("5.8", "6.1") for role in "pq"]
REAL = (1, 2, 4, 8)
RECORDED = (50, 100, 200)
RECORDED_TURNS = 2
PEAKS = pathlib.Path(__file__).with_name("peaks.py")
APP = {
    "name": "ten",
    "units": {f"ten-{n}.container": container() for n in range(10)},
    "gate": {"stable": 0},
}
APPS = [{"hosts": "all", "gather_facts": False, "tasks": [{"quadlet.fleet.app": APP}]}]
SITE = [{"ansible.builtin.import_playbook": "quadlet.fleet.site"}]
PING = [{"hosts": "all", "gather_facts": False, "tasks": [{"ansible.builtin.ping": {}}]}]
PLAYS: dict[str, t.Sequence[t.Any]] = {
    "ping": PING,
    "app": APPS,
    "site": SITE,
    "rollout": ROLLOUT,
}
ANSWERS_AT_ONCE = """#!/bin/sh
cat > /dev/null
cat {answer}
"""


class Bench(t.NamedTuple):
    """What a run of the controller needs."""

    folder: pathlib.Path
    env: dict[str, str]
    recorder: Recorder

    def run(
        self, plays: t.Sequence[t.Any], inventory: pathlib.Path, before: t.Sequence[str] = ()
    ) -> float:
        """Seconds of a command of its own, start of Ansible included."""
        playbook = self.folder / "play.yml"
        playbook.write_text(json.dumps(plays), encoding="utf-8")
        start = time.monotonic()
        done = subprocess.run(
            [*before, "ansible-playbook", "-i", str(inventory), str(playbook)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={**os.environ, **self.env, "RECORD_FILE": os.devnull},
            cwd=ROOT,
            text=True,
            check=False,
        )
        taken = time.monotonic() - start
        assert done.returncode == 0, done.stdout
        return taken

    def note_memory(self, what: str, count: int, name: str, inventory: pathlib.Path) -> None:
        """Of the main process, of its largest fork, and what such a fork has of its own."""
        log = self.folder / "peaks.jsonl"
        log.unlink(missing_ok=True)
        self.run(PLAYS[name], inventory, [sys.executable, str(PEAKS), str(log)])
        rows = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
        for part, mebibytes in pick(rows).items():
            self.recorder.add(what, count, f"{name} {part}", mebibytes, "MiB")


def pick(rows: t.Sequence[t.Mapping[str, t.Any]]) -> dict[str, float]:
    """MiB by process: the main one, and the largest of its forks; ssh is another program."""
    main = next(row for row in rows if row["first"])
    forks = [row for row in rows if row["program"] == main["program"] and not row["first"]]
    return {
        "main": main["peak"] / 1024,
        "fork": max(row["peak"] for row in forks) / 1024,
        "own": max(row["own"] for row in forks) / 1024,
    }


def _inventory(hosts: t.Sequence[Host], folder: pathlib.Path) -> pathlib.Path:
    known = json.loads(hosts[0].inventory.read_text(encoding="utf-8"))["all"]["vars"]
    data = {
        "all": {
            "hosts": {host.name: {"ansible_host": host.address} for host in hosts},
            "vars": {**known, "quadlet_deploy_apps": [APP]},
        }
    }
    path = folder / f"fleet-{len(hosts)}.json"
    path.write_text(json.dumps(data), encoding="utf-8")
    return path


def _measure_real(bench: Bench, hosts: list[Host], turns: int) -> None:
    for count in REAL:
        inventory = _inventory(hosts[:count], bench.folder)
        for plays in PLAYS.values():
            bench.run(plays, inventory)
        for _turn in range(turns):
            for name, plays in PLAYS.items():
                bench.recorder.add("real", count, name, bench.run(plays, inventory))
        for name in ("ping", "site") if count in (REAL[0], REAL[-1]) else ():
            bench.note_memory("memory real", count, name, inventory)
        bench.recorder.save()


def _record(host: Host, playbooks: Playbooks) -> str:
    """What the module of an unchanged host prints."""
    play = {
        "hosts": "all",
        "gather_facts": False,
        "tasks": [{"quadlet.fleet.apps": {"apps": [APP]}}],
    }
    answer = playbooks.run([play], host.inventory).only()
    return json.dumps({key: value for key, value in answer.items() if key != "failed"})


def _measure_recorded(bench: Bench, answer: str) -> None:
    (bench.folder / "answer").write_text(answer, encoding="utf-8")
    interpreter = bench.folder / "python"
    interpreter.write_text(ANSWERS_AT_ONCE.format(answer=bench.folder / "answer"), encoding="utf-8")
    interpreter.chmod(0o755)
    for count in RECORDED:
        inventory = bench.folder / f"recorded-{count}.json"
        data = {
            "all": {
                "hosts": {f"h{n}": {} for n in range(count)},
                "vars": {
                    "ansible_connection": "local",
                    "ansible_python_interpreter": str(interpreter),
                    "quadlet_deploy_apps": [APP],
                },
            }
        }
        inventory.write_text(json.dumps(data), encoding="utf-8")
        for _turn in range(RECORDED_TURNS):
            for name in ("ping", "site", "rollout"):
                bench.recorder.add("recorded", count, name, bench.run(PLAYS[name], inventory))
        for name in ("ping", "site", "rollout"):
            bench.note_memory("memory recorded", count, name, inventory)
        bench.recorder.save()


def run(options: argparse.Namespace) -> None:
    """The whole part."""
    recorder = Recorder("fleet", "ping")
    recorder.about["podman"] = ", ".join(dict.fromkeys(version for version, _role in HOSTS))
    with tempfile.TemporaryDirectory(prefix="qf-") as name:
        folder = pathlib.Path(name)
        playbooks, fleet = Playbooks(folder), Fleet(folder)
        try:
            hosts = fleet.get_all(HOSTS)
            bench = Bench(folder, playbooks.environment, recorder)
            _measure_real(bench, hosts, options.turns)
            _measure_recorded(bench, _record(hosts[0], playbooks))
        finally:
            playbooks.close()
            fleet.close()


def main() -> None:
    """Measures, and writes the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--turns", type=int, default=5, help="samples of each play")
    run(parser.parse_args())
    write_page()


if __name__ == "__main__":
    main()
