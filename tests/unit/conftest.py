"""Fixtures of the unit tests: the real generators; the closing section of the property tests."""

from __future__ import annotations

import functools
import importlib
import typing as t

import pytest
from ansible.plugins.loader import init_plugin_loader

from tests.unit.support.generators import RELEASES, Generator, find_generator
from tests.unit.support.share import FAST, INNER_LOOP
from tests.unit.support.tally import TALLY

init_plugin_loader()
"""Ansible's finder takes over the imports of collections, and loads no more of one that it did not
load from the start: so it is there before the first of them.
"""

LINES = pytest.StashKey[list[str]]()

STARTERS = (
    "engine/test_images_of_apps.py",
    "host/test_child.py",
    "module/test_kept_engine.py",
    "plugin_utils/faces/test_faces_playbook.py",
    "plugin_utils/test_lint_playbook.py",
    "project/test_pull_runner.py",
    "project/test_roles.py",
)
"""Tests that start programs, most of them Ansible: the inner loop takes every third of a file."""

_find = functools.cache(find_generator)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leaves out what the inner loop does not take, and says how many."""
    if not INNER_LOOP:
        return
    left_out = set()
    for name in STARTERS:
        tests = [item for item in items if item.path.match(name)]
        left_out.update(item for number, item in enumerate(tests) if number % 3)
    config.hook.pytest_deselected(items=[*left_out])
    items[:] = [item for item in items if item not in left_out]


@pytest.fixture(autouse=True)
def _nothing_heard() -> None:
    """A module's process has heard nothing when it begins; tests share theirs."""
    name = "ansible_collections.quadlet.fleet.plugins.module_utils._host.heard"
    importlib.import_module(name).forget()  # behind init_plugin_loader


@pytest.fixture(params=RELEASES[-1:] if FAST else RELEASES)
def generator(request: pytest.FixtureRequest) -> Generator:
    """The generator of each release in turn, with ./test --fast of the newest; never skipped."""
    return _find(request.param)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """A worker hands its counts on."""
    tally = session.config.stash.get(TALLY, None)
    if tally and hasattr(session.config, "workeroutput"):
        session.config.workeroutput["values"] = list(tally.lines())


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: t.Any) -> None:
    """Takes the counts of a worker."""
    lines = getattr(node, "workeroutput", {}).get("values")
    if lines:
        node.config.stash[LINES] = lines


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """What the property tests compared."""
    stash = terminalreporter.config.stash
    tally = stash.get(TALLY, None)
    lines = list(tally.lines()) if tally else stash.get(LINES, [])
    if lines:
        terminalreporter.section("values given as data")
        for line in lines:
            terminalreporter.write_line(line)
