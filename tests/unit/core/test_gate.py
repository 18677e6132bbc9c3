"""Whether a service has come up."""

from __future__ import annotations

import pytest

from ansible_collections.quadlet.fleet.plugins.module_utils._core.content import Blob
from ansible_collections.quadlet.fleet.plugins.module_utils._core.gate.stable import (
    seconds_left,
    stable_times,
)
from ansible_collections.quadlet.fleet.plugins.module_utils._core.gate.verdict import (
    has_come_up,
    next_pause,
    parse_health_log,
    reason_down,
    refusal,
    unhealthy_reason,
)
from ansible_collections.quadlet.fleet.plugins.module_utils._core.systemd_state import (
    Details,
    State,
)
from tests.unit.support.together import together

UP = State("loaded", "active", "running")
MADE = State("loaded", "active", "exited")
DONE = State("loaded", "inactive", "dead")
FAILED = State("loaded", "failed", "failed")
CRASHING = State("loaded", "activating", "auto-restart")
STARTING = State("loaded", "activating", "start")


def _details(
    result: str = "success", restarts: int = 0, code: int | None = None, since: float = 0.0
) -> Details:
    return Details(result, restarts, code, "", 0.0, "", "", since)


FINE = {
    "running": (UP, None, "done", False),
    "running, details known": (UP, _details(), "done", False),
    "made": (MADE, _details(), "done", False),
    "no job seen": (UP, _details(), "", False),
    "one-shot done": (DONE, _details(), "done", True),
    "one-shot done, no details": (DONE, None, "done", True),
    "one-shot done at its next try": (DONE, _details(restarts=4), "done", True),
    "one-shot that stays, at its next try": (MADE, _details(restarts=4), "done", True),
    "restarts of the time before": (UP, _details(restarts=3), "done", False),
    "reloading": (State("loaded", "reloading", "reload"), None, "done", False),
}


@pytest.mark.parametrize(("state", "details", "job", "once"), FINE.values(), ids=FINE)
def test_up(state: State, details: Details | None, job: str, once: bool) -> None:
    assert reason_down(state, details, job, once=once, restarts_before=3) is None


