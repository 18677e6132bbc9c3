"""Which images stay, and who answers for them: kinds of units, scopes, generations, other apps."""

from __future__ import annotations

import dataclasses
import importlib
import itertools
import os
import pwd
import types
import typing as t

import pytest

from ansible_collections.quadlet.fleet.plugins.module_utils._core.plan.kept_images import (
    kept_name,
    parse_kept,
)
from ansible_collections.quadlet.fleet.plugins.module_utils._core.state import records
from ansible_collections.quadlet.fleet.plugins.module_utils._core.state.generation import (
    Generation,
    ids_of,
)
from ansible_collections.quadlet.fleet.plugins.module_utils._core.state.manifest import Manifest
from ansible_collections.quadlet.fleet.plugins.module_utils._core.state.noted_images import (
    NotedImages,
    parse_noted,
    settle,
    with_pull,
)
from tests.unit.engine.support import answers
from tests.unit.engine.support.host import UTILS, Host, temporary_host
from tests.unit.engine.support.podman import Container, make_id
from tests.unit.support.generators import find_generator
from tests.unit.support.share import pick
from tests.unit.support.together import together

MakeHost = t.Callable[[str], Host]
R = "registry.test:5000"
LOCATIONS = ("system", "home", "admin")
COUNT = 3

KINDS: dict[str, t.Callable[[str], dict[str, str]]] = {
    "container": lambda image: {"shop.container": f"[Container]\nImage={image}\n"},
    "a drop-in": lambda image: {
        "shop.container": f"[Container]\nImage={R}/base:1\n",
        "shop.container.d/a.conf": f"[Container]\nImage={image}\n",
    },
    "two containers": lambda image: {
        "shop.container": f"[Container]\nImage={image}\n",
        "shop-db.container": f"[Container]\nImage={R}/base:1\n",
    },
    "image": lambda image: {
        "shop.image": f"[Image]\nImage={image}\n",
        "shop.container": "[Container]\nImage=shop.image\n",
    },
    "build": lambda image: {
        "shop.build": f"[Build]\nImageTag={image}\nSetWorkingDirectory=unit\n",
        "shop.container": "[Container]\nImage=shop.build\n",
    },
    "kube": lambda image: {"shop.kube": "[Kube]\nYaml=/etc/hosts\n# " + image + "\n"},
    "volume": lambda image: {"shop.volume": f"[Volume]\nDriver=image\nImage={image}\n"},
    "artifact": lambda image: {"shop.artifact": f"[Artifact]\nArtifact={image}\n"},
}
KEPT = {"container": 1, "a drop-in": 1, "two containers": 2}
"""Images of a generation, by kind; those of others are their services' own."""


def _scope(host: Host, location: str) -> t.Any:
    """A scope of the host by the location of its files, with the state directories of both."""
    if location == "system":
        return host.scope
    scope = host.scope
    home = f"{scope.manager.home}/.local/state/quadlet.fleet"
    if location == "home":
        return dataclasses.replace(scope, state_dir=home)
    owners = importlib.import_module(f"{UTILS}._host.owner")
    units = f"{host.top}/etc/containers/systemd/users/1000"
    return dataclasses.replace(
        scope,
        location="admin",
        files=owners.Owner(pwd.getpwuid(0)),
        unit_dir=units,
        search=((units, (4, 7)),),
        state_dir=f"{host.top}/admin/users/1000",
    )


@pytest.fixture
def newest(monkeypatch: pytest.MonkeyPatch) -> t.Iterator[MakeHost]:
    """Makes hosts with a Podman that has all kinds."""
    version = (0, "podman version 6.1.0\n", "")
    monkeypatch.setitem(answers._ANSWERS, ("podman", "--version"), lambda *_any: version)
    hosts: list[t.Any] = []

    def make(kind: str) -> Host:
        hosts.append(temporary_host(kind, find_generator("6.1").binary))
        host: Host = hosts[-1].__enter__()
        scopes = importlib.import_module(f"{UTILS}._host.scope")
        monkeypatch.setattr(scopes, "SYSTEM_STATE", f"{host.top}/admin")
        return host

    yield make
    for one in hosts:
        one.__exit__(None, None, None)


def _image(number: int, *, moves: bool) -> str:
    return f"{R}/app:{1 if moves else number}"


