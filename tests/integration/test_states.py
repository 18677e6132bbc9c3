"""Every state, and what a run does about services that are not as they should be."""

from __future__ import annotations

import time

import pytest

from ansible_collections.quadlet.fleet.plugins.module_utils._core.status.words import service_state
from tests.integration.support.apps import App, container, next_port
from tests.integration.support.hosts import IMAGE, differences

BROKEN = "sh -c 'echo cannot read the config >&2; exit 3'"
LOOPING = "\n[Service]\nRestart=always\nRestartSec=100ms\n"


def test_a_unit_that_is_no_longer_declared_goes(app: App) -> None:
    units = {
        "web": container(),
        "old": container(f"Volume={app.name}-data.volume:/data"),
        "old.container.d/x.conf": "[Container]\nEnvironment=A=1\n",
        "data.volume": "[Volume]\n",
    }
    app.deployed(units, {"conf/old/x.conf": "x\n", "conf/new.conf": "x\n"})
    app.inside("old", "echo kept > /data/kept")
    before = app.ids("web")
    result = app.deployed({"web": units["web"]}, {"conf/new.conf": "x\n"})

    assert app.ids("web") == before
    assert app.scope.states(app.service("old"), f"{app.name}-data-volume.service") == {
        app.service("old"): "not-found inactive",
        f"{app.name}-data-volume.service": "not-found inactive",
    }
    assert f"systemd-{app.name}-old" not in app.scope.containers()
    assert result.actions[app.service("old")] == "remove"
    assert app.service("old") not in result["services"]
    assert app.host.ssh(f"cd {app.path()} && find . -type f | sort").split() == [
        "./conf/new.conf",
        f"./{app.unit('web')}",
    ]
    assert not app.host.exists(app.path("conf/old"))
    assert f"systemd-{app.name}-data" in app.scope.volumes()
    app.scope.ssh(f"podman volume rm systemd-{app.name}-data")


@pytest.mark.scope("system")
def test_the_service_of_a_removed_unit_is_stopped_before_its_file_goes(app: App) -> None:
    """Otherwise ExecStop would not run, and podman would keep the container."""
    app.deployed({"web": container(), "old": container()})
    app.deployed({"web": container()})
    names = app.scope.ssh("podman ps --all --format '{{.Names}}'").split()
    assert f"systemd-{app.name}-old" not in names
    failed = app.scope.systemctl("list-units --failed --plain --no-legend")
    assert app.service("old") not in failed


@pytest.mark.scope("alice")
def test_without_prune_it_stays(app: App) -> None:
    app.deployed({"web": container(), "old": container()}, {"a.txt": "a\n"})
    before = app.ids("web", "old")
    result = app.deployed({"web": container()}, prune=False)
    assert not result.changed
    assert app.ids("web", "old") == before
    assert app.host.exists(app.path("a.txt"))

    changed = app.deployed({"web": container("Environment=A=1")}, prune=False)
    assert changed.actions == {app.service("web"): "restart"}
    assert app.ids("old")["old"] == before["old"]
    assert app.runs("old")


def test_a_service_stopped_by_hand_is_started_again(app: App) -> None:
    units = {"web": container(), "db": container()}
    app.deployed(units)
    before = app.ids("db")
    app.scope.systemctl(f"stop {app.service('web')}")

    left_alone = app.deployed(units, state="present")
    assert not left_alone.changed
    assert left_alone["plan"] == []
    assert app.states("web")["web"] == "loaded inactive"

    result = app.deployed(units)
    assert result.actions == {app.service("web"): "start"}
    assert "not running" in result.reasons(app.service("web"))
    assert app.runs("web")
    assert app.ids("db") == before


@pytest.mark.scope("alice")
def test_present_then_started(app: App) -> None:
    units = {"web": container()}
    result = app.deployed(units, state="present")
    assert result.changed
    assert app.states("web")["web"] == "loaded inactive"
    assert not app.deployed(units, state="present").changed
    assert _told(app, "web") == ("idle", [])

    result = app.deployed(units)
    assert result.actions == {app.service("web"): "start"}
    assert app.runs("web")


