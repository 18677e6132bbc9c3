"""Networks and volumes that are there before their units: the same are taken, others refused."""

from __future__ import annotations

import json
import shlex
import typing as t

import pytest

from tests.integration.support.apps import App, container
from tests.integration.support.hosts import differences

FOUND = "is there already, and is not as"
"""How the error begins to say that an object is another one."""


@pytest.fixture
def named(app: App) -> t.Iterator[App]:
    """An app, before and after which none of its objects is there."""
    _forget(app)
    yield app
    app.remove()
    _forget(app)


def _forget(app: App) -> None:
    lines = [
        f"podman {kind} ls -q --filter name=systemd-{app.name}- | xargs -r podman {kind} rm --force"
        for kind in ("network", "volume")
    ]
    app.scope.ssh(f"sh -c {shlex.quote('; '.join(lines))}")


def _units(app: App, **lines: str) -> dict[str, str]:
    """A network, a volume, and a container that uses both."""
    use = [f"Network={app.name}-n.network", f"Volume={app.name}-data.volume:/data"]
    return {
        "n.network": f"[Network]\n{lines.get('n', '')}\n",
        "data.volume": f"[Volume]\n{lines.get('data', '')}\n",
        "web": container(*use),
    }


def _shown(app: App, kind: str, stem: str) -> dict[str, t.Any]:
    text = app.scope.ssh(f"podman {kind} inspect systemd-{app.name}-{stem}")
    row: dict[str, t.Any] = json.loads(text)[0]
    row.pop("containers", None)
    return row


def _drift(app: App) -> list[str]:
    shown = app.scope.call("info", apps=[app.name], user=app.scope.options.get("user", "root")).ok()
    return list(shown["apps"][0]["drift"])


OTHERS: dict[str, tuple[str, str, list[str]]] = {
    "label.volume": ("--label a=1", "Label=a=2", ["Label a: there '1', declared '2'"]),
    "bind.volume": (
        "",
        "Type=none\nOptions=bind\nDevice=/tmp",
        [
            "Options: there nothing, declared 'bind'",
            "Device: there nothing, declared '/tmp'",
            "Type: there nothing, declared 'none'",
        ],
    ),
    "nfs.volume": (
        "--opt type=nfs --opt device=:/old --opt o=addr=10.0.0.1,rw",
        "Type=nfs\nDevice=:/new\nOptions=addr=10.0.0.2,rw",
        [
            "Options: there 'addr=10.0.0.1,rw', declared 'addr=10.0.0.2,rw'",
            "Device: there ':/old', declared ':/new'",
        ],
    ),
    "subnet.network": (
        "--subnet 10.71.1.0/24",
        "Subnet=10.71.2.0/24",
        ["Subnet: there '10.71.1.0/24', declared '10.71.2.0/24'"],
    ),
    "any.network": (
        "--subnet 10.71.3.0/24",
        "",
        ["Subnet: there '10.71.3.0/24', declared nothing"],
    ),
    "driver.network": (
        "--driver macvlan --subnet 10.71.4.0/24",
        "Driver=ipvlan\nSubnet=10.71.4.0/24",
        ["Driver: there 'macvlan', declared 'ipvlan'"],
    ),
    "inside.network": (
        "--internal --disable-dns",
        "",
        [
            "Internal: there 'true', declared 'false'",
            "DisableDNS: there 'true', declared 'false'",
        ],
    ),
}
SAME = {
    "like.volume": ("--opt type=tmpfs --opt device=tmpfs", "Type=tmpfs\nDevice=tmpfs"),
    "like.network": ("--ipv6 --label a=%", "IPv6=true\nLabel=a=%%"),
}


