"""Roles and modules on a host, by the oldest ansible-core that is supported and by the newest.

Others: support/cores.py.
"""

from __future__ import annotations

import ast
import json
import pathlib
import re
import subprocess
import typing as t

import pytest

from tests.integration.support.apps import WEB, Scope, container
from tests.integration.support.cores import CORES, environment, find_venv, read_version
from tests.integration.support.hosts import IMAGE
from tests.integration.support.playbooks import ROOT

NEEDLE = "b0bbin-\"quoted\" of 'two' cores"
USER = "core"
HERE = {"user": USER}
UNIT = {"Container": {"Image": IMAGE, "Exec": ["sleep", "infinity"], "StopSignal": "SIGKILL"}}
PRINTS = container("Secret=pw", exec_="sh -c 'cat /run/secrets/pw; exit 3'")
APP = {
    "name": "coreweb",
    **HERE,
    "units": {"coreweb.container": container(exec_=WEB.replace("/www", "/tmp"))},
    "gate": {"stable": 0.2},
}


def _imports() -> set[tuple[str, str]]:
    """(module, name) of all that the collection takes from Ansible."""
    found = set()
    for path in [*ROOT.glob("plugins/**/*.py"), *ROOT.glob("roles/**/*.py")]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and not node.level:
                found |= {(node.module or "", alias.name) for alias in node.names}
            elif isinstance(node, ast.Import):
                found |= {(alias.name, "") for alias in node.names}
    return {(module, name) for module, name in found if module.split(".")[0] == "ansible"}


@pytest.mark.parametrize("core", CORES)
def test_every_import_of_ansible_is_there(core: str) -> None:
    names = sorted(_imports())
    assert len(names) > 8
    lines = [
        f"from {module} import {name}" if name else f"import {module}" for module, name in names
    ]
    code = "\n".join(lines)
    subprocess.run([find_venv(core) / "bin/python", "-W", "error", "-c", code], check=True)


STACK = {
    "src": str(ROOT / "tests/integration/stacks/proxy"),
    "dest": "/tmp/quadlet.fleet.none",
    "env": {"REGISTRY": "registry.test:5000"},
}
EVIL = "{{ lookup('pipe', 'touch ' ~ evil) }}{% set x = 1 %}"
COMPOSE = json.dumps({"services": {"evil": {
    "image": IMAGE,
    "command": ["echo", EVIL],
    "environment": {"A": EVIL},
    "labels": {EVIL: EVIL},
}}})  # fmt: skip


def _convert() -> dict[str, t.Any]:
    return {"name": "convert", "check_mode": True, "quadlet.fleet.convert": STACK}


def _hostile() -> list[dict[str, t.Any]]:
    """Nothing of a Compose file becomes a template, however often it is looked at."""
    made = "{{ compose | quadlet.fleet.from_compose(name='coreevil', scope='user', app=true) }}"
    options = {"name": "coreevil", "units": "{{ evil_app.units }}", **HERE}
    path = f"/home/{USER}/.config/containers/systemd/coreevil/evil.container"
    return [
        {"name": "evil", "ansible.builtin.set_fact": {"evil_app": made}},
        {"name": "evil", "ansible.builtin.set_fact": {"evil_app": "{{ evil_app }}"}},
        {"name": "evil", "quadlet.fleet.app": {**options, "state": "present"}},
        {"name": "evil", "ansible.builtin.command": {"argv": ["grep", "-c", "lookup('pipe'", path]},
         "register": "grep", "changed_when": False, "failed_when": "grep.stdout != '3'"},
        {"name": "evil", "quadlet.fleet.app": {"name": "coreevil", **HERE, "state": "absent"}},
    ]  # fmt: skip


