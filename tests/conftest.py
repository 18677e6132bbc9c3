"""Which tests one worker runs in turn, where several share the work; which begin first; how long
each took.
"""

from __future__ import annotations

import collections
import contextlib
import gc
import os
import pathlib
import re
import sys
import typing as t

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[1]
SLOW = ROOT / "tests" / "slow.tsv"
"""Seconds, and names of groups and of tests without their cases, that take long.  The longest
begin first, so that no worker waits for another in the end.  CONTRIBUTING.md says how to renew it.
"""
DURATIONS = ROOT / ".cache" / "log" / "durations.tsv"
"""Where a run leaves how long each test took."""

_READ = ("architecture", "argv", "child", "layout", "opens", "payload")

TOGETHER = {
    **{f"tests/unit/project/test_{name}.py": "code" for name in _READ},  # each parses all files
    "tests/unit/project/test_host_role.py": "host_role",  # one play for all
    "tests/unit/plugin_utils/test_merge.py": "merge",  # the same
    "tests/unit/core/test_properties.py": "values",  # they count together
    "tests/integration/test_faults.py": "registry",  # it stops the one that wants a password
    "tests/integration/test_pull.py": "registry",  # it uses that, and stops it too
    "tests/integration/test_host.py": "registry",
    "tests/integration/test_refused.py": "refused",  # its apps are there once for all
    "tests/integration/test_rollout.py": "rollout",  # it needs eight hosts, once
    "tests/integration/test_status_page.py": "page",  # one browser
    "tests/integration/test_pull_role.py": "pull_role",  # each goes on from the one before
}
"""Files by their group."""


def _prepare_checkout() -> None:
    """What tests/setup and pyproject.toml do otherwise: ansible-test reads neither of them."""
    if str(ROOT) not in sys.path:
        sys.path.insert(0, str(ROOT))
    link = ROOT / ".cache/collections/ansible_collections/quadlet/fleet"
    if not link.is_symlink():
        link.parent.mkdir(parents=True, exist_ok=True)
        with contextlib.suppress(FileExistsError):  # by another worker
            link.symlink_to("../../../..")


_prepare_checkout()

_seconds: collections.Counter[str] = collections.Counter()


@pytest.hookimpl(wrapper=True, tryfirst=True)  # before xdist reads the marks
def pytest_collection_modifyitems(items: list[pytest.Item]) -> t.Generator[None]:
    """Marks the tests of those files; where several share the work, the slow ones begin first."""
    for item in items:
        group = _group(item.nodeid)
        if group:
            item.add_marker(pytest.mark.xdist_group(group))
    yield
    if "PYTEST_XDIST_WORKER" in os.environ:
        rows = (line.split("\t") for line in SLOW.read_text(encoding="utf-8").splitlines())
        seconds = {name: float(number) for number, name in rows}
        items.sort(key=lambda item: _turn(item.nodeid, seconds))


def pytest_collection_finish() -> None:
    """What is collected stays: the garbage collector need not look at it again.

    ansible-test forks for each test; a child in which nobody touches it does not copy it.
    """
    gc.freeze()


def _turn(name: str, seconds: t.Mapping[str, float]) -> tuple[bool, float, str]:
    """Unit tests first: meanwhile `hosts prepare` builds what hosts are made of."""
    group = _group(name)
    known = seconds.get(group or re.split(r"[\[@]", name)[0], 0)
    # A file of a group stays in one piece: what its tests share is made once.
    return not name.startswith("tests/unit/"), -known, name.partition("::")[0] if group else ""


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Adds up what a test took."""
    _seconds[report.nodeid] += report.duration


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Writes it down, the longest first; a worker does not."""
    if _seconds and not hasattr(session.config, "workerinput"):
        DURATIONS.parent.mkdir(parents=True, exist_ok=True)
        rows = [f"{seconds:.2f}\ttest\t{name}\n" for name, seconds in _seconds.most_common()]
        DURATIONS.write_text("".join(rows), encoding="utf-8")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_node_collection_finished(node: t.Any, ids: t.Sequence[str]) -> None:
    """Ends a run of several workers that would not keep files together.

    xdist tells groups by the ends of node ids; it says nothing where they have no effect, as with
    pytest 9.2 (pytest-xdist issue 1386).
    """
    if node.config.getoption("dist") != "loadgroup":
        return
    for name in ids:
        group = _group(name)
        if group and not name.endswith(f"@{group}"):
            raise pytest.UsageError(f"xdist does not see that {name} is of group {group}")


def _group(name: str) -> str | None:
    return TOGETHER.get(name.partition("::")[0])
