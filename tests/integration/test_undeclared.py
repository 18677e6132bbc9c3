"""Apps that a project deployed and no longer declares, in every scope: told, removed on request."""

from __future__ import annotations

import typing as t

import pytest

from tests.integration.support.apps import App, Result, Scope, container
from tests.integration.support.hosts import Host, differences
from tests.integration.support.playbooks import Playbooks, Run

ROSTER = "/var/lib/quadlet.fleet/projects/test.json"
ONE_SHOT = "[Volume]\n"


def _item(app: App, **more: t.Any) -> dict[str, t.Any]:
    units = app.units({"v.volume": ONE_SHOT})
    return {"name": app.name, **app.scope.options, "state": "present", "units": units, **more}


class _Project:
    """The role with the lists of a project."""

    def __init__(self, host: Host, playbooks: Playbooks) -> None:
        self._host = host
        self._playbooks = playbooks

    def run(self, items: t.Sequence[t.Mapping[str, t.Any]], *arguments: str, **more: t.Any) -> Run:
        """A run of the role."""
        variables = {
            "quadlet_deploy_apps": list(items),
            "quadlet_deploy_project": "test",
            **{f"quadlet_deploy_{key}": value for key, value in more.items()},
        }
        play = {
            "hosts": "all",
            "gather_facts": False,
            "vars": variables,
            "roles": ["quadlet.fleet.deploy"],
        }
        return self._playbooks.run([play], self._host.inventory, arguments=arguments)

    def deploy(self, *given: t.Any, **more: t.Any) -> Result:
        """What the task of the role returned."""
        return Result(self.run(*given, **more).named("Deploy apps"))

    def status(self, items: t.Sequence[t.Mapping[str, t.Any]]) -> str:
        """What the playbook status prints."""
        variables = {"quadlet_deploy_apps": list(items), "quadlet_status_dest": ""}
        play = {"ansible.builtin.import_playbook": "quadlet.fleet.status", "vars": variables}
        run = self._playbooks.run([play], self._host.inventory)
        assert run.status == 0, run.output
        return run.output


@pytest.fixture
def project(host: Host, playbooks: Playbooks) -> t.Iterator[_Project]:
    """A project that has nothing on the host."""
    host.ssh(f"rm -f {ROSTER}")
    yield _Project(host, playbooks)
    host.ssh(f"rm -f {ROSTER}")


def test_what_is_no_longer_declared_in_every_scope(
    system: Scope, alice: Scope, bob: Scope, host: Host, project: _Project
) -> None:
    stays, ours = system.app(), [system.app(), alice.app(), bob.app(), alice.app()]
    foreign, moved = system.app(), system.app()
    places = [{}, {}, {}, {"location": "admin"}]
    items = [_item(app, **place) for app, place in zip(ours, places)]
    names = [app.name for app in ours]
    kept = [_item(stays)]
    try:
        assert project.deploy([*kept, *items, _item(moved)]).ok()["undeclared"] == []
        assert system.call("app", **_item(foreign)).ok().changed
        # A task takes it over as it is: it is of no project from then on.
        assert not system.call("app", **_item(moved)).ok().changed
        host.ssh("loginctl disable-linger bob")

        told = project.deploy(kept).ok()
        actions = {row["name"]: row["action"] for row in told["undeclared"]}
        assert (told.changed, actions) == (False, dict.fromkeys(names, "none"))
        assert f"app {names[1]} (user alice) is no longer declared by project 'test'" in told.warned
        lines = project.status(kept)
        assert all(f"{host.name}: {name}" in lines for name in [*names, foreign.name, moved.name])
        assert f"{names[2]} (bob) is not in the inventory; it was deployed by project test" in lines
        assert f"{foreign.name} is not in the inventory; it was deployed without a" in lines
        assert f"{stays.name} is not in" not in lines
        _remove_in_steps(project, kept, names, host)
        assert not any(host.exists(app.path()) for app in ours)
        assert all(host.exists(app.path()) for app in (stays, foreign, moved))

        assert project.deploy([], undeclared="remove", allow_empty=True).ok().changed
        assert not host.exists(stays.path())
        assert not host.exists(ROSTER)
    finally:
        for app in (stays, *ours[:3], foreign, moved):
            app.remove()
        alice.call("app", name=names[3], location="admin", state="absent")


def _remove_in_steps(
    project: _Project, kept: list[dict[str, t.Any]], names: list[str], host: Host
) -> None:
    """An empty list is refused, check mode foretells, a second run has nothing to do."""
    refused = project.deploy([], undeclared="remove").refused()
    assert f"project 'test' declares no app for this host, and {len(names) + 1} would" in refused
    assert kept[0]["name"] in refused
    assert "allow_empty" in refused

    before = host.look()
    foretold = project.deploy(kept, "--check", "--diff", undeclared="remove").ok()
    assert differences(before, host.look()) == []
    assert foretold.changed
    assert all(row["action"] == "remove" and row["plan"] for row in foretold["undeclared"])
    removed = project.deploy(kept, "--diff", undeclared="remove").ok()
    assert removed["diff"] == foretold["diff"]
    assert removed["undeclared"] == foretold["undeclared"]
    assert {row["name"] for row in removed["undeclared"]} == {*names}

    before = host.look()
    again = project.deploy(kept, undeclared="remove").ok()
    assert differences(before, host.look()) == []
    assert (again.changed, again["undeclared"]) == (False, [])


def test_a_removal_that_fails_ends_the_play(system: Scope, project: _Project) -> None:
    network, web = system.app(), system.app()
    needs = container(f"Network={network.unit('n', 'network')}")
    own = {**_item(network), "units": network.units({"n.network": "[Network]\n"})}
    uses = {**_item(web), "units": web.units({"web": needs}), "state": "started"}
    try:
        project.deploy([own, uses]).ok()
        run = project.run([uses], undeclared="remove")
        assert run.status != 0, run.output
        assert network.name in run.named("Report failed apps")["msg"]
        assert system.host.exists(network.path())
        assert web.runs("web")
    finally:
        for app in (web, network):
            app.remove()


def test_an_app_that_needs_another_goes_first(system: Scope, project: _Project) -> None:
    """And one that somebody else has deployed since stays."""
    network, web, foreign = system.app(), system.app(), system.app()
    needs = container(f"Network={network.unit('n', 'network')}")
    items = [
        {**_item(network), "units": network.units({"n.network": "[Network]\n"})},
        {**_item(web), "units": web.units({"web": needs})},
        _item(foreign),
    ]
    one = system.app()
    try:
        project.deploy(items).ok()
        path = "/var/lib/quadlet.fleet/apps"
        record = f"{path}/{foreign.name}.json"
        system.host.ssh(f'sed -i \'s/"deployed": 1/"deployed": 2/\' {record}')
        preview = project.deploy([_item(one)], "--check", undeclared="remove").ok()
        removed = project.deploy([_item(one)], undeclared="remove").ok()
        rows = {row["name"]: row for row in removed["undeclared"]}
        assert rows[network.name]["action"] == rows[web.name]["action"] == "remove"
        assert {row["name"] for row in preview["undeclared"]} == {*rows}
        assert not any(system.host.exists(app.path()) for app in (network, web))
        assert rows[foreign.name]["action"] == "none"
        assert "somebody else has deployed generation 2" in rows[foreign.name]["msg"]
        assert system.host.exists(foreign.path())
    finally:
        for app in (web, network, foreign, one):
            app.remove()
