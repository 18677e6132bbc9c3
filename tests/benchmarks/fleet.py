# Copyright (c) quadlet.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Measures what a deployment and a rollout cost on a fleet in which nothing changes.

First on 2, 4 and 8 real hosts, an app of ten containers on each, beside a play with only ping;
then the controller alone, with hosts over the local connection whose interpreter answers at once
what a real one has answered.  Prints Markdown tables.  It never fails for being slow.
Run it in the checkout: python -m tests.benchmarks.fleet
"""

from __future__ import annotations

import json
import os
import pathlib
import statistics
import subprocess
import tempfile
import time
import typing as t

from tests.integration.support.apps import container
from tests.integration.support.hosts import Fleet, Host
from tests.integration.support.playbooks import ROOT, Playbooks
from tests.integration.support.shops import ROLLOUT

HOSTS = [("5.4", role) for role in "pqrs"] + [(v, role) for v in ("5.8", "6.1") for role in "pq"]
SIMULATED = (50, 100, 200)
PAIRS = 5
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


class Cost(t.NamedTuple):
    """seconds of the whole command; mib: the most memory that its largest process has held."""

    seconds: float
    mib: float


def _run(
    plays: t.Sequence[t.Any], inventory: pathlib.Path, folder: pathlib.Path, env: dict[str, str]
) -> Cost:
    """A command of its own, start of Ansible included."""
    playbook = folder / "play.yml"
    playbook.write_text(json.dumps(plays), encoding="utf-8")
    start = time.monotonic()
    with (folder / "output").open("wb") as output:
        process = subprocess.Popen(
            ["ansible-playbook", "-i", str(inventory), str(playbook)],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env={**os.environ, **env, "RECORD_FILE": os.devnull},
            cwd=ROOT,
        )
        _pid, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, (folder / "output").read_text(encoding="utf-8")
    return Cost(time.monotonic() - start, usage.ru_maxrss / 1024)


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


def _medians(inventory: pathlib.Path, folder: pathlib.Path, env: dict[str, str]) -> dict[str, Cost]:
    """Of each kind of play, run in turn."""
    turns = [
        {name: _run(plays, inventory, folder, env) for name, plays in PLAYS.items()}
        for _turn in range(PAIRS)
    ]
    return {
        name: Cost(*(statistics.median(turn[name][field] for turn in turns) for field in range(2)))
        for name in PLAYS
    }


def _real(hosts: list[Host], folder: pathlib.Path, env: dict[str, str]) -> None:
    print(
        "| hosts | ping | module `app`, unchanged | `site`, unchanged | `rollout`, unchanged |\n"
        "|---|---|---|---|---|"
    )
    for count in (2, 4, 8):
        inventory = _inventory(hosts[:count], folder)
        for plays in PLAYS.values():
            _run(plays, inventory, folder, env)
        found = {name: cost.seconds for name, cost in _medians(inventory, folder, env).items()}
        ping = found.pop("ping")
        cells = [f"{seconds:.2f} s ({seconds / ping:.2f}x)" for seconds in found.values()]
        print(f"| {' | '.join([str(count), f'{ping:.2f} s', *cells])} |", flush=True)


def _record(host: Host, playbooks: Playbooks) -> str:
    """What the module of an unchanged host prints."""
    play = {
        "hosts": "all",
        "gather_facts": False,
        "tasks": [{"quadlet.fleet.apps": {"apps": [APP]}}],
    }
    answer = playbooks.run([play], host.inventory).only()
    return json.dumps({key: value for key, value in answer.items() if key != "failed"})


def _simulated(answer: str, folder: pathlib.Path, env: dict[str, str]) -> None:
    (folder / "answer").write_text(answer, encoding="utf-8")
    interpreter = folder / "python"
    interpreter.write_text(ANSWERS_AT_ONCE.format(answer=folder / "answer"), encoding="utf-8")
    interpreter.chmod(0o755)
    print("\n| hosts | seconds | per host more | memory | per host more |\n|---|---|---|---|---|")
    before: tuple[int, Cost] | None = None
    for count in SIMULATED:
        inventory = folder / f"simulated-{count}.json"
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
        cost = _run(ROLLOUT, inventory, folder, env)
        more = ["-", "-"]
        if before:
            added = count - before[0]
            more = [
                f"{1000 * (cost.seconds - before[1].seconds) / added:.0f} ms",
                f"{(cost.mib - before[1].mib) / added:.2f} MiB",
            ]
        print(
            f"| {count} | {cost.seconds:.1f} s | {more[0]} | {cost.mib:.0f} MiB | {more[1]} |",
            flush=True,
        )
        before = (count, cost)


def main() -> None:
    """Prints the tables."""
    with tempfile.TemporaryDirectory(prefix="qf-") as name:
        folder = pathlib.Path(name)
        playbooks, fleet = Playbooks(folder), Fleet(folder)
        try:
            hosts = fleet.get_all(HOSTS)
            env = playbooks.environment
            _real(hosts, folder, env)
            _simulated(_record(hosts[0], playbooks), folder, env)
        finally:
            playbooks.close()
            fleet.close()


if __name__ == "__main__":
    main()