@pytest.mark.scope("alice")
def test_made_by_hand(named: App) -> None:
    """Other than declared: refused before anything is written, with both values; nothing moves."""
    app = named
    made = {unit: row[0] for unit, row in {**OTHERS, **SAME}.items()}
    names = {unit: f"systemd-{app.name}-{unit.partition('.')[0]}" for unit in made}
    kinds = {unit: unit.partition(".")[2] for unit in made}
    lines = [f"podman {kinds[unit]} create {made[unit]} {names[unit]}" for unit in made]
    app.scope.ssh(f"sh -c {shlex.quote(' && '.join(lines))}")
    units = {
        unit: f"[{kinds[unit].capitalize()}]\n{row[1]}\n"
        for unit, row in {**OTHERS, **SAME}.items()
    }
    look = app.host.look()
    for arguments in (["--check"], []):
        message = app.deploy(units, arguments=arguments).refused()
        for stem, (_made, _declared, values) in OTHERS.items():
            unit, kind = app.unit(*stem.split(".")), kinds[stem]
            assert f"{unit}: the {kind} {names[stem]} {FOUND} {unit} declares it" in message
            assert f"podman {kind} rm {names[stem]}" in message
            assert f"recreate: ['{unit}" in message
            assert all(value in message for value in values)
        assert not any(names[unit] in message for unit in SAME)
    assert differences(look, app.host.look()) == []
    taken = app.deployed({unit: units[unit] for unit in SAME})
    assert set(taken.actions.values()) == {"start"}
    assert _drift(app) == []
    _check_expanded(app)


def _check_expanded(app: App) -> None:
    """What systemd expands in names and values is compared; what is not known is told."""
    top, path = f"systemd-{app.name}", app.path("x.env")
    host, machine = app.host.ssh("uname -n").strip(), app.host.ssh("cat /etc/machine-id").strip()
    made = {
        f"{top}-{host}": "--label a=1",
        f"{top}-var": "--label a=1",
        f"{top}-file": "--label a=1",
        f"{top}-value": f"--label a={machine} --label b=x",
        f"{top}-flag": "--label a=1",
        f"{top}-shell": "--label a=/bin/other",
    }
    script = " && ".join(f"podman volume create {words} {name}" for name, words in made.items())
    app.scope.ssh(f"sh -c {shlex.quote(script)}")
    units = {
        "host.volume": f"VolumeName={top}-%H\nLabel=a=2\n",
        "var.volume": f"VolumeName={top}-${{X}}\nLabel=a=2\n[Service]\nEnvironment=X=var\n",
        "file.volume": f"VolumeName={top}-${{X}}\nLabel=a=2\n[Service]\nEnvironmentFile={path}\n",
        "value.volume": f"VolumeName={top}-value\nLabel=a=%m\nLabel=b=%G\n",
        "flag.volume": f"VolumeName={top}-flag\nLabel=a=2\nPodmanArgs=--new-flag x\n",
        "shell.volume": f"VolumeName={top}-shell\nLabel=a=%s\n",
    }
    units = {name: f"[Volume]\n{text}" for name, text in units.items()}
    files = {"x.env": "X=file\n"}
    shell = {"shell.volume": units.pop("shell.volume")}
    message = app.deploy(units, files).refused()
    for unit, name in zip(units, made):
        value = (
            "Label b: there 'x'" if name.endswith("-value") else "Label a: there '1', declared '2'"
        )
        assert (
            f"the volume {name} {FOUND} {app.unit(*unit.split('.'))} declares it: {value}"
            in message
        )
    assert "Label a: there" not in message.partition("-value is there")[2].partition("\n")[0]
    # What only systemd knows is compared once it has loaded the unit.
    taken = app.deployed(shell)
    assert "is not known of a=%s" in taken.warned
    (drift,) = _drift(app)
    assert "Label a: there '/bin/other', declared '/bin/" in drift


@pytest.mark.scope("alice")
def test_from_the_first_run_to_the_last(named: App) -> None:
    """Left by a failed run and by absent, made by hand, changed by us: one judgement."""
    one = _units(named, data="Label=v=1", n="Subnet=10.72.1.0/24\nLabel=v=1")
    two = _units(named, data="Label=v=2", n="Subnet=10.72.2.0/24\nLabel=v=1")
    _left_by_a_failed_run(named, one, two)
    _changed_by_us(named, one, two)
    _left_by_absent(named, one, two)
    _made_by_another_hand(named, two)


def _left_by_a_failed_run(app: App, one: dict[str, str], two: dict[str, str]) -> None:
    broken = {**one, "web": one["web"].replace("Exec=sh", "Exec=nothing-of-this-name")}

    # A failed first run leaves its volume: the same definition takes it, another does not.
    assert app.deploy(broken).failed
    kept = _shown(app, "volume", "data")
    assert "Label v: there '1', declared '2'" in app.deploy(two).refused()
    app.deployed(one)
    app.inside("web", "echo precious >/data/x")
    assert _shown(app, "volume", "data")["CreatedAt"] == kept["CreatedAt"]
    assert _drift(app) == []
    look = app.host.look()
    assert not app.deployed(one).changed
    assert differences(look, app.host.look()) == []


