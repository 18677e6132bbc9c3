"""Runs rows: each check as a program of its own, whose output is kept in .cache/log/matrix/."""

from __future__ import annotations

import collections
import dataclasses
import json
import os
import pathlib
import re
import subprocess
import sys
import time
import typing as t
import xml.etree.ElementTree as ET

from tests.matrix import machine, results
from tests.matrix.rows import Core, Row

ROOT = pathlib.Path(__file__).resolve().parents[2]
LOGS = ROOT / ".cache/log/matrix"
HOSTS = f"matrix{os.getpid()}"
"""What names of hosts begin with; rows share them."""


@dataclasses.dataclass(frozen=True)
class Found:
    """What a check has found: tests that passed, what did not, what was left out by its reason."""

    passed: int
    wrong: str = ""
    left_out: t.Mapping[str, int] = dataclasses.field(default_factory=dict)
    versions: t.Mapping[str, str] = dataclasses.field(default_factory=dict)
    total: int = 0


class NotRunError(Exception):
    """Why a row can't be run on this machine."""


PART = (
    "tests/unit/module/",
    "tests/unit/plugin_utils/*.py",
    "tests/unit/plugin_utils/faces/",
    "tests/unit/plugin_utils/progress/",
    "tests/unit/project/",
)
"""Unit tests that import or start Ansible; the others differ by Python alone."""
LEFT_OUT = f"only {', '.join(PART)} were run"


def run_row(row: Row, cores: t.Sequence[Core], *, part: bool = False) -> results.Result:
    """A row's result; part: of the unit tests those alone."""
    begin, collection = time.monotonic(), results.read_collection()
    verdict: results.Verdict = "passed"
    versions: dict[str, str] = {}
    try:
        venv = _find_venv(row, cores)
        versions = _read_versions(venv)
        check = _check_part if part and row.kind == "units" else _CHECKS[row.kind]
        found = check(row, venv)
        if found.wrong or not found.passed:
            verdict = "failed"
    except NotRunError as missing:
        verdict, found = "not run", Found(0, str(missing))
    return results.Result(
        verdict=verdict,
        passed=found.passed,
        reason=found.wrong or ("" if found.passed else "no test was run"),
        left_out=dict(found.left_out),
        versions={**versions, **found.versions},
        seconds=round(time.monotonic() - begin),
        at=results.now(),
        collection=collection,
    )


def _find_venv(row: Row, cores: t.Sequence[Core]) -> pathlib.Path:
    """The environment of the row's core, which must be what the table says of it."""
    if not machine.has_python(row.python, debian=True):
        raise NotRunError(f"no Python {row.python} on this machine")
    venv = machine.make_venv(row.core, row.python)
    [core] = [core for core in cores if core.minor == row.core]
    differs = machine.differs_from(core, venv)
    if differs:
        raise RuntimeError(f"tests/matrix/rows.py: {differs}")
    return venv


def _read_versions(venv: pathlib.Path) -> dict[str, str]:
    """Those of ansible-core and of its Python."""
    code = "import ansible.release as r, platform as p; print(r.__version__, p.python_version())"
    argv: list[str | pathlib.Path] = [venv / "bin/python", "-c", code]
    told = subprocess.run(argv, capture_output=True, text=True, check=True).stdout.split()
    return dict(zip(("ansible-core", "Python"), told))


def _run(row: Row, argv: t.Sequence[object], environment: t.Mapping[str, str]) -> tuple[int, str]:
    """Exit status and output of a program; the output is in the row's log too."""
    LOGS.mkdir(parents=True, exist_ok=True)
    log = LOGS / f"{row.name}.log"
    with log.open("w", encoding="utf-8") as stream:
        status = subprocess.run(
            [str(word) for word in argv],
            cwd=ROOT,
            env={**os.environ, **environment},
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=subprocess.STDOUT,
            check=False,
        ).returncode
    return status, log.read_text(encoding="utf-8", errors="replace")


def _on_path(venv: pathlib.Path) -> dict[str, str]:
    """Its programs first; last those of the checkout's tools, such as shellcheck."""
    return {"PATH": f"{venv}/bin:{os.environ['PATH']}:{pathlib.Path(sys.executable).parent}"}


def _check_sanity(row: Row, venv: pathlib.Path) -> Found:
    status, output = _run(row, [ROOT / "tests/sanity-check"], _on_path(venv))
    text = (ROOT / ".cache/log/sanity.log").read_text(encoding="utf-8", errors="replace")
    return read_sanity(status, text, output)