DOWN: dict[str, tuple[State, Details | None, str, bool, str]] = {
    "one-shot that fails again and again": (
        CRASHING,
        _details("exit-code", 5, 7),
        "done",
        True,
        (
            "its process ended with status 7; systemd restarted it 5 times, and the gate's timeout "
            "is over"
        ),
    ),
    "not found": (State(), None, "", False, "systemd has no such unit (not-found)"),
    "bad setting": (
        State("bad-setting"),
        None,
        "",
        False,
        "systemd has no such unit (bad-setting)",
    ),
    "masked": (State("masked"), None, "", True, "systemd has no such unit (masked)"),
    "not found, once active": (
        State("not-found", "active", "running"),
        None,
        "done",
        False,
        "systemd has no such unit (not-found)",
    ),
    "dependency": (DONE, _details(), "dependency", False, "a service that it needs did not start"),
    "dependency of a one-shot": (
        DONE,
        _details(),
        "dependency",
        True,
        "a service that it needs did not start",
    ),
    "job timed out": (STARTING, None, "timeout", False, "its start job timed out"),
    "job cancelled": (
        DONE,
        _details(),
        "canceled",
        False,
        "its start was cancelled by another job",
    ),
    "condition": (
        DONE,
        _details(),
        "skipped",
        True,
        "a condition or assertion of its unit does not hold",
    ),
    "assertion": (DONE, _details(), "assert", True, "an assertion of its unit does not hold"),
    "exit status": (
        FAILED,
        _details("exit-code", 0, 3),
        "done",
        False,
        "its process ended with status 3",
    ),
    "exit status, job failed": (
        FAILED,
        _details("exit-code", 0, 3),
        "failed",
        False,
        "its process ended with status 3",
    ),
    "one-shot failed": (
        FAILED,
        _details("exit-code", 0, 1),
        "failed",
        True,
        "its process ended with status 1",
    ),
    "killed": (
        FAILED,
        _details("signal", 0, 9),
        "done",
        False,
        "its process was killed by signal 9",
    ),
    "ready too late": (
        FAILED,
        _details("timeout", 0, 15),
        "failed",
        False,
        "it did not become ready within its TimeoutStartSec",
    ),
    "memory": (FAILED, _details("oom-kill"), "done", False, "it was killed for want of memory"),
    "start limit": (
        FAILED,
        _details("start-limit-hit"),
        "failed",
        False,
        "it failed too often in a row, systemd gave up",
    ),
    "protocol": (
        FAILED,
        _details("protocol"),
        "failed",
        False,
        "it ended before it reported to be ready",
    ),
    "resources": (
        FAILED,
        _details("resources"),
        "failed",
        False,
        "systemd could not give it what it needs",
    ),
    "unknown result": (FAILED, _details("new-in-300"), "failed", False, "it is failed (failed)"),
    "no details": (FAILED, None, "failed", False, "it is failed (failed)"),
    "ended with success though it should stay": (
        DONE,
        _details(),
        "done",
        False,
        "it is inactive (dead)",
    ),
    "one-shot not done": (
        DONE,
        _details("exit-code", 0, 2),
        "done",
        True,
        "its process ended with status 2",
    ),
    "crashing": (
        CRASHING,
        _details("exit-code", 0, 4),
        "done",
        False,
        "its process ended with status 4; systemd restarts it",
    ),
    "crashing for the fourth time": (
        CRASHING,
        _details("exit-code", 4, 4),
        "done",
        False,
        "its process ended with status 4; systemd restarted it 4 times",
    ),
    "crashing, no details": (
        CRASHING,
        None,
        "done",
        False,
        "it is activating (auto-restart); systemd restarts it",
    ),
    "about to be restarted, read as failed": (
        State("loaded", "failed", "failed-before-auto-restart"),
        _details("signal", 0, 9),
        "done",
        False,
        "its process was killed by signal 9; systemd restarts it",
    ),
    "up again after a crash": (
        UP,
        _details("exit-code", 4, 4),
        "done",
        False,
        "its process ended with status 4; systemd restarted it 4 times",
    ),
    "up again after a crash, read as success": (
        UP,
        _details("success", 4),
        "done",
        False,
        "it is active (running); systemd restarted it 4 times",
    ),
    "starting again after a crash": (
        STARTING,
        _details("exit-code", 4, 4),
        "done",
        False,
        "its process ended with status 4; systemd restarted it 4 times",
    ),
    "given up after a loop": (
        FAILED,
        _details("exit-code", 5, 5),
        "done",
        False,
        "its process ended with status 5; systemd restarted it 5 times",
    ),
    "still starting": (
        STARTING,
        _details(),
        "",
        False,
        "it is still starting, and the gate's timeout is over",
    ),
    "one-shot still running": (
        STARTING,
        _details(),
        "",
        True,
        "it is still starting, and the gate's timeout is over",
    ),
    "not begun": (
        State("loaded", "inactive", "dead", "start"),
        _details(),
        "",
        False,
        "it still waits for what starts before it, and the gate's timeout is over",
    ),
    "one-shot not begun": (
        State("loaded", "inactive", "dead", "start"),
        None,
        "",
        True,
        "it still waits for what starts before it, and the gate's timeout is over",
    ),
    "stopping": (
        State("loaded", "deactivating", "stop-sigterm"),
        _details(),
        "done",
        False,
        "it is deactivating (stop-sigterm)",
    ),
}


@together(("state", "details", "job", "once", "reason"), DOWN.values(), ids=DOWN)
def test_down(state: State, details: Details | None, job: str, once: bool, reason: str) -> None:
    assert reason_down(state, details, job, once=once, restarts_before=3) == reason


def test_one_restart_is_no_plural() -> None:
    details = _details("exit-code", 1, 4)
    reason = reason_down(CRASHING, details, "done", once=False, restarts_before=0)
    assert reason == "its process ended with status 4; systemd restarted it once"


@pytest.mark.parametrize(
    ("stable", "now", "since", "left"),
    [
        (1.0, 100.0, [], 0.0),
        (1.0, 100.0, [99.5], 0.5),
        (1.0, 100.0, [98.0], 0.0),
        (1.0, 100.0, [100.0], 1.0),
        (1.0, 100.0, [99.0], 0.0),
        (1.0, 100.0, [90.0, 99.25, 95.0], 0.25),
        (1.0, 100.0, [0.0], 0.0),
        (1.0, 100.0, [0.0, 99.5], 0.5),
        (0.0, 100.0, [100.0], 0.0),
        (10.0, 100.0, [95.0], 5.0),
        (1.0, 100.0, [200.0], 1.0),
    ],
)
def test_seconds_left(stable: float, now: float, since: list[float], left: float) -> None:
    details = {f"{number}.service": _details(since=at) for number, at in enumerate(since)}
    assert seconds_left(dict.fromkeys(details, stable), now, details) == left


