# Copyright (c) quadlet.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Measures one deployment of N containers to one host, first and unchanged, five ways.

Then first deployments in pairs with raw shell, many units from a directory of which none and
one has changed, and what cost.py finds.  All in one run on one host, so that the ratios hold
whatever the machine.  Prints a Markdown table and writes it with --output.  It never fails for
being slow.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shlex
import statistics
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
HOSTS = ROOT / "tests" / "hosts" / "hosts"
CACHE = ROOT / ".cache" / "bench"
HOST = "bench"
IMAGE = "registry.test:5000/busybox:1"
PAIRS = 5

Seconds = dict[tuple[str, int, str], float]


def unit_text(number: int) -> str:
    """The text of one small container unit."""
    return (
        f"[Container]\nImage={IMAGE}\nExec=sleep infinity\nStopTimeout=1\n"
        f"Environment=NUMBER={number}\n\n[Install]\nWantedBy=multi-user.target\n"
    )


def write_variables(count: int) -> Path:
    """The same containers as each way of deploying them wants to be told."""
    names = [f"bench{number}" for number in range(count)]
    units = {f"{name}.container": unit_text(i) for i, name in enumerate(names)}
    rows = [
        {
            "name": name,
            "text": unit_text(i),
            "image": IMAGE,
            "command": "sleep infinity",
            "environment": {"NUMBER": str(i)},
        }
        for i, name in enumerate(names)
    ]
    path = CACHE / f"variables-{count}.json"
    path.write_text(json.dumps({"bench_units": units, "bench_list": rows}))
    return path


def timed(argv: list[str], *, script: str | None = None) -> float:
    """Seconds that a command takes; it has to succeed."""
    start = time.monotonic()
    done = subprocess.run(
        argv, input=script, capture_output=True, text=True, check=False, env=environment()
    )
    taken = time.monotonic() - start
    if done.returncode != 0:
        print(done.stdout[-3000:], done.stderr[-3000:], sep="\n", file=sys.stderr)
        raise SystemExit(f"{argv[0]} failed: {shlex.join(argv[:6])} …")
    return taken


def environment() -> dict[str, str]:
    """Everything at its best for each of them: pipelining, a persistent connection."""
    collections = f"{ROOT}/.cache/collections:{CACHE}/ansible"
    return {
        **os.environ,
        "PATH": f"{ROOT}/.cache/venv/bin:{os.environ['PATH']}",
        "ANSIBLE_CONFIG": str(ROOT / "tests/ansible.cfg"),
        "ANSIBLE_COLLECTIONS_PATH": collections,
        "ANSIBLE_SSH_ARGS": "-o ControlMaster=auto -o ControlPersist=60s",
    }


def play(name: str, variables: Path | None = None) -> float:
    """Seconds of a whole ansible-playbook run."""
    playbook = HERE / "playbooks" / f"{name}.yml"
    argv = ["ansible-playbook", "-i", str(CACHE / "inventory.yml"), str(playbook)]
    return timed([*argv, *(["-e", f"@{variables}"] if variables else [])])


def on_host(script: str) -> str:
    """What a shell script prints on the host."""
    argv = [str(HOSTS), "ssh", HOST, "--", "bash -s"]
    return subprocess.run(
        argv, input=script, capture_output=True, text=True, check=True, env=environment()
    ).stdout


def raw_shell(count: int) -> float:
    """Seconds of one ssh call that writes, reloads and starts, as a script would."""
    lines = [
        "set -e",
        "cd /etc/containers/systemd",
        *(f"cat > bench{i}.container <<'END'\n{unit_text(i)}END" for i in range(count)),
        "systemctl daemon-reload",
        "systemctl start " + " ".join(f"bench{i}" for i in range(count)),
    ]
    return timed([str(HOSTS), "ssh", HOST, "--", "bash -s"], script="\n".join(lines))


def clean() -> None:
    """Takes every container of the benchmark from the host, whoever deployed it."""
    script = """
        systemctl list-units --plain --no-legend --all 'bench*' | awk '{print $1}' |
            xargs -r systemctl stop
        rm -rf /etc/containers/systemd/bench* /var/lib/quadlet.fleet
        systemctl daemon-reload
        systemctl reset-failed
    """
    timed([str(HOSTS), "ssh", HOST, "--", "bash -s"], script=script)


