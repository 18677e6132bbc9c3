# Copyright (c) quadlet.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Measures deployments of N containers to one host, first and unchanged, the ways in turn.

Then many units from a directory, of which none and one has changed, and what cost.py finds.
Writes its parts of results.json, and docs/benchmarks.md from it.  It never fails for being slow.

Usage: python tests/benchmarks/deploy.py [--counts 1,20,50,100] [--source 500] [--turns 5]
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[2])]

from tests.benchmarks import commands, cost
from tests.benchmarks.commands import CACHE, HOST, HOSTS, clean, on_host, play, unit_text
from tests.benchmarks.record import Recorder, write_page

WAYS = ("fleet", "raw", "builtin", "podman")
QUICK = ("fleet", "raw")
"""The ways for numbers of units that are not in --all-ways."""


def raw_shell(count: int) -> float:
    """Seconds of one ssh call that writes, reloads and starts, as a script would."""
    lines = [
        "set -e",
        "cd /etc/containers/systemd",
        *(f"cat > bench{i}.container <<'END'\n{unit_text(i)}END" for i in range(count)),
        "systemctl daemon-reload",
        "systemctl start " + " ".join(f"bench{i}" for i in range(count)),
    ]
    return commands.timed([str(HOSTS), "ssh", HOST, "--", "bash -s"], script="\n".join(lines))


def deploy(way: str, count: int, variables: Path) -> float:
    """Seconds of one deployment."""
    return raw_shell(count) if way == "raw" else play(way, variables)


def measure(recorder: Recorder, count: int, options: argparse.Namespace) -> None:
    """Turns of all ways: in each turn a first deployment, and one more that changes nothing.

    A play of ping stands beside the first ones of a turn, and beside our unchanged one.  A way
    whose runs have taken the seconds that it may is left out from then on.
    """
    variables = commands.write_variables(count)
    for _turn in range(options.turns):
        recorder.add("first", count, "ping", play("ping", variables))
        for way in WAYS if count in options.all_ways else QUICK:
            taken = [recorder.samples(what, count, way) for what in ("first", "unchanged")]
            if sum(map(sum, taken)) > options.budget:
                continue
            clean()
            recorder.add("first", count, way, deploy(way, count, variables))
            if way == "fleet":
                recorder.add("unchanged", count, "ping", play("ping", variables))
            recorder.add("unchanged", count, way, deploy(way, count, variables))
        recorder.save()
    clean()


def write_source(count: int) -> Path:
    """The same containers as files in a directory, and the variable that names it."""
    folder = CACHE / f"src-{count}"
    folder.mkdir(exist_ok=True)
    for number in range(count):
        (folder / f"bench{number}.container").write_text(unit_text(number))
    path = CACHE / f"source-{count}.json"
    path.write_text(json.dumps({"bench_src": str(folder)}))
    return path


def invocations() -> dict[str, str]:
    """What changes where a service is restarted, by service."""
    shown = on_host("systemctl show -p Id -p InvocationID 'bench*.service'")
    rows = (dict(line.split("=", 1) for line in row.split()) for row in shown.split("\n\n"))
    return {row["Id"]: row["InvocationID"] for row in rows}


def measure_source(recorder: Recorder, count: int, turns: int) -> None:
    """Many units from a directory: none has changed, and one has."""
    variables = write_source(count)
    clean()
    recorder.add("first", count, "ping", play("ping"))
    recorder.add("first", count, "raw", raw_shell(count))
    for _turn in range(turns):
        recorder.add("unchanged", count, "raw", raw_shell(count))
    clean()
    recorder.add("first", count, "fleet", play("source", variables))
    recorder.save()
    for _turn in range(turns):
        recorder.add("unchanged", count, "ping", play("ping"))
        recorder.add("unchanged", count, "fleet", play("source", variables))
    for turn in range(turns):
        taken, floor = change_one(count, turn, count // turns, variables)
        recorder.add("one changed", count, "fleet", taken)
        recorder.add("one changed", count, "floor", floor)
    recorder.save()
    clean()


def change_one(count: int, turn: int, step: int, variables: Path) -> tuple[float, float]:
    """Seconds of a run in which one unit has changed, and of what nobody can do without."""
    name = f"bench{turn * step}"
    before = invocations()
    (CACHE / f"src-{count}" / f"{name}.container").write_text(unit_text(count + turn))
    taken = play("source", variables)
    after = invocations()
    assert len(after) == count
    assert [one for one in after if after[one] != before[one]] == [f"{name}.service"]
    script = f"""
        start=$(date +%s%N); systemctl daemon-reload; systemctl restart {name}.service
        echo $(($(date +%s%N) - start))
    """
    return taken, play("ping") + int(on_host(script)) / 1e9


def run(options: argparse.Namespace) -> None:
    """The whole part."""
    recorder = Recorder("deploy", "fleet")
    recorder.about["podman"] = commands.prepare()
    try:
        clean()
        play("ping")  # the connection is there for everybody
        for count in options.counts:
            measure(recorder, count, options)
        if options.source:
            measure_source(recorder, options.source, options.turns)
    finally:
        commands.destroy()


def numbers(text: str) -> list[int]:
    """Several of them in an option."""
    return [int(word) for word in text.split(",")]


def main() -> None:
    """Measures, and writes the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--counts", type=numbers, default="1,20,50,100", help="of containers")
    parser.add_argument("--all-ways", type=numbers, default="1,20,100", help="others: quick ones")
    parser.add_argument("--source", type=int, default=500, help="containers from a directory")
    parser.add_argument("--turns", type=int, default=5, help="samples of each way")
    parser.add_argument("--budget", type=float, default=300, help="seconds of a way, at a number")
    run(parser.parse_args())
    cost.run()
    write_page()


if __name__ == "__main__":
    main()
