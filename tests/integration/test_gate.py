"""The gate behind the starts: health of containers, and probes."""

from __future__ import annotations

from tests.integration.support.apps import IDLE, WEB, App, container, next_port

FAST = "HealthInterval=1s\nHealthRetries=2\nHealthStartPeriod=0s"


def _checked(command: str) -> str:
    return container(f"HealthCmd={command}", *FAST.split("\n"))


def test_a_healthy_container_passes(app: App) -> None:
    result = app.deployed({"web": _checked("true"), "plain": container()})
    assert result["services"][app.service("web")]["health"] == "healthy"
    assert result["services"][app.service("plain")]["health"] is None
    assert not app.deployed({"web": _checked("true"), "plain": container()}).changed


def test_an_unhealthy_container_fails(app: App) -> None:
    result = app.deploy({"web": _checked("false")}, gate={"timeout": 60, "stable": 0})
    first = result.refused().split("\n")[0]
    assert f"{app.service('web')} did not become healthy: its health check fails" in first
    (failure,) = result["failures"]
    assert failure["phase"] == "health"
    assert app.deploy({"web": _checked("false")}, gate={"timeout": 60, "stable": 0}).failed


def test_nobody_has_to_wait_for_health(either: App) -> None:
    gate = {"healthy": "never", "stable": 0}
    assert either.deployed({"web": _checked("false")}, gate=gate).changed


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


def test_a_probe_that_fails(either: App) -> None:
    probes = [
        {"tcp": "127.0.0.1:1", "retries": 1, "interval": 0.1},
        {"command": ["sh", "-c", "echo broken >&2; exit 4"], "retries": 0},
        {"command": ["true"], "container": "nothing.container", "retries": 0},
    ]
    result = either.deploy({"web": container()}, gate={"stable": 0, "probes": probes})
    first, *others = result.refused().split("\n")
    assert "a probe failed (and 2 more): tcp 127.0.0.1:1: it can't be reached" in first
    assert any("it ended with status 4: broken" in line for line in others)
    assert any("nothing.container has no container" in line for line in others)
    assert [failure["phase"] for failure in result["failures"]] == ["probe"] * 3


def test_a_slow_start_is_asked_again(either: App) -> None:
    slow = f'sh -c "sleep 3; touch /tmp/ready; {IDLE[7:-1]}"'
    probe = {"command": ["test", "-e", "/tmp/ready"], "container": either.unit("web")}
    gate = {"stable": 0, "probes": [{**probe, "interval": 0.5, "retries": 20}]}
    either.deployed({"web": container(exec_=slow)}, gate=gate)
    assert either.inside("web", "ls /tmp/ready") == "/tmp/ready"


def test_an_unchanged_run_asks_nothing(either: App) -> None:
    either.deployed({"web": container()})
    gate = {"stable": 0, "probes": [{"tcp": "127.0.0.1:1", "retries": 0}]}
    assert not either.deployed({"web": container()}, gate=gate).changed