def test_seconds_left_of_the_one_that_needs_most() -> None:
    details = {"a.service": _details(since=98.0), "b.service": _details(since=99.5)}
    assert seconds_left({"a.service": 5.0, "b.service": 1.0}, 100.0, details) == 3.0
    assert seconds_left({"a.service": 5.0, "lost.service": 9.0}, 100.0, details) == 3.0


BARE, ALWAYS = "[Container]\nImage=a\n", "[Service]\nRestart=always\n"
STABLE = {
    "nobody restarts it": (BARE, {}, 1.0),
    "systemd restarts it": (BARE + ALWAYS, {}, 5.0),
    "on failure": (BARE + ALWAYS.replace("always", "on-failure"), {}, 5.0),
    "a job": (BARE + ALWAYS.replace("always", "on-failure\nType=oneshot"), {}, 1.0),
    "it says no": (BARE + ALWAYS.replace("always", "no"), {}, 1.0),
    "it has a check": (BARE + "HealthCmd=true\n" + ALWAYS, {}, 1.0),
    "its check is off": (BARE + "HealthCmd=true\nHealthInterval=disable\n" + ALWAYS, {}, 5.0),
    "by a drop-in": (BARE, {"web.container.d/a.conf": ALWAYS}, 5.0),
    "not by a drop-in": (BARE + ALWAYS, {"web.container.d/a.conf": "[Service]\nRestart=no\n"}, 1.0),
}


@pytest.mark.parametrize(("text", "drop_ins", "seconds"), STABLE.values(), ids=STABLE)
def test_the_stable_time_of_a_service(text: str, drop_ins: dict[str, str], seconds: float) -> None:
    texts = {"web.container": text, **drop_ins}
    content = {path: Blob(one.encode(), 0o644) for path, one in texts.items()}
    units = {"web.service": "web.container", "gone.service": "gone.container"}
    assert stable_times(None, units, content) == {"web.service": seconds, "gone.service": 1.0}
    assert stable_times(0.5, units, content) == {"web.service": 0.5, "gone.service": 0.5}


@pytest.mark.parametrize(
    ("pause", "before", "left", "of", "then"),
    [
        (0.05, 20, 20, 20, 0.055),
        (0.25, 20, 20, 20, 0.25),
        (0.24, 1, 1, 20, 0.25),
        (0.25, 20, 12, 20, 0.15),
        (0.25, 12, 2, 20, 0.05),
        (0.05, 2, 1, 2, 0.125),
        (0.25, 3, 0, 3, 0.05),
    ],
)
def test_looks_follow_what_is_left(
    pause: float, before: int, left: int, of: int, then: float
) -> None:
    assert next_pause(pause, before, left, of) == pytest.approx(then)


AT = "loaded"
STANDS: dict[str, tuple[State, bool, bool, bool | None]] = {
    "up": (UP, False, False, True),
    "made": (MADE, False, True, True),
    "up, a start job left": (State(AT, "active", "running", "restart"), False, False, None),
    "up and about to stop": (State(AT, "active", "running", "stop"), False, True, None),
    "being reloaded": (State(AT, "reloading", "reload", "reload"), False, True, True),
    "starting": (State(AT, "activating", "start", "start"), False, False, None),
    "starting without a job": (STARTING, False, False, None),
    "starting again": (State(AT, "activating", "start", "restart"), False, True, False),
    "one-shot at work": (State(AT, "activating", "start", "start"), True, False, None),
    "one-shot about to end": (State(AT, "deactivating", "stop-post"), True, False, None),
    "one-shot done": (DONE, True, False, True),
    "one-shot failed": (FAILED, True, False, False),
    "one-shot about to try again": (CRASHING, True, False, None),
    "one-shot before a try": (State(AT, "failed", "failed-before-auto-restart"), True, True, None),
    "waiting for what it needs": (State(AT, "inactive", "dead", "start"), False, False, None),
    "one-shot waiting": (State(AT, "inactive", "dead", "start"), True, False, None),
    "failed before, waiting": (State(AT, "failed", "failed", "start"), False, False, None),
    "not started": (DONE, False, False, False),
    "failed": (FAILED, False, False, False),
    "crashing": (CRASHING, False, False, False),
    "crashing, a job waits": (
        State(AT, "activating", "auto-restart", "restart"),
        False,
        False,
        None,
    ),
    "crashed after it was up": (
        State(AT, "activating", "auto-restart", "start"),
        False,
        True,
        False,
    ),
    "ending": (State(AT, "deactivating", "stop-sigterm"), False, False, False),
    "being stopped": (State(AT, "deactivating", "stop", "restart"), False, False, None),
    "fallen": (State(AT, "deactivating", "stop-post"), False, True, False),
    "not found": (State(), True, False, False),
    "masked": (State("masked", "active", "running"), False, False, False),
}


