"""The gate behind the starts: health of containers, and probes."""

from __future__ import annotations

import time

import pytest

from tests.integration.support.apps import IDLE, WEB, App, Result, container, next_port
from tests.integration.support.hosts import IMAGE

FAST = "HealthInterval=1s\nHealthRetries=2\nHealthStartPeriod=0s"


def _checked(command: str) -> str:
    return container(f"HealthCmd={command}", *FAST.split("\n"))


@pytest.mark.scope("system")
def test_a_healthy_container_passes(app: App) -> None:
    result = app.deployed({"web": _checked("true"), "plain": container()})
    assert result["services"][app.service("web")]["health"] == "healthy"
    assert result["services"][app.service("plain")]["health"] is None
    assert not app.deployed({"web": _checked("true"), "plain": container()}).changed


@pytest.mark.scope("system")
def test_an_unhealthy_container_fails(app: App) -> None:
    result = app.deploy({"web": _checked("false")}, gate={"timeout": 60, "stable": 0})
    first = result.refused().split("\n")[0]
    assert f"{app.service('web')} did not become healthy: its health check fails" in first
    (failure,) = result["failures"]
    assert failure["phase"] == "health"
    assert app.deploy({"web": _checked("false")}, gate={"timeout": 60, "stable": 0}).failed


@pytest.mark.scope("alice")
def test_nobody_has_to_wait_for_health(app: App) -> None:
    gate = {"healthy": "never", "stable": 0}
    assert app.deployed({"web": _checked("false")}, gate=gate).changed


@pytest.mark.scope("system")
def test_probes_that_pass(app: App) -> None:
    port = next_port()
    web = container(f"PublishPort={port}:8080", "Volume=./www:/www:ro", exec_=WEB)
    probes = [
        {"http": f"http://127.0.0.1:{port}/", "status": [200], "body": "hello"},
        {"tcp": f"127.0.0.1:{port}"},
        {"command": ["cat", "/www/index.html"], "container": app.unit("web"), "body": "^hello"},
        {"command": ["id", "-un"], "body": app.scope.owner},
    ]
    files = {"www/index.html": "hello\n"}
    app.deployed({"web": web}, files, gate={"stable": 0, "probes": probes})
    assert app.runs("web")


@pytest.mark.scope("alice")
def test_a_probe_that_fails(app: App) -> None:
    probes = [
        {"tcp": "127.0.0.1:1", "retries": 1, "interval": 0.1},
        {"command": ["sh", "-c", "echo broken >&2; exit 4"], "retries": 0},
        {"command": ["true"], "container": "nothing.container", "retries": 0},
    ]
    result = app.deploy({"web": container()}, gate={"stable": 0, "probes": probes})
    first, *others = result.refused().split("\n")
    assert "a probe failed (and 2 more): tcp 127.0.0.1:1: it can't be reached" in first
    assert any("it ended with status 4: broken" in line for line in others)
    assert any("nothing.container has no container" in line for line in others)
    assert [failure["phase"] for failure in result["failures"]] == ["probe"] * 3


@pytest.mark.scope("alice")
def test_a_slow_start_is_asked_again(app: App) -> None:
    slow = f'sh -c "sleep 3; touch /tmp/ready; {IDLE[7:-1]}"'
    probe = {"command": ["test", "-e", "/tmp/ready"], "container": app.unit("web")}
    gate = {"stable": 0, "probes": [{**probe, "interval": 0.5, "retries": 20}]}
    app.deployed({"web": container(exec_=slow)}, gate=gate)
    assert app.inside("web", "ls /tmp/ready") == "/tmp/ready"


@pytest.mark.scope("system")
def test_an_unchanged_run_asks_nothing(app: App) -> None:
    app.deployed({"web": container()})
    gate = {"stable": 0, "probes": [{"tcp": "127.0.0.1:1", "retries": 0}]}
    assert not app.deployed({"web": container()}, gate=gate).changed


BROKEN = "sh -c 'echo cannot read the config >&2; exit 3'"
LATER = "sh -c 'sleep 3; echo gone >&2; exit 3'"
PATIENT = "\n[Service]\nTimeoutStartSec=280\n"
SLOW = container("Notify=true", more=PATIENT)
"""It never says that it is ready."""

LOOPING = "\n[Unit]\nStartLimitIntervalSec=0\n\n[Service]\nRestart=always\nRestartSec=100ms\n"
ONCE = "\n[Service]\nType=oneshot\n"
SOON = 120
"""Seconds of a whole play, on a busy machine; what it must not wait for takes 240 and more."""


def _fails(app: App, units: dict[str, str], **gate: float) -> Result:
    """The failure of a deployment, which must come long before a timeout."""
    start = time.monotonic()
    result = app.deploy(units, gate={"timeout": 300, "stable": 0, **gate}, on_failure="keep")
    result.refused()
    assert time.monotonic() - start < SOON
    return result


@pytest.mark.parametrize(
    "text",
    [container(exec_=BROKEN), container(exec_=BROKEN, more=LOOPING), container("Secret=nosecret")],
    ids=["exits", "loops", "does not start"],
)
@pytest.mark.scope("alice", system=["does not start"])
def test_a_failure_does_not_wait_for_a_slow_start(app: App, text: str) -> None:
    result = _fails(app, {"bad": text, "slow": SLOW})
    assert [failure["service"] for failure in result["failures"]] == [app.service("bad")]
    assert app.states("slow")["slow"] == "loaded activating"


