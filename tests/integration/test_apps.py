"""Several apps of a host in one call: several users, their order, failures, and a death midway."""

from __future__ import annotations

import base64
import json
import pathlib
import re
import shlex
import typing as t

import pytest

from tests.integration.support.apps import (
    App,
    Result,
    Scope,
    container,
    next_port,
)
from tests.integration.support.hosts import IMAGE, Host, differences
from tests.integration.support.playbooks import Playbooks
from tests.unit.support.scripts import make_script

SLOW = {"stable": 0, "probes": [{"command": ["sh", "-c", "sleep 5"]}]}
EXITS = container(exec_="sh -c 'sleep 1; echo boom >&2; exit 3'")


@pytest.fixture
def make(system: Scope) -> t.Iterator[t.Callable[..., App]]:
    """Makes apps, which are removed after the test."""
    made: list[App] = []

    def make_app(scope: Scope = system) -> App:
        made.append(scope.app())
        return made[-1]

    yield make_app
    for app in made:
        app.remove()


def item(app: App, units: t.Mapping[str, t.Any] | None, **options: t.Any) -> dict[str, t.Any]:
    """An app as an item of the call."""
    given = {"units": app.units(units)} if units is not None else {}
    return {"name": app.name, **app.scope.options, "gate": {"stable": 0}, **given, **options}


def rows_of(result: t.Mapping[str, t.Any]) -> list[Result]:
    """What became of each app."""
    return [Result(row) for row in result["apps"]]


def _without_pulls(result: t.Mapping[str, t.Any]) -> list[dict[str, str]]:
    """The diff; images are known only where a manager runs."""
    return [
        {**part, "after": re.sub(r"(?m)^pull .*\n", "", part["after"])} for part in result["diff"]
    ]


def test_several_users_in_one_call(
    system: Scope, alice: Scope, bob: Scope, make: t.Callable[..., App], host: Host
) -> None:
    apps = [make(), make(alice), make(bob), make(), make(alice)]
    items = [item(app, {"web": container()}) for app in apps]
    before = host.look()
    preview = system.call("apps", ["--check", "--diff"], apps=items).ok()
    assert differences(before, host.look()) == []

    first = system.call("apps", ["--diff"], apps=items).ok()
    assert first.changed
    assert all(app.runs("web") for app in apps)
    for app, row, foretold in zip(apps, rows_of(first), rows_of(preview)):
        assert (row["name"], row["user"]) == (app.name, app.scope.options.get("user"))
        assert not row.failed
        assert row.actions[app.service("web")] == "start"
        # Of bob's images nobody knows before his manager runs.
        sure, done = (
            [step for step in plan if app.scope is not bob or step["action"] != "pull"]
            for plan in (foretold["plan"], row["plan"])
        )
        assert done == sure
        assert row["generation"] == 1
        assert row["services"][app.service("web")]["active"] == "active"
        assert "diff" not in row
    assert _without_pulls(first) == _without_pulls(preview)
    shown = [text for app in apps for text in (app.path(app.unit("web")), f"app {app.name}")]
    assert len(first["diff"]) == len(shown)
    assert all(part["after_header"].startswith(text) for part, text in zip(first["diff"], shown))

    before = host.look()
    again = [system.call("apps", apps=items, parallel=count).ok() for count in (4, 1)]
    assert differences(before, host.look()) == []
    assert not any(result.changed for result in again)
    items[3]["units"] = apps[3].units({"web": container("Environment=A=b")})
    ids = [app.ids("web") for app in apps]
    changed = system.call("apps", apps=items, parallel=1).ok()
    assert [row.changed for row in rows_of(changed)] == [False, False, False, True, False]
    after = [app.ids("web") for app in apps]
    assert [old != new for old, new in zip(ids, after)] == [False, False, False, True, False]
    print({"side by side": sum(r["seconds"] for r in rows_of(again[0]))})


