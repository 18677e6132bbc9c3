"""Whose scope it is: given how, and reached as whom."""

from __future__ import annotations

import typing as t

import pytest

from tests.integration.support.apps import App, Result, Scope, container
from tests.integration.support.hosts import IMAGE, Host
from tests.integration.support.playbooks import Playbooks, Run
from tests.integration.support.watched import slow_registry


@pytest.fixture
def alices(alice: Scope) -> t.Iterator[App]:
    """An app of alice's."""
    one = alice.app()
    yield one
    one.remove()


def _run(app: App, task: t.Mapping[str, t.Any], **play: t.Any) -> Result:
    whole = {"hosts": "all", "gather_facts": False, "tasks": [dict(task)], **play}
    return Result(app.scope.playbooks.run([whole], app.host.inventory).only())


def _task(app: App, **options: t.Any) -> dict[str, t.Any]:
    units = app.units({"web": container()})
    return {"name": app.name, "units": units, "gate": {"stable": 0}, **options}


@pytest.mark.parametrize("user", [1000, "1000", "alice"])
def test_a_user_by_name_and_by_number(alices: App, user: str | int) -> None:
    _run(alices, {"quadlet.fleet.app": _task(alices, user=user)}).ok()
    assert alices.runs("web")
    assert not alices.deployed({"web": container()}).changed


@pytest.mark.parametrize("user", ["root", 0, "0"])
def test_root_is_the_system_scope(system_app: App, user: str | int) -> None:
    _run(system_app, {"quadlet.fleet.app": _task(system_app, user=user)}).ok()
    assert system_app.runs("web")
    assert not system_app.deployed({"web": container()}).changed


def test_as_another_user_without_saying_whose_scope(alices: App) -> None:
    become = {"become": True, "become_user": "alice"}
    before = alices.host.look()
    message = _run(alices, {"quadlet.fleet.app": _task(alices), **become}).refused()
    assert "become: true" in message
    assert "user:" in message
    assert "alice" in message
    after = alices.host.look()
    assert before["trees"] == after["trees"]


def test_as_the_user_it_is_for(alices: App) -> None:
    become = {"become": True, "become_user": "alice"}
    task = {"quadlet.fleet.app": _task(alices, user="alice"), **become}
    assert _run(alices, task).ok().changed
    assert alices.runs("web")
    assert not _run(alices, task).ok().changed
    # What root then does for alice is the same thing.
    assert not alices.deployed({"web": container()}).changed
    absent = {
        "quadlet.fleet.app": {"name": alices.name, "user": "alice", "state": "absent"},
        **become,
    }
    assert _run(alices, absent).ok().changed
    assert alices.states("web")["web"] == "not-found inactive"


def test_as_one_user_for_another(alices: App) -> None:
    become = {"become": True, "become_user": "bob"}
    message = _run(alices, {"quadlet.fleet.app": _task(alices, user="alice"), **become}).refused()
    assert "bob" in message
    assert "become_user: alice" in message


def test_over_a_login_of_her_own(alices: App) -> None:
    task = {"quadlet.fleet.app": _task(alices, user="alice")}
    assert _run(alices, task, remote_user="alice", vars={"ansible_user": "alice"}).ok().changed
    assert alices.runs("web")


def test_module_defaults_for_the_group(alices: App) -> None:
    defaults = {"group/quadlet.fleet.quadlet": {"user": "alice", "gate": {"stable": 0}}}
    task = {"name": alices.name, "units": alices.units({"web": container()})}
    _run(alices, {"quadlet.fleet.app": task}, module_defaults=defaults).ok()
    assert alices.runs("web")
    assert alices.host.exists(alices.path(alices.unit("web")))


def test_a_user_whose_manager_never_ran(host: Host, playbooks: Playbooks) -> None:
    """No login, no linger, no directory of units: all of it is made."""
    host.ssh("useradd --create-home --uid 2001 --user-group carol")
    host.ssh("for f in /etc/subuid /etc/subgid; do echo carol:600000:65536 >> $f; done")
    try:
        task = {
            "quadlet.fleet.app": {
                "name": "hers",
                "user": "carol",
                "units": {"hers.container": container()},
                "gate": {"stable": 0},
            }
        }
        play = [{"hosts": "all", "gather_facts": False, "tasks": [task]}]
        result = Result(playbooks.run(play, host.inventory).only()).ok()
        assert "linger" in {step["action"] for step in result["plan"]}
        assert host.exists("/var/lib/systemd/linger/carol")
        service = "systemctl --user -M carol@ is-active hers.service"
        assert host.ssh(service) == "active"
        again = Result(playbooks.run(play, host.inventory).only()).ok()
        assert not again.changed
    finally:
        host.ssh("loginctl disable-linger carol; loginctl terminate-user carol || true")
        host.wait("! pgrep -u carol")
        host.ssh("userdel -r carol")


