"""Failures as a person and a playbook read them."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest

from ansible_collections.quadlet.fleet.plugins.module_utils._core.errors import QuadletError
from ansible_collections.quadlet.fleet.plugins.module_utils._core.gate.failure import (
    Failure,
    failure_error,
    last_words,
    outcome_ending,
    step_failure,
)
from ansible_collections.quadlet.fleet.plugins.module_utils._core.gate.verdict import DEPENDENCY
from ansible_collections.quadlet.fleet.plugins.module_utils._core.state.manifest import Manifest

FULL = Failure(
    "start",
    "its process said pw",
    unit="web.container",
    service="web.service",
    job="failed",
    exit_code=3,
    restarts=2,
    health_log="health pw",
    journal=("one pw", "two"),
    hint="hint pw",
)


def test_a_result_holds_all_fields_as_plain_data() -> None:
    assert FULL.to_result() == {
        "phase": "start",
        "reason": "its process said pw",
        "unit": "web.container",
        "service": "web.service",
        "job": "failed",
        "exit_code": 3,
        "restarts": 2,
        "health_log": "health pw",
        "journal": ["one pw", "two"],
        "hint": "hint pw",
    }


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (QuadletError("no space"), Failure("write", "no space")),
        (QuadletError("no space", phase="load"), Failure("load", "no space")),
        (
            QuadletError("no space", where="/q/app", remedy="Make room."),
            Failure("write", "/q/app: no space", hint="Make room."),
        ),
    ],
    ids=["bare", "with its phase", "with place and remedy"],
)
def test_a_step_fails(error: QuadletError, expected: Failure) -> None:
    failure = step_failure(error)
    assert failure == expected
    assert failure.service is None


def _error(*failures: Failure) -> QuadletError:
    return failure_error("shop", {"changed": True}, failures, "All is as before.")


LEADS = {
    "start": "web.service did not start: why",
    "reload": "web.service did not reload: why",
    "write": "its files could not be put in place: why",
    "load": "its units could not be loaded: why",
    "health": "web.service did not become healthy: why",
    "probe": "a probe failed: why",
    "stay": "web.service did not stay up: why",
}


@pytest.mark.parametrize(("phase", "lead"), LEADS.items(), ids=LEADS)
def test_the_first_line_names_the_phase(phase: str, lead: str) -> None:
    error = _error(Failure(phase, "why", service="web.service"))
    assert error.what == lead
    assert error.where == "app shop"


def test_what_failed_by_itself_comes_before_what_only_depends_on_it() -> None:
    error = _error(
        Failure("start", DEPENDENCY, unit="web.container", service="web.service"),
        Failure("start", "why", unit="db.container", service="db.service"),
    )
    assert error.what.split("\n") == [
        "db.service did not start (and 1 more): why",
        f"  web.service (web.container): {DEPENDENCY}",
    ]


def test_a_probe_has_no_service() -> None:
    assert _error(Failure("probe", "why"), Failure("probe", "too")).what.split("\n")[1] == "  too"


def test_the_last_eight_lines_of_the_journal() -> None:
    lines = tuple(f"line {number}" for number in range(10))
    what = _error(Failure("start", "why", service="web.service", journal=lines)).what
    shown = what.split("\n")
    assert shown[1] == "  web.service last said:"
    assert shown[2:] == [f"    line {number}" for number in range(2, 10)]


ROUTINE = (
    "Starting web.service - Web...",
    "Started web.service.",
    "web.service: Main process exited, code=exited, status=3/NOTIMPLEMENTED",
    "web.service: Control process exited, code=exited, status=1/FAILURE",
    "web.service: Killing process 2235 (pasta.avx2) with signal SIGKILL.",
    "web.service: Failed with result 'exit-code'.",
    "web.service: Scheduled restart job, restart counter is at 1.",
    "web.service: Start request repeated too quickly.",
    "Failed to start web.service.",
)
TOLD = (
    "Started the web server",
    "other.service: Failed with result 'exit-code'.",
    "web.service: start-pre operation timed out. Terminating.",
    "web.service: Failed at step EXEC spawning /nonexistent: No such file or directory",
)


def test_what_systemd_says_of_each_failure_is_left_out_where_there_is_more() -> None:
    lines = (*ROUTINE, TOLD[0], *ROUTINE, *TOLD[1:], *ROUTINE)
    failure = Failure("start", "why", service="web.service", journal=lines)
    assert last_words(failure) == TOLD
    assert failure.to_result()["journal"] == list(lines)
    assert last_words(dataclasses.replace(failure, journal=ROUTINE)) == ROUTINE[-8:]
    assert last_words(dataclasses.replace(failure, journal=())) == ()


def test_hints_are_told_once_and_the_ending_last() -> None:
    error = _error(
        Failure("start", "a", service="a.service", hint="Do it."),
        Failure("start", "b", service="b.service", hint="Do it."),
        Failure("start", "c", service="c.service"),
    )
    assert error.remedy == "\nDo it.\nAll is as before."


def test_the_error_carries_the_whole_result() -> None:
    data = _error(FULL).data
    assert data["changed"] is True
    assert data["failures"] == [FULL.to_result()]


KEPT = Manifest("shop", generation=4, files={"web.container": ("sha", 0o644, "restart")})

ENDINGS: dict[str, tuple[Manifest, t.Any, str, str]] = {
    "kept": (KEPT, None, "", "The new files are in place (on_failure: keep); the next run tries"),
    "undone": (KEPT, {"changes": []}, "", "What was there before is back: generation 4."),
    "first deployment undone": (Manifest("shop"), {}, "", "The app was not there before, and"),
    "not undone": (KEPT, {}, "disk full", "Not all of it could be undone: disk full"),
}


@pytest.mark.parametrize("case", ENDINGS.values(), ids=ENDINGS)
def test_how_it_ended(case: tuple[Manifest, t.Any, str, str]) -> None:
    before, attempt, trouble, expected = case
    assert outcome_ending(before, attempt, trouble).startswith(expected)


@pytest.mark.parametrize("phases", [{"run"}, {"run", "start"}, {"start"}, set()])
def test_a_job_that_failed_runs_when_it_is_named_again(phases: set[str]) -> None:
    ending = outcome_ending(KEPT, None, "", phases)
    assert ("when `run` names it again" in ending) is (phases == {"run"})
