"""Images of runs that fail or die: the next run that counts leaves a host as without them."""

from __future__ import annotations

import dataclasses
import itertools
import json
import typing as t

import pytest

from tests.unit.engine.support import releases
from tests.unit.engine.support.effects import DIES, FAILS, Fault
from tests.unit.engine.support.host import Host
from tests.unit.engine.support.podman import make_id
from tests.unit.support.share import pick
from tests.unit.support.together import together

MakeHost = t.Callable[[str], Host]
Params = releases.Params
OWN = "registry.test:5000/own:1"
THIRD = "registry.test:5000/nginx:3"
WEB = "shop-web.container"


def _with_image(params: Params, image: str) -> Params:
    text = params["units"][WEB]
    old = next(name for name in releases.NGINX if name in text)
    return {**params, "units": {**params["units"], WEB: text.replace(old, image)}}


ONE, TWO = releases.release(1), releases.release(2)
TRIES: dict[str, tuple[Params | None, Params]] = {
    "a first run": (None, ONE),
    "a new name": (ONE, TWO),
    "a name that moves": (ONE, {**ONE, "pull": "always"}),
    "a new name, pull: newer": (ONE, {**TWO, "pull": "newer"}),
}
"""What was deployed before, and the run that fails."""

FAILURES = ("its gate", "before its write", "at its write", "it dies", "it dies in the undo")
BEHIND: dict[str, t.Callable[[Params | None, Params], Params]] = {
    "again": lambda _before, params: params,
    "back": lambda before, _params: before or releases.absent(),
    "another": lambda _before, params: _with_image(params, THIRD),
    "absent": lambda _before, _params: releases.absent(),
    "stopped": lambda before, _params: (
        {"name": releases.APP, "state": "stopped"} if before else releases.absent()
    ),
}
"""The run behind it, which counts."""


def _prepare(host: Host, name: str) -> None:
    """The host before the run that fails."""
    host.podman.registry.update({THIRD: make_id(THIRD)})
    host.podman.images[OWN] = make_id(OWN)
    before, _params = TRIES[name]
    if before:
        assert host.run(before).result
    if name == "a name that moves":
        host.podman.registry[releases.NGINX[0]] = make_id("moved")
    host.rest()


def _fail(host: Host, params: Params, how: str) -> None:
    """The run that fails."""
    bad = {**params, "gate": {**params["gate"], "probes": releases.unwell()["gate"]["probes"]}}
    if how == "its gate":
        ended = host.run(bad)
    else:
        names = {"before its write": ("call stage", FAILS), "at its write": ("call commit", FAILS)}
        name, kind = names.get(how, ("call stage", DIES))
        if how == "it dies in the undo":
            name = "call restore"
        saved = host.save()
        host.run(bad)
        number = next(n for n, one in enumerate(host.effects.done) if one.name == name)
        host.load(saved)
        ended = host.run(bad, Fault(number, kind))
    assert not ended.result
    host.rest()


def _stored(host: Host) -> tuple[dict[str, str], set[str], bool]:
    noted = (host.top / "var/lib/quadlet.fleet/images").exists()
    return dict(host.podman.images), set(host.podman.nameless), noted


def _carries_forward(name: str, how: str, behind: str) -> bool:
    """Whether the run behind one that died goes on from what that one has left."""
    moved = name == "a name that moves" and behind not in ("again", "absent")
    return (moved and "dies" in how) or (behind == "stopped" and how == "it dies in the undo")


PRODUCT = [
    row
    for row in itertools.product(("system", "user"), TRIES, FAILURES, BEHIND)
    if not _carries_forward(*row[1:])
]
SHARE = PRODUCT[:: pick(long=1, usual=6, fast=61)]


@together(("kind", "name", "how", "behind"), SHARE)
def test_nothing_is_left(kind: str, name: str, how: str, behind: str, make_host: MakeHost) -> None:
    """As on a host on which the run that failed was never tried; nothing that was there goes."""
    host = make_host(kind)
    _prepare(host, name)
    saved = host.save()
    then = BEHIND[behind](*TRIES[name])
    assert host.run(then).result
    wanted = _stored(host)
    host.load(saved)
    _fail(host, TRIES[name][1], how)
    ended = host.run(then)
    assert ended.result, ended.error
    assert _stored(host) == wanted
    assert OWN in host.podman.images
    assert not wanted[2]


def test_the_next_try_need_not_pull(make_host: MakeHost) -> None:
    host = make_host("system")
    _prepare(host, "a first run")
    _fail(host, ONE, "its gate")
    assert host.run(ONE).result
    assert not [row for row in host.commands if "pull" in row.argv]
    assert host.run(releases.absent()).result
    assert host.podman.images == {OWN: make_id(OWN)}


@pytest.mark.parametrize("user", ["a container", "an app"])
def test_what_others_use_stays(user: str, make_host: MakeHost) -> None:
    host = make_host("system")
    _prepare(host, "a new name")
    _fail(host, TWO, "its gate")
    other = {**_with_image(TWO, releases.NGINX[1]), "name": "other"}
    if user == "a container":
        one = next(iter(host.podman.containers.values()))
        image, ident = releases.NGINX[1], make_id(releases.NGINX[1])
        made = dataclasses.replace(one, name="hand", service="", image=image, image_id=ident)
        host.podman.containers["hand"] = made
    else:
        names = ("shop-web", "shop-db", "shop-back", "shop-front", "shop-data")
        units = json.dumps(other["units"])
        for name in names:
            units = units.replace(name, name.replace("shop", "other"))
        probes = {"gate": {"stable": 0.2, "timeout": 60}, "secrets": {"token": "x"}}
        assert host.run({**other, "units": json.loads(units), **probes}).result
    assert host.run(ONE).result
    assert releases.NGINX[1] in host.podman.images
    assert host.run(releases.absent()).result
    assert releases.NGINX[1] in host.podman.images


def test_what_can_not_be_removed_is_told_and_tried_again(make_host: MakeHost) -> None:
    host = make_host("system")
    _prepare(host, "a new name")
    _fail(host, TWO, "its gate")
    saved = host.save()
    assert host.run(ONE).result
    number = next(n for n, e in enumerate(host.effects.done) if "image rm" in e.name)
    host.load(saved)
    ended = host.run(ONE, Fault(number, FAILS))
    assert ended.result
    assert not ended.result["changed"]
    assert "have pulled could not be removed" in "\n".join(ended.result["warnings"])
    assert host.run(ONE).result
    assert releases.NGINX[1] not in host.podman.images