def test_an_app_waits_for_the_one_that_it_mentions(
    system: Scope, make: t.Callable[..., App]
) -> None:
    one, two, other = make(), make(), make()
    network, db = one.unit("n", "network"), one.service("db")
    needs = f"[Unit]\nRequires={db}\nAfter={db}\n"
    with_db = {"n.network": "[Network]\n", "db": container(f"Network={network}")}
    items = [
        item(one, with_db, gate=SLOW),
        item(two, {"web": container(f"Network={network}", more=f"\n{needs}")}),
        item(other, {"web": container()}),
    ]
    # Without the wait the generator would refuse the second one: there is no such network yet.
    foretold = rows_of(system.call("apps", ["--check"], apps=items).ok())
    assert foretold[1].actions == {two.service("web"): "start"}
    no_network = [{**items[0], "units": one.units({"db": container()})}, items[1]]
    refused = system.call("apps", ["--check"], apps=no_network).refused()
    assert f"{network} does not exist in this scope" in refused
    result = system.call("apps", apps=items).ok()
    assert rows_of(result)[1].actions == {two.service("web"): "start"}
    assert all((one.runs("db"), two.runs("web"), other.runs("web")))
    started = {
        app: int(system.show(app.service(stem), "ActiveEnterTimestampMonotonic"))
        for app, stem in ((one, "db"), (two, "web"), (other, "web"))
    }
    assert started[two] - started[one] > 4_000_000, "the gate of the first one is waited for"
    assert started[other] < started[two], "who mentions nobody does not wait"


@pytest.mark.scope("alice")
def test_a_unit_moves_to_an_app_after_it(app: App, make: t.Callable[..., App]) -> None:
    """It is gone from the one before the other has it, as when they come one after the other."""
    scope = app.scope
    two, port = make(scope), next_port()
    web = {app.unit("web"): container(f"PublishPort={port}:80", "ContainerName=moves")}
    app.deployed({"x": container(), "web": web[app.unit("web")]})
    items = [item(app, {"x": container()}), item(two, {"x": container()})]
    items[1]["units"] |= web
    result = scope.call("apps", apps=items, **dict.fromkeys(scope.options)).ok()
    assert [row.changed for row in rows_of(result)] == [True, True]
    assert app.host.exists(two.path(app.unit("web")))
    assert not app.host.exists(app.path(app.unit("web")))
    assert "moves" in scope.containers()


def test_what_fails_is_named_and_keeps_nobody_back(
    system: Scope, alice: Scope, make: t.Callable[..., App]
) -> None:
    good, bad, after, refused, nobody = make(), make(alice), make(alice), make(), make()
    unwell = make(alice)
    unwell_units = {
        "n.network": "[Network]\n",
        "web": container(f"Network={unwell.unit('n', 'network')}", "Secret=token"),
    }
    asks = {"container": unwell.unit("web"), "command": ["false"], "retries": 1, "interval": 0.1}
    needs = f"[Unit]\nWants={bad.service('web')}\nAfter={bad.service('web')}\n"
    items = [
        item(good, {"web": container()}),
        item(bad, {"web": EXITS}, gate={"stable": 4, "timeout": 60}),
        item(after, {"web": container(more=f"\n{needs}")}),
        item(refused, {"web": container("Imago=x")}),
        item(nobody, {"web": container()}, user="no-such-user"),
        item(unwell, unwell_units, gate={"stable": 0, "probes": [asks]}, secrets={"token": "x"}),
    ]
    before = what_is_there(alice)
    result = system.call("apps", ["--diff"], apps=items)
    message = result.refused()
    first = message.split("\n")[0]
    assert first.startswith(
        f"4 of 6 apps failed: {bad.name} (user alice): {bad.service('web')} did"
    )
    assert f"; {refused.name}: " in first
    assert f"; {nobody.name} (user no-such-user): user: the host has no user" in first
    assert "boom" in message
    rows = rows_of(result)
    assert [row.failed for row in rows] == [False, True, False, True, True, True]
    assert result.changed
    assert good.runs("web")
    assert after.runs("web")
    assert rows[1]["rolled_back"] is True
    assert rows[1]["failures"][0]["phase"] == "start"
    assert bad.service("web") in rows[1].message
    assert "Imago" in rows[3].message
    assert not system.host.exists(refused.path())
    # Of new apps whose gate was not passed nothing is left, and it is asked anew.
    assert rows[5]["rolled_back"] is True
    assert rows[5]["failures"][0]["phase"] == "probe"
    left = what_is_there(alice)
    assert {line for line in left - before if after.name not in line} == set()
    assert "is not installed" in alice.call("gate", apps=[{"name": unwell.name}]).refused()
    items[5]["gate"] = {"stable": 0, "probes": [{**asks, "command": ["true"]}]}
    again = rows_of(system.call("apps", apps=[items[1], items[5]]))
    assert [row.failed for row in again] == [True, False]
    assert unwell.runs("web")
    assert again[1]["generation"] == 1


