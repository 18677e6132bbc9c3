"""What a failed start says: its cause in the first line, and what to do about it."""

from __future__ import annotations

import shlex

import pytest

from tests.integration.support.apps import App, Scope, container, next_port
from tests.integration.support.hosts import IMAGE

SELF = container("PodmanArgs=--tls-verify=false")
"""A container whose service does the pull itself, since it has its own way."""

MISSING = "registry.test:5000/nothing:1"
CAUSES = {
    "no image": (SELF.replace(IMAGE, MISSING), "the registry does not have"),
    "no registry": (SELF.replace(IMAGE, "nowhere.invalid/a:1"), "can't be reached"),
    "no secret": (container("Secret=nosecret"), "the secret nosecret does not exist"),
    "no network": (container("Network=nonet"), "the network nonet does not exist"),
    "no directory": (container("Volume=/run/no/such:/x"), "the path /run/no/such, which it mounts"),
    "no environment file": (container("EnvironmentFile=/no/such.env"), "/no/such.env can't be"),
    "no program": (container(exec_="/no/such/program"), "the image has no program /no/such"),
    "no user": (container("User=nouser"), "the image has no user nouser"),
}


@pytest.mark.parametrize(("text", "cause"), CAUSES.values(), ids=CAUSES)
@pytest.mark.scope("alice", system=["no network", "no program", "no user"])
def test_the_first_line_names_the_cause(app: App, text: str, cause: str) -> None:
    result = app.deploy({"web": text}, gate={"timeout": 90, "stable": 0})
    first = result.refused().split("\n")[0]
    assert f"{app.service('web')} did not start: " in first
    assert cause in first
    (failure,) = result["failures"]
    assert cause in failure["reason"]
    assert failure["hint"] in result.message


@pytest.mark.scope("system")
def test_a_port_in_use(app: App) -> None:
    port = next_port()
    texts = {
        "one": container(f"PublishPort={port}:80"),
        "two": container(f"PublishPort={port}:80"),
    }
    first = app.deploy(texts, gate={"timeout": 90, "stable": 1}).refused().split("\n")[0]
    assert f"port {port} of the host is in use" in first


@pytest.mark.scope("system")
def test_what_needs_it_is_not_the_first_to_be_named(app: App) -> None:
    web = container(more=f"\n[Unit]\nRequires={app.service('db')}\nAfter={app.service('db')}\n")
    result = app.deploy({"web": web, "db": container("Secret=nosecret")}, gate={"timeout": 90})
    first, *others = result.refused().split("\n")
    assert f"{app.service('db')} did not start (and 1 more): " in first
    assert "the secret nosecret does not exist" in first
    assert any("a service that it needs did not start" in line for line in others)


@pytest.mark.scope("alice")
def test_the_journal_is_that_of_what_failed(app: App) -> None:
    """Not that of what ran before and ended a moment ago."""
    old = "sh -c \"trap 'echo words of old; exit 0' TERM; sleep infinity & wait\""
    new = "sh -c 'echo words of new >&2; exit 4'"
    looping = "\n[Service]\nRestart=always\nRestartSec=100ms\n"
    app.deployed({"web": container(exec_=old)})
    for more in ("", looping):
        result = app.deploy(
            {"web": container(exec_=new, more=more)}, gate={"stable": 3}, on_failure="keep"
        )
        result.refused()
        (failure,) = result["failures"]
        said = "\n".join(failure["journal"])
        assert "words of new" in said
        assert "words of old" not in said
        assert (failure["exit_code"], failure["job"]) == (4, "done")
        assert failure["restarts"] in range(10 if more else 1)
        assert failure["health_log"] is None
        app.deployed({"web": container(exec_=old)})
    # The journal takes podman's words when podman is gone, as on a busy host: it knows no unit.
    ready, go = f"/tmp/{app.name}.ready", f"/tmp/{app.name}.go"
    waits = f"sh -c 'touch {ready}; until [ -e {go} ]; do sleep 0.05; done'"
    late = container("PodmanArgs=--no-such-flag", more=f"\n[Service]\nExecStartPre={waits}\n")
    journald = "-x systemd-journal"
    line = f"until [ -e {ready} ]; do sleep 0.05; done; pkill -STOP {journald}; touch {go}"
    line += f"; sleep 1.5; pkill -CONT {journald}; rm -f {ready} {go}"
    app.host.ssh(f"systemd-run --quiet --collect sh -c {shlex.quote(line)}")
    result = app.deploy({"web": late}, gate={"stable": 0})
    assert "unknown flag: --no-such-flag" in result.refused()
    assert "words of" not in "\n".join(result["failures"][0]["journal"])