def read_sanity(status: int, text: str, output: str) -> Found:
    """What ansible-test's output says: the tests that it names as run, and those as skipped."""
    ran = set(re.findall(r"^Running sanity test \"?'?([\w-]+)", text, re.MULTILINE))
    skipped = re.findall(r"^WARNING: Skipping sanity test '([\w-]+)'[^\n]*", text, re.MULTILINE)
    needed = r'^WARNING: Required program "([\w-]+)" not found'
    missing = set(re.findall(needed, text, re.MULTILINE))
    wrong = "" if status == 0 else f"exit status {status}: {_tail(output)}"
    left_out = collections.Counter(f"{name}: skipped by ansible-test" for name in skipped)
    left_out.update(f"{name}: its program is not there" for name in missing)
    return Found(len(ran - {*skipped, *missing}), wrong, left_out)


def _check_part(row: Row, venv: pathlib.Path) -> Found:
    """Those of PART; how many are left out is counted by this checkout's pytest."""
    found = _check_units(row, venv, [path for one in PART for path in _expand(one)])
    argv = [sys.executable, "-m", "pytest", "tests/unit", "--collect-only", "-q"]
    done = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, check=True)
    [count] = re.findall(r"^(\d+) tests collected", done.stdout, re.MULTILINE)
    left_out = {**found.left_out, LEFT_OUT: int(count) - found.total}
    return dataclasses.replace(found, left_out=left_out)


def _expand(pattern: str) -> list[str]:
    """Files of a pattern, which ansible-test does not know; a directory as it is."""
    if "*" not in pattern:
        return [pattern]
    return sorted(str(path.relative_to(ROOT)) for path in ROOT.glob(pattern))


def _check_units(row: Row, venv: pathlib.Path, paths: t.Sequence[str] = ()) -> Found:
    status, output = _run(row, [ROOT / "tests/units-check", *paths], _on_path(venv))
    copy = ROOT / ".cache/units/ansible_collections/quadlet/fleet"
    path = copy / f"tests/output/junit/python{row.python}-controller-units.xml"
    if not path.exists():
        return Found(0, f"exit status {status}: {_tail(output)}")
    return read_junit(status, path.read_text(encoding="utf-8"))


def _check_hosts(row: Row, _venv: pathlib.Path) -> Found:
    """Tests on a host, by pytest of this checkout's tools and by the cores of the row."""
    report = LOGS / f"{row.name}.xml"
    report.unlink(missing_ok=True)
    tests = ["tests/integration/test_life.py"]
    if row.kind == "roles":
        tests.append("tests/integration/test_cores.py")
    argv = [sys.executable, "-m", "pytest", *tests, "-q", f"--junitxml={report}"]
    chosen = {
        "QUADLET_TEST_CORES": f"{row.core}/{row.python}",
        "QUADLET_TEST_PODMAN": row.podman,
        "QUADLET_TEST_PYTHON": row.managed,
        "QUADLET_TEST_HOSTS": HOSTS,
    }
    status, output = _run(row, argv, chosen)
    missing = re.search(r"MissingPythonError: (.+)", output)
    if missing:
        raise NotRunError(missing.group(1))
    if not report.exists():
        return Found(0, f"exit status {status}: {_tail(output)}")
    return read_junit(status, report.read_text(encoding="utf-8"))


_CHECKS: dict[str, t.Callable[[Row, pathlib.Path], Found]] = {
    "sanity": _check_sanity,
    "units": _check_units,
    "roles": _check_hosts,
    "host": _check_hosts,
}


def read_junit(status: int, text: str) -> Found:
    """What pytest's report says; a skipped test is left out by its reason, and passes nothing."""
    top = ET.fromstring(text)
    passed, failed, left_out = 0, [], collections.Counter[str]()
    for case in top.iter("testcase"):
        skipped = case.find("skipped")
        if case.find("failure") is not None or case.find("error") is not None:
            failed.append(f"{case.get('classname')}.{case.get('name')}")
        elif skipped is not None:
            left_out[skipped.get("message") or "no reason"] += 1
        else:
            passed += 1
    wrong = f"{len(failed)} failed: {', '.join(failed[:5])}" if failed else ""
    if status and not wrong:
        wrong = f"exit status {status}"
    versions = {one.get("name", ""): one.get("value", "") for one in top.iter("property")}
    total = passed + len(failed) + sum(left_out.values())
    return Found(passed, wrong, left_out, versions, total)


def destroy_hosts() -> None:
    """Those that rows have booted."""
    cli = ROOT / "tests/hosts/hosts"
    told = subprocess.run([cli, "list", "--json"], capture_output=True, text=True, check=True)
    names = [host["name"] for host in json.loads(told.stdout)]
    ours = [name for name in names if name.startswith(f"{HOSTS}-")]
    if ours:
        subprocess.run([cli, "destroy", *ours], check=True)


def _tail(output: str) -> str:
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    return " | ".join(lines[-3:])[-300:]
