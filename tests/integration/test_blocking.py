"""Nobody holds up root's run: whatever a user plants or stops, it ends soon and names it."""

from __future__ import annotations

import json
import os
import pathlib
import shlex
import typing as t

import pytest

from tests.integration.support.apps import App, Result, Scope, container
from tests.unit.support.scripts import make_script

PLANTER = pathlib.Path(__file__).parent / "support" / "planter.py"
HOW = "all" if os.environ.get("QUADLET_TEST_LONG") else "once"
LOGIN = {"registry": "registry.test", "username": "u", "password": "p"}


@pytest.fixture
def hers(alice: Scope) -> t.Iterator[App]:
    """An app of alice's that is installed."""
    one = alice.app()
    one.deployed({"web": container("Volume=./conf:/conf:ro")}, {"conf/a.conf": "one\n"})
    yield one
    one.remove()


def _calls(app: App) -> dict[str, tuple[str, dict[str, t.Any]]]:
    timer = {f"{app.name}-t.timer": "[Timer]\nOnCalendar=yearly\nUnit=other.service\n"}
    units = {**app.units({"web": container("Volume=./conf:/conf:ro", "Environment=A=2")}), **timer}
    mine = {"name": app.name, "units": units, "files": {"conf/a.conf": "two\n"}, "state": "present"}
    here = app.scope.options
    other = {"name": f"{app.name}b", "units": {f"{app.name}b.timer": timer.popitem()[1]}}
    user = {"name": "alice", "linger": True, "logins": [LOGIN], "auto_update": False}
    calls: dict[str, tuple[str, dict[str, t.Any]]] = {
        "app": ("quadlet.fleet.app", {**mine, **here}),
        "info": ("quadlet.fleet.info", {}),
        "users": ("quadlet.fleet.users", {"users": [user]}),
    }
    if HOW == "all":
        both = [{**mine, **here}, {**other, "state": "present", **here}]
        calls["apps"] = ("quadlet.fleet.apps", {"apps": both})
        calls["gone"] = ("quadlet.fleet.app", {"name": app.name, "state": "absent", **here})
    return calls


def test_a_fifo_at_each_path_that_is_opened(hers: App) -> None:
    host, place = hers.host, f"/root/planted-{hers.name}"
    hers.deployed({"web": container("Volume=./conf:/conf:ro")}, {"conf/a.conf": "1b\n"})
    host.ssh(f"rm -rf {place} && install -d -m 0755 {place}")
    host.write("/home/alice/.config/containers/auth.json", "{}", owner="alice", mode="0600")
    host.ssh("install -d -o alice -g alice /home/alice/.config/systemd/user")
    for name, (module, options) in _calls(hers).items():
        host.ssh(f"cat >{place}/{name}.py", text=make_script(module, options, "named").decode())
    host.ssh(f"cat >{place}/planter", text=PLANTER.read_text(encoding="utf-8"))
    trees = ["/home/alice/.config", "/home/alice/.local/state"]
    words = [f"{place}/planter", place, "alice", HOW, *trees]
    host.ssh("chmod 0711 /root")
    done = host.try_ssh(f"python3 {' '.join(map(shlex.quote, words))}", timeout=1800)
    host.ssh(f"chmod 0700 /root; rm -rf {place} /home/alice/.config/containers/auth.json")
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    print(json.dumps(report, indent=1))
    assert report["wrong"] == []
    assert report["named"] > 8
    assert {name for name, paths in report["paths"].items() if paths} == set(_calls(hers))
    assert report["longest"] < 20


STOPPER = """
import os, signal, sys, time
keep = {name for name in os.listdir("/proc") if name.isdigit()}
print("ready", flush=True)
while True:
    for name in os.listdir("/proc"):
        try:
            if name.isdigit() and name not in keep and os.stat("/proc/" + name).st_uid == 1000:
                os.kill(int(name), signal.SIGSTOP)
        except OSError:
            pass
    time.sleep(0.001)
"""
"""Stops all processes of alice that begin from now on."""


def _tells(result: Result, *words: str) -> None:
    told = json.dumps([result.get("msg"), result.get("warnings")], default=str)
    assert all(word in told for word in words), told


def test_a_user_who_stops_everything(hers: App, system_app: App) -> None:
    """Of the apps of one call hers fails, and root's ends well; info goes on with the others."""
    host, folder = hers.host, f"{hers.scope.unit_dir}/all"
    mine = {"name": hers.name, "user": "alice", "units": hers.units({"web": container("Tmpfs=/t")})}
    roots = {"name": system_app.name, "units": system_app.units({"web": container()})}
    host.ssh("cat >/root/stopper.py", text=STOPPER)
    host.ssh("systemd-run --quiet --unit=stopper python3 /root/stopper.py; sleep 0.3")
    try:
        result = system_app.scope.call("apps", apps=[mine, {**roots, "gate": {"stable": 0}}])
    finally:
        host.ssh("systemctl stop stopper; rm /root/stopper.py; pkill -KILL -u alice -r T || true")
    _tells(result, "user alice", "stopped by a signal")
    assert [app["failed"] for app in result["apps"]] == [True, False]
    assert system_app.runs("web")

    hers.scope.ssh(f"ln -s / {folder}")
    try:
        _tells(hers.deploy({"web": container("Tmpfs=/t")}), folder, "generator")
        info = system_app.scope.call("info").ok()
        _tells(info, folder, hers.name)
    finally:
        hers.scope.ssh(f"rm {folder}")
    assert system_app.name in {app["name"] for app in info["apps"]}
    assert {error["app"] for error in info["errors"]} >= {hers.name}