@pytest.mark.parametrize(("state", "once", "was_up", "fine"), STANDS.values(), ids=STANDS)
def test_stands(state: State, once: bool, was_up: bool, fine: bool | None) -> None:
    assert has_come_up(state, once=once, was_up=was_up) is fine


SAID = """\
Failed to start web.service: Unit web.service is masked.
Failed to restart x@1.service: Transaction order is cyclic. See system logs for details.
See user logs and 'systemctl --user status db.service' for details.
"""


@pytest.mark.parametrize(
    ("service", "reason"),
    [
        ("web.service", "Failed to start web.service: Unit web.service is masked."),
        (
            "x@1.service",
            (
                "Failed to restart x@1.service: Transaction order is cyclic."
                " See system logs for details."
            ),
        ),
        ("db.service", None),
        ("eb.service", None),
    ],
)
def test_a_refused_start(service: str, reason: str | None) -> None:
    assert refusal(service, SAID) == reason


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[{"ExitCode": 1, "Output": "one"}, {"ExitCode": 2, "Output": " two\\n"}]', "two"),
        ('[{"ExitCode": 1, "Output": "bad"}, {"ExitCode": 0, "Output": "good"}]', "bad"),
        ('[{"ExitCode": 0, "Output": "good"}]', None),
        ('[{"ExitCode": 7, "Output": ""}]', "status 7, no output"),
        ('[{"ExitCode": 7, "Output": "' + "x" * 3000 + '"}]', "…" + "x" * 2000),
        ("null", None),
        ("[]", None),
        ("", None),
        ("[1]", None),
        ('[{"ExitCode": 1}]', None),
        ("{}", None),
        ("3", None),
    ],
)
def test_the_last_check_that_failed(text: str, said: str | None) -> None:
    assert parse_health_log(text) == said


@pytest.mark.parametrize(
    ("health", "log", "reason"),
    [
        ("unhealthy", "refused\nmore", "its health check fails: refused"),
        ("unhealthy", None, "its health check fails"),
        ("starting", None, "it is still starting, and the gate's timeout is over"),
        ("starting", "no", "it is still starting, and the gate's timeout is over: no"),
        ("", None, "Podman does not know its health"),
        (None, None, "it has no container any more"),
    ],
)
def test_why_unhealthy(health: str | None, log: str | None, reason: str) -> None:
    assert unhealthy_reason(health, log) == reason


@pytest.mark.parametrize(
    ("result", "reason"),
    [
        ("exit-code", "one of its commands failed"),
        ("signal", "one of its processes was killed by a signal"),
        ("timeout", "it did not become ready within its TimeoutStartSec"),
    ],
)
def test_what_systemd_does_not_know_is_not_told(result: str, reason: str) -> None:
    """A command beside the main process, an ExecStartPre= of a drop-in say, has no code."""
    state = State("loaded", "failed", "failed")
    assert reason_down(state, _details(result), "failed", once=False) == reason


@together("sub", ["stop", "stop-sigterm", "stop-sigkill", "stop-post", "final-sigterm"])
@together("result", ["success", "timeout", "exit-code", "signal"])
@together("job", ["restart", "start", "stop", ""])
def test_a_stop_that_takes_long_is_no_slow_start(sub: str, result: str, job: str) -> None:
    """systemd has the result of a stop in the place of that of a start, as long as it restarts."""
    state = State("loaded", "deactivating", sub, job)
    reason = str(reason_down(state, _details(result, 0, 15), "", once=False))
    assert ("still stops" in reason) is bool(job)
    assert not (job and "TimeoutStartSec" in reason)