def what_is_there(scope: Scope) -> set[str]:
    """Files, empty directories, units and objects of a scope, a line for each.

    Directories that hold something are told by what they hold: those of the state are every app's.
    """
    folders = f"{scope.unit_dir} {scope.systemd_dir} {scope.state_dir}"
    lines = [
        f"find {folders} ! -path '*/engine*' ! -path '*/failures*' \\( ! -type d -o -empty \\)",
        f"systemctl {scope.flags} list-units --plain --no-legend '*-web.*' '*-network.*'",
        "podman ps -a --format 'container {{.Names}}'",
        "podman network ls --format 'network {{.Name}}'",
        "podman secret ls --format 'secret {{.Name}}'",
    ]
    text = "\n".join(lines)
    said = scope.host.ssh(scope.command(f"sh -c {shlex.quote(text)}"))
    return {" ".join(line.split()) for line in said.splitlines() if "secret.key" not in line}


def test_what_is_wrong_as_such_changes_nothing(system: Scope, make: t.Callable[..., App]) -> None:
    one, two = make(), make()
    before = system.host.look()
    for more, words in (
        ([item(one, {"web": container()}, unit={})], f"apps[1] ({one.name}): unknown option unit"),
        ([item(two, {"web": container()}, user="0")], "is there twice"),
    ):
        message = system.call("apps", apps=[item(two, {"web": container()}), *more]).refused()
        assert words in message
        assert differences(before, system.host.look()) == []


def test_as_that_user(alice: Scope, make: t.Callable[..., App]) -> None:
    mine, theirs = make(alice), make()
    items = [item(mine, {"web": container()}), item(theirs, {"web": container()})]
    result = alice.call("apps", apps=items, user=None, variables={"ansible_user": "alice"})
    assert f"1 of 2 apps failed: {theirs.name}: user: the system scope needs root" in (
        result.refused()
    )
    assert mine.runs("web")


def test_defaults_of_the_group_are_those_of_each_item(
    alice: Scope, make: t.Callable[..., App], playbooks: Playbooks
) -> None:
    app = make(alice)
    own = item(app, {"web": container()})
    del own["user"]
    play = {
        "hosts": "all",
        "gather_facts": False,
        "module_defaults": {"group/quadlet.fleet.quadlet": {"user": "alice"}},
        "roles": [{"role": "quadlet.fleet.deploy", "quadlet_deploy_apps": [own]}],
    }
    run = playbooks.run([play], alice.host.inventory)
    assert run.status == 0, run.output
    assert app.runs("web")
    assert run.named("Deploy apps")["apps"][0]["name"] == app.name


def test_no_apps_at_all_is_no_call(system: Scope) -> None:
    result = system.call("apps", apps=[]).ok()
    assert not result.changed
    assert result["apps"] == []


