"""The matrix: its rows, what is read of runs, and the page that is made of results."""

from __future__ import annotations

import pathlib
import re
import typing as t

import pytest

from tests.matrix.machine import read_core
from tests.matrix.results import Collection, Result
from tests.matrix.rows import CORES, KINDS, MANAGED, PODMAN, Core, Row, make_rows, select
from tests.matrix.run import read_junit, read_sanity
from tests.pages.matrix import render
from tests.unit.support.generators import RELEASES

ROOT = pathlib.Path(__file__).resolve().parents[3]
NOW = Collection("1.0.0", "new", "abc1234")
NEXT = Core("2.22", ("3.13", "3.14", "3.15"), MANAGED[1:])


def _rows(
    *cores: Core, has: t.Callable[[str], bool] = lambda version: version != "3.14"
) -> list[Row]:
    return make_rows(cores or CORES, has)


def _result(**more: t.Any) -> Result:
    given: dict[str, t.Any] = {
        "verdict": "passed", "passed": 7, "reason": "", "left_out": {}, "seconds": 5,
        "versions": {"ansible-core": "2.16.3", "Podman": "5.4.2"},
        "at": "2026-11-28 03:00", "collection": NOW,
    }  # fmt: skip
    return Result(**{**given, **more})


def test_the_rows_are_the_product() -> None:
    rows = _rows()
    names = [row.name for row in rows]
    assert len(set(names)) == len(names)
    assert {row.kind for row in rows} == set(KINDS)
    pairs = {(core.minor, python) for core in CORES for python in core.controllers}
    for kind in ("units", "roles"):
        assert {(row.core, row.python) for row in rows if row.kind == kind} == pairs
    assert [row.core for row in rows if row.kind == "sanity"] == [c.minor for c in CORES]
    places = {(row.podman, row.managed) for row in rows if row.kind == "host"}
    assert places == {(podman, managed) for podman in PODMAN for managed in MANAGED}


def test_a_core_runs_only_what_it_supports() -> None:
    known = {core.minor: core for core in CORES}
    for row in _rows():
        assert row.python in known[row.core].controllers
        assert not row.managed or row.managed in known[row.core].managed


def test_each_podman_and_managed_python_meets_the_newest_core() -> None:
    assert {row.core for row in _rows() if row.kind == "host"} == {CORES[-1].minor}
    taken = {row.podman for row in _rows() if row.kind == "roles"}
    assert taken == set(PODMAN)


def test_where_one_python_is_enough_it_is_one_that_is_there() -> None:
    rows = {row.name for row in _rows(has=lambda version: version == "3.12")}
    assert {"sanity-core2.16-py3.12", "sanity-core2.21-py3.12"} <= rows
    assert "sanity-core2.21-py3.14" in {row.name for row in _rows(has=lambda _version: False)}


def test_the_table_has_what_the_collection_requires() -> None:
    runtime = (ROOT / "meta/runtime.yml").read_text(encoding="utf-8")
    assert f'requires_ansible: ">={CORES[0].minor}.0"' in runtime
    minors = [int(core.minor.partition(".")[2]) for core in CORES]
    assert minors == list(range(minors[0], minors[-1] + 1))
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert f"Python {MANAGED[0]} or newer" in readme
    assert PODMAN == RELEASES


def test_a_core_that_is_newer_than_the_table_gets_rows_and_a_line() -> None:
    rows = _rows(*CORES, NEXT)
    assert {"units-core2.22-py3.15", "sanity-core2.22-py3.15"} <= {row.name for row in rows}
    hosts = [row for row in rows if row.kind == "host" and row.managed == "3.10"]
    assert all(row.core == "2.22" for row in hosts)
    assert "| 2.22 | | | |" in render({}, [*CORES, NEXT])


@pytest.mark.parametrize(
    ("patterns", "count"),
    [((), 60), (("units-*",), 18), (("sanity-core2.16-py3.12",), 1), (("host-*", "roles-*"), 36)],
)
def test_rows_are_chosen_by_name_or_pattern(patterns: tuple[str, ...], count: int) -> None:
    assert len(select(_rows(), patterns)) == count


def test_a_pattern_without_a_row_is_an_error() -> None:
    with pytest.raises(ValueError, match=r"no row units-core2\.15-\*"):
        select(_rows(), ["units-*", "units-core2.15-*"])


