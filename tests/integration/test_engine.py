"""The engine on a host: sent once, kept by whom it serves, and never another one's."""

from __future__ import annotations

import json
import os
import pathlib
import sys
import typing as t

import pytest

from ansible_collections.quadlet.fleet.plugins.module_utils._module import kept_engine
from ansible_collections.quadlet.fleet.plugins.plugin_utils._engine import sources
from tests.integration.support.apps import App, Result, Scope, container
from tests.integration.support.playbooks import Run
from tests.integration.test_connection import logging_ssh

SYSTEM = "/var/lib/quadlet.fleet/engine"
ALICE = "/home/alice/.local/state/quadlet.fleet/engine"
MARK = "/run/planted"
AS_ALICE = {"ansible_become": True, "ansible_become_user": "alice"}
NO_PIPELINING = {"ansible_pipelining": False}


class Calls(t.NamedTuple):
    """Calls of modules on a host, and the ssh commands of each."""

    scope: Scope
    variables: dict[str, t.Any]
    log: pathlib.Path

    def make(self, *arguments: str, **variables: t.Any) -> tuple[Result, int]:
        """One call that looks at what is deployed; how many commands it took."""
        self.log.write_text("")
        given = {**self.variables, **variables}
        result = self.scope.call("info", arguments, given, apps=["none"]).ok()
        assert not set(result) & {"_engine", "warnings", "deprecations"}
        assert result["apps"] == []
        address = self.scope.host.address
        return result, sum(address in line for line in self.log.read_text().splitlines())


@pytest.fixture
def calls(system: Scope, work_folder: pathlib.Path, tmp_path: pathlib.Path) -> t.Iterator[Calls]:
    """Calls on a host that keeps no engine yet, and none of what a test has planted afterwards."""
    forget = f"rm -rf {SYSTEM} {ALICE} {MARK}"
    system.host.ssh(forget)
    wrapper, log = logging_ssh(tmp_path)
    sockets = work_folder / "engine"
    variables = {"ansible_ssh_executable": str(wrapper), "ansible_control_path_dir": str(sockets)}
    yield Calls(system, variables, log)
    system.host.ssh(forget)


def listing(scope: Scope, folder: str) -> list[str]:
    """What is in a directory: owner, mode, time and name."""
    found = scope.host.ssh(
        f"find {folder} -mindepth 1 -printf '%u %m %T@ %f\\n' 2>/dev/null || true"
    )
    return found.splitlines()


def temporary(scope: Scope) -> set[str]:
    """Ansible's directories for the files of a call, those that calls of other tests left too."""
    homes = "/root/.ansible/tmp /home/alice/.ansible/tmp"
    return set(scope.host.ssh(f"find {homes} -name 'ansible-tmp*' 2>/dev/null || true").split())


@pytest.mark.parametrize(
    ("variables", "folder", "owner"),
    [({}, SYSTEM, "root"), (AS_ALICE, ALICE, "alice")],
    ids=["root", "become a user"],
)
def test_it_is_sent_once(
    calls: Calls, variables: dict[str, t.Any], folder: str, owner: str
) -> None:
    assert calls.make(**variables)[1] == 2
    [kept] = listing(calls.scope, folder)
    assert kept.startswith(f"{owner} 600 ")
    assert f" {sources.digest()}.cpython-" in kept
    assert calls.make(**variables)[1] == 1
    assert listing(calls.scope, folder) == [kept]
    other = ALICE if folder == SYSTEM else SYSTEM
    assert not calls.scope.host.exists(other)


@pytest.mark.parametrize("more", [{}, AS_ALICE], ids=["root", "become a user"])
def test_without_pipelining(calls: Calls, more: dict[str, t.Any]) -> None:
    """Each run of the module takes several commands then; the second call has fewer of them."""
    before = temporary(calls.scope)
    _result, first = calls.make(**NO_PIPELINING, **more)
    _result, second = calls.make(**NO_PIPELINING, **more)
    assert 1 < second < first
    assert temporary(calls.scope) - before == set()


def test_check_mode_leaves_nothing(calls: Calls) -> None:
    for _turn in range(2):
        assert calls.make("--check")[1] == 2
        assert not calls.scope.host.exists(SYSTEM)
    calls.make()
    kept = listing(calls.scope, SYSTEM)
    assert calls.make("--check")[1] == 1
    assert listing(calls.scope, SYSTEM) == kept != []


def test_where_it_cannot_be_kept_the_run_is_none_the_worse(calls: Calls) -> None:
    calls.scope.host.ssh(f"mkdir -p {SYSTEM} && mount -t tmpfs -o ro none {SYSTEM}")
    try:
        assert [calls.make()[1] for _turn in range(2)] == [2, 2]
    finally:
        calls.scope.host.ssh(f"umount {SYSTEM}")


def test_with_async_it_comes_at_once(calls: Calls) -> None:
    task = {"quadlet.fleet.info": {"apps": ["none"]}, "async": 60, "poll": 1}
    play = {"hosts": "all", "gather_facts": False, "tasks": [task]}
    for _turn in range(2):
        run = calls.scope.playbooks.run([play], calls.scope.host.inventory)
        assert Result(run.only()).ok()["apps"] == []
        assert len(listing(calls.scope, SYSTEM)) == 1


