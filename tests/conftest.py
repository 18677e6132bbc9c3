"""Which tests one worker runs in turn, where several share the work."""

from __future__ import annotations

import typing as t

import pytest

TOGETHER = {
    "tests/unit/core/test_properties.py": "values",  # they count together
    "tests/integration/test_faults.py": "registry",  # it stops the one that wants a password
    "tests/integration/test_pull.py": "registry",  # it uses that, and stops it too
    "tests/integration/test_host.py": "registry",
    "tests/integration/test_rollout.py": "rollout",  # it needs eight hosts, once
    "tests/integration/test_pull_role.py": "pull_role",  # each goes on from the one before
}
"""Files by their group. Groups are begun first, the ones with most tests before others."""


@pytest.hookimpl(tryfirst=True)  # before xdist reads the marks
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks the tests of those files."""
    for item in items:
        group = _group(item.nodeid)
        if group:
            item.add_marker(pytest.mark.xdist_group(group))


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