@pytest.mark.scope("system")
def test_what_needs_it_is_told_along_with_it(app: App) -> None:
    bad = app.service("bad")
    units = {
        "bad": container(exec_=BROKEN, more=ONCE),
        "web": container(more=f"\n[Unit]\nRequires={bad}\nAfter={bad}\n"),
        "slow": SLOW,
    }
    result = _fails(app, units)
    assert {f["service"]: f["job"] for f in result["failures"]} == {
        bad: "failed",
        app.service("web"): "dependency",
    }


@pytest.mark.scope("system")
def test_a_start_that_waits_for_health_ends_when_it_fails(app: App) -> None:
    sick = "sh -c 'echo no database >&2; exit 1'"
    web = container(f"HealthCmd={sick}", "Notify=healthy", *FAST.split("\n"), more=PATIENT)
    result = _fails(app, {"web": web})
    (failure,) = result["failures"]
    assert failure["phase"] == "health"
    assert failure["health_log"] == "no database"
    assert "its health check fails: no database" in result.message.split("\n")[0]


@pytest.mark.scope("system")
def test_a_start_that_waits_for_health_passes_with_it(app: App) -> None:
    web = container("HealthCmd=test -e /tmp/ok", "Notify=healthy", *FAST.split("\n"))
    web = web.replace("HealthRetries=2", "HealthRetries=9")
    ready = f'sh -c "sleep 2; touch /tmp/ok; {IDLE[7:-1]}"'
    result = app.deployed({"web": web.replace(IDLE, ready)}, gate={"stable": 0, "timeout": 60})
    assert result["services"][app.service("web")]["health"] == "healthy"


@pytest.mark.scope("alice")
def test_health_that_is_lost_late_ends_the_wait(app: App) -> None:
    """Failures in the start period do not count: until then it is starting."""
    late = "HealthInterval=2s\nHealthRetries=1\nHealthStartPeriod=8s"
    web = container("HealthCmd=sh -c 'echo not yet; exit 1'", *late.split("\n"))
    start = time.monotonic()
    result = _fails(app, {"web": web}, timeout=300)
    assert time.monotonic() - start > 8
    (failure,) = result["failures"]
    assert (failure["phase"], failure["health_log"]) == ("health", "not yet")


@pytest.mark.scope("system")
def test_a_fall_while_health_is_waited_for_is_a_failed_start(app: App) -> None:
    check = ("HealthCmd=true", "HealthInterval=240s", "HealthStartPeriod=240s")
    web = container(*check, exec_=LATER).replace("HealthCmd=true", "HealthCmd=test -e /no")
    (failure,) = _fails(app, {"web": web})["failures"]
    assert (failure["phase"], failure["exit_code"]) == ("start", 3)
    assert "gone" in failure["journal"]


@pytest.mark.scope("system")
def test_a_fall_in_the_stable_time_ends_it(app: App) -> None:
    for more in ("", LOOPING):
        (failure,) = _fails(app, {"web": container(exec_=LATER, more=more)}, stable=240)["failures"]
        assert (failure["service"], failure["exit_code"]) == (app.service("web"), 3)


POD = f"""\
apiVersion: v1
kind: Pod
metadata:
  name: NAME
spec:
  containers:
    - {{name: good, image: {IMAGE}, command: [sleep, infinity]}}
    - {{name: bad, image: {IMAGE}, command: [sh, -c, "exit 3"]}}
"""


@pytest.mark.scope("alice")
def test_what_podman_restarts_in_a_pod_does_not_pass(app: App) -> None:
    files = {"pod.yaml": POD.replace("NAME", app.name)}
    units = {"pod.kube": "[Kube]\nYaml=./pod.yaml\nKubeDownForce=true\n"}
    result = app.deploy(units, files, gate={"stable": 1}, on_failure="keep")
    assert f"its container {app.name}-bad ended by itself, and Podman restarted it" in (
        result.refused()
    )
    assert app.states("pod")["pod"] == "loaded active"
    (found,) = app.scope.call("info", apps=[app.name])["apps"]
    assert f"{app.name}-bad ended by itself" in "".join(found["drift"])


@pytest.mark.scope("system")
def test_a_drop_in_without_a_check_undoes_it(app: App) -> None:
    units = {
        "web": _checked("false"),
        "web.container.d/x.conf": "[Container]\nHealthCmd=none\n",
    }
    result = app.deployed(units)
    assert result["services"][app.service("web")]["health"] is None


@pytest.mark.scope("system")
def test_two_that_follow_each_other_restart(app: App) -> None:
    db, web = app.service("db"), app.service("web")
    units = {
        "db": container("Environment=V=1", more=f"\n[Unit]\nPartOf={web}\n"),
        "web": container("Environment=V=1", more=f"\n[Unit]\nRequires={db}\nAfter={db}\n"),
    }
    app.deployed(units)
    before = app.ids("db", "web")
    app.deployed({stem: text.replace("V=1", "V=2") for stem, text in units.items()})
    after = app.ids("db", "web")
    assert before["db"] != after["db"]
    assert before["web"] != after["web"]
    assert app.runs("db")
    assert app.runs("web")


@pytest.mark.scope("system")
def test_a_circle_is_refused_before_anything_is_written(app: App) -> None:
    a, b = app.service("a"), app.service("b")
    units = {
        "a": container(more=f"\n[Unit]\nAfter={b}\n"),
        "b": container(more=f"\n[Unit]\nAfter={a}\n"),
    }
    message = app.deploy(units).refused()
    assert f"{a} → {b} → {a}" in message
    assert app.unit("a") in message
    assert not app.host.exists(app.path())