def _deploy(host: Host, kind: str, number: int, *, moves: bool) -> None:
    """A generation with another image: of another name, or that the name has moved to."""
    image = _image(number, moves=moves)
    host.podman.images[image] = make_id(f"{image} {number}")
    host.podman.images[f"{R}/base:1"] = make_id("base")
    units = {**KINDS[kind](image), "shop-n.network": f"[Network]\nLabel=n={number}\n"}
    ended = host.run({"name": "shop", "state": "present", "units": units})
    assert ended.result, ended.error


def _context(scope: t.Any, app: str = "shop") -> t.Any:
    return types.SimpleNamespace(
        scope=scope,
        app=types.SimpleNamespace(name=app),
        manager=types.SimpleNamespace(answers=lambda: True),
    )


PRODUCT = list(itertools.product(KINDS, LOCATIONS, (False, True)))
SHARE = PRODUCT[:: pick(long=1, usual=3, fast=40)]


@together(("kind", "location", "moves"), SHARE)
def test_images_of_the_generations_that_are_kept(
    kind: str, location: str, *, moves: bool, newest: MakeHost
) -> None:
    """Whatever is dropped: the images of the others stay, by their ids; what only dropped ones
    kept goes; what services pull or build themselves is nobody's to remove.
    """
    host = newest("system" if location == "system" else "user")
    host.scope = scope = _scope(host, location)
    for number in range(1, COUNT + 1):
        _deploy(host, kind, number, moves=moves)
    cleanup = importlib.import_module(f"{UTILS}._engine.cleanup")
    whole = _read_all(host, scope)
    assert {len(one.images) for one in whole.values()} == {KEPT.get(kind, 0)}
    saved, before = host.save(), dict(host.podman.images)
    for size in range(1, COUNT + 1):
        for dropped in itertools.combinations(range(1, COUNT + 1), size):
            host.load(saved)
            gone = [whole[number] for number in dropped]
            left = [one for number, one in whole.items() if number not in dropped]
            ended = host.do(lambda: cleanup.drop_leftovers(_context(scope), gone, left))  # noqa: B023
            assert ended.error is None
            now = host.podman.images
            assert ids_of(left) <= {*now.values()}, dropped
            kept = {ident[:12] for ident in ids_of(left)}
            assert {*parse_kept("shop", now)} == kept, dropped
            own = {n: i for n, i in before.items() if n not in map(_kept, ids_of(gone))}
            assert {n: i for n, i in now.items() if not n.startswith("localhost/quadlet")} == {
                n: i for n, i in own.items() if not n.startswith("localhost/quadlet")
            }


def _read_all(host: Host, scope: t.Any) -> dict[int, Generation]:
    engine, found = importlib.import_module(f"{UTILS}._engine.generations"), dict[int, Generation]()
    ended = host.do(lambda: found.update(engine.read_all(scope, "shop").whole) or {})
    assert ended.error is None
    return found


def _kept(ident: str) -> str:
    return kept_name("shop", ident)


def _generation(app: str, number: int, *names: str, brought: tuple[str, ...] = ()) -> Generation:
    images = {name: (make_id(name), "") for name in names}
    return Generation(app, number, 0.0, "root", (), {}, images=images, brought=brought)


NAMES = {
    "record": f"{R}/of-record:1",
    "generation": f"{R}/of-generation:1",
    "noted": f"{R}/of-note:1",
}


def _write(host: Host, scope: t.Any, app: str) -> None:
    """An app's record, a generation and a note, each with an image of its own."""
    top = scope.state_dir
    for path, record in {
        f"apps/{app}.json": Manifest(app, images={NAMES["record"]: "0"}),
        f"generations/{app}/1.json": _generation(
            app, 1, NAMES["generation"], brought=(NAMES["generation"],)
        ),
        f"images/{app}.json": NotedImages(app, (NAMES["noted"],)),
    }.items():
        os.makedirs(os.path.dirname(f"{top}/{path}"), exist_ok=True)
        with open(f"{top}/{path}", "w", encoding="ascii") as stream:
            stream.write(records.dump(record))
    del host


