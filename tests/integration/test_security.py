"""A user of the host gains nothing from root's deployments into the user's tree.

What alice plants, she plants as herself; root then deploys for her.
"""

from __future__ import annotations

import json
import typing as t

import pytest

from tests.integration.support.apps import App, Result, Scope, container
from tests.integration.support.hosts import Host

SECRET = "only root may read this"
TRAP = "/srv/quadlet-tests"
UNITS = {"web": container("Volume=./conf:/conf:ro")}
FILES = {"conf/a.conf": "one\n"}


@pytest.fixture
def trap(host: Host) -> t.Iterator[str]:
    """A place of root's: alice can see the directory, and read nothing in it."""
    host.ssh(f"rm -rf {TRAP} && install -d -m 755 {TRAP}")
    host.write(f"{TRAP}/secret", f"{SECRET}\n", mode="0600")
    host.write(f"{TRAP}/a.conf", f"{SECRET}\n", mode="0600")
    host.ssh(f"install -d -m 700 {TRAP}/closed && echo {SECRET} > {TRAP}/closed/a.conf")
    yield _look_at_trap(host)
    host.ssh(f"rm -rf {TRAP}")


def _look_at_trap(host: Host) -> str:
    return host.ssh(f"cd {TRAP} && find . -printf '%p %m %u %y ' -type f -exec sha256sum {{}} \\;")


@pytest.fixture
def hers(alice: Scope) -> t.Iterator[App]:
    """An app of alice's that is installed."""
    one = alice.app()
    one.deployed(UNITS, FILES)
    yield one
    alice.host.ssh(f"if [ -L {one.path()} ]; then rm {one.path()}; fi")
    one.remove()


def _deploy(app: App, text: str = "two\n") -> Result:
    result = app.deploy(UNITS, {"conf/a.conf": text}, arguments=["--diff"])
    assert SECRET not in json.dumps(result), "root has read it for her"
    return result


def _nothing_gained(app: App, before: str) -> None:
    assert _look_at_trap(app.host) == before


def test_a_link_in_place_of_the_apps_directory(hers: App, trap: str) -> None:
    hers.scope.ssh(f"sh -c 'rm -r {hers.path()} && ln -s {TRAP} {hers.path()}'")
    message = _deploy(hers).refused()
    assert hers.path() in message
    assert "link" in message
    _nothing_gained(hers, trap)


@pytest.mark.parametrize("target", ["secret", "closed/a.conf", "new"])
def test_a_link_in_place_of_a_file(hers: App, trap: str, target: str) -> None:
    hers.scope.ssh(f"ln -sf {TRAP}/{target} {hers.path('conf/a.conf')}")
    _deploy(hers)
    _nothing_gained(hers, trap)


def test_a_link_in_place_of_a_unit(hers: App, trap: str) -> None:
    hers.scope.ssh(f"ln -sf {TRAP}/secret {hers.path(hers.unit('web'))}")
    _deploy(hers)
    _nothing_gained(hers, trap)


@pytest.mark.parametrize("target", ["", "/closed"])
def test_a_link_in_place_of_a_directory_of_files(hers: App, trap: str, target: str) -> None:
    folder = hers.path("conf")
    hers.scope.ssh(f"sh -c 'rm -r {folder} && ln -s {TRAP}{target} {folder}'")
    result = _deploy(hers)
    _nothing_gained(hers, trap)
    if result.failed:
        assert folder in result.refused()


def test_a_link_in_place_of_the_record(hers: App, trap: str) -> None:
    record = f"{hers.scope.state_dir}/apps/{hers.name}.json"
    kept = hers.scope.ssh(f"cat {record}")
    hers.scope.ssh(f"ln -sf {TRAP}/secret {record}")
    _deploy(hers)
    _nothing_gained(hers, trap)
    hers.scope.ssh(f"rm -f {record}")
    hers.host.write(record, kept, owner="alice", mode="0600")


def test_a_link_in_place_of_the_state_directory(hers: App, trap: str) -> None:
    state = hers.scope.state_dir
    hers.scope.ssh(f"sh -c 'mv {state} {state}.kept && ln -s {TRAP} {state}'")
    try:
        _deploy(hers)
        _nothing_gained(hers, trap)
    finally:
        hers.scope.ssh(f"sh -c 'rm {state} && mv {state}.kept {state}'")