def test_over_the_local_connection(calls: Calls, tmp_path: pathlib.Path) -> None:
    """In check mode, so that this machine stays as it is; a name that is refused by the engine."""
    task = {"quadlet.fleet.app": {"name": "users"}, "check_mode": True}
    inventory = tmp_path / "local.json"
    here = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
    hosts = {"localhost": here}
    inventory.write_text(json.dumps({"all": {"hosts": hosts}}))
    play = {"hosts": "all", "gather_facts": False, "tasks": [task]}
    run = calls.scope.playbooks.run([play], inventory)
    assert "'users' can't be an app's name" in Result(run.only()).refused()


PLANT = """
import importlib.util, os, sys
spec = importlib.util.spec_from_file_location("engine._module.kept_engine", sys.argv[1])
kept = importlib.util.module_from_spec(spec)
spec.loader.exec_module(kept)
kept.PACKAGE = sys.argv[4]
codes = kept.compile_engine({
    f"_module/{name}.py": "def run(module): open(" + repr(sys.argv[5]) + ", 'w')" for name in
    ("info", "app", "base")
})
os.makedirs(sys.argv[2], exist_ok=True)
path = sys.argv[2] + "/" + kept.name_file(sys.argv[3])
with open(path, "wb") as stream:
    stream.write(kept.dump_engine(sys.argv[3], codes))
os.chmod(path, 0o600)
"""


def plant(scope: Scope, folder: str) -> None:
    """An engine of somebody's own making, with the digest of ours, as alice writes it."""
    scope.host.write("/srv/plant.py", PLANT)
    scope.host.write("/srv/kept_engine.py", pathlib.Path(kept_engine.__file__).read_text())
    words = ["/srv/kept_engine.py", folder, sources.digest(), kept_engine.PACKAGE, MARK]
    scope.host.ssh(f"umask 022 && runuser -u alice -- python3 /srv/plant.py {' '.join(words)}")


def test_what_a_user_planted_runs_for_that_user_alone(calls: Calls) -> None:
    """In alice's own directory it is hers: neither root nor bob looks there."""
    host = calls.scope.host
    plant(calls.scope, ALICE)
    calls.make(user="alice")
    bob = {"ansible_become": True, "ansible_become_user": "bob"}
    calls.make(**bob)
    assert not host.exists(MARK)
    assert [line.split()[0] for line in listing(calls.scope, SYSTEM)] == ["root"]


@pytest.mark.parametrize("given", ["the directory", "the one above", "a link", "a file in it"])
def test_root_runs_nothing_that_a_user_could_plant(calls: Calls, given: str) -> None:
    host, state = calls.scope.host, os.path.dirname(SYSTEM)
    host.ssh(f"mkdir -p {state} && chmod 755 {state}")
    before = host.ssh(f"stat -c '%u:%g %a' {state}")
    if given == "the directory":
        host.ssh(f"install -d -o alice {SYSTEM}")
        plant(calls.scope, SYSTEM)
    elif given == "the one above":
        host.ssh(f"chown alice {state}")
        plant(calls.scope, SYSTEM)
        host.ssh(f"chown -R root {SYSTEM}")
    elif given == "a link":
        plant(calls.scope, ALICE)
        host.ssh(f"ln -s {ALICE} {SYSTEM}")
    else:
        host.ssh(f"install -d -m 1777 {SYSTEM}")
        plant(calls.scope, SYSTEM)
    try:
        assert calls.make()[1] == 2
        assert not host.exists(MARK)
    finally:
        host.ssh(f"rm -rf {SYSTEM}; chown {before.split()[0]} {state}")


def _shown(calls: Calls, *arguments: str) -> Run:
    task = {"quadlet.fleet.app": {"name": "users"}, "ignore_errors": True}
    play = {"hosts": "all", "gather_facts": False, "tasks": [task]}
    return calls.scope.playbooks.run([play], calls.scope.host.inventory, arguments=arguments)


def test_it_is_in_no_log(calls: Calls) -> None:
    calls.scope.host.ssh("journalctl --rotate --vacuum-time=1s -q")
    run = _shown(calls, "-vvvv")
    assert "can't be an app's name" in run.only()["msg"]
    assert set(run.only()["invocation"]["module_args"]) == {"name", "user", "location", "state"}
    logged = calls.scope.host.ssh("journalctl -q -o cat --no-pager | grep Invoked")
    assert "quadlet.fleet.app" in logged or "name=users" in logged
    for text in (sources.content()[:60], sources.content()[-60:], sources.digest()):
        assert text not in run.output
        assert text not in logged


def test_an_error_about_options_does_not_name_it(system_app: App) -> None:
    told = system_app.run(nonsense=1, units=system_app.units({"web": container()}))
    assert "Supported parameters include: adopt, archives, " in told.refused()
    assert "_engine" not in json.dumps(told)