@pytest.mark.parametrize("other", ["the same", "another"])
@pytest.mark.parametrize("theirs", LOCATIONS)
@pytest.mark.parametrize("mine", LOCATIONS)
def test_apps_of_both_locations(mine: str, theirs: str, other: str, newest: MakeHost) -> None:
    """A user's apps share a storage, wherever their files are; the system's is another one."""
    if "system" in {mine, theirs} and mine != theirs:
        host = newest("user")
        pair = (_scope(newest("system"), "system"), _scope(host, "home"))
        scope, place = pair if mine == "system" else pair[::-1]
        shares = False
    else:
        host = newest("system" if mine == "system" else "user")
        scope, place = _scope(host, mine), _scope(host, theirs)
        shares = True
    app = "shop" if other == "the same" else "other"
    _write(host, place, app)
    cleanup = importlib.import_module(f"{UTILS}._engine.cleanup")
    generations = importlib.import_module(f"{UTILS}._engine.generations")
    found: dict[str, t.Any] = {}

    def ask() -> dict[str, t.Any]:
        context = _context(scope)
        context.pulled = types.SimpleNamespace(brought=())
        found["used"] = cleanup.used_by_others(context)
        found["brought"] = set(generations._still_brought(context, NAMES.values()))
        return found

    ended = host.do(ask)
    assert ended.error is None
    is_other = (app, theirs) != ("shop", mine)
    theirs_are = {NAMES["record"], NAMES["generation"]} if shares and is_other else set()
    assert found["used"] == theirs_are
    answered = {NAMES["generation"], NAMES["noted"]} if shares else set()
    assert found["brought"] == answered


def test_containers_of_others_use_images(newest: MakeHost) -> None:
    host = newest("system")
    image = f"{R}/by-hand:1"
    host.podman.containers["hand"] = Container(
        "hand", "", image, make_id(image), 0.0, False, (), (), ("podman",), ""
    )
    cleanup = importlib.import_module(f"{UTILS}._engine.cleanup")
    found: dict[str, t.Any] = {}
    host.do(lambda: found.update(used=cleanup.used_by_others(_context(host.scope))) or found)
    assert found["used"] == {image}


@pytest.mark.parametrize("damaged", ["apps", "generations", "images"])
def test_what_can_not_be_read_of_another_app(damaged: str, newest: MakeHost) -> None:
    """Its record: nothing is removed.  Of a generation and a note: it is as without them."""
    host = newest("system")
    _write(host, host.scope, "other")
    name = {"apps": "other.json", "generations": "other/1.json", "images": "other.json"}[damaged]
    with open(f"{host.scope.state_dir}/{damaged}/{name}", "w", encoding="ascii") as stream:
        stream.write("{")
    cleanup = importlib.import_module(f"{UTILS}._engine.cleanup")
    found: dict[str, t.Any] = {}
    ended = host.do(lambda: found.update(u=cleanup.used_by_others(_context(host.scope))) or found)
    assert bool(ended.error) is (damaged == "apps")
    assert damaged == "apps" or NAMES["record"] in found["u"]
    assert damaged == "apps" or (NAMES["generation"] in found["u"]) is (damaged == "images")


HELD = {
    "needed and answered for": ([_generation("shop", 1, "a:1", brought=("a:1",))], (), ()),
    "needed by one of several": (
        [_generation("shop", 1, "b:1"), _generation("shop", 2, "docker.io/library/a:1")],
        (),
        ("a:1",),
    ),
    "needed": ([_generation("shop", 1, "a:1")], (), ("a:1",)),
    "not needed": ([_generation("shop", 1, "b:1")], ("a:1",), ()),
    "no generation": ([], ("a:1",), ()),
}


@pytest.mark.parametrize("name", HELD)
def test_what_becomes_of_noted_images(name: str) -> None:
    left, gone, kept = HELD[name]
    noted = NotedImages("shop", ("a:1",), (make_id("a:1"),))
    assert parse_noted(records.dump(noted), "p") == noted
    settled = settle(noted, left)
    assert (settled.names, settled.kept) == (gone, NotedImages("shop", kept))
    assert bool(settled.ids) is (make_id("a:1") not in ids_of(left))


@pytest.mark.parametrize(
    ("before", "lacking", "there", "after"),
    [
        ((), ("a",), ("a",), ("a",)),
        ((), ("a",), (), ()),
        (("a",), ("a", "b"), ("b",), ("b",)),
        (("a",), ("b",), (), ("a",)),
    ],
)
def test_a_note_of_a_pull(
    before: tuple[str, ...],
    lacking: tuple[str, ...],
    there: tuple[str, ...],
    after: tuple[str, ...],
) -> None:
    noted = with_pull(NotedImages("shop", before), lacking, there, ())
    assert noted.names == after
    assert noted.empty is (not after)