@pytest.mark.scope("alice")
def test_present_leaves_a_running_service_until_started(app: App) -> None:
    app.deployed({"web": container("Environment=V=1")})
    before = app.ids("web")
    app.deployed({"web": container("Environment=V=2")}, state="present")
    assert app.ids("web") == before
    app.deployed({"web": container("Environment=V=2")})
    assert app.ids("web") != before
    assert "V=2" in app.inside("web", "env").split()


@pytest.mark.scope("alice")
def test_restart_never_then_auto(app: App) -> None:
    app.deployed({"web": container("Environment=V=1")})
    before = app.ids("web")
    result = app.deployed({"web": container("Environment=V=2")}, restart="never")
    assert result.changed
    assert "restart" not in result.actions.values()
    assert app.ids("web") == before
    again = app.deployed({"web": container("Environment=V=2")}, restart="never")
    assert not again.changed

    result = app.deployed({"web": container("Environment=V=2")})
    assert result.actions == {app.service("web"): "restart"}
    assert app.ids("web") != before
    assert not app.deployed({"web": container("Environment=V=2")}).changed


@pytest.mark.scope("alice")
def test_restart_never_still_starts_what_is_new(app: App) -> None:
    app.deployed({"web": container()})
    app.deployed({"web": container(), "new": container()}, restart="never")
    assert app.runs("new")


@pytest.mark.scope("system")
def test_stopped(app: App) -> None:
    units = {
        "web": container(f"Volume={app.name}-data.volume:/data"),
        "data.volume": "[Volume]\n",
    }
    app.deployed(units)
    result = app.deployed(units, state="stopped")
    assert result.actions == {app.service("web"): "stop"}
    assert app.states("web")["web"] == "loaded inactive"
    volume = f"{app.name}-data-volume.service"
    assert app.scope.states(volume) == {volume: "loaded active"}
    assert f"systemd-{app.name}-data" in app.scope.volumes()
    assert not app.run(state="stopped").ok().changed
    assert _told(app, "web") == ("idle", [])

    assert app.run().ok().actions == {app.service("web"): "start"}
    assert app.runs("web")
    assert _told(app, "web") == ("up", [])


@pytest.mark.scope("system")
def test_stopped_ends_a_failure(app: App) -> None:
    units = {"web": container(exec_="sh -c 'sleep 1; exit 3'")}
    app.deployed(units, gate={"stable": 0})
    app.host.wait(f"systemctl is-failed {app.service('web')}")
    assert _told(app, "web")[0] == "failed"
    result = app.run(state="stopped").ok()
    assert result.actions == {app.service("web"): "stop"}
    assert _told(app, "web") == ("idle", [])
    before = app.host.ssh(f"stat -c %y /var/lib/quadlet.fleet/apps/{app.name}.json")
    assert not app.run(state="stopped").ok().changed
    assert app.host.ssh(f"stat -c %y /var/lib/quadlet.fleet/apps/{app.name}.json") == before


@pytest.mark.scope("system")
def test_what_was_down_already_is_to_stay_so(app: App) -> None:
    """Nothing is to be done, and the record tells it all the same; in check mode it does not."""
    record = f"/var/lib/quadlet.fleet/apps/{app.name}.json"
    app.deployed({"web": container()})
    app.scope.systemctl(f"stop {app.service('web')}")
    before = app.host.ssh(f"stat -c %Y {record}; sha256sum {record}")
    assert not app.run(["--check"], state="stopped").ok().changed
    assert app.host.ssh(f"stat -c %Y {record}; sha256sum {record}") == before
    app.host.ssh("sleep 1")
    assert not app.run(state="stopped").ok().changed
    assert app.host.ssh(f"stat -c %Y {record}") == before.splitlines()[0], "its end has moved"
    assert _told(app, "web") == ("idle", [])


