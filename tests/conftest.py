"""Which tests one worker runs in turn, where several share the work."""

from __future__ import annotations

import pytest

TOGETHER = {
    "unit/test_properties": "values",  # they count together
    "integration/test_faults": "registry",  # it stops the one that wants a password
    "integration/test_pull": "registry",  # it uses that, and stops it too
    "integration/test_host": "registry",
    "integration/test_rollout": "rollout",  # it needs eight hosts, once
    "integration/test_pull_role": "pull_role",  # each test goes on from the one before
}
"""Files by their group. Groups are begun first, the ones with most tests before others."""


@pytest.hookimpl(tryfirst=True)  # before xdist reads the marks
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks the tests of those files."""
    for item in items:
        group = _group(item)
        if group:
            item.add_marker(pytest.mark.xdist_group(group))


def pytest_collection_finish(session: pytest.Session) -> None:
    """Ends a run of several workers that would not keep files together.

    xdist tells groups by the ends of node ids; it says nothing where they have no effect, as with
    pytest 9.2 (pytest-xdist issue 1386).
    """
    if not getattr(session.config.option, "loadgroup", False):
        return
    for item in session.items:
        group = _group(item)
        if group and not item.nodeid.endswith(f"@{group}"):
            raise pytest.UsageError(f"xdist does not see that {item.nodeid} is of group {group}")


def _group(item: pytest.Item) -> str | None:
    return TOGETHER.get(f"{item.path.parent.name}/{item.path.stem}")