def deploy(way: str, count: int, variables: Path) -> float:
    """Seconds of one deployment."""
    return raw_shell(count) if way == "raw" else play(way, variables)


def measure(counts: list[int], ways: list[str], firsts: int) -> Seconds:
    """Seconds by (way, count, first or again); of several first ones the median."""
    seconds: Seconds = {}
    for count in counts:
        variables = write_variables(count)
        rows = first_deployments(count, variables, ways, firsts)
        for way in ways:
            clean()
            rows[way].append(deploy(way, count, variables))
            seconds[way, count, "first"] = statistics.median(rows[way])
            print(f"  {way:8} N={count:<4} first {seconds[way, count, 'first']:7.1f} s", flush=True)
            if way == "fleet":
                seconds.update(pair_with_ping(count, variables))
            else:
                seconds[way, count, "again"] = deploy(way, count, variables)
            print(f"  {way:8} N={count:<4} again {seconds[way, count, 'again']:7.1f} s", flush=True)
        clean()
    return seconds


def first_deployments(
    count: int, variables: Path, ways: list[str], firsts: int
) -> dict[str, list[float]]:
    """Seconds of all first deployments but the last, the ways in turn: the machine is shared."""
    rows: dict[str, list[float]] = {way: [] for way in ways}
    for _turn in range(firsts - 1):
        for way in ways:
            clean()
            rows[way].append(deploy(way, count, variables))
    return rows


def pair_with_ping(count: int, variables: Path) -> Seconds:
    """Medians of runs that change nothing, each beside a run of ping."""
    pairs = [(play("ping", variables), play("fleet", variables)) for _n in range(PAIRS)]
    return {
        ("ping", count, "again"): statistics.median(ping for ping, _fleet in pairs),
        ("fleet", count, "again"): statistics.median(fleet for _ping, fleet in pairs),
    }


def measure_firsts(count: int) -> list[str]:
    """First deployments beside raw shell and ping, in turn."""
    variables = write_variables(count)
    rows: dict[str, list[float]] = {"ping": [], "raw": [], "fleet": []}
    for _turn in range(PAIRS):
        for way, found in rows.items():
            if way != "ping":
                clean()
            found.append(deploy(way, count, variables))
    clean()
    ping, raw, fleet = (statistics.median(found) for found in rows.values())
    return [
        (
            f"first, N = {count}, medians of {PAIRS}: {fleet:.2f} s, raw shell {raw:.2f} s, ping"
            f" {ping:.2f} s: {fleet / (raw + ping):.2f} times raw shell and ping"
        )
    ]


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


def measure_source(count: int) -> list[str]:
    """Many units from a directory: none has changed, and one has."""
    variables = write_source(count)
    clean()
    first = play("source", variables)
    pairs = [(play("ping"), play("source", variables)) for _turn in range(PAIRS)]
    ping, again = (statistics.median(column) for column in zip(*pairs))
    rows = [change_one(count, turn, variables) for turn in range(PAIRS)]
    clean()
    changed, floor = (statistics.median(column) for column in zip(*rows))
    return [
        (
            f"from src, N = {count}: first {first:.1f} s; unchanged {again:.2f} s, ping {ping:.2f}:"
            f" {again / ping:.2f} times the play with only ping"
        ),
        (
            f"from src, one of {count} changed: {changed:.2f} s; ping, reload and its restart"
            f" {floor:.2f} s: {changed - floor:+.2f} s; it alone restarted"
        ),
    ]


def change_one(count: int, turn: int, variables: Path) -> tuple[float, float]:
    """Seconds of a run in which one unit has changed, and of what nobody can do without."""
    name = f"bench{turn * (count // PAIRS)}"
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


def measure_cost() -> list[str]:
    """What cost.py finds without a host."""
    argv = ["python", str(HERE / "cost.py")]
    done = subprocess.run(argv, capture_output=True, text=True, check=True, env=environment())
    return [line.removeprefix("- ") for line in done.stdout.splitlines()]


WAYS = {
    "ping": "a play with only `ping`",
    "fleet": "**quadlet.fleet.app**",
    "raw": "raw shell in one ssh call",
    "builtin": "ansible.builtin: copy and systemd_service in loops",
    "podman": "containers.podman: podman_container state quadlet, then start",
}


