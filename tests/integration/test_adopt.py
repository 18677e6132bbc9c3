"""Units that no app owns, taken over with what runs."""

from __future__ import annotations

import typing as t

import pytest

from tests.integration.support.apps import App, container
from tests.integration.support.hosts import differences

TEXT = container("Environment=V=1")
DROP_IN = "[Container]\nEnvironment=D=1\n"


@pytest.fixture
def found(either: App) -> t.Iterator[App]:
    """A unit with a drop-in in the unit directory itself, running, as people write them."""
    scope, unit = either.scope, either.unit("web")
    either.host.write(f"{scope.unit_dir}/{unit}", TEXT, owner=scope.owner)
    either.host.write(f"{scope.unit_dir}/{unit}.d/10-more.conf", DROP_IN, owner=scope.owner)
    either.host.ssh(f"chown -R {scope.owner}: {scope.unit_dir}")
    scope.systemctl("daemon-reload")
    scope.systemctl(f"start {either.service('web')}")
    yield either
    either.host.ssh(f"rm -rf {scope.unit_dir}/{unit} {scope.unit_dir}/{unit}.d")


def test_without_adopt_it_is_refused(found: App) -> None:
    before = found.host.look()
    message = found.deploy({"web": TEXT}).refused()
    assert f"{found.scope.unit_dir}/{found.unit('web')}" in message
    assert "adopt: true" in message
    assert differences(before, found.host.look()) == []


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


def test_another_text_restarts_it(found: App) -> None:
    before = found.ids("web")
    result = found.deployed({"web": TEXT.replace("V=1", "V=2")}, adopt=True)
    assert result.changed
    assert found.ids("web") != before
    environment = found.inside("web", "env").split()
    assert "V=2" in environment
    assert "D=1" in environment
    assert not found.host.exists(f"{found.scope.unit_dir}/{found.unit('web')}")


def test_an_adopted_unit_is_removed_with_its_app(found: App) -> None:
    found.deployed({"web": TEXT}, adopt=True)
    found.run(state="absent").ok()
    assert found.states("web")["web"] == "not-found inactive"
    assert not found.host.exists(f"{found.scope.unit_dir}/{found.unit('web')}")


def test_files_that_stand_in_the_apps_own_directory(either: App) -> None:
    """Byte-identical ones are the app's again, as after the loss of its record."""
    units = {"web": container()}
    either.deployed(units, {"a.conf": "a\n"})
    before = either.ids("web")
    either.host.ssh(f"rm {either.scope.state_dir}/apps/{either.name}.json")
    either.deployed(units, {"a.conf": "a\n"})
    assert either.ids("web") == before
    either.run(state="absent").ok()
    assert not either.host.exists(either.path())
