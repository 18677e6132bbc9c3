"""Template units and their instances."""

from __future__ import annotations

import pathlib

import pytest

from tests.integration.support.apps import App, container
from tests.integration.support.hosts import differences

TEMPLATE = container("Environment=V=1").partition("[Install]")[0]
INSTALLED = f"{TEMPLATE}\n[Install]\nWantedBy=default.target\n"


def _instance(app: App) -> dict[str, str]:
    return {"template": f"{app.name}-w@.container"}


def _units(app: App, text: str = TEMPLATE, *instances: str) -> dict[str, object]:
    links = {f"w@{name}.container": _instance(app) for name in instances or ("a", "b")}
    return {"w@.container": text, **links}


def _value(app: App, instance: str, name: str) -> str:
    container_name = f"systemd-{app.name}-w_{instance}"
    return app.scope.inside(container_name, f"echo ${name}")


@pytest.mark.scope("alice")
def test_two_instances(app: App) -> None:
    foreseen = app.deploy(_units(app), arguments=["--check", "--diff"]).ok()
    result = app.deployed(_units(app))
    assert foreseen["plan"] == result["plan"]
    assert f"link to {app.name}-w@.container\n" in [row["after"] for row in foreseen["diff"]]
    assert result.actions == {
        app.service("w@a"): "start",
        app.service("w@b"): "start",
    }
    assert app.states("w@a", "w@b") == {"w@a": "loaded active", "w@b": "loaded active"}
    assert app.host.ssh(f"readlink {app.path(app.unit('w@a'))}") == f"{app.name}-w@.container"
    assert result["services"][app.service("w@a")]["image"].endswith("busybox:1")

    before = app.host.look()
    assert not app.deployed(_units(app)).changed
    assert differences(before, app.host.look()) == []
    assert not app.run().ok().changed


@pytest.mark.scope("alice")
def test_a_changed_template_restarts_every_instance(app: App) -> None:
    app.deployed({**_units(app), "db": container()})
    before = app.ids("w@a", "w@b", "db")
    result = app.deployed({**_units(app, TEMPLATE.replace("V=1", "V=2")), "db": container()})
    assert result.actions == {app.service("w@a"): "restart", app.service("w@b"): "restart"}
    assert "w@.container changed (Environment)" in result.reasons(app.service("w@a"))
    after = app.ids("w@a", "w@b", "db")
    assert after["w@a"] != before["w@a"]
    assert after["w@b"] != before["w@b"]
    assert after["db"] == before["db"]
    assert _value(app, "a", "V") == "2"


@pytest.mark.scope("alice")
def test_one_instance_goes(app: App) -> None:
    app.deployed(_units(app))
    before = app.ids("w@b")
    result = app.deployed(_units(app, TEMPLATE, "b"))
    assert result.actions == {app.service("w@a"): "remove"}
    assert app.ids("w@b") == before
    assert f"systemd-{app.name}-w_a" not in app.scope.containers()
    assert not app.host.exists(app.path(app.unit("w@a")))
    app.run(state="absent").ok()
    assert not app.host.exists(app.path())


@pytest.mark.scope("alice")
def test_a_drop_in_of_one_instance(app: App) -> None:
    own = {"w@a.container.d/own.conf": "[Container]\nEnvironment=V=own\n"}
    app.deployed(_units(app))
    before = app.ids("w@b")
    result = app.deployed({**_units(app), **own})
    assert result.actions == {app.service("w@a"): "restart"}
    assert (_value(app, "a", "V"), _value(app, "b", "V")) == ("own", "1")
    assert app.ids("w@b") == before
    assert not app.deployed({**_units(app), **own}).changed


@pytest.mark.scope("system")
def test_a_drop_in_of_the_template(app: App) -> None:
    common = {"w@.container.d/all.conf": "[Container]\nEnvironment=V=all\n"}
    app.deployed(_units(app))
    result = app.deployed({**_units(app), **common})
    assert result.actions == dict.fromkeys(map(app.service, ("w@a", "w@b")), "restart")
    assert (_value(app, "a", "V"), _value(app, "b", "V")) == ("all", "all")


@pytest.mark.scope("system")
def test_the_default_instance_is_started(app: App) -> None:
    text = f"{INSTALLED}DefaultInstance=x\n"
    result = app.deployed({"w@.container": text})
    assert result.actions == {app.service("w@x"): "start"}
    assert app.states("w@x") == {"w@x": "loaded active"}
    assert f"systemd-{app.name}-w_x" in app.scope.containers()
    assert not app.deployed({"w@.container": text}).changed
    changed = text.replace("V=1", "V=2")
    assert app.deployed({"w@.container": changed}).actions == {app.service("w@x"): "restart"}

    both = {"w@.container": changed, "w@x.container": _instance(app)}
    assert app.service("w@x") in app.deployed(both)["services"]
    result = app.deployed({"w@.container": INSTALLED})
    assert result.actions[app.service("w@x")] == "remove"
    assert f"systemd-{app.name}-w_x" not in app.scope.containers()


@pytest.mark.scope("system")
def test_a_text_in_place_of_a_link_and_back(app: App) -> None:
    own = {**_units(app, TEMPLATE, "b"), "w@a.container": TEMPLATE.replace("V=1", "V=own")}
    app.deployed(_units(app))
    app.deployed(own)
    assert _value(app, "a", "V") == "own"
    assert app.deployed(_units(app)).actions == {app.service("w@a"): "restart"}
    assert _value(app, "a", "V") == "1"


@pytest.mark.scope("alice")
def test_what_is_refused(app: App) -> None:
    alone = {"w@a.container": _instance(app), "web": container()}
    message = app.deploy(alone).refused()
    assert f"its template {app.name}-w@.container is no unit of the app" in message
    wrong = {**_units(app), "v@a.container": _instance(app)}
    assert "an instance is {template: " in app.deploy(wrong).refused()
    assert not app.host.exists(app.path())


@pytest.mark.scope("alice")
def test_the_unit_module_adds_and_removes_an_instance(app: App) -> None:
    app.deployed(_units(app, TEMPLATE, "a"))
    call = app.scope.call
    name = app.unit("w@b")
    added = call("unit", name=name, app=app.name, sections=_instance(app)).ok()
    assert added.actions == {app.service("w@b"): "start"}
    gone = call("unit", name=app.unit("w@"), app=app.name, state="absent")
    assert "is no unit of the app" in gone.refused()
    call("unit", name=name, app=app.name, state="absent").ok()
    assert app.states("w@a") == {"w@a": "loaded active"}


@pytest.mark.scope("alice")
def test_a_link_in_src_is_an_instance(app: App, tmp_path: pathlib.Path) -> None:
    template = app.unit("w@")
    (tmp_path / template).write_text(TEMPLATE)
    (tmp_path / app.unit("w@a")).symlink_to(template)
    (tmp_path / "other.txt").write_text("text\n")
    (tmp_path / "link.txt").symlink_to("other.txt")
    app.run(src=str(tmp_path)).ok()
    assert app.host.ssh(f"readlink {app.path(app.unit('w@a'))}") == template
    assert app.host.read(app.path("link.txt")) == "text\n"
    assert app.states("w@a") == {"w@a": "loaded active"}
    assert not app.run(src=str(tmp_path)).ok().changed
