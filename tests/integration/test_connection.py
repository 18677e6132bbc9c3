"""What a run costs: one connection and one module run, whatever the number of units."""

from __future__ import annotations

import json
import pathlib
import typing as t

import pytest

from tests.integration.support.apps import App, Result, container
from tests.integration.support.hosts import differences

pytestmark = pytest.mark.whole_plays


def logging_ssh(folder: pathlib.Path) -> tuple[pathlib.Path, pathlib.Path]:
    """An ssh that writes a line for each of its runs, and the file it writes to."""
    log, wrapper = folder / "ssh.log", folder / "ssh"
    wrapper.write_text(
        f'#!/bin/sh\necho "$@" | tr "\\n" " " >> {log}\necho >> {log}\nexec ssh "$@"\n'
    )
    wrapper.chmod(0o755)
    return wrapper, log


def _aliases(app: App, folder: pathlib.Path, number: int) -> pathlib.Path:
    """An inventory in which the host stands several times: Ansible acts on all at once."""
    data = json.loads(app.host.inventory.read_text())
    [entry] = data["all"]["hosts"].values()
    data["all"]["hosts"] = {f"{app.name}x{i}": entry for i in range(number)}
    inventory = folder / "aliases.json"
    inventory.write_text(json.dumps(data))
    return inventory


def _accepted(app: App) -> int:
    return int(app.host.ssh("journalctl -u ssh -q -o cat | grep -c '^Accepted' || true"))


@pytest.mark.parametrize("number", [1, 20])
@pytest.mark.scope("system", alice=["20"])
def test_one_connection_and_one_module_run(
    app: App, work_folder: pathlib.Path, tmp_path: pathlib.Path, number: int
) -> None:
    wrapper, log = logging_ssh(tmp_path)
    sockets = work_folder / f"{app.name}"
    units = {f"u{i}": container() for i in range(number)}
    files = {f"conf/{i}.conf": f"{i}\n" for i in range(number)}
    source = tmp_path / "src"
    for path, text in {**app.units(units), **files}.items():
        target = source / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
    variables = {"ansible_ssh_executable": str(wrapper), "ansible_control_path_dir": str(sockets)}
    calls: list[dict[str, t.Any]] = [
        {"units": app.units(units), "files": files, "state": "present"},
        {"src": str(source), "state": "present"},
    ]
    for number_of_call, content in enumerate(calls):
        before = _accepted(app)
        log.write_text("")
        result = app.scope.call("app", (), variables, name=app.name, **content).ok()
        assert result.changed is (number_of_call == 0)
        runs = [line for line in log.read_text().splitlines() if app.host.address in line]
        assert len(runs) == 1, runs
        # The second call goes over the connection that the first has opened.
        assert _accepted(app) - before == (number_of_call == 0)


@pytest.mark.scope("system")
def test_one_of_a_hundred(app: App) -> None:
    """Changing one of 100 units restarts exactly that one; changing none touches nothing."""
    units = {f"u{i}": container("Network=none") for i in range(100)}
    services = [app.service(stem) for stem in units]
    app.deployed(units)
    assert len({name for name in app.scope.containers() if f"-{app.name}-" in name}) == 100

    look = app.host.look()
    assert not app.deployed(units).changed
    assert differences(look, app.host.look()) == []

    before = app.scope.ids(*services)
    units["u57"] = container("Network=none", "Environment=A=1")
    result = app.deployed(units)
    after = app.scope.ids(*services)
    assert [name for name in services if before[name] != after[name]] == [app.service("u57")]
    assert result.actions == {app.service("u57"): "restart"}


@pytest.mark.scope("alice")
def test_one_reload_of_the_manager(app: App) -> None:
    """However many units change, systemd reads them once."""
    units = {f"u{i}": container() for i in range(3)}
    count = (
        f"journalctl -q -o cat {'_UID=0 _PID=1' if not app.scope.flags else '_COMM=systemd'} "
        "| grep -c 'Reloading finished' || true"
    )
    before = int(app.host.ssh(count))
    app.deployed(units)
    assert int(app.host.ssh(count)) == before + 1
    app.deployed(units)
    assert int(app.host.ssh(count)) == before + 1


def test_apps_of_several_scopes_in_one_play(system_app: App) -> None:
    """As the role does it: a task for each app, one connection for all."""
    playbooks, host = system_app.scope.playbooks, system_app.host
    tasks = [
        {
            "quadlet.fleet.app": {
                "name": f"{system_app.name}{user}",
                "user": user,
                "units": {f"{system_app.name}{user}.container": container()},
                "gate": {"stable": 0},
                "state": state,
            }
        }
        for state in ("started", "absent")
        for user in ("root", "alice")
    ]
    run = playbooks.run([{"hosts": "all", "gather_facts": False, "tasks": tasks}], host.inventory)
    assert [Result(row.data).ok().changed for row in run.results] == [True] * 4


def _at_once(app: App, folder: pathlib.Path, units: t.Any) -> list[Result]:
    """One app for each of four aliases of the host, all in one go."""
    options = {
        "name": "{{ inventory_hostname }}",
        "units": units,
        "gate": {"stable": 0},
        **app.scope.options,
    }
    play = {
        "hosts": "all",
        "gather_facts": False,
        "vars": {"text": container()},
        "tasks": [{"quadlet.fleet.app": options}],
    }
    run = app.scope.playbooks.run([play], _aliases(app, folder, 4))
    return [Result(row.data) for row in run.results]


@pytest.mark.scope("system")
def test_apps_deployed_at_once(app: App, tmp_path: pathlib.Path) -> None:
    """Each finds the manager and the scope in a state that makes sense."""
    apps = [App(app.scope, f"{app.name}x{i}") for i in range(4)]
    try:
        units = "{{ {inventory_hostname ~ '-web.container': text} }}"
        assert [result.ok().changed for result in _at_once(app, tmp_path, units)] == [True] * 4
        assert all(one.runs("web") for one in apps)
        assert not any(result.ok().changed for result in _at_once(app, tmp_path, units))
    finally:
        for one in apps:
            one.remove()


@pytest.mark.scope("system")
def test_one_unit_name_for_apps_deployed_at_once(app: App, tmp_path: pathlib.Path) -> None:
    """Of those that race for a name one gets it, and the others are told who has it."""
    apps = [App(app.scope, f"{app.name}x{i}") for i in range(4)]
    try:
        results = _at_once(app, tmp_path, {app.unit("web"): container()})
        assert sorted(result.failed for result in results) == [False, True, True, True]
        for result in results:
            if result.failed:
                assert "owned by app" in result.refused()
        assert app.runs("web")
    finally:
        for one in apps:
            one.remove()


@pytest.mark.scope("system")
def test_one_app_deployed_twice_at_once(app: App, tmp_path: pathlib.Path) -> None:
    """Two plays for one app take turns: both succeed, and it is started once."""
    options = {
        "name": app.name,
        "units": app.units({"web": container()}),
        "gate": {"stable": 0},
        **app.scope.options,
    }
    play = {"hosts": "all", "gather_facts": False, "tasks": [{"quadlet.fleet.app": options}]}
    run = app.scope.playbooks.run([play], _aliases(app, tmp_path, 3))
    assert sorted(Result(row.data).ok().changed for row in run.results) == [False, False, True]
    assert app.runs("web")
