"""Results and failures as they are returned."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.quadlet.fleet.plugins.module_utils._core.errors import QuadletError
from ansible_collections.quadlet.fleet.plugins.module_utils._core.gate.failure import (
    Failure,
    failure_error,
    outcome_ending,
)
from ansible_collections.quadlet.fleet.plugins.module_utils._core.gate.verdict import DEPENDENCY
from ansible_collections.quadlet.fleet.plugins.module_utils._core.info.result import (
    make_result,
    service_result,
)
from ansible_collections.quadlet.fleet.plugins.module_utils._core.plan.model import Step
from ansible_collections.quadlet.fleet.plugins.module_utils._core.state.intent import (
    Intent,
    died_warning,
)
from ansible_collections.quadlet.fleet.plugins.module_utils._core.state.manifest import (
    Manifest,
    Mark,
)
from ansible_collections.quadlet.fleet.plugins.module_utils._core.systemd_state import (
    Details,
    State,
)

UP = State("loaded", "active", "running")


def _result(*steps: Step) -> dict[str, t.Any]:
    return make_result(
        steps,
        services={"web.service": service_result(UP, None)},
        manifest=Manifest("shop", generation=3, rollout=Mark("r1", 2, True)),
        warnings=["w"],
        lint=[],
        diff=[{"before": "", "after": ""}],
        timings={"read": 0.5},
    )


def test_a_result() -> None:
    step = Step("web.container", "web.service", "start", ("is new",))
    assert _result(step) == {
        "changed": True,
        "plan": [step.to_result()],
        "services": {
            "web.service": {"active": "active", "sub": "running", "result": None, "restarts": None}
        },
        "generation": 3,
        "rollout": {"id": "r1", "from": 2, "under_way": True},
        "rolled_back": False,
        "warnings": ["w"],
        "lint": [],
        "diff": [{"before": "", "after": ""}],
        "timings": {"read": 0.5},
    }


def test_no_step_is_no_change() -> None:
    assert _result()["changed"] is False
    assert _result()["plan"] == []


@pytest.mark.parametrize(
    ("state", "details", "result"),
    [
        (UP, None, {"active": "active", "sub": "running", "result": None, "restarts": None}),
        (
            State("loaded", "failed", "failed"),
            Details("exit-code", 2, 3, "", 0.0, "", "", 0.0),
            {"active": "failed", "sub": "failed", "result": "exit-code", "restarts": 2},
        ),
        (
            State(),
            None,
            {"active": "inactive", "sub": "dead", "result": None, "restarts": None},
        ),
    ],
    ids=["running", "failed", "unknown"],
)
def test_a_service(state: State, details: Details | None, result: dict[str, t.Any]) -> None:
    assert service_result(state, details) == result


def _failure(
    name: str,
    journal: list[str],
    reason: str = "its process ended with status 3",
    hint: str | None = None,
) -> Failure:
    unit, service = f"{name}.container", f"{name}.service"
    return Failure("start", reason, unit, service, journal=tuple(journal), hint=hint)


def _error(result: dict[str, t.Any], failures: list[Failure]) -> QuadletError:
    return failure_error("shop", result, failures, "What is now.")


def test_a_failure_carries_the_result() -> None:
    result = _result(Step("web.container", "web.service", "start", ("is new",)))
    error = _error(result, [_failure("web", ["a", "b"])])
    assert error.where == "app shop"
    assert {**error.data, "failures": 0} == {**result, "failures": 0}
    assert error.data["failures"] == [_failure("web", ["a", "b"]).to_result()]


def test_a_failure_tells_the_service_the_reason_and_its_last_words() -> None:
    text = str(_error(_result(), [_failure("web", ["alpha", "omega"])]))
    assert text.startswith("app shop: web.service did not start: its process ended with status 3\n")
    assert text.index("alpha") < text.index("omega")


def test_several_failures_are_counted_and_all_named() -> None:
    failures = [_failure("web", ["x"]), _failure("db", ["not shown"]), _failure("api", [])]
    text = str(_error(_result(), failures))
    assert "web.service did not start (and 2 more): its process" in text
    assert "db.service (db.container)" in text
    assert "api.service (api.container)" in text
    assert "not shown" not in text


def test_what_failed_by_itself_comes_first() -> None:
    failures = [_failure("web", [], DEPENDENCY), _failure("db", [], "db's own reason", "Mend db.")]
    first, *others = str(_error(_result(), failures)).split("\n")
    assert first == "app shop: db.service did not start (and 1 more): db's own reason"
    assert f"  web.service (web.container): {DEPENDENCY}" in others[0]
    assert "Mend db." in others


def test_a_failure_without_a_journal() -> None:
    assert "last said" not in str(_error(_result(), [_failure("web", [])]))


def test_a_long_journal_is_cut_at_its_start() -> None:
    lines = [f"line {number:03}" for number in range(100)]
    error = _error(_result(), [_failure("web", lines)])
    assert "line 099" in str(error)
    assert "line 050" not in str(error)
    assert error.data["failures"][0]["journal"] == lines


def test_a_step_that_failed_is_no_service() -> None:
    failures = [Failure("write", "/a: No space left on device", hint="Free some space.")]
    text = str(_error(_result(), failures))
    first = text.split("\n", maxsplit=1)[0]
    assert "its files could not be put in place: /a: No space left on device" in first
    assert text.endswith("Free some space.\nWhat is now. [write-failed]")


def test_a_failure_without_a_service_or_unit_names_none() -> None:
    failures = [Failure("start", "gone"), Failure("start", "r", service="o.service")]
    text = str(_error(_result(), failures))
    assert "a service did not start (and 1 more): gone" in text
    assert "  o.service: r" in text
    assert "None" not in text


def test_an_unknown_fact_is_null() -> None:
    assert Failure("probe", "r", service="a.service").to_result() == {
        "unit": None,
        "service": "a.service",
        "phase": "probe",
        "reason": "r",
        "job": None,
        "exit_code": None,
        "restarts": None,
        "health_log": None,
        "journal": [],
        "hint": None,
    }


HERE = Manifest("shop", generation=3, files={"a": ("", 0o644, "restart")})


@pytest.mark.parametrize(
    ("before", "attempt", "trouble", "says"),
    [
        (HERE, None, "", "on_failure: keep"),
        (HERE, {}, "", "What was there before is back: generation 3."),
        (Manifest("shop"), {}, "", "The app was not there before"),
        (HERE, {}, "web.service: no", "Not all of it could be undone: web.service: no"),
    ],
)
def test_what_the_app_is_after_a_failure(
    before: Manifest, attempt: dict[str, t.Any] | None, trouble: str, says: str
) -> None:
    assert says in outcome_ending(before, attempt, trouble)


def test_a_run_that_died_is_told_with_its_time() -> None:
    text = died_warning("shop", Intent("shop", 86400 * 20000 + 3600 * 13 + 62.5))
    assert "a run of app shop that began at 13:01:02 UTC did not end" in text