def _changed_by_us(app: App, one: dict[str, str], two: dict[str, str]) -> None:
    network = app.unit("n", "network")
    # Another text that says the same makes no other object.
    same = {**one, network.partition("-")[2]: one["n.network"] + "# a comment\nInternal=false\n"}
    told = app.deployed(same)
    assert told.actions == {f"{app.name}-n-network.service": "write"}
    assert "recreate" not in told.warned
    assert _drift(app) == []
    assert not app.deployed(same).changed

    # A definition of ours that changed is told with both values, by each run and by drift.
    value = "Subnet: there '10.72.1.0/24', declared '10.72.2.0/24'"
    told = app.deployed(two)
    assert value in told.warned
    assert f"recreate: ['{network}']" in told.warned
    assert [value in text for text in _drift(app)].count(True) == 1
    assert len(_drift(app)) == 2
    again = app.deployed(two)
    assert not again.changed
    assert value in again.warned
    app.deployed(two, recreate=[network])
    assert _shown(app, "network", "n")["subnets"][0]["subnet"] == "10.72.2.0/24"
    assert app.inside("web", "cat /data/x") == "precious"


def _left_by_absent(app: App, one: dict[str, str], two: dict[str, str]) -> None:
    data, network = app.unit("data", "volume"), app.unit("n", "network")
    app.run(state="absent").ok()
    look = app.host.look()
    message = app.deploy({**two, "n.network": one["n.network"]}).refused()
    assert "Label v: there '1', declared '2'" in message
    assert "Subnet: there '10.72.2.0/24', declared '10.72.1.0/24'" in message
    assert differences(look, app.host.look()) == []
    app.deployed(two, recreate=[network, f"{data}:lose-data"])
    assert app.inside("web", "ls /data") == ""
    assert _drift(app) == []


def _made_by_another_hand(app: App, two: dict[str, str]) -> None:
    """Under a running app it is drift, and recreate mends it."""
    network = app.unit("n", "network")
    app.scope.systemctl(f"stop {app.service('web')}")
    name = f"systemd-{app.name}-n"
    app.scope.ssh(f"podman network rm {name}")
    app.scope.ssh(f"podman network create --label v=1 --subnet 10.72.3.0/24 {name}")
    app.scope.systemctl(f"start {app.service('web')}")
    value = "Subnet: there '10.72.3.0/24', declared '10.72.2.0/24'"
    what = f"{app.name}-n-network.service: its network {name} is not as {network} declares it"
    assert _drift(app) == [f"{what} ({value})"]
    result = app.deployed(two, recreate=[network])
    assert value in result.reasons(f"{app.name}-n-network.service")
    assert _drift(app) == []
    assert app.runs("web")


@pytest.mark.scope("system")
def test_a_network_that_another_app_uses(named: App) -> None:
    """Its removal names the app and its unit before anything stops; what names its unit follows."""
    app, other = named, named.scope.app(f"{named.name}b")
    network, user = app.unit("n", "network"), other.unit("web")
    deletes = f"[Service]\nExecStopPost=podman network rm systemd-{app.name}-n\n"
    one, two = ({"n.network": f"[Network]\nLabel=v={n}\n", "web": container()} for n in (1, 2))
    try:
        app.deployed(one)
        other.deployed({"web": container(f"Network={network}")})
        look = app.host.look()
        for result in (app.run(state="absent"), app.deploy({"web": container()})):
            message = result.refused()
            assert f"{user} of app {other.name}: it uses {network} (the network systemd-" in message
        assert differences(look, app.host.look()) == []
        assert f"{other.name}-web.service" in app.deployed(two, recreate=[network]).warned
        assert other.runs("web")

        other.deployed({"web": container(f"Network=systemd-{app.name}-n")})
        app.deployed({**two, "n.network": two["n.network"] + deletes})
        look = app.host.look()
        for result in (app.deploy(one, recreate=[network]), app.run(state="absent")):
            message = result.refused()
            assert f"{other.name}-web.service, made of {user} of app {other.name}" in message
            assert f"state: stopped for app {other.name}" in message
        assert differences(look, app.host.look()) == []
        other.run(state="absent").ok()
        assert "stays" not in app.run(state="absent").ok().warned
        assert f"systemd-{app.name}-n" not in app.scope.ssh("podman network ls -q")
    finally:
        other.remove()
