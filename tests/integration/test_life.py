"""The life of an app, by any ansible-core, Podman and managed Python: `./test --matrix` runs it.

Deployed, left alone, changed, broken and restored, looked at, removed: each step is a task of one
play, and asserts what it returned.
"""

from __future__ import annotations

import json
import pathlib
import subprocess
import typing as t

import pytest

from tests.integration.support.apps import WEB, Scope, container
from tests.integration.support.cores import CORES, environment, find_venv
from tests.integration.support.hosts import Host
from tests.integration.support.playbooks import ROOT

pytestmark = pytest.mark.matrix

Task = dict[str, t.Any]
PORTS = {"system": 17991, "alice": 17992}
"""One each: Podman 6.1 has refused to root what a user had published a minute before."""
BROKEN = container(exec_="/no/such/program")  # it fails at once, however busy the machine is
FILES = {"life.volume": "[Volume]\n", "life.network": "[Network]\n"}


def _app(page: str, port: int, **web: str) -> dict[str, t.Any]:
    """The app's options: a web server that shows a page, an idle container, and what they use."""
    serves = container("Volume=./page:/www:ro", f"PublishPort={port}:8080", exec_=WEB)
    idle = container("Volume=life.volume:/data", "Network=life.network")
    units = {"life-web.container": web.get("web", serves), "life-idle.container": idle, **FILES}
    return {"units": units, "files": {"page/index.html": page}, "gate": {"stable": 0.5}}


def _step(
    module: str, options: t.Mapping[str, t.Any], *right: str, fails: bool = False
) -> list[Task]:
    """A call of a module, and what it must have returned."""
    call: Task = {"name": "call", f"quadlet.fleet.{module}": dict(options), "register": "it"}
    if fails:
        call["failed_when"] = "it is success"
    return [call, {"name": "assert", "ansible.builtin.assert": {"that": [*right]}}]


def _page(text: str, port: int) -> Task:
    """The web server answers with this page."""
    ask = {"url": f"http://127.0.0.1:{port}/", "return_content": True}
    wrong = f"page.content | trim != '{text}'"
    return {"name": text, "ansible.builtin.uri": ask, "register": "page", "failed_when": wrong}


def _actions(**expected: str) -> str:
    """The plan has these actions, and no other."""
    rows = {f"life-{name}.service": action for name, action in expected.items()}
    return (
        "it.plan | selectattr('service') | rejectattr('action', 'equalto', 'none')"
        f" | items2dict(key_name='service', value_name='action') == {rows}"
    )


def _tasks(scope: t.Mapping[str, t.Any]) -> list[Task]:
    port = PORTS[scope.get("user", "system")]
    name = {"name": "life", **scope}
    up = "it.services.values() | map(attribute='active') | unique == ['active']"
    ours = "it.apps | selectattr('name', 'equalto', 'life')"
    return [
        *_step("app", {**name, **_app("one", port)}, "it is changed", up, "it.generation == 1"),
        _page("one", port),
        *_step("app", {**name, **_app("one", port)}, "it is not changed", up),
        *_step("app", {**name, **_app("two", port)}, "it is changed", up, _actions(web="restart")),
        _page("two", port),
        *_step("app", {**name, **_app("three", port, web=BROKEN)}, "it.rolled_back", fails=True),
        _page("two", port),
        *_step("app", {**name, **_app("two", port)}, "it is not changed", up),
        *_step("info", scope, f"({ours}) | length == 1", f"({ours} | first).drift == []"),
        *_step("app", {**name, "state": "rolled_back"}, "it is changed", up),
        _page("one", port),
        *_step("app", {**name, "state": "absent"}, "it is changed"),
        *_step("app", {**name, "state": "absent"}, "it is not changed"),
        *_step("info", scope, f"({ours}) | length == 0"),
    ]


@pytest.fixture(scope="module", autouse=True)
def _versions(host: Host, record_testsuite_property: t.Callable[[str, object], None]) -> None:
    """The report says on what it was."""
    for name, command in {"Podman": "podman", "managed Python": host.python}.items():
        record_testsuite_property(name, host.ssh(f"{command} --version").split()[-1])


@pytest.mark.parametrize("core", CORES)
def test_the_life_of_an_app(core: str, scope: Scope, tmp_path: pathlib.Path) -> None:
    playbook = tmp_path / "life.yml"
    play = {"hosts": "all", "gather_facts": False, "tasks": _tasks(scope.options)}
    playbook.write_text(json.dumps([play]))
    try:
        done = subprocess.run(
            [find_venv(core) / "bin/ansible-playbook", "-i", scope.host.inventory, playbook],
            cwd=ROOT,
            env=environment(core),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=300,
            check=False,
        )
    finally:
        scope.app("life").remove()
    assert done.returncode == 0, done.stdout[-6000:]
    assert f"ok={len(_tasks(scope.options))} " in done.stdout, done.stdout[-6000:]
    assert "DEPRECATION" not in done.stdout, done.stdout