def test_an_archive_is_sent_before_those_that_wait_for_its_app(
    system: Scope, make: t.Callable[..., App], tmp_path: pathlib.Path
) -> None:
    one, two, other = make(), make(), make()
    host, image = system.host, f"nowhere.invalid/apps/{one.name}:1"
    host.ssh(
        f"podman rmi --force --ignore {image}; podman tag {IMAGE} {image} && rm -f /srv/apps.tar &&"
        f" podman save -q -o /srv/apps.tar {image} && podman untag {image} {image}"
    )
    source = tmp_path / "image.tar"
    source.write_bytes(base64.b64decode(host.ssh("base64 /srv/apps.tar; rm /srv/apps.tar")))
    needs = f"[Unit]\nRequires={one.service('web')}\nAfter={one.service('web')}\n"
    air = container().replace(IMAGE, image)
    items = [
        item(one, {"web": air}, archives=[{"src": str(source)}], pull="never"),
        item(two, {"web": container(more=f"\n{needs}")}),
        item(other, {"web": container()}),
    ]
    try:
        result = system.call("apps", ["--diff"], apps=items).ok()
        assert [row["name"] for row in result["apps"]] == [one.name, two.name, other.name]
        assert [row.changed for row in rows_of(result)] == [True] * 3
        assert len([part for part in result["diff"] if "plan" not in part["after_header"]]) == 3
        assert all(app.runs("web") for app in (one, two, other))
        assert host.ssh("find / -xdev -name 'app-[0-9]*.tar'") == ""
        assert not system.call("apps", apps=items).ok().changed
    finally:
        host.ssh(f"podman rmi --force --ignore {image}")


def _begin(app: App, items: list[dict[str, t.Any]], place: str) -> str:
    """Starts the module by itself on the host; its process, once all apps have written."""
    host = app.host
    script = make_script("quadlet.fleet.apps", {"apps": items}).decode()
    host.ssh(f"mkdir -p {place} && cat >{place}/run.py", text=script)
    run = f"echo $$ >{place}/pid; exec python3 {place}/run.py"
    host.ssh(f"setsid sh -c '{run}' >{place}/out 2>{place}/err </dev/null & sleep 0.2")
    for one in items:
        home = "/home/alice/.local/state/quadlet.fleet" if "user" in one else app.scope.state_dir
        host.wait(f"ls {home}/intents/{one['name']}.*", timeout=60)
    return host.read(f"{place}/pid").strip()


def test_killed_midway_the_next_run_carries_it_forward(
    system: Scope, alice: Scope, make: t.Callable[..., App]
) -> None:
    apps = [make(), make(alice)]
    host, place = system.host, f"/root/apps-{apps[0].name}"
    of_the_run = f"-f '^python3 {place}/run.py$'"
    long = {"stable": 0, "probes": [{"command": ["sleep", "120"]}]}
    slow = [item(app, {"web": container()}, gate=long) for app in apps]
    quick = [item(app, {"web": container()}) for app in apps]
    try:
        # The whole module: none of its processes goes on.
        parent = _begin(apps[0], slow, place)
        host.ssh(f"kill -9 {parent}")
        host.wait(f"! pgrep {of_the_run}", timeout=30)
        result = system.call("apps", apps=quick).ok()
        for app in apps:
            assert f"a run of app {app.name} that began" in result.warned
            assert app.runs("web")
        assert result.warned.count("carries it forward") == 2

        # One app's process: the other app does not notice.
        short = {"stable": 0, "probes": [{"command": ["sleep", "20"]}]}
        change = {"web": container("Environment=A=b")}
        slow = [item(app, change, gate=short) for app in apps]
        parent = _begin(apps[0], slow, place)
        child = host.ssh(f"pgrep -P {parent} {of_the_run} | sort -n | head -1")
        host.ssh(f"kill -9 {child}")
        host.wait(f"! pgrep {of_the_run}", timeout=90)
        told = json.loads(host.read(f"{place}/out"))
        assert [row["failed"] for row in told["apps"]] == [True, False]
        assert told["msg"].startswith(
            f"1 of 2 apps failed: {apps[0].name}: its process ended by signal 9"
        )
        again = system.call("apps", apps=[item(app, change) for app in apps]).ok()
        assert [row.changed for row in rows_of(again)] == [True, False]
        assert "did not end" in again.warned
        assert all(app.runs("web") for app in apps)
    finally:
        host.ssh(f"kill -9 $(cat {place}/pid) 2>/dev/null; rm -rf {place}")
