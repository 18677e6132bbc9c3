"""What info tells of an app that is not as it was deployed, in Podman's storage too."""

from __future__ import annotations

import time

import pytest

from tests.integration.support.apps import App, Result, container
from tests.integration.support.hosts import IMAGE, differences, run_cli


def _info(app: App, *names: str) -> Result:
    user = app.scope.options.get("user", "root")
    return app.scope.call("info", apps=list(names) or None, user=user).ok()


def _drift(app: App) -> list[str]:
    (row,) = _info(app, app.name)["apps"]
    return list(row["drift"])


@pytest.mark.scope("alice")
def test_an_image_that_moved_on_the_host(app: App) -> None:
    image = f"localhost/{app.name}:1"
    app.scope.ssh(f"podman pull -q {IMAGE}")
    app.scope.ssh(f"podman tag {IMAGE} {image}")
    app.deployed({"web": container().replace(IMAGE, image)})
    assert _drift(app) == []
    app.scope.ssh("podman pull -q registry.test:5000/nginx:1")
    app.scope.ssh(f"podman tag registry.test:5000/nginx:1 {image}")
    assert _drift(app) == [
        f"{app.service('web')} runs an older image than {image} is on the host now"
    ]
    app.scope.ssh(f"podman untag registry.test:5000/nginx:1 {image}")


@pytest.mark.scope("alice")
def test_podmans_auto_update(app: App) -> None:
    """What it brings stays, whatever the next runs do, and is told."""
    tag = f"nginx:auto-{app.name}-{app.scope.name}"
    image = f"registry.test:5000/{tag}"
    app.scope.ssh(f"podman rmi --force --ignore {image}")
    web = container("AutoUpdate=registry", "StopTimeout=1").replace(IMAGE, image)
    units = {"web": web, "db": container()}
    running = f"podman inspect --format '{{{{.Image}}}}' systemd-{app.name}-web"
    run_cli("registry", "tag", "nginx:1", tag)
    app.deployed(units)
    assert _drift(app) == []
    old = app.scope.ssh(running)

    run_cli("registry", "tag", "nginx:2", tag)
    app.scope.ssh("podman auto-update")
    new = app.scope.ssh(running)
    assert new != old
    ids = app.ids("web", "db")
    # A run that finds such a start right gives the record the time.
    assert not app.deployed(units).changed
    look = app.host.look()
    again = app.deployed(units)
    assert not again.changed, again["plan"]
    assert differences(look, app.host.look()) == []
    assert app.scope.ssh(running) == new
    told = (
        f"{app.service('web')} runs another image than generation {again['generation']} was "
        "deployed with (auto-update, or a pull)"
    )
    assert _drift(app) == [told]

    # A change elsewhere leaves it alone, and makes it what the generation was deployed with.
    units["db"] = container("Environment=A=1")
    app.deployed(units)
    assert app.scope.ssh(running) == new
    assert app.ids("web")["web"] == ids["web"]
    assert _drift(app) == []


@pytest.mark.scope("alice")
def test_a_network_that_was_removed(app: App) -> None:
    app.deployed({"n.network": "[Network]\n", "web": container()})
    assert _drift(app) == []
    network = f"systemd-{app.name}-n"
    app.scope.ssh(f"podman network rm {network}")
    assert _drift(app) == [f"{app.name}-n-network.service is up, but its network {network} is gone"]


@pytest.mark.scope("system")
def test_files_and_services(app: App) -> None:
    units = {
        name: container("EnvironmentFile=./a.env") if name == "env" else container()
        for name in ("edited", "env", "down", "removed")
    }
    app.deployed(units, {"a.env": "A=1\n", "notes": "n\n", "mode": "m\n"})
    assert _drift(app) == []
    host, owner = app.host, app.scope.owner
    host.write(app.path(app.unit("edited")), container("Environment=A=1"), owner=owner)
    host.write(app.path("a.env"), "A=2\n", owner=owner)
    host.ssh(f"rm {app.path('notes')} && chmod 600 {app.path('mode')}")
    app.scope.systemctl(f"stop {app.service('down')}")
    host.ssh(f"rm {app.path(app.unit('removed'))}")
    app.scope.systemctl("daemon-reload")
    older = "was started with other files than are installed"
    assert sorted(_drift(app)) == sorted(
        [
            f"{app.unit('edited')} was edited",
            "a.env was edited",
            "notes is missing",
            "mode has mode 0600, not 0644",
            f"{app.unit('removed')} is missing",
            f"{app.service('down')} is not running",
            f"{app.service('edited')} {older}",
            f"{app.service('env')} {older}",
            f"{app.service('removed')} still runs, though systemd has no unit of it any more",
        ]
    )
    # The next run without it ends it.
    del units["removed"]
    app.deployed(units, {"a.env": "A=1\n", "notes": "n\n", "mode": "m\n"})
    assert _drift(app) == []
    assert app.states("removed")["removed"] == "not-found inactive"
    app.scope.ssh(f"podman rm --force --ignore --time 0 systemd-{app.name}-removed")


