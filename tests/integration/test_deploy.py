"""First deployments, and runs that have nothing to do."""

from __future__ import annotations

import pytest

from tests.integration.support.apps import WEB, App, container, next_port
from tests.integration.support.hosts import differences

pytestmark = pytest.mark.whole_plays


def _shop(port: int) -> tuple[dict[str, str], dict[str, str]]:
    units = {
        "web": container(f"PublishPort={port}:8080", "Volume=./www:/www:ro", exec_=WEB),
        "store": container("Volume=shop-data.volume:/data"),
    }
    return units, {"www/index.html": "first page\n"}


def test_a_first_deployment_serves_its_page(app: App) -> None:
    port = next_port()
    units, files = _shop(port)
    units["store"] = units["store"].replace("shop-data", f"{app.name}-data")
    result = app.deployed({**units, "data.volume": "[Volume]\n"}, files)

    assert app.host.fetch(port) == "first page"
    assert result.changed
    assert result["generation"] == 1
    assert result["rolled_back"] is False
    assert result.actions[app.service("web")] == "start"
    assert app.service("data-volume") in result["services"]
    assert result["services"][app.service("web")]["active"] == "active"
    assert app.runs("web")
    assert app.runs("store")
    assert f"systemd-{app.name}-data" in app.scope.volumes()
    assert app.scope.show(app.service("web"), "ControlGroup").startswith(app.scope.cgroup)
    owners = app.host.ssh(f"stat -c '%U %a %n' {app.path()} {app.path('www/index.html')}")
    assert owners.splitlines() == [
        f"{app.scope.owner} 755 {app.path()}",
        f"{app.scope.owner} 644 {app.path('www/index.html')}",
    ]


def test_a_second_run_changes_nothing(app: App) -> None:
    units, files = _shop(next_port())
    units["store"] = units["store"].replace("shop-data", f"{app.name}-data")
    content = {**units, "data.volume": "[Volume]\n"}, files
    app.deployed(*content)
    before = app.host.look()
    result = app.deployed(*content)

    assert differences(before, app.host.look()) == []
    assert not result.changed
    assert result["plan"] == []
    assert result["generation"] == 1
    assert result["services"][app.service("web")]["active"] == "active"

    installed = app.run().ok()
    assert not installed.changed
    assert installed["plan"] == []
