"""Jobs: what a run starts, what it leaves to others, and what it runs when it is asked to."""

from __future__ import annotations

import pytest

from tests.integration.support.apps import IDLE, App, Result, container
from tests.integration.support.hosts import IMAGE

TIMER = "[Timer]\nOnCalendar=*-01-01\n\n[Install]\nWantedBy=timers.target\n"
HELPER = "[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/bin/true\n"


def _job(command: str, more: str = "") -> str:
    shell = command if command == IDLE else f"sh -c '{command}'"
    return f"[Container]\nImage={IMAGE}\nExec={shell}\n\n[Service]\nType=oneshot\n{more}"


def _tried_twice(app: App) -> str:
    """A job whose first try fails; systemd tries again."""
    text = _job(
        "test -e /d/tried || { touch /d/tried; exit 5; }",
        "Restart=on-failure\nRestartSec=100ms\n\n[Install]\nWantedBy=default.target\n",
    )
    return text.replace("[Container]\n", f"[Container]\nVolume={app.name}-tried:/d\n")


def _units(app: App) -> dict[str, str]:
    """One of each way in which a job is started, or is not."""
    return {
        "web": container(more=f"\n[Unit]\nWants={app.service('migrate')}\n"),
        "migrate": _job("echo migrated"),
        "backup": _job("echo saved"),
        "backup.timer": TIMER,
        "restore": _job("echo restored"),
        "once": _job("echo set up", "RemainAfterExit=yes\n"),
        "alarm": _job("echo alarm"),
        "boot": _tried_twice(app),
        "tool": container(more=f"\n[Unit]\nOnFailure={app.service('alarm')}\n"),
        "helper.service": HELPER,
    }


JOBS = ("migrate", "backup", "restore", "once", "alarm", "boot")


def _starts(app: App, *stems: str) -> dict[str, int]:
    """How often each was started; systemd forgets a job that is done, its journal does not."""
    app.host.ssh("journalctl --sync")
    flag = "--user-unit" if app.scope.flags else "--unit"
    line = f"journalctl -q -o cat {flag}"
    lines = [f"{line} {app.service(n)} | grep -c '^Starting '" for n in stems]
    found = app.host.ssh("; ".join(map(app.scope.command, lines)) + "; true").split()
    return {stem: int(count) for stem, count in zip(stems, found)}


def _moved(before: dict[str, int], after: dict[str, int]) -> set[str]:
    return {stem for stem, count in after.items() if count != before[stem]}


def _drift(app: App) -> list[str]:
    drift: list[str] = app.scope.call("info", apps=[app.name]).ok()["apps"][0]["drift"]
    return drift


@pytest.mark.scope("alice")
def test_jobs(app: App) -> None:
    units, tool = _units(app), app.unit("tool")
    names = (*JOBS, "tool", "helper")
    none = _starts(app, *names)
    first = app.deployed(units, on_demand=[tool])
    assert _moved(none, _starts(app, *names)) == {"migrate", "boot"}
    boot = first["services"][app.service("boot")]
    assert (boot["result"], boot["restarts"]) == ("success", 1), "its last try counts"
    assert not app.deployed(units, on_demand=[tool]).changed
    assert not app.run().ok().changed, "the record knows what is on demand"
    shown = app.scope.call("info", apps=[app.name]).ok()["apps"][0]
    assert shown["drift"] == []
    waits = {app.service(n) for n in ("backup", "restore", "once", "alarm", "tool", "helper")}
    assert {name for name, row in shown["services"].items() if row["waits"]} == waits

    _check_run(app, units, first)
    _check_changes(app, units)
    _check_failures(app, units)


def _check_run(app: App, units: dict[str, str], first: Result) -> None:
    asked = [app.unit(stem) for stem in ("restore", "backup", "once")]
    asked.append(f"{app.name}-helper.service")
    before = _starts(app, *JOBS, "web", "helper")
    foreseen = app.run(["--check"], run=asked).ok()
    assert _starts(app, *JOBS, "web", "helper") == before
    ran = app.run(run=asked).ok()
    assert foreseen["plan"] == ran["plan"]
    assert ran.changed
    assert set(ran.actions.values()) == {"run"}
    assert ran["generation"] == first["generation"]
    after = _starts(app, *JOBS, "web", "helper")
    assert _moved(before, after) == {"restore", "backup", "once", "helper"}
    services = ran["services"]
    assert {services[app.service(n)]["result"] for n in ("restore", "backup")} == {"success"}
    again = app.run(run=[app.unit("once")]).ok()
    assert again.actions == {app.service("once"): "run"}
    assert _starts(app, "once")["once"] == after["once"] + 1, "one that stays active runs again"
    assert not app.deployed(units).actions.keys() - {app.service("tool")}


