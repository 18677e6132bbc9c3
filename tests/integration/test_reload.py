"""Files whose change asks for a reload: what hears of it, and what has to restart all the same."""

from __future__ import annotations

import typing as t

import pytest

from tests.integration.support.apps import App, container, system_scope, user_scope
from tests.integration.support.hosts import Fleet
from tests.integration.support.playbooks import Playbooks

CONF = "Volume=./conf:/conf:ro"
HEARS = (
    "sh -c \"trap 'cp /conf/a.conf /reloaded' HUP; trap 'exit 0' TERM; "
    'while :; do sleep infinity & wait; done"'
)


def _files(text: str) -> dict[str, t.Any]:
    wanted = {"content": f"{text}\n", "on_change": "reload"}
    return {
        "conf/a.conf": wanted,
        "one.conf": wanted,
        "a.env": {**wanted, "content": f"A={text}\n"},
    }


def _exec_reload(app: App, stem: str) -> str:
    command = f"/usr/bin/podman exec systemd-{app.name}-{stem} cp /conf/a.conf /reloaded"
    return container(CONF).replace("[Service]\n", f"[Service]\nExecReload={command}\n")


def _units(app: App) -> dict[str, str]:
    """One service for each way to reload that this Podman has, and for each way not to."""
    units = {
        "own": _exec_reload(app, "own"),
        "deaf": container(CONF),
        "alone": _exec_reload(app, "alone").replace(CONF, f"{CONF}\nVolume=./one.conf:/one:ro"),
        "env": _exec_reload(app, "env").replace(CONF, f"{CONF}\nEnvironmentFile=./a.env"),
    }
    if app.host.podman != "5.4":  # 5.5 has them
        units["command"] = container(CONF, "ReloadCmd=cp /conf/a.conf /reloaded")
        units["signal"] = container(CONF, "ReloadSignal=SIGHUP", exec_=HEARS)
    return units


WHY = {
    "deaf": "has no ReloadCmd, ReloadSignal or ExecReload",
    "alone": "one.conf is mounted by itself, so a reload would not show it",
    "env": "a.env is read at a start alone, so a reload would not do",
}


@pytest.mark.parametrize("scope", ["system", "alice"])
@pytest.mark.parametrize("podman", ["5.4", "5.8", "6.1"])
@pytest.mark.scope("system", alice=["6.1"])
def test_a_reload_in_place_of_a_restart(
    fleet: Fleet, playbooks: Playbooks, podman: str, scope: str
) -> None:
    make = system_scope if scope == "system" else user_scope
    app = make(fleet.get(podman), playbooks).app()
    try:
        _check(app)
    finally:
        app.remove()


def _check(app: App) -> None:
    units = _units(app)
    reloads = {stem for stem in units if stem not in WHY}
    app.deployed(units, _files("one"))
    before = app.ids(*units)

    preview = app.deploy(units, _files("two"), arguments=["--check"]).ok()
    result = app.deployed(units, _files("two"))
    assert preview["plan"] == result["plan"]
    assert result.actions == {
        app.service(stem): "reload" if stem in reloads else "restart" for stem in units
    }
    for stem in units:
        assert ("conf/a.conf changed" in result.reasons(app.service(stem))) == (
            stem in (*reloads, "deaf")
        )
    for stem, reason in WHY.items():
        assert reason in result.reasons(app.service(stem))
    after = app.ids(*units)
    assert {stem for stem in units if before[stem] != after[stem]} == set(WHY)

    for stem in units:
        assert app.inside(stem, "cat /conf/a.conf") == "two"
    for stem in reloads - {"signal"}:
        assert app.inside(stem, "cat /reloaded") == "two"
    if "signal" in reloads:  # a signal is sent, not waited for
        name = f"systemd-{app.name}-signal"
        app.host.wait(app.scope.command(f"podman cp {name}:/reloaded - | grep -q two"))
    assert app.inside("alone", "cat /one") == "two"
    assert "A=two" in app.inside("env", "env").split()
    assert not app.deployed(units, _files("two")).changed
    if "command" in reloads:  # a change of the unit itself restarts, and reloads nothing beside
        changed = {**units, "command": units["command"].replace(CONF, f"{CONF}\nEnvironment=A=1")}
        result = app.deployed(changed, _files("three"))
        assert result.actions[app.service("command")] == "restart"