def test_linger_off_is_respected(host: Host, playbooks: Playbooks) -> None:
    task = {
        "quadlet.fleet.app": {
            "name": "bobs",
            "user": "bob",
            "linger": False,
            "units": {"bobs.container": container()},
        }
    }
    run: Run = playbooks.run(
        [{"hosts": "all", "gather_facts": False, "tasks": [task]}], host.inventory
    )
    message = Result(run.only()).refused()
    assert "linger" in message
    assert not host.exists("/var/lib/systemd/linger/bob")
    assert not host.exists("/home/bob/.config/containers/systemd/bobs")


def test_location_admin(alices: App) -> None:
    units = {"web": container("Volume=./conf:/conf:ro")}
    files = {"conf/a.conf": "a\n"}
    folder = f"/etc/containers/systemd/users/1000/{alices.name}"
    alices.options["location"] = "admin"
    assert alices.deployed(units, files).changed
    assert alices.runs("web")
    assert not alices.host.exists(alices.path())
    owners = alices.host.ssh(f"stat -c '%U %a' {folder}/{alices.unit('web')} {folder}/conf/a.conf")
    assert owners.splitlines() == ["root 644", "root 644"]
    cgroup = alices.scope.show(alices.service("web"), "ControlGroup")
    assert cgroup.startswith(alices.scope.cgroup)
    assert not alices.deployed(units, files).changed

    before = alices.ids("web")
    result = alices.deployed(units, {"conf/a.conf": "b\n"})
    assert result.actions == {alices.service("web"): "restart"}
    assert alices.ids("web") != before

    message = alices.deploy(units, files, location="home").refused()
    assert "location" in message
    assert folder in message

    assert alices.run(state="absent").ok().changed
    assert alices.states("web")["web"] == "not-found inactive"
    assert not alices.host.exists(folder)


def test_an_app_of_the_same_name_in_each_scope(alices: App, system: Scope) -> None:
    """Scopes are worlds of their own: same names, different services."""
    roots = App(system, alices.name)
    try:
        alices.deployed({"web": container("Environment=WHO=alice")})
        roots.deployed({"web": container("Environment=WHO=root")})
        assert "WHO=alice" in alices.inside("web", "env").split()
        assert "WHO=root" in roots.inside("web", "env").split()
        roots.run(state="absent").ok()
        assert alices.runs("web")
    finally:
        roots.remove()


def test_a_user_who_may_not_linger(host: Host, bob: Scope, playbooks: Playbooks) -> None:
    """Without polkit only root may turn linger on: the error names root's command."""
    task = {
        "quadlet.fleet.app": {
            "name": "bobs",
            **bob.options,
            "units": {"bobs.container": container()},
        },
        "become": True,
        "become_user": "bob",
    }
    play = [{"hosts": "all", "gather_facts": False, "tasks": [task]}]
    host.ssh("systemctl mask --runtime --now polkit.service")
    # The engine is kept there, whatever becomes of the app.
    host.ssh("runuser -u bob -- mkdir -p /home/bob/.local/state/quadlet.fleet")
    try:
        before = host.look()["trees"]
        message = Result(playbooks.run(play, host.inventory).only()).refused()
        assert "loginctl enable-linger bob" in message
        assert "linger: false" in message
        after = host.look()["trees"]
        assert {path for path in after if after[path] != before.get(path)} == set()
    finally:
        host.ssh("systemctl unmask --runtime polkit.service")


def test_a_session_that_ends_while_an_image_is_pulled(host: Host, bob: Scope) -> None:
    """Podman needs what logind takes away then, unless linger is on before: the manager ran."""
    app, settings = bob.app(), "/etc/systemd/logind.conf.d/stop.conf"
    host.write(settings, "[Login]\nUserStopDelaySec=1\n")
    until_pulled = "until pgrep -u bob -f '[p]odman.* pull'; do sleep 0.1; done"
    try:
        host.ssh("systemctl reload systemd-logind")
        with slow_registry([host], 4) as registry:
            host.ssh(
                "systemd-run --quiet --collect --uid=bob --property=PAMName=login"
                f' sh -c "{until_pulled}"'
            )
            host.wait("test -S /run/user/1001/bus")
            assert not host.exists("/var/lib/systemd/linger/bob")
            unit = container().replace(IMAGE, f"{registry}/valkey:1")
            app.deployed({"web": unit})
        assert app.runs("web")
        assert host.exists("/var/lib/systemd/linger/bob")
    finally:
        app.remove()
        host.ssh(f"rm {settings}; systemctl reload systemd-logind")
        host.try_ssh(bob.command("podman image rm --all --force"))
