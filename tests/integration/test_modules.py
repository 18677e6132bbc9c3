"""The modules beside app: unit, linger, reload, validate and info."""

from __future__ import annotations

import typing as t

import pytest

from tests.integration.support.apps import App, Result, Scope, container
from tests.integration.support.hosts import IMAGE, Host, differences

pytestmark = pytest.mark.whole_plays


def _unit(app: App, stem: str, arguments: t.Sequence[str] = (), **options: t.Any) -> Result:
    given = {"name": app.unit(stem), "app": app.name, "gate": {"stable": 0}, **options}
    return app.scope.call("unit", arguments, **given)


@pytest.mark.scope("alice")
def test_a_unit_comes_changes_and_goes(app: App) -> None:
    app.deployed({"web": container("Volume=./conf:/conf:ro")}, {"conf/a.conf": "a\n"})
    before = app.ids("web")

    assert _unit(app, "cache", content=container("Environment=V=1")).ok().changed
    assert app.runs("cache")
    assert not _unit(app, "cache", content=container("Environment=V=1")).ok().changed

    first = app.ids("cache")
    result = _unit(app, "cache", content=container("Environment=V=2")).ok()
    assert result.actions == {app.service("cache"): "restart"}
    assert app.ids("cache") != first

    look = app.host.look()
    preview = _unit(app, "cache", ["--check"], state="absent").ok()
    assert differences(look, app.host.look()) == []
    result = _unit(app, "cache", state="absent").ok()
    assert preview["plan"] == result["plan"]
    assert app.states("cache")["cache"] == "not-found inactive"
    assert not app.host.exists(app.path(app.unit("cache")))
    assert not _unit(app, "cache", state="absent").ok().changed

    assert app.ids("web") == before
    assert app.host.exists(app.path("conf/a.conf"))


@pytest.mark.scope("system")
def test_other_units_are_left_as_they_are(app: App) -> None:
    """Stopped by hand they stay stopped: only the one unit is meant."""
    app.deployed({"web": container(), "db": container()})
    app.scope.systemctl(f"stop {app.service('db')}")
    _unit(app, "web", content=container("Environment=V=2")).ok()
    assert app.states("web", "db") == {"web": "loaded active", "db": "loaded inactive"}
    result = _unit(app, "web", content=container("Environment=V=2"), state="stopped").ok()
    assert app.states("web")["web"] == "loaded inactive"
    assert result.actions == {app.service("web"): "stop"}


@pytest.mark.scope("system")
def test_dependents_of_a_unit_follow(app: App) -> None:
    db = app.service("db")
    web = f"[Unit]\nRequires={db}\nAfter={db}\n\n" + container()
    app.deployed({"db": container(), "web": web})
    before = app.ids("db", "web")
    result = _unit(app, "db", content=container("Environment=V=2")).ok()
    after = app.ids("db", "web")
    assert all(before[stem] != after[stem] for stem in before)
    assert f"follows {db}" in result.reasons(app.service("web"))


@pytest.mark.scope("system")
def test_a_unit_is_an_app_of_its_own_by_default(app: App) -> None:
    sections = {"Container": {"Image": IMAGE, "Exec": "sleep 600", "StopTimeout": 0}}
    options: dict[str, t.Any] = {"name": f"{app.name}.container", "gate": {"stable": 0}}
    assert app.scope.call("unit", sections=sections, **options).ok().changed
    service = f"{app.name}.service"
    assert app.scope.states(service) == {service: "loaded active"}
    assert app.host.exists(app.path(f"{app.name}.container"))
    assert app.scope.call("unit", state="absent", **options).ok().changed
    assert not app.host.exists(app.path())


@pytest.mark.scope("system")
def test_an_app_without_that_unit_prunes_it(app: App) -> None:
    app.deployed({"web": container()})
    _unit(app, "cache", content=container()).ok()
    result = app.deployed({"web": container()})
    assert result.actions == {app.service("cache"): "remove"}


@pytest.mark.parametrize(
    ("name", "options", "says"),
    [
        pytest.param("x.swap", {"content": "x"}, "suffix|Quadlet", id="suffix"),
        pytest.param("a/x.container", {"content": "x"}, "can't be a unit's name", id="slash"),
        pytest.param("x.container", {"content": container("Nonsense=1")}, "Nonsense", id="key"),
        pytest.param("x.container", {}, "content|sections", id="nothing"),
        pytest.param(
            "x.container", {"content": "x", "sections": {"Container": {}}}, "exclu", id="both"
        ),
    ],
)
def test_a_unit_that_is_refused(
    host: Host, system: Scope, name: str, options: dict[str, t.Any], says: str
) -> None:
    before = host.look()
    result = system.call("unit", name=name, app="fresh", **options)
    message = result.refused()
    assert any(word in message for word in says.split("|")), message
    assert differences(before, host.look()) == []