def test_the_pythons_of_a_core_are_read_from_its_package() -> None:
    text = (
        "from __future__ import annotations\n"
        "REMOTE_ONLY_PYTHON_VERSIONS = ('2.7', '3.9', '3.10')\n"
        "CONTROLLER_PYTHON_VERSIONS = (\n    '3.11',\n    '3.12',\n)\n"
    )
    assert read_core("9.9", text) == Core("9.9", ("3.11", "3.12"), MANAGED[:4])


JUNIT = """<testsuites><testsuite><properties><property name="Podman" value="5.4.2"/></properties>
<testcase classname="a.b" name="one"/><testcase classname="a.b" name="two"/>{}
</testsuite></testsuites>"""
SKIPPED = '<testcase classname="a.b" name="x"><skipped message="no git here">s</skipped></testcase>'


def test_a_report_of_pytest() -> None:
    found = read_junit(0, JUNIT.format(SKIPPED))
    assert (found.passed, found.wrong, found.left_out) == (2, "", {"no git here": 1})
    assert found.versions == {"Podman": "5.4.2"}
    for kind in ("failure", "error"):
        bad = JUNIT.format(f'<testcase classname="a.b" name="bad"><{kind}/></testcase>')
        assert read_junit(1, bad).wrong == "1 failed: a.b.bad"
    assert read_junit(4, JUNIT.format("")).wrong == "exit status 4"


def test_what_sanity_says() -> None:
    text = (
        "Running sanity test 'action-plugin-docs'\nRunning sanity test \"import\" on Python 3.9\n"
        "Running sanity test 'import' on Python 3.12\nRunning sanity test 'pslint'\n"
        "WARNING: Skipping sanity test 'pslint' since pwsh is not there.\n"
    )
    found = read_sanity(0, text, "")
    assert (found.passed, found.wrong) == (2, "")
    assert found.left_out == {"pslint: skipped by ansible-test": 1}
    missing = f'{text}WARNING: Required program "pslint" not found.\n'
    assert read_sanity(0, missing, "").passed == 2
    assert "pslint: its program is not there" in read_sanity(0, missing, "").left_out
    assert read_sanity(1, text, "a\nERROR: one\n").wrong == "exit status 1: a | ERROR: one"


def test_a_page_without_results_claims_nothing() -> None:
    page = render({}, CORES)
    assert "Nothing was run so far." in page
    assert "✓" not in page.partition("## Controllers")[2]


def test_the_page_shows_each_result() -> None:
    old = Collection("0.9.0", "old", "0123456")
    found = {
        "units-core2.16-py3.12": _result(),
        "sanity-core2.16-py3.12": _result(passed=25),
        "units-core2.21-py3.14": _result(
            verdict="not run", passed=0, reason="no Python 3.14 on this machine", versions={}
        ),
        "host-podman5.4-py3.9": _result(collection=old, at="2026-01-02 10:00"),
        "roles-core2.16-py3.10": _result(verdict="failed", passed=3, reason="1 failed: a.b.bad"),
        "units-core2.17-py3.12": _result(left_out={"no git here": 4}),
    }
    page = render(found, CORES)
    for line in (
        "version 1.0.0 at commit abc1234. 1 rows, marked *, are of other code",
        "| 2.16 | — | — | ✓ 7 | | | ✓ 25 (Python 3.12) |",
        "| 2.17 | — | — | ✓ 7 of 11 |",
        "| 2.16 | ✗ (Podman 5.8, Python 3.9) |",
        "| 3.9 | ✓ 7 * | — | — |",
        "- Rows without a result so far: 5 of sanity, 15 of units, 17 of roles, 17 of host.",
        "- roles-core2.16-py3.10: failed: 1 failed: a.b.bad",
        "- units-core2.21-py3.14: not run: no Python 3.14 on this machine",
        "- 4 left out: no git here (units-core2.17-py3.12)",
        "| host-podman5.4-py3.9 | ✓ 7 | ansible-core 2.16.3, Podman 5.4.2 | 2026-01-02 | 0.9.0,",
        "| roles-core2.16-py3.10 | ✗ 3 |",
    ):
        assert line in page, f"{line}\n{page}"
    whole = {row.name: _result() for row in _rows()}
    assert "Every row ran, and every test of it." in render(whole, CORES)


def test_rows_of_the_page_are_in_the_order_of_their_numbers() -> None:
    names = ["units-core2.16-py3.9", "units-core2.16-py3.10", "host-podman5.4-py3.9"]
    page = render(dict.fromkeys(reversed(names), _result()), CORES)
    assert re.findall(r"^\| (\w+-\S+) \| ✓", page, re.MULTILINE) == names
