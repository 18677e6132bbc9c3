"""Hosts in a directory, for the tests of the engine; what the table of faults has tried."""

from __future__ import annotations

import contextlib
import pathlib
import typing as t

import pytest

from tests.unit.engine.support.host import Host, temporary_host
from tests.unit.support.generators import find_generator

RELEASE = "5.4"
"""The Podman whose generator answers; it is the one of the hosts that were recorded."""

MakeHost = t.Callable[[str], Host]


@pytest.fixture(scope="session")
def generator_binary() -> pathlib.Path:
    """The generator that answers."""
    return find_generator(RELEASE).binary


@pytest.fixture
def make_host(generator_binary: pathlib.Path) -> t.Iterator[MakeHost]:
    """Makes a host by the kind of its scope."""
    with contextlib.ExitStack() as stack:
        yield lambda kind: stack.enter_context(temporary_host(kind, generator_binary))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """What the table of faults has tried, by scenario."""
    reports = [one for rows in terminalreporter.stats.values() for one in rows]
    lines = [
        str(value)
        for report in reports
        for name, value in getattr(report, "user_properties", ())
        if name == "faults" and getattr(report, "when", "") == "call"
    ]
    if lines:
        terminalreporter.section("faults at every effect")
        for line in sorted(lines):
            terminalreporter.write_line(line)