@pytest.mark.scope("alice")
def test_a_service_that_another_takes_along_is_to_run(app: App) -> None:
    """systemd starts what a service needs, and what it needs is missed then."""
    db = app.service("db")
    units = {"db": container(), "web": f"[Unit]\nRequires={db}\nAfter={db}\n{container()}"}
    app.deployed(units)
    app.run(state="stopped").ok()
    name = f"{app.name}-web.container"
    unit = {"name": name, "app": app.name, "content": app.units(units)[name]}
    app.scope.call("unit", **unit).ok()
    assert _told(app, "db") == ("up", [])
    app.scope.systemctl(f"stop {db}")
    state, drift = _told(app, "db")
    assert state == "down"
    assert f"{db} is not running" in drift


def _told(app: App, stem: str) -> tuple[str, list[str]]:
    """(a service's state on the status page, the drift of its app), as info tells both."""
    [row] = app.scope.call("info", apps=[app.name]).ok()["apps"]
    return service_state(row["services"][app.service(stem)]), row["drift"]


@pytest.mark.scope("system")
def test_what_is_started_by_hand_after_a_stop_is_to_run_from_the_next_run_on(app: App) -> None:
    units = {"web": container(), "db": container()}
    app.deployed(units)
    content = app.units(units)[f"{app.name}-web.container"]
    unit = {"name": f"{app.name}-web.container", "app": app.name, "content": content}
    app.scope.call("unit", **unit, state="stopped").ok()
    assert _told(app, "web") == ("idle", [])
    app.scope.systemctl(f"stop {app.service('db')}")
    assert _told(app, "db") == ("down", [f"{app.service('db')} is not running"])
    app.scope.systemctl(f"start {app.service('web')} {app.service('db')}")
    assert not app.deployed(units).changed
    app.scope.systemctl(f"stop {app.service('web')}")
    assert _told(app, "web") == ("down", [f"{app.service('web')} is not running"])


@pytest.mark.scope("alice")
def test_stopped_installs_what_changed(app: App) -> None:
    app.deployed({"web": container("Environment=V=1")}, state="stopped")
    assert app.states("web")["web"] == "loaded inactive"
    app.deployed({"web": container("Environment=V=2")}, state="stopped")
    app.run().ok()
    assert "V=2" in app.inside("web", "env").split()


@pytest.mark.scope("system")
def test_restarted(app: App) -> None:
    units = {"web": container(), "db": container(), "net.network": "[Network]\n"}
    app.deployed(units)
    before = app.ids("web", "db", "net-network")
    app.scope.systemctl(f"stop {app.service('db')}")
    result = app.run(state="restarted").ok()
    after = app.ids("web", "db", "net-network")
    assert result.actions == {app.service("web"): "restart", app.service("db"): "start"}
    assert after["web"] != before["web"]
    assert after["net-network"] == before["net-network"]
    assert app.runs("web")
    assert app.runs("db")


def test_absent_twice(app: App) -> None:
    app.deployed({"web": container(), "db": container()}, {"conf/a.conf": "a\n"})
    result = app.run(state="absent").ok()
    assert result.changed
    assert result.actions[app.service("web")] == "remove"
    assert app.states("web", "db") == dict.fromkeys(("web", "db"), "not-found inactive")
    assert not app.host.exists(app.path())
    assert f"systemd-{app.name}-web" not in app.scope.containers()
    assert not app.host.exists(f"{app.scope.state_dir}/apps/{app.name}.json")

    before = app.host.look()
    again = app.run(state="absent").ok()
    assert not again.changed
    assert again["plan"] == []
    assert differences(before, app.host.look()) == []


def test_absent_leaves_data_and_foreign_files_and_names_them(app: App) -> None:
    units = {
        "web": container(f"Volume={app.name}-data.volume:/data", f"Network={app.name}-net.network"),
        "data.volume": "[Volume]\n",
        "net.network": "[Network]\n",
    }
    app.deployed(units, {"a.txt": "a\n"})
    app.inside("web", "echo kept > /data/kept")
    app.host.write(app.path("theirs.txt"), "theirs\n", owner=app.scope.owner)
    result = app.run(state="absent").ok()

    assert app.host.read(app.path("theirs.txt")) == "theirs\n"
    assert not app.host.exists(app.path("a.txt"))
    assert not app.host.exists(app.path(app.unit("web")))
    mount = app.scope.ssh(f"podman volume inspect -f '{{{{.Mountpoint}}}}' systemd-{app.name}-data")
    assert app.host.read(f"{mount}/kept") == "kept\n"
    assert app.path("theirs.txt") in result.warned
    assert f"systemd-{app.name}-data" in result.warned
    assert f"systemd-{app.name}-net" in result.warned
    app.host.ssh(f"rm -r {app.path()}")
    app.scope.ssh(f"podman volume rm systemd-{app.name}-data")
    app.scope.ssh(f"podman network rm systemd-{app.name}-net")


