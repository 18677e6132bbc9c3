# Copyright (c) quadlet.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Measures the memory of the module's processes on a host, by the number of units.

The interpreter of the modules is peaks.py, which runs the real one.  Writes its part of
results.json, and docs/benchmarks.md from it.
Run it in the checkout: python -m tests.benchmarks.memory
"""

from __future__ import annotations

import argparse
import itertools
import json
import typing as t
from pathlib import Path

from tests.benchmarks import commands
from tests.benchmarks.commands import CACHE, HERE, on_host, unit_text
from tests.benchmarks.record import Recorder, write_page

LOG = "/run/peaks.jsonl"
INTERPRETER = "/usr/local/bin/measured-python"
SCOPES = {"system": "fleet", "user": "user"}
"""The playbook of each."""
UID = 1000
AS_ALICE = "runuser -u alice -- env --chdir=/ HOME=/home/alice XDG_RUNTIME_DIR=/run/user/1000"
INSTALL = f"""
cat > /usr/local/lib/peaks.py <<'END'
{{peaks}}
END
cat > {INTERPRETER} <<'END'
#!/bin/sh
exec /usr/bin/python3 /usr/local/lib/peaks.py {LOG} /usr/bin/python3 "$@"
END
chmod 755 {INTERPRETER}
loginctl enable-linger alice
until test -S /run/user/1000/bus; do sleep 0.1; done
{AS_ALICE} podman pull -q {commands.IMAGE}
"""
CLEAN = f"""
systemctl stop 'bench*.service'
{AS_ALICE} systemctl --user stop 'bench*.service'
rm -rf /etc/containers/systemd/bench /home/alice/.config/containers/systemd/bench
rm -rf /home/alice/.local/state/quadlet.fleet
find /var/lib/quadlet.fleet -mindepth 1 -maxdepth 1 ! -name engine -exec rm -rf {{}} +
systemctl daemon-reload
{AS_ALICE} systemctl --user daemon-reload
"""
"""All but the engine, which a host has once."""


def pick(rows: t.Iterable[t.Mapping[str, t.Any]]) -> dict[str, float]:
    """MiB of the module's process, and of the largest child in which it acts as a user."""
    rows = list(rows)
    found = {"module": max(row["peak"] for row in rows if row["first"]) / 1024}
    children = [
        row["peak"] for row in rows if row["uid"] == UID and row["program"].startswith("python")
    ]
    return {**found, **({"child": max(children) / 1024} if children else {})}


def peaks(playbook: str, variables: Path | None = None) -> dict[str, float]:
    """Of a run of a playbook."""
    on_host(f"rm -f {LOG}")
    more = ["-e", f"ansible_python_interpreter={INTERPRETER}"]
    commands.timed(commands.play_argv(playbook, variables, more))
    return pick(map(json.loads, on_host(f"cat {LOG}").splitlines()))


def write_units(count: int) -> Path:
    """Containers that start in either scope, with nothing but themselves."""
    units = {
        f"bench{number}.container": unit_text(number, "Network=none", target="default.target")
        for number in range(count)
    }
    path = CACHE / f"memory-{count}.json"
    path.write_text(json.dumps({"bench_units": units}))
    return path


def measure(recorder: Recorder, scope: str, count: int, turns: int) -> None:
    """A first deployment, and runs that change nothing, each beside ping."""
    variables = write_units(count)
    on_host(CLEAN)
    runs = [("first", peaks(SCOPES[scope], variables))]
    for _turn in range(turns):
        recorder.add("unchanged", count, "ping", peaks("ping")["module"], "MiB")
        runs.append(("unchanged", peaks(SCOPES[scope], variables)))
    for what, found in runs:
        for process, mebibytes in found.items():
            recorder.add(what, count, f"{scope} {process}", mebibytes, "MiB")
    recorder.save()


def run(options: argparse.Namespace) -> None:
    """The whole part."""
    counts = [int(word) for word in options.counts.split(",")]
    recorder = Recorder("memory", "ping")
    recorder.about["podman"] = commands.prepare()
    try:
        on_host(INSTALL.format(peaks=(HERE / "peaks.py").read_text(encoding="utf-8")))
        variables = write_units(1)
        sent = peaks(SCOPES["system"], variables)  # with the engine, which is kept from now on
        recorder.add("engine sent", 1, "system module", sent["module"], "MiB")
        for scope, count in itertools.product(SCOPES, counts):
            try:
                measure(recorder, scope, count, 3)
            except SystemExit as error:  # a busy machine: the others still have figures
                print(error)
                recorder.about.setdefault("failed", []).append(f"{scope}, N = {count}")
                recorder.save()
    finally:
        commands.destroy()


def main() -> None:
    """Measures, and writes the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--counts", default="1,20,100,500", help="numbers of units")
    run(parser.parse_args())
    write_page()


if __name__ == "__main__":
    main()
