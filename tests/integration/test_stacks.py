"""Whole Compose files, converted and deployed as a user does it, and what they answer."""

from __future__ import annotations

import json
import pathlib
import typing as t

import pytest

from tests.integration.support.apps import Scope, next_port, system_scope, user_scope
from tests.integration.support.hosts import Fleet
from tests.integration.support.playbooks import ROOT, Playbooks, Run

STACKS = ("blog", "photos", "proxy")
SOURCES = ROOT / "tests/integration/stacks"
ANSWERS = {
    "blog": {
        "title": '50 % "off" for $5',
        "greeting": "hello there",
        "database": "N",
        "visits": None,
    },
    "photos": ["holidays", "token-of-the-photos", '{"size": 100}'],
    "proxy": ["one", "two"],
}


@pytest.fixture(params=["5.4", "6.1"])
def release(request: pytest.FixtureRequest) -> str:
    """The release of Podman."""
    return str(request.param)


@pytest.fixture
def place(scope: Scope, fleet: Fleet, playbooks: Playbooks, release: str) -> Scope:
    """That scope of a host with the release."""
    make = {"system": system_scope, "alice": user_scope}[scope.name]
    return make(fleet.get(release), playbooks)


def _convert(folder: pathlib.Path, place: Scope, ports: t.Mapping[str, int]) -> Run:
    tasks = [
        {
            "name": stack,
            "quadlet.fleet.convert": {
                "src": str(SOURCES / stack),
                "dest": str(folder / stack),
                "user": place.options.get("user", "root"),
                "values": True,
                "level": "dropped",
                "env": {"REGISTRY": "registry.test:5000", "PORT": port},
            },
        }
        for stack, port in ports.items()
    ]
    play = {"hosts": "all", "gather_facts": False, "tasks": tasks}
    return place.playbooks.run([play], place.host.inventory)


def _deploy(folder: pathlib.Path, place: Scope) -> list[bool]:
    """Runs the playbooks that were written; whether each of them changed something."""
    plays = [
        {"ansible.builtin.import_playbook": f"{folder}/{stack}/deploy.yml"} for stack in STACKS
    ]
    values = [f"-e@{path}" for path in sorted(folder.glob("*/values.yml"))]
    run = place.playbooks.run(plays, place.host.inventory, arguments=values)
    assert run.status == 0, run.output
    return [result.data["changed"] for result in run.results]


def _look(place: Scope, ports: t.Mapping[str, int]) -> dict[str, t.Any]:
    """What the stacks answer."""
    photos, proxy = ports["photos"], ports["proxy"]
    fetch = place.host.fetch
    return {
        "blog": {**json.loads(fetch(ports["blog"])), "visits": None},
        "photos": [fetch(photos, f"/{path}") for path in ("album/", "token.txt", "settings.txt")],
        "proxy": [fetch(proxy, "/one/"), fetch(proxy, "/two/")],
    }


@pytest.mark.scope("alice", system=["6.1"])
def test_whole_stacks(place: Scope, tmp_path: pathlib.Path) -> None:
    """They answer by HTTP; a second conversion and a second deployment change nothing."""
    ports = {stack: next_port() for stack in STACKS}
    for changed in (True, False):
        run = _convert(tmp_path, place, ports)
        assert [result.data["changed"] for result in run.results] == [changed] * 3, run.output
    try:
        assert _deploy(tmp_path, place) == [True] * 3
        assert _look(place, ports) == ANSWERS
        assert _deploy(tmp_path, place) == [False] * 3
    finally:
        apps = [{"name": stack, "state": "absent"} for stack in STACKS]
        place.call("apps", apps=apps).ok()
        place.ssh("podman volume rm --force blog_data blog_cache-data photos_photos")
