"""Services of other apps that stop because of a run: told before, and active again behind it."""

from __future__ import annotations

import json
import shlex
import typing as t

import pytest

from ansible_collections.quadlet.fleet.plugins.module_utils._core.plan.external import (
    PROPERTIES,
    Move,
    next_moves,
)
from tests.integration.support.apps import App, Scope, container

# All relations that this host's systemd has

_FOLDER = "/run/systemd/system"
_SCRIPT = r"""
import json, subprocess, sys, time
def sh(*argv):
    return subprocess.run(argv, capture_output=True, text=True).stdout
known = json.loads(sys.argv[1])
unit = "/org/freedesktop/systemd1/unit/basic_2etarget"
shown = sh("busctl", "introspect", "--no-legend", "org.freedesktop.systemd1", unit,
           "org.freedesktop.systemd1.Unit")
rows = [line.split() for line in shown.splitlines()]
names = [row[0][1:] for row in rows if row[1:3] == ["property", "as"]]
def unit_of(role, name):
    return f"qx-{name}-{role}.service"
service = "[Service]\nExecStart=sleep infinity\n[Unit]\nDefaultDependencies=no\n"
for name in names:
    texts = {"base": f"{name}={unit_of('named', name)}", "names": f"{name}={unit_of('base', name)}",
             "named": ""}
    for role, line in texts.items():
        with open(f"/run/systemd/system/{unit_of(role, name)}", "w") as stream:
            stream.write(f"{service}{line}\n")
sh("systemctl", "daemon-reload")
def all_of(*roles):
    return [unit_of(role, name) for name in names for role in roles]
def active(units):
    said = sh("systemctl", "show", "-pId", "-pActiveState", *units)
    rows = [dict(x.split("=", 1) for x in block.splitlines()) for block in said.split("\n\n")]
    return {row["Id"] for row in rows if row["ActiveState"] in ("active", "activating")}
others = all_of("names", "named")
def move(verb, units, *words):
    sh("systemctl", verb, "--no-block", *words, *units)
    for _turn in range(50):
        time.sleep(0.1)
        if "qx-" not in sh("systemctl", "list-jobs", "--no-legend"):
            break
move("start", all_of("base"))
move("start", others)
before = active([*others, *all_of("base")])
related = sh("systemctl", "show", "-pId", *(f"-p{key}" for key in known), *all_of("base"))
move("stop", all_of("base"))
stopped = before & set(others) - active(others)
move("stop", [*all_of("base"), *others])
move("start", others, "--job-mode=ignore-dependencies")
before_start = active(others)
move("start", all_of("base"))
excluded = before_start - active(others)
print(json.dumps({"names": names, "related": related, "up": sorted(before),
                  "stopped": sorted(stopped), "excluded": sorted(excluded)}))
move("stop", [*all_of("base"), *others])
"""
"""Two units for each list of units that the interface has: one names a base, a base names one."""


@pytest.fixture
def relations(system: Scope) -> t.Iterator[dict[str, t.Any]]:
    """What each relation does on this host."""
    line = f"python3 - {shlex.quote(json.dumps(PROPERTIES))}"
    yield json.loads(system.host.ssh(line, text=_SCRIPT))
    system.host.ssh(f"rm -f {_FOLDER}/qx-*; systemctl daemon-reload; systemctl reset-failed 'qx-*'")


def test_every_relation_of_systemd_is_known(relations: dict[str, t.Any]) -> None:
    blocks = [
        dict(line.split("=", 1) for line in block.splitlines())
        for block in relations["related"].split("\n\n")
    ]
    read = {
        row["Id"]: {key: tuple(row[key].split()) for key in PROPERTIES if row.get(key)}
        for row in blocks
    }
    stopping, starting = set(), set()
    for name, related in read.items():
        for found, moves in ((stopping, (True, False)), (starting, (False, True))):
            move = Move(name, stops=moves[0], starts=moves[1])
            reached = next_moves({name: move}, {name: related})
            found |= {other for other, (moved, _why) in reached.items() if moved.stops}
    mine = {name for name in stopping | starting if name.startswith("qx-")}
    assert len(relations["names"]) > 20
    assert set(relations["stopped"]) == stopping & mine & set(relations["up"])
    assert set(relations["excluded"]) == starting & mine
    assert len(relations["stopped"]) >= 5
    assert len(relations["excluded"]) == 2


