"""Units that no app owns, taken over with what runs."""

from __future__ import annotations

import typing as t

import pytest

from tests.integration.support.apps import App, container
from tests.integration.support.hosts import differences

TEXT = container("Environment=V=1")
DROP_IN = "[Container]\nEnvironment=D=1\n"


@pytest.fixture
def found(app: App) -> t.Iterator[App]:
    """A unit with a drop-in in the unit directory itself, running, as people write them."""
    scope, unit = app.scope, app.unit("web")
    app.host.write(f"{scope.unit_dir}/{unit}", TEXT, owner=scope.owner)
    app.host.write(f"{scope.unit_dir}/{unit}.d/10-more.conf", DROP_IN, owner=scope.owner)
    app.host.ssh(f"chown -R {scope.owner}: {scope.unit_dir}")
    scope.systemctl("daemon-reload")
    scope.systemctl(f"start {app.service('web')}")
    yield app
    app.host.ssh(f"rm -rf {scope.unit_dir}/{unit} {scope.unit_dir}/{unit}.d")


@pytest.mark.scope("system")
def test_without_adopt_it_is_refused(found: App) -> None:
    before = found.host.look()
    message = found.deploy({"web": TEXT}).refused()
    assert f"{found.scope.unit_dir}/{found.unit('web')}" in message
    assert "adopt: true" in message
    assert differences(before, found.host.look()) == []


@pytest.mark.scope("alice")
def test_the_same_text_is_moved_and_not_restarted(found: App) -> None:
    before = found.ids("web")
    preview = found.deployed({"web": TEXT}, adopt=True, arguments=["--check"])
    result = found.deployed({"web": TEXT}, adopt=True)

    assert result.changed
    assert result["plan"] == preview["plan"]
    assert "adopt" in {step["action"] for step in result["plan"]}
    assert found.ids("web") == before
    assert found.runs("web")
    top, unit = found.scope.unit_dir, found.unit("web")
    assert not found.host.exists(f"{top}/{unit}")
    assert not found.host.exists(f"{top}/{unit}.d")
    assert found.host.read(found.path(unit)) == TEXT
    assert found.host.read(found.path(f"{unit}.d/10-more.conf")) == DROP_IN
    source = found.scope.show(found.service("web"), "SourcePath")
    assert source == found.path(unit)

    again = found.deployed({"web": TEXT}, adopt=True)
    assert not again.changed
    found.scope.systemctl(f"restart {found.service('web')}")
    assert "D=1" in found.inside("web", "env").split()


@pytest.mark.scope("system")
def test_another_text_restarts_it(found: App) -> None:
    before = found.ids("web")
    result = found.deployed({"web": TEXT.replace("V=1", "V=2")}, adopt=True)
    assert result.changed
    assert found.ids("web") != before
    environment = found.inside("web", "env").split()
    assert "V=2" in environment
    assert "D=1" in environment
    assert not found.host.exists(f"{found.scope.unit_dir}/{found.unit('web')}")


@pytest.mark.scope("alice")
def test_an_adopted_unit_is_removed_with_its_app(found: App) -> None:
    found.deployed({"web": TEXT}, adopt=True)
    found.run(state="absent").ok()
    assert found.states("web")["web"] == "not-found inactive"
    assert not found.host.exists(f"{found.scope.unit_dir}/{found.unit('web')}")


@pytest.mark.scope("system")
def test_files_that_stand_in_the_apps_own_directory(app: App) -> None:
    """Byte-identical ones are the app's again, as after the loss of its record."""
    units = {"web": container()}
    app.deployed(units, {"a.conf": "a\n"})
    before = app.ids("web")
    app.host.ssh(f"rm {app.scope.state_dir}/apps/{app.name}.json")
    app.deployed(units, {"a.conf": "a\n"})
    assert app.ids("web") == before
    app.run(state="absent").ok()
    assert not app.host.exists(app.path())