@pytest.mark.scope("alice")
def test_absent_with_units_given(app: App) -> None:
    """A play keeps its units and changes the state alone."""
    units = {"web": container()}
    app.deployed(units)
    assert app.deployed(units, state="absent").changed
    assert not app.host.exists(app.path())


@pytest.mark.scope("alice")
def test_deploying_again_after_absent(app: App) -> None:
    units = {"web": container()}
    app.deployed(units)
    app.run(state="absent").ok()
    assert app.deployed(units).changed
    assert app.runs("web")


def test_a_crash_loop_fails_with_its_journal(app: App) -> None:
    looping = {"web": container(exec_=BROKEN, more=LOOPING), "db": container()}
    result = app.deploy(looping, gate={"stable": 1}, on_failure="keep")
    message = result.refused()

    assert app.service("web") in message
    assert "cannot read the config" in message
    [failure] = result["failures"]
    assert failure["unit"] == app.unit("web")
    assert failure["service"] == app.service("web")
    assert failure["phase"] == "start"
    assert failure["reason"]
    assert any("cannot read the config" in line for line in failure["journal"])
    assert app.runs("db")

    again = app.deploy(looping, gate={"stable": 1}, on_failure="keep")
    assert "cannot read the config" in again.refused()

    repaired = {**looping, "web": container(more=LOOPING)}
    before = app.ids("db")
    result = app.deployed(repaired, gate={"stable": 1})
    assert result.changed
    assert app.runs("web")
    assert app.ids("db") == before
    assert not app.deployed(repaired).changed


@pytest.mark.scope("alice")
def test_a_loop_that_reads_active_is_not_taken_for_a_start(app: App) -> None:
    """What systemd restarts after a failure has not been started with the new text for good."""
    slow = "sh -c 'echo up for a while; sleep 1.5; echo gone again >&2; exit 3'"
    unlimited = LOOPING.replace("[Service]", "[Unit]\nStartLimitIntervalSec=0\n\n[Service]")
    units = {"web": container(exec_=slow, more=unlimited)}
    options = {"gate": {"stable": 2.5}, "on_failure": "keep"}
    assert "gone again" in app.deploy(units, **options).refused()
    first = app.ids("web")["web"]
    shown = app.scope.command(
        f"systemctl {app.scope.flags} show -pInvocationID -pActiveState {app.service('web')}"
    )
    app.host.wait(f"{shown} | grep -q =active && ! {shown} | grep -q {first}")
    assert "gone again" in app.deploy(units, **options).refused()


@pytest.mark.scope("alice")
def test_a_service_beyond_its_start_limit_is_started_again(app: App) -> None:
    unit = container(exec_=BROKEN, more=LOOPING)
    app.deploy({"web": unit}, gate={"stable": 0.5}, on_failure="keep").refused()
    app.host.wait(f"test {_state_of(app, 'web')} = failed")
    result = app.deployed({"web": container(more=LOOPING)}, gate={"stable": 0.5})
    assert result.changed
    assert app.runs("web")


def _state_of(app: App, stem: str) -> str:
    command = app.scope.command(f"systemctl {app.scope.flags} is-active {app.service(stem)}")
    return f'"$({command})"'


@pytest.mark.scope("system")
def test_a_container_that_exits_at_once_fails(app: App) -> None:
    result = app.deploy({"web": container(exec_=BROKEN)}, gate={"stable": 1})
    assert "cannot read the config" in result.refused()
    assert result["failures"][0]["exit_code"] == 3
    again = app.deploy({"web": container(exec_=BROKEN)}, gate={"stable": 1})
    assert "cannot read the config" in again.refused()