# A run beside apps whose services stop with its own

_AFTER = {
    "part": "PartOf={web}",
    "needs": "Requires={web}\nAfter={web}",
    "bound": "BindsTo={web}\nAfter={web}",
    "heeds": "StopPropagatedFrom={web}",
    "second": "Requires={part}\nAfter={part}",
    "told": "",
}
"""Units of another app, by how they stop with this one; the last relation is in this one."""


def others_of(app: App) -> dict[str, str]:
    """Their texts."""
    names = {stem: app.service(stem) for stem in ("web", "part")}
    return {
        stem: container(more=f"\n[Unit]\n{text.format(**names)}\n") for stem, text in _AFTER.items()
    }


def web(app: App, number: int, *, exec_: str = "", more: str = "") -> str:
    """The service that they hang on."""
    unit = f"\n[Unit]\nPropagatesStopTo={app.service('told')}\n{more}\n"
    text = container(f"Environment=NUMBER={number}", more=unit)
    return text.replace("Exec=", f"Exec={exec_}\n#", 1) if exec_ else text


@pytest.fixture
def beside(app: App) -> t.Iterator[App]:
    """Another app whose units are named as this one's, so that each test has its own."""
    other = app.scope.app(f"{app.name}x")
    yield other
    other.remove()


@pytest.mark.scope("alice")
def test_they_are_active_behind_an_update_and_behind_an_undo(app: App, beside: App) -> None:
    app.deployed({"web": web(app, 1)})
    beside.run(units=app.units(others_of(app))).ok()
    up = dict.fromkeys(_AFTER, "loaded active")
    assert app.states(*_AFTER) == up
    before = app.ids(*_AFTER)
    foretold = app.deploy({"web": web(app, 2)}, arguments=["--check"]).ok()
    result = app.deployed({"web": web(app, 2)})
    for stem in _AFTER:
        assert app.service(stem) in foretold.warned
        assert f"{app.service(stem)} ({beside.path(app.unit(stem))})" in result.warned
    assert result.warned.count(f"stops with {app.service('web')}") == len(_AFTER)
    assert app.states(*_AFTER) == up
    assert all(ident != before[stem] for stem, ident in app.ids(*_AFTER).items())
    failing = web(app, 3, exec_="sh -c 'exit 3'")
    message = app.deploy({"web": failing}, gate={"stable": 2}).refused()
    assert "What was there before is back" in message
    assert app.states("web", *_AFTER) == {**up, "web": "loaded active"}


@pytest.mark.scope("system")
def test_what_excludes_another_app_does_not_fight(app: App, beside: App) -> None:
    rival = container(more=f"\n[Unit]\nConflicts={app.service('web')}\n")
    app.deployed({"web": web(app, 1)})
    failing = rival.replace("Exec=", "Exec=sh -c 'exit 3'\n#", 1)
    said = beside.run(units={app.unit("rival"): failing}, gate={"stable": 2})
    assert "nothing of it is left" in said.refused()
    assert app.states("web") == {"web": "loaded active"}
    result = beside.run(units={app.unit("rival"): rival}).ok()
    assert f"{app.service('web')} ({app.path(app.unit('web'))})" in result.warned
    assert "It stays stopped." in result.warned
    assert app.states("web", "rival") == {"web": "loaded inactive", "rival": "loaded active"}
    back = app.run().ok()
    assert app.service("rival") in back.warned
    assert app.states("web", "rival") == {"web": "loaded active", "rival": "loaded inactive"}
