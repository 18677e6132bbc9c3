"""Networks and volumes whose definition changed: told, and made anew where that is asked for."""

from __future__ import annotations

import shlex

import pytest

from tests.integration.support.apps import App, container, system_scope, user_scope
from tests.integration.support.hosts import IMAGE, Fleet, differences
from tests.integration.support.playbooks import Playbooks

KUBE = f"""\
apiVersion: v1
kind: Pod
metadata:
  name: NAME-kube
spec:
  terminationGracePeriodSeconds: 1
  containers:
    - name: main
      image: {IMAGE}
      command: [sh, -c, "trap 'exit 0' TERM; sleep infinity & wait"]
"""


def _network(version: int) -> str:
    return f"[Network]\nLabel=version={version}\n"


def _volume(version: int) -> str:
    return f"[Volume]\nLabel=version={version}\n"


def _version(app: App, kind: str, stem: str) -> str:
    shown = f"podman {kind} inspect --format '{{{{.Labels.version}}}}' systemd-{app.name}-{stem}"
    return app.scope.ssh(shown)


def _drift(app: App) -> list[str]:
    shown = app.scope.call("info", apps=[app.name], user=app.scope.options.get("user", "root")).ok()
    return list(shown["apps"][0]["drift"])


def _changed(network: str) -> str:
    """What drift tells of a network of the first version beside a unit of the second."""
    values = "Label version: there '1', declared '2'"
    return f"{network}: the definition of its network changed since it was made ({values})"


def _since(app: App, service: str) -> int:
    return int(app.scope.show(service, "ActiveEnterTimestampMonotonic"))


def _units(app: App, version: int) -> dict[str, str]:
    on = f"Network={app.name}-n.network"
    db = app.service("db")
    return {
        "n.network": _network(version),
        "web": f"[Unit]\nRequires={db}\nAfter={db}\n\n" + container(on),
        "db": container(on),
        "idle": container(),
    }


@pytest.fixture(autouse=True)
def _nothing_left(request: pytest.FixtureRequest) -> None:
    """Networks and volumes outlive the app of a test, and hosts may outlive a session."""
    if "app" in request.fixturenames:
        _forget(request.getfixturevalue("app"))


def _forget(app: App) -> None:
    names = f"systemd-{app.name}"
    line = f"podman network rm --force {names}-n; podman volume rm --force {names}-data; true"
    app.scope.ssh(f"sh -c {shlex.quote(line)}")


STEMS = ("web", "db", "idle")


@pytest.mark.parametrize(
    ("podman", "user"), [("5.4", "system"), ("5.4", "alice"), ("6.1", "system")]
)
def test_a_network(fleet: Fleet, playbooks: Playbooks, podman: str, user: str) -> None:
    make = system_scope if user == "system" else user_scope
    app = make(fleet.get(podman), playbooks).app()
    _forget(app)
    try:
        _check_network(app)
    finally:
        app.remove()


def _check_network(app: App) -> None:
    network, unit = f"{app.name}-n-network.service", app.unit("n", "network")
    app.deployed(_units(app, 1))
    before = app.ids(*STEMS)

    told = app.deployed(_units(app, 2))
    assert told.actions == {network: "write"}
    assert f"recreate: ['{unit}'] makes it anew" in told.warned
    assert _version(app, "network", "n") == "1"
    assert app.ids(*STEMS) == before
    changed = _changed(network)
    assert _drift(app) == [changed]

    look = app.host.look()
    preview = app.deploy(_units(app, 2), recreate=[unit], arguments=["--check"]).ok()
    assert differences(look, app.host.look()) == []
    result = app.deployed(_units(app, 2), recreate=[unit])
    assert preview["plan"] == result["plan"]
    assert result.actions == dict.fromkeys(
        (network, app.service("web"), app.service("db")), "restart"
    )
    assert "changed; recreate makes its network anew" in result.reasons(network)
    assert f"follows {network}" in result.reasons(app.service("web"))
    assert f"follows {network}" in result.reasons(app.service("db"))
    assert unit not in result.warned

    assert _version(app, "network", "n") == "2"
    after = app.ids(*STEMS)
    assert {stem for stem in STEMS if before[stem] != after[stem]} == {"web", "db"}
    assert all(app.runs(stem) for stem in STEMS)
    assert _since(app, network) < _since(app, app.service("db")) < _since(app, app.service("web"))

    again = app.deployed(_units(app, 2), recreate=[unit])
    assert not again.changed, again["plan"]
    assert app.ids(*STEMS) == after
    assert _drift(app) == []


@pytest.mark.scope("alice")
def test_a_volume_only_with_the_word(app: App) -> None:
    def units(version: int) -> dict[str, str]:
        return {
            "data.volume": _volume(version),
            "db": container(f"Volume={app.name}-data.volume:/data"),
        }

    unit = app.unit("data", "volume")
    app.deployed(units(1))
    app.inside("db", "echo precious >/data/x")
    look = app.host.look()
    message = app.deploy(units(2), recreate=[unit]).refused()
    assert "would lose its data" in message
    assert f"write {unit}:lose-data" in message
    assert differences(look, app.host.look()) == []

    asked = [f"{unit}:lose-data"]
    assert not app.deployed(units(1), recreate=asked).changed
    assert app.inside("db", "cat /data/x") == "precious"

    told = app.deployed(units(2))
    assert f"recreate: ['{unit}:lose-data'] makes it anew" in told.warned
    assert app.inside("db", "cat /data/x") == "precious"

    result = app.deployed(units(2), recreate=asked)
    reasons = result.reasons(f"{app.name}-data-volume.service")
    assert "recreate makes its volume anew, and its data is lost" in reasons
    assert _version(app, "volume", "data") == "2"
    assert app.inside("db", "ls /data") == ""
    app.inside("db", "echo new >/data/x")
    assert not app.deployed(units(2), recreate=asked).changed
    assert app.inside("db", "cat /data/x") == "new"


