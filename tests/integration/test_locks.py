"""Two runs at once: one waits for the other, or learns who it is."""

from __future__ import annotations

import base64
import concurrent.futures
import dataclasses
import io
import os
import pathlib
import random
import shlex
import tarfile
import time
import typing as t

import pytest

from tests.integration.support.apps import App, Result, Scope, container, user_scope
from tests.integration.support.playbooks import ROOT, Playbooks

FOLDER = "/tmp/quadlet-fleet-test"
PACKAGE = "ansible_collections/quadlet/fleet/plugins/module_utils"
HOLD = """\
import fcntl, os, sys, time
f = open(sys.argv[1], "w")
fcntl.flock(f, fcntl.LOCK_EX)
print(os.getpid(), flush=True)
time.sleep(60)
"""
ACQUIRE = """\
import os, pwd, sys
from ansible_collections.quadlet.fleet.plugins.module_utils._core.errors import QuadletError
from ansible_collections.quadlet.fleet.plugins.module_utils._host.lock import Lock
from ansible_collections.quadlet.fleet.plugins.module_utils._host.owner import Owner
try:
    Lock(Owner(pwd.getpwnam(sys.argv[1])), sys.argv[2]).acquire(timeout=0.5)
    print("taken")
except QuadletError as error:
    print(error)
"""


def _install(app: App) -> None:
    """Puts the code on the host, where the tests' user can read it too."""
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w:gz") as tar:
        for path in sorted((ROOT / "plugins" / "module_utils").rglob("*.py")):
            relative = path.relative_to(ROOT / "plugins" / "module_utils")
            tar.add(path, f"{PACKAGE}/{relative}")
    text = base64.b64encode(archive.getvalue()).decode()
    app.host.ssh(f"rm -rf {FOLDER} && mkdir {FOLDER} && base64 -d | tar -xzC {FOLDER}", text=text)


@pytest.mark.scope("alice")
def test_who_waits_in_vain_learns_who_holds_it(app: App) -> None:
    scope, host = app.scope, app.host
    _install(app)
    folder = "/run" if scope.name == "system" else scope.state_dir
    path = f"{folder}/quadlet.fleet.{app.name}.lock"
    hold = scope.command(f"python3 -c {shlex.quote(HOLD)} {path}")
    host.ssh(f"{hold} >{FOLDER}/pid 2>&1 & sleep 2")
    pid = host.read(f"{FOLDER}/pid").strip()
    try:
        said = {
            who: host.ssh(
                f"{prefix} env PYTHONPATH={FOLDER} python3 -c {shlex.quote(ACQUIRE)} "
                f"{scope.owner} {app.name}"
            )
            for who, prefix in (("root", ""), (scope.owner, scope.run_as))
        }
    finally:
        host.ssh(f"kill {pid}; rm -rf {FOLDER} {path}")
    for text in said.values():
        assert f"process {pid} of user {scope.owner} holds it and runs for " in text
        assert "python3 -c import fcntl" in text
        assert path in text


def _both(app: App, folder: pathlib.Path, *calls: t.Callable[[App], Result]) -> list[Result]:
    """Calls at the same time, each by an ansible-playbook of its own."""
    folder.mkdir()
    other = Playbooks(folder)
    ping = {"hosts": "all", "gather_facts": False, "tasks": [{"ansible.builtin.ping": {}}]}
    other.run([ping], app.host.inventory)  # so that it is as quick as the other
    twin = App(dataclasses.replace(app.scope, playbooks=other), app.name)
    try:
        with concurrent.futures.ThreadPoolExecutor() as pool:
            running = [pool.submit(call, one) for call, one in zip(calls, (app, twin))]
            return [future.result() for future in running]
    finally:
        other.close()