def test_a_record_that_claims_files_of_roots(hers: App, trap: str) -> None:
    """absent deletes what the record names: as alice, and only inside of the app."""
    record = f"{hers.scope.state_dir}/apps/{hers.name}.json"
    data = json.loads(hers.scope.ssh(f"cat {record}"))
    hers.scope.ssh("sh -c 'echo mine > /home/alice/mine.txt'")
    depth = "../" * (hers.path().count("/") + 1)
    for path in (f"{depth}{TRAP[1:]}/secret", "../../../../mine.txt"):
        data["files"][path] = next(iter(data["files"].values()))
    hers.host.write(record, json.dumps(data), owner="alice", mode="0600")
    hers.run(state="absent")
    _nothing_gained(hers, trap)
    hers.host.ssh(f"rm -f {record}")


def test_a_record_of_rubbish_is_an_error(hers: App) -> None:
    record = f"{hers.scope.state_dir}/apps/{hers.name}.json"
    hers.host.write(record, "{not json", owner="alice", mode="0600")
    before = hers.ids("web")
    message = _deploy(hers).refused()
    assert record in message
    assert hers.ids("web") == before
    hers.host.ssh(f"rm {record}")


@pytest.mark.parametrize("target", [TRAP, f"{TRAP}/closed"])
def test_a_link_in_place_of_the_unit_directory(alice: Scope, trap: str, target: str) -> None:
    app, top = alice.app(), alice.unit_dir
    alice.ssh(f"sh -c 'mkdir -p {top} && mv {top} {top}.kept && ln -s {target} {top}'")
    try:
        assert top in _deploy(app).refused()
        _nothing_gained(app, trap)
    finally:
        alice.ssh(f"sh -c 'rm {top} && mv {top}.kept {top}'")


def test_her_own_linked_unit_directory_works(host: Host, bob: Scope) -> None:
    host.ssh("loginctl enable-linger bob")
    host.wait("test -S /run/user/1001/bus")
    bob.ssh("mkdir -p /home/bob/dotfiles/quadlets /home/bob/.config/containers")
    bob.ssh(f"ln -s /home/bob/dotfiles/quadlets {bob.unit_dir}")
    app = bob.app()
    try:
        app.deployed(UNITS, FILES)
        assert app.runs("web")
        assert host.exists(f"/home/bob/dotfiles/quadlets/{app.name}/{app.unit('web')}")
        assert not app.deployed(UNITS, FILES).changed
        app.deployed(UNITS, {"conf/a.conf": "two\n"})
        assert app.inside("web", "cat /conf/a.conf") == "two"
        app.run(state="absent").ok()
        assert app.states("web")["web"] == "not-found inactive"
        assert host.ssh(f"readlink {bob.unit_dir}") == "/home/bob/dotfiles/quadlets"
    finally:
        app.remove()
        host.ssh("rm -rf /home/bob/dotfiles")


@pytest.mark.scope("alice")
def test_a_unit_that_was_broken_before_is_a_warning(app: App) -> None:
    scope = app.scope
    broken = f"{scope.unit_dir}/broken/broken.container"
    app.host.write(broken, "[Container]\nNonsense=1\n", owner=scope.owner)
    try:
        result = app.deployed({"web": container()})
        assert "broken.container" in result.warned
        assert app.runs("web")
    finally:
        app.host.ssh(f"rm -r {scope.unit_dir}/broken")


@pytest.mark.scope("system")
def test_a_unit_of_another_app_that_would_break_is_fatal(app: App) -> None:
    units = {"web": container(), "net.network": "[Network]\n"}
    app.deployed(units)
    other = app.scope.app()
    try:
        other.deployed({"user": container(f"Network={app.name}-net.network")})
        before = app.host.look()
        message = app.deploy({"web": container()}).refused()
        assert other.unit("user") in message
        assert app.host.look() == before
        message = app.run(state="absent").refused()
        assert other.unit("user") in message
        assert app.host.look() == before
    finally:
        other.remove()


@pytest.mark.scope("system")
def test_a_directory_that_the_users_generator_cannot_read(app: App) -> None:
    """Someone's unreadable file costs its own directory, not this app."""
    scope = app.scope
    app.host.write(f"{scope.unit_dir}/closed/closed.container", container(), mode="0000")
    try:
        app.deployed({"web": container()})
        assert app.runs("web")
    finally:
        app.host.ssh(f"rm -r {scope.unit_dir}/closed")
