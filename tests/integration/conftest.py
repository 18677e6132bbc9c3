"""Fixtures of the tests on real hosts: playbooks, hosts, scopes and apps."""

from __future__ import annotations

import os
import pathlib
import shutil
import tempfile
import typing as t

import pytest

from tests.integration.support.apps import App, Scope, system_scope, user_scope
from tests.integration.support.hosts import Fleet, Host
from tests.integration.support.playbooks import Playbooks

LONG = bool(os.environ.get("QUADLET_TEST_LONG"))
MATRIX = bool(os.environ.get("QUADLET_TEST_CORES"))
OTHER = {"system": "alice", "alice": "system"}


def pytest_configure(config: pytest.Config) -> None:
    """Registers the marks of these tests."""
    config.addinivalue_line(
        "markers",
        "scope(name, OTHER=[ids]): of the two scopes the test runs in this one, but for the"
        " cases with these ids, which run in the other; `./test --long` runs all in both",
    )
    config.addinivalue_line(
        "markers", "matrix: runs in rows of `./test --matrix`, and in `./test --long`"
    )
    config.addinivalue_line("markers", "whole_plays: its module calls are whole plays")


@pytest.hookimpl(tryfirst=True)  # node ids are as they are without xdist's groups
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leaves out twins, and tests of the matrix, unless they are asked for."""
    left_out = [] if LONG else [item for item in items if not _is_chosen(item)]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]


def _is_chosen(item: pytest.Item) -> bool:
    if item.get_closest_marker("matrix"):
        return MATRIX
    mark, case = item.get_closest_marker("scope"), getattr(item, "callspec", None)
    scope = case and case.params.get("scope")
    if mark is None or scope is None:
        return True
    [name] = mark.args
    # The scope is one part of the id, the case is the rest.
    rest = "-".join(part for part in case.id.split("-") if part != scope)
    return bool(scope == (OTHER[name] if rest in mark.kwargs.get(OTHER[name], ()) else name))


@pytest.fixture(scope="session")
def work_folder() -> t.Iterator[pathlib.Path]:
    """A folder with a short path: sockets lie in it."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="qf-"))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def playbooks(work_folder: pathlib.Path) -> t.Iterator[Playbooks]:
    """Runs plays."""
    runner = Playbooks(work_folder)
    yield runner
    runner.close()


@pytest.fixture(autouse=True)
def _whole_plays(request: pytest.FixtureRequest) -> t.Iterator[None]:
    """Where a test asks for it, Ansible's strategy starts a module's task, as it does for users."""
    whole = request.node.get_closest_marker("whole_plays")
    if whole:
        request.getfixturevalue("playbooks").direct = False
    yield
    if whole:
        request.getfixturevalue("playbooks").direct = True


@pytest.fixture(scope="session")
def fleet(work_folder: pathlib.Path) -> t.Iterator[Fleet]:
    """The hosts of the session."""
    hosts = Fleet(work_folder)
    yield hosts
    hosts.close()


@pytest.fixture(scope="session")
def host(fleet: Fleet) -> Host:
    """The host that most tests share; with QUADLET_TEST_PODMAN that of another release."""
    return fleet.get(os.environ.get("QUADLET_TEST_PODMAN", "5.4"))


@pytest.fixture(scope="session")
def system(host: Host, playbooks: Playbooks) -> Scope:
    """The system's manager of the shared host."""
    return system_scope(host, playbooks)


@pytest.fixture(scope="session")
def alice(host: Host, playbooks: Playbooks) -> Scope:
    """A user's manager of the shared host."""
    return user_scope(host, playbooks)


@pytest.fixture
def bob(host: Host, playbooks: Playbooks) -> t.Iterator[Scope]:
    """Another user, who before and after the test has no manager, and no units."""
    _send_home(host)
    yield user_scope(host, playbooks, "bob", 1001)
    _send_home(host)


def _send_home(host: Host) -> None:
    host.ssh("loginctl disable-linger bob; loginctl terminate-user bob 2>/dev/null || true")
    host.wait("! test -e /run/user/1001", timeout=60)
    host.ssh("rm -rf /home/bob/.config/containers/systemd /home/bob/.config/systemd")


@pytest.fixture(scope="session", params=["system", "alice"])
def scope(request: pytest.FixtureRequest, host: Host, playbooks: Playbooks) -> Scope:
    """Both kinds of scope in turn."""
    return (
        system_scope(host, playbooks) if request.param == "system" else user_scope(host, playbooks)
    )


@pytest.fixture
def app(scope: Scope) -> t.Iterator[App]:
    """An app of one test, removed after it."""
    one = scope.app()
    yield one
    one.remove()


@pytest.fixture
def system_app(system: Scope) -> t.Iterator[App]:
    """An app of a test that is about the system's scope alone."""
    one = system.app()
    yield one
    one.remove()