@pytest.mark.scope("system")
def test_two_runs_of_one_app_come_one_after_the_other(app: App, work_folder: pathlib.Path) -> None:
    slow = {"stable": 0, "probes": [{"command": ["sh", "-c", "sleep 8"]}]}

    def deploy(value: int) -> t.Callable[[App], Result]:
        units = {"web": container(f"Environment=V={value}"), "db": container()}
        return lambda one: one.deploy(units, gate=slow)

    results = _both(app, work_folder / f"two-{app.name}", deploy(1), deploy(2))
    assert all(result.ok().changed for result in results)
    waited = [result["timings"]["lock"] for result in results]
    assert max(waited) > 3 > min(waited)
    last = results[waited.index(max(waited))]
    assert sorted(result["generation"] for result in results) == [1, 2]
    assert last["generation"] == 2
    installed = app.host.read(app.path(app.unit("web")))
    assert f"V={1 + results.index(last)}\n" in installed
    assert f"V={1 + results.index(last)}" in app.inside("web", "env").split()


@pytest.mark.scope("system")
def test_two_apps_do_not_wait_for_each_others_gates(app: App, work_folder: pathlib.Path) -> None:
    slow = {"stable": 0, "probes": [{"command": ["sh", "-c", "sleep 12"]}]}
    other = app.scope.app()
    try:
        results = _both(
            app,
            work_folder / f"apart-{app.name}",
            lambda one: one.deploy({"web": container()}, gate=slow),
            lambda one: App(one.scope, other.name).deploy({"web": container()}, gate=slow),
        )
        assert all(result.ok().changed for result in results)
        assert max(result["timings"]["lock"] for result in results) < 12
        assert app.runs("web")
        assert other.runs("web")
    finally:
        other.remove()


LONG = bool(os.environ.get("QUADLET_TEST_LONG"))


@pytest.mark.parametrize("turn", range(20 if LONG else 2))
def test_two_first_runs_for_a_user_without_a_manager(
    bob: Scope, work_folder: pathlib.Path, turn: int
) -> None:
    """Whichever comes second, what it deploys is what is there: files, record and container."""
    app, offset = bob.app(), random.Random(turn).uniform(0.0, 3.0)
    gate = {"stable": 0, "timeout": 120}

    def units(value: int) -> dict[str, str]:
        return {"web": container(f"Environment=V={value}", f"Label=v={value}")}

    def deploy(value: int) -> t.Callable[[App], Result]:
        def call(one: App) -> Result:
            time.sleep(offset if value == 2 else 0.0)
            return one.deploy(units(value), gate=gate)

        return call

    try:
        results = _both(app, work_folder / f"first-{app.name}", deploy(1), deploy(2))
        assert all(result.ok().changed for result in results)
        assert sorted(result["generation"] for result in results) == [1, 2]
        winner = 1 + [result["generation"] for result in results].index(2)
        assert f"V={winner}\n" in app.host.read(app.path(app.unit("web")))
        assert f"V={winner}" in app.inside("web", "env").split()
        shown = bob.ssh(f"podman inspect -f '{{{{.Config.Labels.v}}}}' systemd-{app.name}-web")
        assert shown.strip() == str(winner)
        assert not app.deploy(units(winner), gate=gate).ok().changed
        assert app.deploy(units(3 - winner), gate=gate).ok().changed
    finally:
        app.remove()


def test_two_scopes_do_not_wait_for_each_others_gates(
    system_app: App, work_folder: pathlib.Path
) -> None:
    slow = {"stable": 0, "probes": [{"command": ["sh", "-c", "sleep 12"]}]}
    other = user_scope(system_app.host, system_app.scope.playbooks).app()
    try:
        results = _both(
            system_app,
            work_folder / f"scopes-{system_app.name}",
            lambda one: one.deploy({"web": container()}, gate=slow),
            lambda one: (
                user_scope(one.host, one.scope.playbooks)
                .app(other.name)
                .deploy({"web": container()}, gate=slow)
            ),
        )
        assert all(result.ok().changed for result in results)
        assert max(result["timings"]["lock"] for result in results) < 12
        assert system_app.runs("web")
        assert other.runs("web")
    finally:
        other.remove()