@pytest.mark.scope("system")
def test_services_older_than_their_files_until_systemd_starts_them(app: App) -> None:
    app.deployed({"web": container(), "db": container()})
    app.deployed({"web": container("Environment=A=1"), "db": container()}, restart="never")
    assert _drift(app) == [f"{app.service('web')} was started with other files than are installed"]
    app.scope.systemctl(f"restart {app.service('web')}")  # as a boot does
    assert _drift(app) == []


@pytest.mark.scope("system")
def test_a_unit_that_someone_put_into_the_directory(app: App) -> None:
    app.deployed({"web": container()})
    path = app.path(app.unit("stray"))
    app.host.write(path, container(), owner=app.scope.owner)
    app.scope.systemctl("daemon-reload")
    assert _drift(app) == []
    app.scope.systemctl(f"start {app.service('stray')}")
    told = f"{app.service('stray')} runs, made of {path}, which is not of this app"
    assert _drift(app) == [told]
    # Its file goes, and no app knows it: that is told of the whole scope.
    app.host.ssh(f"rm {path}")
    app.scope.systemctl("daemon-reload")
    assert _drift(app) == []
    orphan = f"{app.service('stray')} still runs systemd-{app.name}-stray, though systemd has no"
    assert orphan in _info(app).warned
    app.scope.systemctl(f"stop {app.service('stray')}")
    assert orphan not in _info(app).warned
    app.scope.ssh(f"podman rm --force --ignore --time 0 systemd-{app.name}-stray")


@pytest.mark.parametrize("exit_code", [0, 3])
@pytest.mark.scope("alice", system=["3"])
def test_failed_services_and_jobs_that_ended(app: App, exit_code: int) -> None:
    job = container(exec_=f"sh -c 'exit {exit_code}'").replace(
        "[Service]\n", "[Service]\nType=oneshot\n"
    )
    app.deploy({"web": container(), "job": job}, on_failure="keep")
    found = [f"{app.service('job')} has failed"] if exit_code else []
    assert _drift(app) == found


@pytest.mark.scope("alice")
def test_a_loop_of_some_seconds(app: App) -> None:
    loop = "\n[Service]\nRestart=always\nRestartSec=100ms\n"
    fast = container(exec_="sh -c 'sleep 2; exit 3'", more=loop)
    slow = container(exec_="sh -c 'sleep 7; exit 3'", more=loop)
    said = app.run(units=app.units({"web": fast, "db": container()}), gate={})
    assert f"{app.service('web')} did not start: its process ended with status 3" in said.refused()
    app.run(units=app.units({"web": slow, "db": container()}), gate={}).ok()
    time.sleep(5)
    again = app.run(gate={}).ok()
    assert not again.changed
    assert f"{app.service('web')} ended by itself and was restarted by systemd" in again.warned
    assert app.service("db") not in again.warned
    (info,) = app.scope.call("info", apps=[app.name]).ok()["apps"]
    assert any("was restarted by systemd" in text for text in info["drift"])


@pytest.mark.scope("system")
def test_a_service_that_was_started_with_an_edited_unit(app: App) -> None:
    """Files are put in order, and so is what runs; a file that was only edited moves nothing."""
    units = {"web": container("Environment=V=1"), "db": container("Environment=V=1")}
    app.deployed(units)
    time.sleep(1.1)
    for stem in ("web", "db"):
        app.host.ssh(f"sed -i s/V=1/V=2/ {app.path(app.unit(stem))}")
    app.scope.systemctl("daemon-reload")
    app.scope.systemctl(f"restart {app.service('web')}")
    before = app.ids("web", "db")
    result = app.deployed(units)
    assert "was started with other texts than are installed" in result.reasons(app.service("web"))
    after = app.ids("web", "db")
    assert after["web"] != before["web"]
    assert after["db"] == before["db"]
    assert "V=1" in app.inside("web", "env").split()
    assert not app.deployed(units).changed


@pytest.mark.scope("system")
def test_a_service_that_was_started_with_a_unit_that_is_put_back(app: App) -> None:
    """By hand, and without a restart: the files are right, and what runs is not."""
    units = {stem: container("Environment=V=1") for stem in ("web", "idle")}
    app.deployed(units)
    text = app.host.read(app.path(app.unit("web")))
    time.sleep(1.1)
    app.host.write(app.path(app.unit("web")), text.replace("V=1", "V=2"))
    services = " ".join(map(app.service, units))
    app.scope.systemctl("daemon-reload")
    app.scope.systemctl(f"restart {services}")
    app.host.write(app.path(app.unit("web")), text)
    app.scope.systemctl("daemon-reload")
    assert "V=2" in app.inside("web", "env").split()
    before = app.ids("web", "idle")
    result = app.deployed(units)
    assert "was started with other texts than are installed" in result.reasons(app.service("web"))
    after = app.ids("web", "idle")
    assert after["web"] != before["web"]
    assert after["idle"] == before["idle"]
    assert "V=1" in app.inside("web", "env").split()
    assert not app.deployed(units).changed
