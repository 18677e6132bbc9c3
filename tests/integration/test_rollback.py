"""A release that fails leaves nothing: what ran before runs again, with all that it had."""

from __future__ import annotations

import json
import typing as t

from tests.integration.support.apps import App, Result, container

STABLE = {"stable": 1}
CRASHES = container(exec_="sh -c 'echo broken-on-purpose; exit 3'")
LOOPS = CRASHES.replace("[Service]\n", "[Service]\nRestart=always\nRestartSec=100ms\n")
NEEDS = "\n[Unit]\nRequires={0}\nAfter={0}\n"


def _looks(app: App) -> dict[str, t.Any]:
    """What must be as before: files, record, generations; ids of containers that go on."""
    return app.host.look()


def _files(app: App) -> str:
    """Names, modes and digests of all that is the app's, its state files too."""
    folders = f"{app.path()} {app.scope.state_dir}"
    return app.host.ssh(
        f"cd / && find {folders} -path '*{app.name}*' -type f -printf '%p %m %u ' "
        f"-exec sha256sum {{}} \\; | sort"
    )


def _undone(result: Result, generation: int) -> str:
    message = result.refused()
    assert result["rolled_back"] is True, message
    assert result["generation"] == generation
    assert f"What was there before is back: generation {generation}." in message
    return message


def test_a_crashing_release_is_undone(app: App) -> None:
    db = app.service("db")
    old = {"web": container(more=NEEDS.format(db)), "db": container()}
    app.deployed(old, {"conf/a": "old\n"})
    before, ids = _files(app), app.ids("web", "db")
    bad = {"web": CRASHES, "db": container("Environment=A=b"), "new": container()}
    message = _undone(app.deploy(bad, {"conf/a": "new\n", "conf/b": "b\n"}, gate=STABLE), 1)

    assert f"{app.service('web')} did not start: its process ended with status 3" in message
    assert "broken-on-purpose" in message
    assert _files(app) == before
    assert app.runs("web")
    assert app.runs("db")
    assert app.states("new")["new"] == "not-found inactive"
    assert not app.deployed(old, {"conf/a": "old\n"}).changed
    assert set(app.ids("web", "db")) == set(ids)


def test_a_first_release_that_fails_leaves_nothing(app: App) -> None:
    app.scope.ssh("true")
    result = app.deploy({"web": CRASHES, "d.volume": "[Volume]\n"}, {"a": "b"}, gate=STABLE)
    assert "The app was not there before" in result.refused()
    assert result["rolled_back"] is True
    assert not app.host.exists(app.path())
    found = app.host.ssh(f"find {app.scope.state_dir} -name '{app.name}*'")
    assert found == ""
    assert app.states("web")["web"] == "not-found inactive"


def test_the_wreck_can_be_kept(either: App) -> None:
    either.deployed({"web": container()})
    bad = either.deploy({"web": CRASHES}, on_failure="keep", gate=STABLE)
    assert "on_failure: keep" in bad.refused()
    assert bad["rolled_back"] is False
    assert "broken-on-purpose" in either.host.read(either.path(either.unit("web")))
    assert bad["generation"] == 2

    back = either.run(state="rolled_back").ok()
    assert back["generation"] == 1
    assert either.runs("web")
    assert not either.run(state="rolled_back").ok().changed


def test_return_to_an_older_generation(app: App) -> None:
    for number in (1, 2, 3):
        result = app.deployed({"web": container(f"Environment=N={number}")}, {"n": f"{number}\n"})
        assert result["generation"] == number
    preview = app.run(["--check", "--diff"], state="rolled_back").ok()
    assert preview.changed
    assert preview.actions == {app.service("web"): "restart", "n": "write"}
    back = app.run(state="rolled_back").ok()
    assert back["generation"] == 2
    assert back["plan"] == preview["plan"]
    assert app.inside("web", "echo $N") == "2"
    assert app.host.read(app.path("n")) == "2\n"
    assert not app.run(state="rolled_back").ok().changed
    assert app.run(state="rolled_back", generation=1).ok()["generation"] == 1
    assert app.inside("web", "echo $N") == "1"
    assert "generation 9 is not kept" in app.run(state="rolled_back", generation=9).refused()

    result = app.deployed({"web": container("Environment=N=4")})
    assert result["generation"] == 4


def test_generations_are_dropped(either: App) -> None:
    for number in range(1, 5):
        either.deployed({"web": container(f"Environment=N={number}")}, generations=2)
    message = either.run(state="rolled_back", generation=1).refused()
    assert "there are: 3, 4" in message


def test_a_crash_loop_is_undone_in_time(app: App) -> None:
    app.deployed({"web": container()})
    result = app.deploy({"web": LOOPS}, gate={"stable": 5})
    _undone(result, 1)
    assert app.runs("web")
    print(json.dumps(result["timings"]))
