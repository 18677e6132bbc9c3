"""Template units and their instances."""

from __future__ import annotations

import pathlib

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


def test_a_drop_in_of_one_instance(app: App) -> None:
    own = {"w@a.container.d/own.conf": "[Container]\nEnvironment=V=own\n"}
    app.deployed(_units(app))
    before = app.ids("w@b")
    result = app.deployed({**_units(app), **own})
    assert result.actions == {app.service("w@a"): "restart"}
    assert (_value(app, "a", "V"), _value(app, "b", "V")) == ("own", "1")
    assert app.ids("w@b") == before
    assert not app.deployed({**_units(app), **own}).changed


def test_a_drop_in_of_the_template(either: App) -> None:
    common = {"w@.container.d/all.conf": "[Container]\nEnvironment=V=all\n"}
    either.deployed(_units(either))
    result = either.deployed({**_units(either), **common})
    assert result.actions == dict.fromkeys(map(either.service, ("w@a", "w@b")), "restart")
    assert (_value(either, "a", "V"), _value(either, "b", "V")) == ("all", "all")


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


def test_a_text_in_place_of_a_link_and_back(either: App) -> None:
    own = {**_units(either, TEMPLATE, "b"), "w@a.container": TEMPLATE.replace("V=1", "V=own")}
    either.deployed(_units(either))
    either.deployed(own)
    assert _value(either, "a", "V") == "own"
    assert either.deployed(_units(either)).actions == {either.service("w@a"): "restart"}
    assert _value(either, "a", "V") == "1"


def test_what_is_refused(either: App) -> None:
    alone = {"w@a.container": _instance(either), "web": container()}
    message = either.deploy(alone).refused()
    assert f"its template {either.name}-w@.container is no unit of the app" in message
    wrong = {**_units(either), "v@a.container": _instance(either)}
    assert "an instance is {template: " in either.deploy(wrong).refused()
    assert not either.host.exists(either.path())


def test_the_unit_module_adds_and_removes_an_instance(either: App) -> None:
    either.deployed(_units(either, TEMPLATE, "a"))
    call = either.scope.call
    name = either.unit("w@b")
    added = call("unit", name=name, app=either.name, sections=_instance(either)).ok()
    assert added.actions == {either.service("w@b"): "start"}
    gone = call("unit", name=either.unit("w@"), app=either.name, state="absent")
    assert "is no unit of the app" in gone.refused()
    call("unit", name=name, app=either.name, state="absent").ok()
    assert either.states("w@a") == {"w@a": "loaded active"}


def test_a_link_in_src_is_an_instance(either: App, tmp_path: pathlib.Path) -> None:
    template = either.unit("w@")
    (tmp_path / template).write_text(TEMPLATE)
    (tmp_path / either.unit("w@a")).symlink_to(template)
    (tmp_path / "other.txt").write_text("text\n")
    (tmp_path / "link.txt").symlink_to("other.txt")
    either.run(src=str(tmp_path)).ok()
    assert either.host.ssh(f"readlink {either.path(either.unit('w@a'))}") == template
    assert either.host.read(either.path("link.txt")) == "text\n"
    assert either.states("w@a") == {"w@a": "loaded active"}
    assert not either.run(src=str(tmp_path)).ok().changed