@pytest.mark.usefixtures("bob")
def test_linger(host: Host, system: Scope) -> None:
    preview = system.call("linger", ["--check"], user="bob").ok()
    assert preview.changed
    assert not host.exists("/var/lib/systemd/linger/bob")

    result = system.call("linger", user="bob").ok()
    assert result.changed
    assert result["uid"] == 1001
    # It has returned, so manager and bus answer.
    host.ssh("systemctl --user -M bob@ is-active default.target")
    assert not system.call("linger", user="bob").ok().changed
    assert not system.call("linger", user=1001).ok().changed

    assert system.call("linger", user="bob", state="disabled").ok().changed
    assert not host.exists("/var/lib/systemd/linger/bob")
    assert not system.call("linger", user="bob", state="disabled").ok().changed


def test_linger_of_nobody(system: Scope) -> None:
    assert "nobodyhere" in system.call("linger", user="nobodyhere").refused()


@pytest.mark.scope("system")
def test_reload(scope: Scope) -> None:
    unit = f"{scope.unit_dir}/by-hand.container"
    scope.host.write(unit, container(), owner=scope.owner)
    try:
        before = scope.loaded_at()
        result = scope.call("reload").ok()
        assert "by-hand.service" in result["services"]
        assert scope.loaded_at() != before
        assert scope.states("by-hand.service") == {"by-hand.service": "loaded inactive"}

        scope.host.write(unit, "[Container]\nImage=x\nnonsense\n", owner=scope.owner)
        before = scope.loaded_at()
        message = scope.call("reload").refused()
        assert unit in message
        assert "3" in message
        assert scope.loaded_at() == before
    finally:
        scope.host.ssh(f"rm {unit}")
        scope.systemctl("daemon-reload")


@pytest.mark.scope("system")
def test_validate(scope: Scope) -> None:
    before = scope.host.look()
    good = {"v-web.container": container("Network=v-net.network"), "v-net.network": "[Network]\n"}
    result = scope.call("validate", units=good).ok()
    assert not result.changed
    assert set(result["services"]) == {"v-web.service", "v-net-network.service"}
    assert result["services"]["v-web.service"]["unit"] == "v-web.container"
    assert result["errors"] == []

    bad = {
        "v-web.container": container("Network=nope.network"),
        "v-two.container": container("Nope=1"),
    }
    result = scope.call("validate", units=bad)
    message = result.refused()
    assert "nope.network" in message
    assert "Nope" in message
    assert len(result["errors"]) == 2
    assert all(error["where"] and error["what"] and error["remedy"] for error in result["errors"])
    assert differences(before, scope.host.look()) == []


@pytest.mark.scope("alice")
def test_validate_what_is_installed(scope: Scope) -> None:
    assert not scope.call("validate").ok().changed
    broken = f"{scope.unit_dir}/by-hand.container"
    scope.host.write(broken, "[Container]\nImage=x\nNonsense=1\n", owner=scope.owner)
    try:
        assert "by-hand.container" in scope.call("validate").refused()
    finally:
        scope.host.ssh(f"rm {broken}")


def _one(result: Result, app: App) -> dict[str, t.Any]:
    user = None if app.scope.name == "system" else app.scope.name
    found = [row for row in result["apps"] if (row["name"], row["user"]) == (app.name, user)]
    assert len(found) == 1, result["apps"]
    return dict(found[0])


@pytest.mark.scope("system")
def test_info(app: App) -> None:
    app.deployed({"web": container("Volume=./conf:/conf:ro")}, {"conf/a.conf": "a\n"})
    before = app.host.look()
    everything = app.scope.call("info", user=None).ok()
    assert not everything.changed
    row = _one(everything, app)
    assert row["directory"] == app.path()
    assert row["units"] == [app.unit("web")]
    assert row["files"] == ["conf/a.conf"]
    assert row["generation"] == 1
    assert row["drift"] == []
    service = row["services"][app.service("web")]
    assert service["unit"] == app.unit("web")
    assert service["active"] == "active"
    assert differences(before, app.host.look()) == []

    app.host.write(app.path("conf/a.conf"), "edited\n", owner=app.scope.owner)
    row = _one(app.scope.call("info", apps=[app.name], user=app.scope.owner).ok(), app)
    assert any("conf/a.conf" in text for text in row["drift"])


def test_info_of_nothing(system: Scope) -> None:
    result = system.call("info", apps=["no-such-app"]).ok()
    assert result["apps"] == []