def test_a_wait_for_the_network_is_named(alice: Scope) -> None:
    """The service's own journal is empty: it was not begun."""
    app, online = alice.app(), "network-online.target"
    app.host.ssh(f"systemctl stop {online}")
    alice.systemctl("stop podman-user-wait-network-online.service")
    try:
        result = app.deploy({"web": container()}, gate={"timeout": 3}, on_failure="keep")
        first = result.refused().split("\n")[0]
        assert f"{app.service('web')} did not start: it still waits" in first
        assert online in first
        assert online in result["failures"][0]["hint"]
    finally:
        app.host.ssh(f"systemctl start {online}")
        app.remove()


@pytest.mark.scope("alice")
def test_a_condition_that_does_not_hold_is_the_cause(app: App) -> None:
    """In a release, and in the undo of one: there it has turned false meanwhile."""
    flag = f"/tmp/{app.name}-flag"
    asked = f"\n[Unit]\nConditionPathExists={flag}\n"
    message = app.deploy({"web": container(more=asked)}).refused()
    assert f"ConditionPathExists={flag} does not hold" in message
    app.scope.ssh(f"touch {flag}")
    app.deployed({"web": container(more=asked)})
    app.scope.ssh(f"rm {flag}")
    message = app.deploy({"web": container(more=asked, exec_="sh -c 'exit 3'")}).refused()
    assert f"ConditionPathExists={flag} does not hold" in message


@pytest.mark.scope("alice")
def test_a_masked_service_is_known_before_the_write(app: App) -> None:
    service = app.service("web")
    app.scope.systemctl(f"mask {service}")
    try:
        assert f"{service} is masked" in app.deploy({"web": container()}).refused()
        assert not app.host.exists(app.path())
        app.scope.systemctl(f"unmask {service}")
        app.deployed({"web": container()})
        app.scope.systemctl(f"mask {service}")
        before = app.host.read(app.path(app.unit("web")))
        message = app.deploy({"web": container("Environment=A=2")}).refused()
        assert f"{service} is masked" in message
        assert "unmask" in message
        assert app.host.read(app.path(app.unit("web"))) == before
    finally:
        app.scope.systemctl(f"unmask {service}")


REFUSED = {
    "no command": "[Service]\nExecStart=\n",
    "two commands": "[Service]\nExecStart=/bin/true\n",
    "no such command": "[Service]\nExecStart=\nExecStart=/nonexistent\n",
    "restarts for ever": "[Service]\nType=oneshot\nRestart=always\n",
}
PLACES = ("SERVICE.d", "{prefix}-.service.d")


@pytest.mark.scope("alice")
def test_a_drop_in_that_systemd_refuses_is_known_before_the_write(app: App) -> None:
    service = app.service("web")
    for number, text in enumerate(REFUSED.values()):
        folder = PLACES[number % 2].format(prefix=app.name).replace("SERVICE", service)
        path = f"{app.scope.systemd_dir}/{folder}/x.conf"
        app.host.write(path, text, owner=app.scope.owner)
        try:
            app.scope.systemctl("daemon-reload")
            message = app.deploy({"web": container()}).refused()
            assert f"systemd refuses {service} with {path}" in message
            assert not app.host.exists(app.path())
        finally:
            app.host.ssh(f"rm -r {app.scope.systemd_dir}/{folder}")
    path = f"{app.scope.systemd_dir}/{service}.d/x.conf"
    app.host.write(path, "[Service]\nExecStartPre=/bin/false\n", owner=app.scope.owner)
    try:
        app.scope.systemctl("daemon-reload")
        message = app.deploy({"web": container()}).refused()
        assert f"systemd adds {path} to it" in message
        app.host.write(path, "[Service]\nNice=3\n", owner=app.scope.owner)
        app.deployed({"web": container()})
    finally:
        app.host.ssh(f"rm -r {app.scope.systemd_dir}/{service}.d")