@pytest.mark.scope("system")
def test_an_image_that_is_not_there_fails(app: App) -> None:
    unit = container().replace(IMAGE, "registry.test:5000/nowhere:1")
    message = app.deploy({"web": unit}).refused()
    assert "registry.test:5000/nowhere:1" in message


@pytest.mark.scope("system")
def test_a_one_shot_runs_once(app: App) -> None:
    """A service of Type=oneshot that has ended well is as it should be."""
    unit = container(exec_="true", more="\n[Service]\nType=oneshot\n")
    result = app.deployed({"job": unit})
    assert result.actions == {app.service("job"): "start"}
    before = app.host.look()
    again = app.deployed({"job": unit})
    assert not again.changed
    assert differences(before, app.host.look()) == []


@pytest.mark.scope("alice")
def test_a_failing_one_shot_fails(app: App) -> None:
    unit = container(exec_=BROKEN, more="\n[Service]\nType=oneshot\n")
    assert "cannot read the config" in app.deploy({"job": unit}).refused()


@pytest.mark.scope("system")
def test_a_deleted_unit_file_is_put_back(app: App) -> None:
    units = {"web": container()}
    app.deployed(units)
    app.host.ssh(f"rm {app.path(app.unit('web'))}")
    result = app.deployed(units)
    assert result.changed
    assert app.runs("web")
    assert app.host.exists(app.path(app.unit("web")))


@pytest.mark.scope("system")
def test_a_network_and_a_volume_that_are_gone_are_made_again(app: App) -> None:
    """Their one-shot services still read active then."""
    units = {
        "web": container(f"Volume={app.name}-data.volume:/data", f"Network={app.name}-net.network"),
        "data.volume": "[Volume]\nLabel=made=here\n",
        "net.network": "[Network]\nLabel=made=here\n",
    }
    app.deployed(units, state="stopped")
    app.deployed(units)
    app.scope.ssh(f"systemctl {app.scope.flags} stop {app.service('web')}")
    for kind, stem in (("volume", "data"), ("network", "net")):
        app.scope.ssh(f"podman {kind} rm systemd-{app.name}-{stem}")
    app.deployed(units)
    assert app.runs("web")
    for kind, stem in (("volume", "data"), ("network", "net")):
        name = f"systemd-{app.name}-{stem}"
        labels = app.scope.ssh(f"podman {kind} inspect -f '{{{{.Labels}}}}' {name}")
        assert "made:here" in labels, kind


@pytest.mark.scope("system")
def test_a_start_that_hangs_ends_with_the_gates_timeout(app: App) -> None:
    unit = container("Notify=true", more="\n[Service]\nTimeoutStartSec=60\n")
    start = time.monotonic()
    message = app.deploy({"web": unit}, gate={"timeout": 2, "stable": 0}).refused()
    assert time.monotonic() - start < 55
    assert app.service("web") in message
    assert "gate" in message


@pytest.mark.scope("system")
def test_a_dependency_that_fails_is_told_from_its_dependents(app: App) -> None:
    db = app.service("db")
    units = {
        "db": container(exec_=BROKEN, more="\n[Service]\nType=oneshot\n"),
        "web": f"[Unit]\nRequires={db}\nAfter={db}\n\n" + container(),
    }
    result = app.deploy(units)
    assert "cannot read the config" in result.refused()
    reasons = {failure["service"]: failure["reason"] for failure in result["failures"]}
    assert set(reasons) == {db, app.service("web")}
    assert "needs" in reasons[app.service("web")]


@pytest.mark.scope("alice")
def test_a_port_that_is_taken_is_named(app: App) -> None:
    port = next_port()
    app.deployed({"one": container(f"PublishPort={port}:8080")})
    message = app.deploy(
        {
            "one": container(f"PublishPort={port}:8080"),
            "two": container(f"PublishPort={port}:8080"),
        }
    ).refused()
    assert str(port) in message
    assert app.runs("one")
