"""A release that fails leaves nothing: what ran before runs again, with all that it had."""

from __future__ import annotations

import json
import os

import pytest

from tests.integration.support.apps import App, Result, container
from tests.integration.support.hosts import IMAGE, run_cli

STABLE = {"stable": 1}
CRASHES = container(exec_="sh -c 'echo broken-on-purpose; exit 3'")
LOOPS = CRASHES.replace("[Service]\n", "[Service]\nRestart=always\nRestartSec=100ms\n")
UNTOLD = "-not -path '*/failures/*'"
NEEDS = "\n[Unit]\nRequires={0}\nAfter={0}\n"


def _files(app: App) -> str:
    """Names, modes and digests of all that is the app's, its state files too, but for what failed
    runs have told.
    """
    folders = f"{app.path()} {app.scope.state_dir}"
    return app.host.ssh(
        f"cd / && find {folders} -path '*{app.name}*' {UNTOLD} -type f -printf '%p %m %u ' "
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
    before = _files(app)
    bad = {"web": CRASHES, "db": container("Environment=A=b"), "new": container()}
    result = app.deploy(bad, {"conf/a": "new\n", "conf/b": "b\n"}, gate=STABLE)
    message = _undone(result, 1)

    assert result["attempt"]["generation"] == 2
    assert [row["service"] for row in result["failures"]] == [app.service("web")]
    assert f"{app.service('web')} did not start: its process ended with status 3" in message
    assert "broken-on-purpose" in message
    assert _files(app) == before
    assert app.runs("web")
    assert app.runs("db")
    assert app.states("new")["new"] == "not-found inactive"
    ids = app.ids("web", "db")
    assert not app.deployed(old, {"conf/a": "old\n"}).changed
    assert app.ids("web", "db") == ids
    user = app.scope.options.get("user", "root")
    (told,) = app.scope.call("info", apps=[app.name], user=user).ok()["apps"]
    assert [(row["number"], row["current"]) for row in told["generations"]] == [(1, True)]
    assert told["drift"] == []


def test_a_first_release_that_fails_leaves_nothing(app: App) -> None:
    result = app.deploy({"web": CRASHES, "d.volume": "[Volume]\n"}, {"a": "b"}, gate=STABLE)
    assert "The app was not there before" in result.refused()
    assert result["rolled_back"] is True
    assert not app.host.exists(app.path())
    found = app.host.ssh(f"find {app.scope.state_dir} -name '{app.name}*' {UNTOLD}")
    assert found == ""
    assert app.states("web")["web"] == "not-found inactive"


def test_a_network_of_a_failed_release_goes_with_it(app: App) -> None:
    network, name = f"Network={app.name}-n.network", f"systemd-{app.name}-n"
    bad = container(network, exec_="sh -c 'exit 3'")
    app.deploy({"web": bad, "n.network": "[Network]\nLabel=v=1\n"}, gate=STABLE).refused()
    shown = "podman network ls --format '{{.Name}}'"
    assert name not in app.scope.ssh(shown)
    app.deployed({"web": container(network), "n.network": "[Network]\nLabel=v=2\n"})
    assert "v:2" in app.scope.ssh(f"podman network inspect --format '{{{{.Labels}}}}' {name}")
    # One that was there before stays.
    app.run(state="absent").ok()
    app.deploy({"web": bad, "n.network": "[Network]\nLabel=v=3\n"}, gate=STABLE).refused()
    assert "v:2" in app.scope.ssh(f"podman network inspect --format '{{{{.Labels}}}}' {name}")
    app.scope.ssh(f"podman network rm {name}")


@pytest.mark.scope("system")
def test_the_wreck_can_be_kept(app: App) -> None:
    app.deployed({"web": container()})
    bad = app.deploy({"web": CRASHES}, on_failure="keep", gate=STABLE)
    assert "on_failure: keep" in bad.refused()
    assert bad["rolled_back"] is False
    assert "broken-on-purpose" in app.host.read(app.path(app.unit("web")))
    assert bad["generation"] == 2

    back = app.run(state="rolled_back").ok()
    assert back["generation"] == 1
    assert app.runs("web")
    assert not app.run(state="rolled_back").ok().changed


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


@pytest.mark.scope("system")
def test_generations_are_dropped(app: App) -> None:
    for number in range(1, 5):
        app.deployed({"web": container(f"Environment=N={number}")}, generations=2)
    message = app.run(state="rolled_back", generation=1).refused()
    assert "there are: 3, 4" in message


def test_a_crash_loop_is_undone_in_time(app: App) -> None:
    app.deployed({"web": container()})
    result = app.deploy({"web": LOOPS}, gate={"stable": 5})
    _undone(result, 1)
    assert app.runs("web")
    print(json.dumps(result["timings"]))  # docs/rollback.md tells them


def test_what_was_not_touched_goes_on(app: App) -> None:
    app.deployed({"web": container(), "db": container()})
    ids = app.ids("db")
    _undone(app.deploy({"web": CRASHES, "db": container()}, gate=STABLE), 1)
    assert app.ids("db") == ids


def test_services_of_other_apps_come_back(app: App) -> None:
    other = app.scope.app()
    try:
        app.deployed({"web": container()})
        other.deployed({"needs": container(more=NEEDS.format(app.service("web")))})
        _undone(app.deploy({"web": CRASHES}, gate=STABLE), 1)
        assert other.runs("needs")
        assert app.runs("web")
        # And behind a release that passes.
        app.deployed({"web": container("Environment=A=b")}, gate=STABLE)
        assert other.runs("needs")
    finally:
        other.remove()


@pytest.mark.scope("alice")
def test_what_someone_edited_comes_back_as_it_was(app: App) -> None:
    app.deployed({"web": container()}, {"conf/a": "declared\n"})
    path = app.path("conf/a")
    app.host.ssh(f"echo edited >{path} && chmod 0640 {path}")
    before = _files(app)
    _undone(app.deploy({"web": CRASHES}, {"conf/a": "new\n"}, gate=STABLE), 1)
    assert _files(app) == before


@pytest.mark.scope("alice")
def test_what_was_taken_over_is_given_back(app: App) -> None:
    scope, unit = app.scope, app.unit("web")
    text, more = container("Environment=V=1"), "[Container]\nEnvironment=D=1\n"
    top = f"{scope.unit_dir}/{unit}"
    app.host.write(top, text, owner=scope.owner)
    app.host.write(f"{top}.d/10-more.conf", more, owner=scope.owner)
    try:
        scope.systemctl("daemon-reload")
        scope.systemctl(f"start {app.service('web')}")
        result = app.deploy({"web": CRASHES}, adopt=True, gate=STABLE)
        assert "The app was not there before" in result.refused()
        assert app.host.read(top) == text
        assert app.host.read(f"{top}.d/10-more.conf") == more
        assert scope.show(app.service("web"), "SourcePath") == top
        assert app.runs("web")
        assert "D=1" in app.inside("web", "env").split()
        assert not app.host.exists(app.path())
    finally:
        scope.try_systemctl(f"stop {app.service('web')}")
        app.host.ssh(f"rm -rf {top} {top}.d")


def test_companions_come_back(app: App) -> None:
    job = container(exec_="true").partition("[Install]")[0]
    timer = "[Timer]\nOnCalendar=*-01-01\n\n[Install]\nWantedBy=timers.target\n"
    app.deployed({"web": container(), "job": job, "job.timer": timer})
    before = _files(app), app.host.read(app.companion("job.timer"))
    bad = {"web": CRASHES, "job": job, "new.timer": timer.replace("01-01", "02-02"), "new": job}
    _undone(app.deploy(bad, gate=STABLE), 1)
    assert (_files(app), app.host.read(app.companion("job.timer"))) == before
    assert app.scope.states(f"{app.name}-job.timer") == {f"{app.name}-job.timer": "loaded active"}
    assert app.scope.try_systemctl(f"is-enabled --quiet {app.name}-job.timer") == 0
    assert not app.host.exists(app.companion("new.timer"))


def test_a_moved_tag_is_put_back(app: App) -> None:
    image, other = f"registry.test:5000/nginx:back-{os.getpid()}", app.scope.app()
    web = container("StopTimeout=1").replace(IMAGE, image)
    run_cli("registry", "tag", "nginx:1", image)
    try:
        app.deployed({"web": web, "db": container()})
        other.deployed({"same": web})
        read = f"podman image inspect --format {{{{.Id}}}} {image}"
        old = app.scope.ssh(read)
        run_cli("registry", "tag", "nginx:2", image)
        result = app.deploy({"web": web, "db": CRASHES}, pull="newer", gate=STABLE)
        _undone(result, 1)
        assert f"{image} points at an older image again" in result.warned
        assert other.service("same") in result.warned
        assert app.scope.ssh(read) == old
        running = f"podman inspect --format {{{{.Image}}}} systemd-{app.name}-web"
        assert app.scope.ssh(running) == old

        assert app.deployed({"web": web, "db": container()}, pull="newer")["generation"] == 2
        assert app.scope.ssh(running) != old
        app.run(state="rolled_back").ok()
        assert app.scope.ssh(running) == old
        assert app.scope.ssh(read) == old
    finally:
        other.remove()
        app.remove()
        app.scope.host.try_ssh(app.scope.command(f"podman rmi --force {image}"))


@pytest.mark.scope("system")
def test_a_dropped_generation_leaves_the_images_of_others(app: App) -> None:
    image = f"registry.test:5000/nginx:moves-{os.getpid()}"
    names = "podman images --format '{{.Repository}}:{{.Tag}}'"
    try:
        for number, source in enumerate(("nginx:1", "nginx:1", "nginx:2"), 1):
            run_cli("registry", "tag", source, image)
            web = container(f"Environment=N={number}", "StopTimeout=1").replace(IMAGE, image)
            app.deployed({"web": web}, pull="newer", generations=2)
        assert app.scope.ssh(names).count(f"localhost/quadlet.fleet:{app.name}.") == 2
        app.run(state="rolled_back", pull="never").ok()
    finally:
        app.remove()
        app.scope.host.try_ssh(app.scope.command(f"podman rmi --force {image}"))


@pytest.mark.scope("system")
def test_images_are_kept_as_long_as_a_generation_needs_them(app: App) -> None:
    app.deployed({"web": container()})
    names = "podman images --format '{{.Repository}}:{{.Tag}}'"
    kept = f"localhost/quadlet.fleet:{app.name}."
    assert kept in app.scope.ssh(names)
    app.run(state="absent").ok()
    assert kept not in app.scope.ssh(names)
    assert IMAGE in app.scope.ssh(names)
    left = app.host.ssh(f"find {app.scope.state_dir} -name '*{app.name}*'")
    assert left == ""


@pytest.mark.scope("alice")
def test_who_is_removed_last_removes_the_image(app: App) -> None:
    """Also where the generation that pulled it was dropped, or another app has pulled it."""
    image, other = f"registry.test:5000/nginx:last-{os.getpid()}", app.scope.app()
    run_cli("registry", "tag", "nginx:1", image)
    names = "podman images --format '{{.Repository}}:{{.Tag}}'"

    def deploy(one: App, number: int) -> None:
        web = container("StopTimeout=1", f"Label=n={number}").replace(IMAGE, image)
        one.deployed({"web": web}, generations=1)

    crashes = container("StopTimeout=1", exec_="sh -c 'exit 3'").replace(IMAGE, image)
    try:
        # What a failed first run has pulled stays for the next try, and goes with the app.
        for _try in range(2):
            assert app.deploy({"web": crashes}, gate=STABLE).failed
            assert image in app.scope.ssh(names)
        app.run(state="absent").ok()
        assert image not in app.scope.ssh(names)
        assert app.host.ssh(f"find {app.scope.state_dir} -name '*{app.name}*'") == ""
        for number, one in enumerate((app, other, app, other, app)):
            deploy(one, number)
        app.run(state="absent").ok()
        assert image in app.scope.ssh(names)
        other.run(state="absent").ok()
        there = app.scope.ssh(names)
        assert image not in there
        assert f"quadlet.fleet:{app.name}" not in there
        assert f"quadlet.fleet:{other.name}" not in there
    finally:
        other.remove()
        app.scope.host.try_ssh(app.scope.command(f"podman rmi --force {image}"))


@pytest.mark.scope("system")
def test_info_lists_generations(app: App) -> None:
    for number in (1, 2):
        app.deployed({"web": container(f"Environment=N={number}")})
    user = app.scope.options.get("user", "root")
    (told,) = app.scope.call("info", apps=[app.name], user=user).ok()["apps"]
    first, second = told["generations"]
    assert (first["number"], first["current"], second["current"]) == (1, False, True)
    assert second["made_by"] in ("root", app.scope.owner)
    service, unit = app.service("web"), app.unit("web")
    assert second["changes"] == [f"restart {service}: {unit} changed (Environment)"]
    assert set(first["images"]) == {IMAGE}
    assert first["images"][IMAGE].startswith("sha256:")
    assert told["drift"] == []


@pytest.mark.scope("alice")
def test_what_can_not_be_tidied_up_undoes_nothing(app: App) -> None:
    """What is no file at all is found when the generations to keep are counted."""
    app.deployed({"web": container("Environment=N=1")})
    path = f"{app.scope.state_dir}/generations/{app.name}/1.json"
    app.host.ssh(f"rm {path} && mkdir {path} && chown {app.scope.owner}: {path}")
    result = app.deployed({"web": container("Environment=N=2")})
    assert "what older generations needed could not be removed" in result.warned
    assert app.inside("web", "echo $N") == "2"
    assert not app.deployed({"web": container("Environment=N=2")}).changed


def test_a_generation_that_is_damaged_is_left_out(app: App) -> None:
    """It is told, no target by itself, and hinders neither info, a return, nor an undoing."""
    for number in (1, 2, 3):
        app.deployed({"web": container(f"Environment=N={number}")}, secrets={"pw": f"{number}"})
    folder = f"{app.scope.state_dir}/generations/{app.name}"
    app.host.ssh(f"truncate -s 100 {folder}/2.json")
    says = f"generation 2 is left out: {folder}/2.json: the record is damaged"
    info = app.scope.call("info", apps=[app.name], user=app.scope.options.get("user", "root")).ok()
    (told,) = info["apps"]
    assert [row["number"] for row in told["generations"]] == [1, 3]
    assert [line for line in told["drift"] if says in line] == told["drift"] != []
    assert f"app {app.name}: {says}" in info.warned

    for options in (["--check"], []):
        back = app.run(options, state="rolled_back").ok()
        assert back.changed
        assert says in back.warned
    assert app.inside("web", "echo $N") == "1"
    message = app.run(state="rolled_back", generation=2).refused()
    assert f"{folder}/2.json: the record is damaged" in message
    assert "Name another generation" in message

    # Of the one that is there only the record knows which secrets and images it needs.
    app.host.ssh(f"truncate -s 0 {folder}/1.json")
    bad = {"web": container("Secret=pw", exec_="sh -c 'exit 3'")}
    _undone(app.deploy(bad, secrets={"pw": "4"}, gate=STABLE), 1)
    assert app.inside("web", "echo $N") == "1"
    result = app.deployed({"web": container("Environment=N=5")}, generations=1)
    left = app.host.ssh(f"ls {folder}").split()
    assert left == [f"{result['generation']}.json"]
    assert "damaged" not in result.warned
    assert not app.deployed({"web": container("Environment=N=5")}).changed


STUBBORN = "sh -c \"trap '' TERM; sleep 1000 & wait; sleep 1000\""
"""A process that heeds no SIGTERM."""


@pytest.mark.scope("alice")
def test_an_undo_has_the_time_that_stops_need(app: App) -> None:
    app.deployed({"one": container(), "two": container()})
    before = app.ids("one", "two")
    stubborn = container("StopTimeout=12", exec_=STUBBORN).replace(
        "TimeoutStopSec=20", "TimeoutStopSec=30"
    )
    broken = {"one": stubborn, "two": container(exec_="sh -c 'exit 5'")}
    result = app.deploy(broken, gate={"timeout": 5, "stable": 1})
    assert "What was there before is back" in result.refused()
    assert result["rolled_back"]
    assert app.runs("one")
    assert app.runs("two")
    assert "exit 5" not in app.host.ssh(f"cat {app.path(app.unit('two'))}")
    assert set(app.ids("one", "two").values()) & set(before.values()) == set()
    assert not app.run().ok().changed