def _check_changes(app: App, units: dict[str, str]) -> None:
    """A changed text starts none that waits, and interrupts none that runs."""
    app.scope.systemctl(f"stop {app.service('tool')}")
    slow = {**units, "restore": _job(IDLE)}
    tool = [app.unit("tool")]
    app.deployed(slow, on_demand=tool)
    app.scope.systemctl(f"start --no-block {app.service('restore')}")
    app.scope.systemctl(f"start {app.service('tool')}")
    app.host.wait(
        app.scope.command(f"systemctl {app.scope.flags} show -pSubState {app.service('restore')}")
        + " | grep =start$"
    )
    was = _starts(app, *JOBS, "tool")
    texts = {n: t.replace("[Container]", "[Container]\nEnvironment=A=2") for n, t in slow.items()}
    result = app.deployed(texts, on_demand=tool)
    moved = _moved(was, _starts(app, *JOBS, "tool"))
    assert moved == {"migrate", "boot", "tool"}, "what somebody started by hand restarts"
    assert "goes on with its old text" in result.warned
    assert [text for text in _drift(app) if "restore" in text] == [
        f"{app.service('restore')} was started with other files than are installed"
    ]
    app.scope.ssh(f"podman kill --signal=KILL systemd-{app.name}-restore")
    app.host.wait(
        app.scope.command(f"systemctl {app.scope.flags} is-failed {app.service('restore')}")
    )
    told = [text for text in _drift(app) if "restore" in text]
    assert len(told) == 1
    assert "journalctl" in told[0]
    assert f"start {app.service('restore')} runs it again" in told[0]
    unchanged = app.deployed(texts, on_demand=tool)
    assert not unchanged.changed
    assert told[0] in unchanged.warned
    app.scope.systemctl(f"reset-failed {app.service('restore')}")
    app.deployed(units, on_demand=tool)


def _check_failures(app: App, units: dict[str, str]) -> None:
    """A job that fails fails the call, and undoes it; before a write what is no job is refused."""
    tool, generation = [app.unit("tool")], app.run().ok()["generation"]
    bad = {**units, "restore": _job("echo no such archive >&2; exit 7"), "new": _job("true")}
    before = app.host.ssh(f"cat {app.path()}/*.container")
    failed = app.deploy(bad, on_demand=tool, run=[app.unit("restore"), app.unit("new")])
    assert f"{app.service('restore')} did not end well" in failed.refused()
    (failure,) = failed["failures"]
    assert (failure["phase"], failure["exit_code"]) == ("run", 7)
    assert any("no such archive" in line for line in failure["journal"])
    assert failed["rolled_back"] is True
    assert failed["generation"] == generation
    assert app.host.ssh(f"cat {app.path()}/*.container") == before
    assert app.runs("web")
    assert app.scope.states(app.service("new")) == {app.service("new"): "not-found inactive"}

    if app.scope.name == "alice":  # one scope is enough
        _check_other_failures(app, units, bad)

    before = app.host.ssh(f"cat {app.path()}/*.container")
    for name, words in {
        "web": "Type=oneshot",
        "none": "is no unit of app",
    }.items():
        refused = app.deploy(units, on_demand=tool, run=[app.unit(name)]).refused()
        assert words in refused
    for state in ("present", "stopped", "absent"):
        refused = app.run(state=state, run=[app.unit("restore")]).refused()
        assert "a job runs once the app is up" in refused
    assert app.host.ssh(f"cat {app.path()}/*.container") == before


def _check_other_failures(app: App, units: dict[str, str], bad: dict[str, str]) -> None:
    tool = [app.unit("tool")]
    slow = {**units, "restore": _job(IDLE)}
    late = app.deploy(
        slow, on_demand=tool, run=[app.unit("restore")], gate={"timeout": 2, "stable": 0}
    )
    assert "it still runs, and the gate's timeout is over" in late.refused()
    assert app.states("restore")["restore"] != "loaded activating"
    never = {**units, "restore": f"[Unit]\nConditionPathExists=/none\n{_job('true')}"}
    skipped = app.deploy(never, on_demand=tool, run=[app.unit("restore")]).refused()
    assert "ConditionPathExists=/none" in skipped
    kept = app.deploy(bad, on_demand=tool, run=[app.unit("restore")], on_failure="keep")
    assert kept.failed
    assert not kept["rolled_back"]


@pytest.mark.scope("system")
def test_a_job_that_stops_what_it_works_on(app: App) -> None:
    """It is up again behind the job, which Conflicts= with it."""
    conflict = f"\n[Unit]\nConflicts={app.service('web')}\nAfter={app.service('web')}\n"
    units = {"web": container(), "restore": _job("echo restored", conflict)}
    app.deployed(units)
    before = _starts(app, "web", "restore")
    app.run(run=[app.unit("restore")]).ok()
    assert _moved(before, _starts(app, "web", "restore")) == {"web", "restore"}
    assert app.runs("web")
