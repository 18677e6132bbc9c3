# Copyright (c) quadlet.fleet contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What ./demo prints of Ansible's results and of the hosts; status 1: it is not as it should be."""

from __future__ import annotations

import argparse
import json
import sys
import time
import typing as t
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path

Rows = t.Iterable[t.Sequence[str]]


@dataclass(frozen=True)
class Result:
    """What one host answered."""

    host: str
    failed: bool
    msg: str = ""
    changed: bool = False
    plan: list[dict[str, t.Any]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def restarts(self) -> list[str]:
        """The services that the plan restarts."""
        return sorted(row["service"] for row in self.plan if row["action"] == "restart")


def read_results(path: str) -> list[Result]:
    """The callback's lines, sorted by host."""
    found = []
    for line in Path(path).read_text(encoding="utf-8").splitlines():
        data = json.loads(line)
        known = {k: v for k, v in data["result"].items() if k in Result.__dataclass_fields__}
        found.append(Result(data["host"], **{**known, "failed": data["status"] == "failed"}))
    return sorted(found, key=lambda result: result.host)


def print_table(rows: Rows) -> None:
    """Columns as wide as they must be."""
    table = [[str(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*table)]
    for row in table:
        cells = (cell.ljust(width) for cell, width in zip(row, widths))
        print("    " + "  ".join(cells).rstrip())


def show_summary(arguments: argparse.Namespace) -> bool:
    """What a run did on each host, in a line for each kind of action."""
    results = read_results(arguments.results)
    done: dict[tuple[str, str], list[str]] = {}
    for result in results:
        for row in result.plan:
            what = row["unit"] or row["service"] or ""
            done.setdefault((result.host, row["action"]), []).append(what)
    print_table((host, action, " ".join(what)) for (host, action), what in done.items())
    for result in results:
        for warning in result.warnings:
            print(f"    {result.host}  note: {warning}")
    return bool(results)


def show_plan(arguments: argparse.Namespace) -> bool:
    """The plan of each host, with its reasons."""
    results = read_results(arguments.results)
    rows = [
        (result.host, row["action"], row["service"] or row["unit"], "; ".join(row["reasons"]))
        for result in results
        for row in result.plan
    ]
    print_table([("HOST", "WOULD", "WHAT", "WHY"), *rows])
    return bool(rows)


def show_unchanged(arguments: argparse.Namespace) -> bool:
    """That a run changed nothing."""
    results = read_results(arguments.results)
    for result in results:
        told = f"CHANGED: {result.plan}" if result.changed or result.plan else "0 changed"
        print(f"    {result.host}  {told}")
    return bool(results) and not any(result.changed or result.plan for result in results)


def show_failures(arguments: argparse.Namespace) -> bool:
    """Why a run failed; False where no host said so."""
    failed = [result for result in read_results(arguments.results) if result.failed]
    for result in failed:
        print(f"  {result.host}: {result.msg}".replace("\n", "\n    "), file=sys.stderr)
    return bool(failed)


def show_restarts(arguments: argparse.Namespace) -> bool:
    """InvocationIDs before and after; True if just what check mode said was restarted."""
    before, after = (_read_invocations(path) for path in (arguments.before, arguments.after))
    rows, restarted = [], []
    for key, invocation in before.items():
        same = after.get(key) == invocation
        verdict = "same" if same else "restarted"
        rows.append((*key, invocation[:8], after.get(key, "gone")[:8], verdict))
        if not same:
            restarted.append(key)
    print_table([("HOST", "SERVICE", "BEFORE", "AFTER", ""), *rows])
    expected = [
        (result.host, service)
        for result in read_results(arguments.predicted)
        for service in result.restarts()
    ]
    hosts = {host for host, _service in before}
    wanted = sorted((host, arguments.service) for host in hosts)
    known = bool(before) and before.keys() == after.keys()
    return known and sorted(restarted) == sorted(expected) == wanted


def _read_invocations(path: str) -> dict[tuple[str, str], str]:
    """Lines of host, service and InvocationID."""
    lines = Path(path).read_text(encoding="ascii").splitlines()
    return {(host, service): invocation for host, service, invocation in map(str.split, lines)}


def fetch(arguments: argparse.Namespace) -> bool:
    """Prints a page, waiting for it."""
    deadline = time.monotonic() + arguments.within
    while True:
        try:
            # Not through a proxy: the hosts are near.
            opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
            with opener.open(arguments.url, timeout=5) as answer:
                print(answer.read().decode().strip())
                return True
        except (OSError, urllib.error.URLError) as error:
            if time.monotonic() > deadline:
                print(f"{arguments.url}: {error}", file=sys.stderr)
                return False
        time.sleep(0.1)


def main() -> int:
    """Runs one command."""
    parser = argparse.ArgumentParser(prog="report")
    commands = parser.add_subparsers(required=True)
    for name, run in {
        "summary": show_summary,
        "plan": show_plan,
        "unchanged": show_unchanged,
        "failures": show_failures,
    }.items():
        command = commands.add_parser(name)
        command.add_argument("results")
        command.set_defaults(run=run)
    restarts = commands.add_parser("restarts")
    for name in ("before", "after", "predicted", "service"):
        restarts.add_argument(name)
    restarts.set_defaults(run=show_restarts)
    page = commands.add_parser("fetch")
    page.add_argument("url")
    page.add_argument("within", type=float)
    page.set_defaults(run=fetch)
    arguments = parser.parse_args()
    return 0 if arguments.run(arguments) else 1


if __name__ == "__main__":
    sys.exit(main())
