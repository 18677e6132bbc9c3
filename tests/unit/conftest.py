"""Fixtures of the unit tests: the real generators; the closing section of the property tests."""

from __future__ import annotations

import functools

import pytest

from tests.unit.support.generators import RELEASES, Generator, find_generator
from tests.unit.support.tally import TALLY

_find = functools.cache(find_generator)


@pytest.fixture(params=RELEASES)
def generator(request: pytest.FixtureRequest) -> Generator:
    """The generator of each release in turn; never skipped."""
    return _find(request.param)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """What the property tests compared."""
    tally = terminalreporter.config.stash.get(TALLY, None)
    if tally:
        terminalreporter.section("values given as data")
        for line in tally.lines():
            terminalreporter.write_line(line)
