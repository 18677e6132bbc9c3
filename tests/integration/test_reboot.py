"""After a reboot everything is back without a login, and a run finds nothing to do."""

from __future__ import annotations

from tests.integration.support.apps import (
    WEB,
    container,
    next_port,
    system_scope,
    user_scope,
)
from tests.integration.support.hosts import Fleet, run_cli
from tests.integration.support.playbooks import Playbooks

MORE = {
    "job.container": container().partition("[Install]")[0],
    "job.timer": "[Timer]\nOnCalendar=*-01-01\n\n[Install]\nWantedBy=timers.target\n",
    "w@.container": f"{container()}DefaultInstance=x\n",
}


def test_apps_are_back_after_a_reboot(fleet: Fleet, playbooks: Playbooks) -> None:
    host = fleet.get("5.4", "b")
    apps = [system_scope(host, playbooks).app(), user_scope(host, playbooks).app()]
    contents = []
    try:
        for app in apps:
            port = next_port()
            unit = container(f"PublishPort={port}:8080", "Volume=./www:/www:ro", exec_=WEB)
            files = {"www/index.html": f"{app.name}\n"}
            app.deployed({"web": unit, **MORE}, files)
            assert host.fetch(port) == app.name
            contents.append((port, unit, files))
        before = [app.ids("web")["web"] for app in apps]
        host.disconnect()
        run_cli("reboot", host.name)
        for app, (port, _unit, _files) in zip(apps, contents):
            assert host.fetch(port, timeout=150) == app.name
        for app in apps:
            timer, instance = f"{app.name}-job.timer", app.service("w@x")
            assert app.scope.states(timer) == {timer: "loaded active"}
            assert app.scope.states(instance) == {instance: "loaded active"}
            assert app.ids("job") == {"job": ""}
        assert not set(before) & {app.ids("web")["web"] for app in apps}
        assert (
            host.ssh("loginctl list-sessions --no-legend | grep alice | grep -vc manager || true")
            == "0"
        )
        for app, (_port, unit, files) in zip(apps, contents):
            now = app.ids("web")
            result = app.deployed({"web": unit, **MORE}, files)
            assert not result.changed
            assert app.ids("web") == now
    finally:
        for app in apps:
            app.remove()


def test_a_host_that_never_reaches_network_online(fleet: Fleet, playbooks: Playbooks) -> None:
    """Rootless starts wait 90 s for it there: the run says so and what to do."""
    host = fleet.get("5.4", "b")
    app = user_scope(host, playbooks).app()
    quick = container(more="\n[Quadlet]\nDefaultDependencies=false\n")
    host.ssh("systemctl stop network-online.target")
    try:
        result = app.deployed({"web": quick})
        assert "network-online.target" in result.warned
        assert "systemctl add-wants" in result.warned
        assert app.runs("web")
        quiet = app.deployed({"web": quick})
        assert not quiet.changed
    finally:
        host.ssh("systemctl start network-online.target")
        app.remove()
