"""./test --matrix [ROW…]: runs rows of the matrix, and writes what they found.

Rows are names or patterns (units-*); without one all are run. `stale` stands for those that have
not passed with the collection as it is, `list` shows all. With `--part` first, rows of unit tests
run those alone that import or start Ansible; the results say so.
"""

from __future__ import annotations

import subprocess
import sys
import typing as t

from tests.matrix import machine, results
from tests.matrix.rows import CORES, KINDS, Core, Row, make_rows, select
from tests.matrix.run import destroy_hosts, run_row


def main(words: list[str]) -> int:
    """The exit status: 1 where a row failed."""
    part = words[:1] == ["--part"]
    words = words[part:]
    cores = _find_cores()
    rows = make_rows(cores, machine.has_python)
    if words == ["list"]:
        _show(rows)
        return 0
    try:
        chosen = _stale(rows) if words == ["stale"] else select(rows, words)
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    try:
        verdicts = [_run(row, cores, part=part) for row in chosen]
    finally:
        destroy_hosts()
    counts = [f"{verdicts.count(one)} {one}" for one in ("passed", "failed", "not run")]
    print(f"\n{', '.join(counts)}.", flush=True)
    return int("failed" in verdicts)


def _find_cores() -> list[Core]:
    """Those of the table, and newer ones: a release that came since is found, not missed."""
    try:
        newer = machine.newer_cores(CORES)
    except RuntimeError as error:
        print(f"Newer releases of ansible-core are not looked for: {error}", file=sys.stderr)
        return list(CORES)
    for core in newer:
        print(f"ansible-core {core.minor} is newer than tests/matrix/rows.py: {core}")
    return [*CORES, *newer]


def _write_page() -> None:
    argv = [sys.executable, results.ROOT / "tests/generate-docs"]
    subprocess.run(argv, stdout=subprocess.DEVNULL, check=True)


def _stale(rows: t.Sequence[Row]) -> list[Row]:
    known, now = results.load(), results.read_collection()

    def is_current(row: Row) -> bool:
        result = known.get(row.name)
        return bool(
            result and result.verdict == "passed" and result.collection.digest == now.digest
        )

    return [row for row in rows if not is_current(row)]


def _show(rows: t.Sequence[Row]) -> None:
    known, now = results.load(), results.read_collection()
    for row in rows:
        result = known.get(row.name)
        told = "never run"
        if result:
            old = "" if result.collection.digest == now.digest else ", other code than now"
            told = f"{result.verdict} on {result.at} at {result.collection.commit}{old}"
        print(f"{row.name:30} {told}")
    for kind, meaning in KINDS.items():
        print(f"{kind:8} {meaning}")


def _run(row: Row, cores: t.Sequence[Core], *, part: bool) -> str:
    print(f"{row.name:30} ", end="", flush=True)
    result = run_row(row, cores, part=part)
    results.store(row.name, result)
    _write_page()  # a row of unit tests compares the page with the results
    more = f", {sum(result.left_out.values())} left out" if result.left_out else ""
    told = f"{result.passed} tests{more}" if result.passed else ""
    print(f"{result.verdict:8} {result.seconds:4} s  {told}  {result.reason}".rstrip(), flush=True)
    return result.verdict


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