@pytest.mark.scope("alice")
def test_a_network_that_others_use(app: App) -> None:
    network, outsider = f"systemd-{app.name}-n", f"{app.name}-outsider"
    unit = app.unit("n", "network")
    app.deployed(_units(app, 1))
    app.scope.ssh(f"podman create --name {outsider} --network {network} {IMAGE} true")
    try:
        look = app.host.look()
        for arguments in (["--check"], []):
            result = app.deploy(_units(app, 2), recreate=[unit], arguments=arguments)
            message = result.refused()
            assert f"the network {network} of {unit} can't be made anew" in message
            assert f"{outsider} (made outside of Quadlet)" in message
        assert differences(look, app.host.look()) == []
    finally:
        app.scope.ssh(f"podman rm {outsider}")
    app.deployed(_units(app, 2), recreate=[unit])
    assert _version(app, "network", "n") == "2"


@pytest.mark.scope("system")
def test_what_is_no_unit_of_the_app(app: App) -> None:
    for item, told in (("other.network", "is no unit of app"), ("web", "neither a network nor")):
        assert told in app.deploy({"web": container()}, recreate=[item]).refused()


@pytest.mark.scope("system")
def test_a_pod_and_a_kube_unit_on_the_network(app: App) -> None:
    on = f"Network={app.name}-n.network"

    def units(version: int) -> dict[str, str]:
        return {
            "n.network": _network(version),
            "p.pod": f"[Pod]\n{on}\n\n[Install]\nWantedBy=default.target\n",
            "in": container(f"Pod={app.name}-p.pod"),
            "k.kube": f"[Kube]\nYaml=./k.yaml\n{on}\n\n[Install]\nWantedBy=default.target\n",
        }

    files = {"k.yaml": KUBE.replace("NAME", app.name)}
    app.deployed(units(1), files)
    result = app.deployed(units(2), files, recreate=[app.unit("n", "network")])
    services = [f"{app.name}-{stem}.service" for stem in ("n-network", "p-pod", "in", "k")]
    assert result.actions == dict.fromkeys(services, "restart")
    assert _version(app, "network", "n") == "2"
    assert app.runs("in")
    assert f"{app.name}-kube-main" in app.scope.containers()
    assert set(app.scope.states(*services).values()) == {"loaded active"}


@pytest.mark.scope("alice")
def test_a_failed_update_has_the_old_network_back(app: App) -> None:
    app.deployed(_units(app, 1))
    broken = _units(app, 2)
    broken["web"] = broken["web"].replace("Exec=sh", "Exec=nothing-of-this-name")
    result = app.deploy(broken, recreate=[app.unit("n", "network")])
    result.refused()
    assert result["rolled_back"]
    assert _version(app, "network", "n") == "1"
    assert all(app.runs(stem) for stem in STEMS)
    assert _drift(app) == []
    assert not app.deployed(_units(app, 1)).changed


@pytest.mark.scope("alice")
def test_a_start_of_its_service_leaves_a_network_as_it_was(app: App) -> None:
    network = f"{app.name}-n-network.service"
    changed = _changed(network)
    app.deployed(_units(app, 1))
    app.deployed(_units(app, 2))
    # As at a boot: systemd starts all anew after the last write.
    app.scope.systemctl(f"restart {network}")
    # It waits for its own job, not for those of the services that follow.
    app.scope.systemctl(f"start {app.service('web')} {app.service('db')}")
    assert _drift(app) == [changed]
    assert not app.deployed(_units(app, 2)).changed
    # And as a run of ours starts what someone stopped.
    app.scope.systemctl(f"stop {network}")
    result = app.deployed(_units(app, 2))
    assert result.actions[network] == "start"
    assert _drift(app) == [changed]
    # Made anew by hand it is as its unit says.
    app.scope.systemctl(f"stop {network}")
    app.scope.ssh(f"podman network rm systemd-{app.name}-n")
    app.scope.systemctl(f"start {app.service('web')} {app.service('db')}")
    assert _version(app, "network", "n") == "2"
    assert _drift(app) == []
    # A run that finds such a start right gives the record the time.
    assert not app.deployed(_units(app, 2)).changed
    look = app.host.look()
    assert not app.deployed(_units(app, 2), recreate=[app.unit("n", "network")]).changed
    assert differences(look, app.host.look()) == []


@pytest.mark.scope("system")
def test_a_network_with_another_name(app: App) -> None:
    app.deployed(_units(app, 1))
    units = _units(app, 1)
    units["n.network"] += f"NetworkName={app.name}-other\n"
    result = app.deployed(units)
    network = f"{app.name}-n-network.service"
    assert result.actions == dict.fromkeys(
        (network, app.service("web"), app.service("db")), "restart"
    )
    shown = app.scope.ssh(
        "podman inspect --format '{{range $k, $v := .NetworkSettings.Networks}}{{$k}}{{end}}' "
        f"systemd-{app.name}-web"
    )
    assert shown == f"{app.name}-other"
    assert not app.deployed(units).changed
    app.remove()
    app.scope.ssh(f"podman network rm {app.name}-other")
