"""Every fault at every effect: what was before is there, or the next run brings what was asked for.

An effect is a command, a call in the owner's process, one change of a file, a job of systemd.  It
fails, hangs, or the process dies before or after it.  The hosts are those of support/host.py: they
prove nothing about systemd or Podman, and no real host can be made to fail at each of these places.
"""

from __future__ import annotations

import gc
import time
import typing as t

import pytest

from tests.unit.engine.support.effects import DIES, DIES_LATE, FAILS, HANGS
from tests.unit.engine.support.host import Host
from tests.unit.engine.support.table import SCENARIOS, Scenario, Table
from tests.unit.support.share import LONG, pick

SCOPES = ("system", "user")
ROWS = [
    pytest.param(kind, scenario, id=f"{scenario.name}-{kind}")
    for number, scenario in enumerate(SCENARIOS)
    for kind in SCOPES
    if LONG or kind == SCOPES[number % 2]
]
"""Each scenario in one kind of scope, in turn; in both with QUADLET_TEST_LONG."""

EVERY = pick(long=1, usual=3, fast=80)
"""Of the faults of a scenario each third one is tried; all with QUADLET_TEST_LONG."""


@pytest.mark.parametrize(("kind", "scenario"), ROWS)
def test_every_fault_at_every_effect(
    kind: str,
    scenario: Scenario,
    make_host: t.Callable[[str], Host],
    record_property: t.Callable[[str, object], None],
) -> None:
    began = time.process_time()
    gc.disable()  # most of what a run leaves is not in circles
    try:
        table = Table(make_host(kind), scenario)
        cases = table.cases[::EVERY]
        wrong = {str(case): found for case in cases for found in [table.try_case(case)]}
    finally:
        gc.enable()
    bad = {case: found for case, found in wrong.items() if found}
    count = table.count
    seconds = time.process_time() - began
    record_property(
        "faults",
        f"{scenario.name:9} {kind:7}{count.effects:>5} effects {count.jobs:>3} jobs"
        f"{len(cases):>5} of {count.cases} faults tried, {len(bad)} did not converge;"
        f" {count.same} more kills leave the host as another one does; {seconds:.0f} s",
    )
    assert bad == {}
    assert count.cases > count.effects
    assert {FAILS, HANGS, DIES, DIES_LATE} <= set(count.kinds)