def _tasks() -> list[dict[str, t.Any]]:
    """Every module, as a user's."""
    failing = {"name": "corebad", **HERE, "units": {"corebad.container": PRINTS}}
    calls: list[tuple[str, dict[str, t.Any]]] = [
        ("preflight", {"min_free": "1 MB", "users": [USER]}),
        ("users", {"users": [{"name": USER}]}),
        ("linger", HERE),
        ("app", {**APP, "state": "restarted", "gate": {"stable": 4}}),
        ("apps", {"apps": [APP], **HERE}),
        ("unit", {"name": "coreunit.container", **HERE, "state": "present", "sections": UNIT}),
        ("validate", {"name": "coreweb", **HERE}),
        ("reload", HERE),
        ("gate", {"apps": [{"name": "coreweb"}], **HERE}),
        ("secret", {"name": "core", **HERE, "value": "{{ needle }}"}),
        ("secret", {"name": "core", **HERE, "state": "absent"}),
        ("lint", {"src": str(ROOT / "tests/demo")}),
        ("info", HERE),
        ("discover", HERE),
        ("app", {**failing, "secrets": {"pw": "{{ needle }}"}}),
        ("app", {"name": "coreunit", **HERE, "state": "absent"}),
        ("app", {"name": "coreweb", **HERE, "state": "absent"}),
    ]
    tasks: list[dict[str, t.Any]] = [_convert(), *_hostile()]
    for module, options in calls:
        task = {"name": module, f"quadlet.fleet.{module}": options}
        tasks.append({**task, "failed_when": False} if module == "lint" else task)
        if options.get("name") == "corebad":
            tasks[-1].update(
                register="bad", failed_when="bad is success or 'corebad' not in bad.msg"
            )
    return tasks


def _playbook() -> list[dict[str, t.Any]]:
    play = {"hosts": "all", "gather_facts": False}
    host = {"role": "quadlet.fleet.host", "quadlet_host_users": [{"name": USER}]}
    parts = ("site", "rollout", "status")
    return [
        {**play, "roles": [host]},
        *({"ansible.builtin.import_playbook": f"quadlet.fleet.{name}"} for name in parts),
        {**play, "tasks": _tasks()},
    ]


WATCHED = {
    "ANSIBLE_CALLBACKS_ENABLED": "quadlet.fleet.progress",
    "QUADLET_PROGRESS_INTERVAL": "1",
}


@pytest.mark.parametrize("core", CORES)
def test_roles_and_modules(core: str, system: Scope, tmp_path: pathlib.Path) -> None:
    playbook, variables = tmp_path / "all.yml", tmp_path / "vars.yml"
    playbook.write_text(json.dumps(_playbook()))
    evil = tmp_path / "evil"
    given = {
        "needle": {"__ansible_unsafe": NEEDLE},
        "quadlet_deploy_apps": [APP],
        "compose": {"__ansible_unsafe": COMPOSE},
        "evil": str(evil),
        "quadlet_status_dest": str(tmp_path / "status"),
    }
    variables.write_text(json.dumps(given))
    argv = [find_venv(core) / "bin/ansible-playbook", "-vvv", "--diff", "-i", system.host.inventory]
    try:
        done = subprocess.run(
            [*argv, "-e", f"@{variables}", playbook],
            cwd=ROOT,
            env={**environment(core), **WATCHED},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=300,
            check=False,
        )
    finally:
        system.host.ssh(
            f"loginctl disable-linger {USER}; loginctl terminate-user {USER}; "
            f"for n in 1 2 3 4 5 6 7 8 9; do userdel -r {USER} && break; sleep 0.5; done;"
            f"! id {USER} 2>/dev/null"
        )
    assert done.returncode == 0, done.stdout[-6000:]
    assert not evil.exists()
    assert (tmp_path / "status/index.html").is_file()
    assert "failed=0" in done.stdout
    assert "DEPRECATION" not in done.stdout, done.stdout
    assert "b0bbin" not in done.stdout
    assert "********" in done.stdout
    told = r"^progress: \S+: coreweb \(core\): gate \d s, stable time of 4 s: coreweb.service$"
    assert re.search(told, done.stdout, re.MULTILINE), done.stdout[-6000:]
    for trouble in ("Failure using method", "Callback dispatch", "Failed to load callback"):
        assert trouble not in done.stdout, done.stdout


WAITING_ACTION = """
from ansible_collections.quadlet.fleet.plugins.plugin_utils._engine.action import EngineAction

class ActionModule(EngineAction):
    tells = True
"""
WAITING_MODULE = """
import time
from ansible.module_utils.basic import AnsibleModule
from ansible_collections.quadlet.fleet.plugins.module_utils._host import progress
from ansible_collections.quadlet.fleet.plugins.module_utils._host.progress_file import telling

def work():
    with progress.of_app("shop", None):
        progress.enter("start")
        progress.tell("start", [module.params["name"] + "-hunter2.service"], 1, 2)
        time.sleep(5)
    return {"told": progress.is_on()}

options = {"_engine": {"type": "dict"}, "name": {}, "password": {"no_log": True}}
module = AnsibleModule(options)
token = module.params["_engine"].get("progress")
module.exit_json(token=bool(token), **telling(token, module.no_log_values, work)())
"""


