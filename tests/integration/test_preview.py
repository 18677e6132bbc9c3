"""Check mode predicts what a run does and does nothing; the diff shows it."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest

from tests.integration.support.apps import App, container
from tests.integration.support.hosts import differences

WEB = container("Environment=V=1", "Volume=./conf:/conf:ro")
DB = container()
FILES = {"conf/a.conf": "one\n"}
HEARS = WEB.replace("[Service]\n", "[Service]\nExecReload=/bin/true\n")
NET = {"n.network": "[Network]\n", "web": container("Network=APP-n.network"), "db": DB}
NET_2 = {**NET, "n.network": "[Network]\nLabel=a=b\n"}
CHAIN = {"web": "[Unit]\nRequires=APP-db.service\nAfter=APP-db.service\n\n" + WEB, "db": DB}
TIMER = "[Timer]\nOnCalendar=yearly\n\n[Install]\nWantedBy=timers.target\n"


@dataclasses.dataclass(frozen=True)
class Move:
    """From an installed app (None: nothing is) to what the next call says.

    APP stands for the app's name.
    """

    installed: t.Mapping[str, str] | None
    units: t.Mapping[str, str] | None
    files: t.Mapping[str, t.Any] | None = None
    options: t.Mapping[str, t.Any] = dataclasses.field(default_factory=dict)
    stop: str = ""


BOTH = {"web": WEB, "db": DB}
MOVES = {
    "first": Move(None, BOTH, FILES),
    "first-present": Move(None, BOTH, FILES, {"state": "present"}),
    "unchanged": Move(BOTH, BOTH, FILES),
    "unit": Move(BOTH, {**BOTH, "web": WEB.replace("V=1", "V=2")}, FILES),
    "file": Move(BOTH, BOTH, {"conf/a.conf": "two\n"}),
    "mode": Move(BOTH, BOTH, {"conf/a.conf": {"content": "one\n", "mode": "0600"}}),
    "new-unit": Move(BOTH, {**BOTH, "new": DB}, FILES),
    "dropped-unit": Move(BOTH, {"web": WEB}, FILES),
    "new-drop-in": Move(BOTH, {**BOTH, "db.container.d/x.conf": "[Container]\nTmpfs=/x\n"}, FILES),
    "stopped-by-hand": Move(BOTH, BOTH, FILES, stop="db"),
    "stopped": Move(BOTH, None, options={"state": "stopped"}),
    "restarted": Move(BOTH, None, options={"state": "restarted"}),
    "absent": Move(BOTH, None, options={"state": "absent"}),
    "reload": Move(
        {**BOTH, "web": HEARS},
        {**BOTH, "web": HEARS},
        {"conf/a.conf": {"content": "two\n", "on_change": "reload"}},
    ),
    "dependents": Move(CHAIN, {**CHAIN, "db": container("Environment=V=2")}, FILES),
    "network": Move(NET, NET_2, FILES),
    "recreate": Move(NET, NET_2, FILES, {"recreate": ["APP-n.network"]}),
    "new-timer": Move(BOTH, {**BOTH, "web.timer": TIMER}, FILES),
    "dropped-timer": Move({**BOTH, "web.timer": TIMER}, BOTH, FILES),
    "never": Move(BOTH, {**BOTH, "web": WEB.replace("V=1", "V=2")}, FILES, {"restart": "never"}),
}


def _named(app: App, texts: t.Any) -> t.Any:
    if isinstance(texts, t.Mapping):
        return {key: _named(app, text) for key, text in texts.items()}
    if isinstance(texts, list):
        return [_named(app, text) for text in texts]
    return texts.replace("APP", app.name) if isinstance(texts, str) else texts


def _call(app: App, move: Move, *arguments: str) -> t.Any:
    units = None if move.units is None else app.units(_named(app, move.units))
    return app.run(arguments, units=units, files=move.files, **_named(app, move.options)).ok()


@pytest.mark.parametrize("move", [pytest.param(move, id=name) for name, move in MOVES.items()])
@pytest.mark.scope(
    "system",
    alice=[
        "unchanged",
        "mode",
        "new-unit",
        "dropped-unit",
        "stopped",
        "absent",
        "reload",
        "new-timer",
        "never",
    ],
)
def test_check_mode_says_what_a_run_does(app: App, move: Move) -> None:
    if move.installed is not None:
        app.deployed(_named(app, move.installed), FILES)
    if move.stop:
        app.scope.systemctl(f"stop {app.service(move.stop)}")
    before = app.host.look()
    preview = _call(app, move, "--check", "--diff")
    assert differences(before, app.host.look()) == []

    result = _call(app, move, "--diff")
    assert preview["plan"] == result["plan"]
    assert preview.changed == result.changed
    assert preview["diff"] == result["diff"]
    assert all(step["reasons"] for step in result["plan"])
    told = [step for step in result["plan"] if step["service"] and step["action"] != "write"]
    assert [
        part["after"].splitlines() for part in result["diff"] if "plan" in part["after_header"]
    ] == (
        [[f"{step['action']} {step['service']}: {', '.join(step['reasons'])}" for step in told]]
        if told
        else []
    )


@pytest.mark.scope("system")
def test_the_plan_says_why_in_words(app: App) -> None:
    app.deployed(_named(app, CHAIN), FILES)
    changed = {**CHAIN, "db": container("Environment=V=2")}
    changed["web"] = CHAIN["web"].replace("V=1", "V=2")
    plan = app.deploy(_named(app, changed), FILES, arguments=["--check"]).ok()["plan"]
    web, db = app.unit("web"), app.unit("db")
    assert sorted(plan, key=lambda step: step["unit"]) == [
        {
            "unit": db,
            "service": app.service("db"),
            "action": "restart",
            "reasons": [f"{db} changed (Environment)"],
        },
        {
            "unit": web,
            "service": app.service("web"),
            "action": "restart",
            "reasons": [f"{web} changed (Environment)", f"follows {app.service('db')}"],
        },
    ]


def _text(diff: t.Sequence[t.Mapping[str, str]], part: str) -> str:
    return "".join(entry.get(part, "") for entry in diff)


@pytest.mark.scope("system")
def test_the_diff_shows_each_file(app: App) -> None:
    app.deployed({"web": WEB, "old": DB}, FILES)
    result = app.deployed(
        {"web": WEB.replace("V=1", "V=2")}, {"conf/a.conf": "two\n"}, arguments=["--diff"]
    )
    assert "Environment=V=1" in _text(result["diff"], "before")
    assert "Environment=V=2" in _text(result["diff"], "after")
    assert "two\n" in _text(result["diff"], "after")
    headers = {entry["before_header"] for entry in result["diff"]}
    for path in (app.unit("web"), "conf/a.conf", app.unit("old")):
        assert any(path in header for header in headers), headers


@pytest.mark.scope("alice")
def test_without_diff_there_is_none(app: App) -> None:
    assert "diff" not in app.deployed({"web": DB})


@pytest.mark.scope("alice")
def test_a_binary_file_in_the_diff(app: App) -> None:
    value = {"content": "gIECAwA=", "encoding": "base64"}
    result = app.deployed({"web": DB}, {"x.bin": value}, arguments=["--diff"])
    assert result["diff"]
    size = app.host.ssh(f"stat -c %s {app.path('x.bin')}")
    assert size == "5"
