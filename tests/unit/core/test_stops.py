"""How long a stop may take, state by state."""

from __future__ import annotations

import pytest

from ansible_collections.quadlet.fleet.plugins.module_utils._core.gate.stops import (
    Stops,
    parse_span,
)
from ansible_collections.quadlet.fleet.plugins.module_utils._core.systemd_state import State

SPANS = {
    "1min 30s": 90.0,
    "40s": 40.0,
    "500ms": 0.5,
    "1h 2min": 3720.0,
    "1d": 86400.0,
    "2.5s": 2.5,
    "100us": 1e-4,
    "infinity": None,
    "": None,
    "3 parsecs": None,
    "3parsecs": None,
}


@pytest.mark.parametrize(("text", "seconds"), SPANS.items(), ids=[f"{one!r}" for one in SPANS])
def test_spans_as_systemctl_shows_them(text: str, seconds: float | None) -> None:
    found = parse_span(text)
    assert found == (seconds if seconds is None else pytest.approx(seconds))


def stopping(sub: str) -> State:
    """A service on its way down."""
    return State("loaded", "deactivating", sub, "stop")


DOWN = State("loaded", "inactive", "dead")
FAILED = State("loaded", "failed", "failed")
UP = State("loaded", "active", "running")
QUEUED = UP._replace(job="stop")
LOOKS: dict[str, list[tuple[float, State, tuple[int, int, int]]]] = {
    "it goes down": [(0, stopping("stop"), (1, 0, 0)), (5, DOWN, (0, 0, 0))],
    "it fails on its way": [(0, stopping("stop-sigterm"), (1, 0, 0)), (5, FAILED, (0, 0, 0))],
    "within its limit": [(0, stopping("stop"), (1, 0, 0)), (14, stopping("stop"), (1, 0, 0))],
    "beyond it": [(0, stopping("stop"), (1, 0, 0)), (16, stopping("stop"), (1, 1, 0))],
    "each state has a limit of its own": [
        (0, stopping("stop"), (1, 0, 0)),
        (14, stopping("stop-sigterm"), (1, 0, 0)),
        (28, stopping("stop-sigkill"), (1, 0, 0)),
        (42, stopping("stop-post"), (1, 0, 0)),
        (58, stopping("stop-post"), (1, 1, 0)),
    ],
    "it waits for others": [
        (0, QUEUED, (1, 0, 0)),
        (200, QUEUED, (1, 0, 0)),
        (201, stopping("stop"), (1, 0, 0)),
        (211, stopping("stop"), (1, 0, 0)),
    ],
    "it waits for ever": [(0, QUEUED, (1, 0, 0)), (301, QUEUED, (1, 1, 0))],
    "it was started again": [(0, stopping("stop"), (1, 0, 0)), (3, UP, (0, 0, 1))],
    "it never ran": [(0, DOWN, (0, 0, 0))],
}
"""Looks at a service whose TimeoutStopSec= is 10 s: the time, its state, and how many are busy,
overdue and up again.
"""


@pytest.mark.parametrize("looks", LOOKS.values(), ids=LOOKS)
def test_looks(looks: list[tuple[float, State, tuple[int, int, int]]]) -> None:
    stops = Stops({"web.service": 10.0})
    for now, state, counts in looks:
        seen = stops.see({"web.service": state}, now)
        assert (len(seen.busy), len(seen.overdue), len(seen.again)) == counts


def test_without_a_limit_it_is_systemds_default() -> None:
    stops = Stops({"web.service": None})
    assert [
        bool(stops.see({"web.service": stopping("stop")}, now).overdue) for now in (0, 90, 96)
    ] == [False, False, True]