def _watch_locally(core: str, folder: pathlib.Path) -> subprocess.Popen[str]:
    venv = find_venv(core)
    words = ["-i", "a,b,c", "-c", "local", "-e", f"ansible_python_interpreter={venv}/bin/python"]
    return subprocess.Popen(
        [venv / "bin/ansible-playbook", *words, folder / "play.yml"],
        cwd=ROOT,
        env={**environment(core), **WATCHED, "QUADLET_PROGRESS_INTERVAL": "1.5"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def test_progress_without_a_host(tmp_path: pathlib.Path) -> None:
    """Over local connections, of hosts at once, and hidden where the task is."""
    for name, text in {"action_plugins": WAITING_ACTION, "library": WAITING_MODULE}.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "waits.py").write_text(text)
    options = {"name": "{{ inventory_hostname }}", "password": "hunter2"}
    task = {"name": "Wait", "waits": options, "no_log": "{{ inventory_hostname == 'c' }}"}
    play = {"hosts": "all", "gather_facts": False, "tasks": [task]}
    (tmp_path / "play.yml").write_text(json.dumps([play]))
    runs = [_watch_locally(core, tmp_path) for core in CORES]
    outputs = [run.communicate(timeout=120)[0] for run in runs]
    assert not any(run.returncode for run in runs), outputs
    for output in outputs:
        for name in "ab":
            told = (
                rf"^progress: .*{name}: shop: start \d s, 1 of 2 up, waits for {name}-\*+.service$"
            )
            assert re.search(told, output, re.MULTILINE), output
        assert re.search(r"^progress: .*c: waits: runs ", output, re.MULTILINE), output
        assert "c-" not in output
        assert "hunter2" not in output


CRASH = container(exec_="sh -c 'echo why it ends; exit 3'")
MOST = {"a task alone": 34, "its result is registered": 110, "the role": 40}
"""The most lines that a failed deployment of three units may print, in YAML."""
OF_THE_HOST = "Failed to read pids.max"
"""What systemd says of a test host's control groups, in the journal of whichever unit stops."""

WAYS = [(core, way) for core in CORES for way in MOST if core != "oldest" or "reg" not in way]


def _failing(way: str) -> list[dict[str, t.Any]]:
    units = {
        "corebad.container": CRASH,
        "coreon.container": container(more="\n[Unit]\nBindsTo=corebad.service\n"),
        "corebad.volume": "[Volume]\n",
    }
    app = {"name": "corebad", "units": units}
    play: dict[str, t.Any] = {"hosts": "all", "gather_facts": False}
    if way == "the role":
        apps = {"quadlet_deploy_apps": [app], "quadlet_deploy_undeclared": "ignore"}
        return [{**play, "vars": apps, "roles": ["quadlet.fleet.deploy"]}]
    task: dict[str, t.Any] = {"name": "app", "quadlet.fleet.app": app}
    if way == "its result is registered":
        task["register"] = "deployed"
    return [{**play, "tasks": [task]}]


@pytest.mark.parametrize(("core", "way"), WAYS)
def test_one_cause_is_told_once(core: str, way: str, system: Scope, tmp_path: pathlib.Path) -> None:
    """By the default callback: once in words, and in data only where somebody reads them."""
    playbook = tmp_path / "bad.yml"
    playbook.write_text(json.dumps(_failing(way)))
    done = subprocess.run(
        [find_venv(core) / "bin/ansible-playbook", "-i", system.host.inventory, playbook],
        cwd=ROOT,
        env=environment(core),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 2, done.stderr
    text = done.stdout + done.stderr
    by_ansible = read_version(core) >= (2, 19)  # it repeats msg as an error
    in_data = "registered" in way
    assert text.count("why it ends") == 1 + in_data + by_ansible, text
    assert text.count("exited, code=exited, status=3") == in_data, text
    assert ("journal" in text) is in_data, text
    assert "missing-restart" not in text
    said = [line for line in text.splitlines() if OF_THE_HOST not in line]
    assert len(said) <= MOST[way], text


def test_every_module_is_tried() -> None:
    tried = {key for task in _tasks() for key in task if key.startswith("quadlet.fleet.")}
    there = {f"quadlet.fleet.{path.stem}" for path in ROOT.glob("plugins/modules/*.py")}
    by_playbooks = {"quadlet.fleet.rollout", "quadlet.fleet.status"}
    assert there - tried == by_playbooks