def table(counts: list[int], seconds: Seconds) -> str:
    """The figures in Markdown: seconds, and how many times quadlet.fleet's they are."""
    titles = [f"N = {count}, {when}" for count in counts for when in ("first", "unchanged")]
    lines = ["| | " + " | ".join(titles) + " |", "|---" * (len(titles) + 1) + "|"]
    for way, label in WAYS.items():
        cells = []
        for count in counts:
            for when in ("first", "again"):
                value, ours = seconds.get((way, count, when)), seconds["fleet", count, when]
                times = "" if way == "fleet" else f" ({value / ours:.2f}x)" if value else ""
                cells.append(f"{value:.1f} s{times}" if value else "-")
        lines.append(f"| {label} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def ratios(counts: list[int], seconds: Seconds) -> list[str]:
    """The ratios that this project holds itself to."""
    found = []
    for count in counts:
        again, ping = seconds["fleet", count, "again"], seconds["ping", count, "again"]
        found.append(f"unchanged, N = {count}: {again / ping:.2f} times the play with only ping")
        first, raw = seconds["fleet", count, "first"], seconds.get(("raw", count, "first"))
        if raw:
            told = f"{(first - ping) / raw:.2f} times raw shell, plus the play with ping"
            found.append(f"first, N = {count}: {told}")
        slow = seconds.get(("podman", count, "again"))
        if slow:
            found.append(f"unchanged, N = {count}: 1/{slow / again:.1f} of containers.podman")
    return found


def prepare() -> None:
    """A fresh host with the image pulled, and the collections of the `ansible` package."""
    CACHE.mkdir(parents=True, exist_ok=True)
    if not (CACHE / "ansible" / "ansible_collections").is_dir():
        print("… downloading the ansible package for containers.podman", flush=True)
        pip = ["python", "-m", "pip", "install", "--quiet", "--no-deps"]
        timed([*pip, "--target", str(CACHE / "ansible"), "ansible>=12,<13"])
    timed([str(HOSTS), "up", HOST])
    timed([str(HOSTS), "registry", "up"])
    inventory = subprocess.run(
        [str(HOSTS), "inventory", HOST], capture_output=True, text=True, check=True
    )
    (CACHE / "inventory.yml").write_text(inventory.stdout)
    timed([str(HOSTS), "ssh", HOST, "--", f"podman pull -q {IMAGE}"])


def main() -> None:
    """Measures, prints, and writes the table where it is wanted."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--counts", default="1,20,100", help="numbers of containers")
    parser.add_argument("--ways", default="fleet,raw,builtin,podman", help="fleet and others")
    parser.add_argument("--firsts", type=int, default=1, help="first deployments of each way")
    parser.add_argument("--pairs", type=int, default=50, help="containers of paired first ones")
    parser.add_argument("--source", type=int, default=500, help="containers from a directory")
    parser.add_argument("--output", type=Path, help="write the Markdown page here")
    arguments = parser.parse_args()
    counts = [int(word) for word in arguments.counts.split(",")]
    prepare()
    try:
        seconds = measure(counts, arguments.ways.split(","), arguments.firsts)
        more = measure_firsts(arguments.pairs) if arguments.pairs else []
        print(*more, sep="\n", flush=True)
        more += measure_source(arguments.source) if arguments.source else []
    finally:
        timed([str(HOSTS), "destroy", HOST])
    lines = [
        "# What a deployment costs",
        "",
        "One host, Podman 5.4, N rootful busybox containers with the image present, ssh with",
        f"pipelining and a persistent connection, {os.cpu_count()} cores ({platform.machine()}),",
        "gate at `stable: 0`. Seconds of the whole command, all measured in one run of",
        "`python tests/benchmarks/deploy.py`; in brackets how many times quadlet.fleet's seconds.",
        f"Unchanged runs of quadlet.fleet and ping are medians of {PAIRS} pairs"
        + (f", first ones of {arguments.firsts}." if arguments.firsts > 1 else "."),
        "",
        table(counts, seconds),
        "",
        *[f"- {line}" for line in [*ratios(counts, seconds), *more, *measure_cost()]],
        "",
    ]
    print("\n".join(lines))
    if arguments.output:
        arguments.output.write_text("\n".join(lines))


if __name__ == "__main__":
    main()
