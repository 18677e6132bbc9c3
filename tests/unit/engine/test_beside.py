"""Check mode of an app that needs one of the same call: all references, as behind a deployment."""

from __future__ import annotations

import dataclasses
import importlib
import itertools
import typing as t

import pytest

from ansible_collections.quadlet.fleet.plugins.module_utils._core.app.app import parse_app
from ansible_collections.quadlet.fleet.plugins.module_utils._core.app.beside import (
    make_beside,
    owner_beside,
    staged,
    with_beside,
)
from tests.unit.engine.support.host import UTILS, Ended, Host
from tests.unit.engine.support.releases import BUSYBOX, Params
from tests.unit.support.share import pick
from tests.unit.support.together import together

MakeHost = t.Callable[[str], Host]

BASE: dict[str, str] = {
    "base-net.network": "[Network]\n",
    "base-data.volume": "[Volume]\n",
    "base-pod.pod": "[Pod]\n",
    "base-img.image": "[Image]\nImage=registry.test:5000/pulled:1\n",
    "base-made.build": "[Build]\nImageTag=localhost/made:1\nSetWorkingDirectory=unit\n",
    "base-web.container": f"[Container]\nImage={BUSYBOX}\n",
}
WEB = f"[Container]\nImage={BUSYBOX}\n"
REFERENCES: dict[str, tuple[str, dict[str, str]]] = {
    "Network": (
        "base-net.network",
        {"shop-web.container": f"{WEB}Network=base-net.network:ip=1\n"},
    ),
    "Network of a pod": ("base-net.network", {"shop.pod": "[Pod]\nNetwork=base-net.network\n"}),
    "Network of a drop-in": (
        "base-net.network",
        {
            "shop-web.container": WEB,
            "shop-web.container.d/a.conf": "[Container]\nNetwork=base-net.network\n",
        },
    ),
    "Network of a kube": (
        "base-net.network",
        {"shop.kube": "[Kube]\nYaml=/etc/hosts\nNetwork=base-net.network\n"},
    ),
    "Network of a build": (
        "base-net.network",
        {"shop.build": "[Build]\nImageTag=a\nFile=/x\nNetwork=base-net.network\n"},
    ),
    "Volume": ("base-data.volume", {"shop-web.container": f"{WEB}Volume=base-data.volume:/d\n"}),
    "Volume of a pod": ("base-data.volume", {"shop.pod": "[Pod]\nVolume=base-data.volume:/d\n"}),
    "Mount": (
        "base-data.volume",
        {"shop-web.container": f"{WEB}Mount=type=volume,source=base-data.volume,target=/d\n"},
    ),
    "Pod": ("base-pod.pod", {"shop-web.container": f"{WEB}Pod=base-pod.pod\n"}),
    "Image of an image": (
        "base-img.image",
        {"shop-web.container": "[Container]\nImage=base-img.image\n"},
    ),
    "Image of a build": (
        "base-made.build",
        {"shop-web.container": "[Container]\nImage=base-made.build\n"},
    ),
    "Image of a volume": (
        "base-img.image",
        {"shop-v.volume": "[Volume]\nDriver=image\nImage=base-img.image\n"},
    ),
    "After": ("", {"shop-web.container": f"[Unit]\nAfter=base-web.service\n{WEB}"}),
    "Requires": ("", {"shop-web.container": f"[Unit]\nRequires=base-web.service\n{WEB}"}),
    "a timer's Unit": (
        "",
        {
            "shop-web.container": WEB,
            "shop-web.timer": "[Timer]\nOnBootSec=1\nUnit=base-web.service\n",
        },
    ),
    "the name of a network": ("", {"shop-web.container": f"{WEB}Network=systemd-base-net\n"}),
    "the name of a volume": ("", {"shop-web.container": f"{WEB}Volume=systemd-base-data:/d\n"}),
}
"""By kind: the unit that is missing without the other app ('' where nothing asks for it)."""


def _params(name: str, units: t.Mapping[str, str], **more: t.Any) -> Params:
    return {"name": name, "state": "started", "units": dict(units), **more}


def _check(host: Host, params: Params, *before: Params) -> Ended:
    """Check mode of an app behind those of the same call."""

    def work() -> dict[str, t.Any]:
        engine = importlib.import_module(f"{UTILS}._engine.reconcile")
        beside = importlib.import_module(f"{UTILS}._engine.beside")
        earlier = [(parse_app(one), host.scope) for one in before]
        app = dataclasses.replace(parse_app(params), beside=beside.find_beside(earlier, host.scope))
        result: dict[str, t.Any] = engine.reconcile(app, host.scope, check=True, clock=host.clock)
        return result

    return host.do(work)


def _told(ended: Ended) -> tuple[list[t.Any], list[str]]:
    assert ended.result, ended.error
    plan = [(row["unit"], row["service"], row["action"]) for row in ended.result["plan"]]
    return plan, list(ended.result["warnings"])


SHARE = list(itertools.product(("system", "user"), REFERENCES))[:: pick(long=1, usual=1, fast=5)]


@together(("kind", "name"), SHARE)
def test_each_reference(kind: str, name: str, make_host: MakeHost) -> None:
    """It is told as behind a real deployment of the other app; without the unit it is an error."""
    unit, units = REFERENCES[name]
    host, base, shop = make_host(kind), _params("base", BASE), _params("shop", units)
    host.lingers = True
    saved = host.save()
    told = _told(_check(host, shop, base))
    assert host.save().files == saved.files
    lacking = _params("base", {path: text for path, text in BASE.items() if path != unit})
    for ended in (_check(host, shop), _check(host, shop, lacking)):
        if unit:
            assert f"{unit} does not exist in this scope" in str(ended.error)
        else:
            assert ended.result, ended.error
    assert host.run({**base, "state": "present"}).result
    assert told == _told(_check(host, shop))
    # The other app has it now, and gives it up in this call.
    if unit:
        assert f"{unit} does not exist in this scope" in str(_check(host, shop, lacking).error)
    assert _told(_check(host, shop, {**lacking, "prune": False})) == told


MINE = {"shop-web.container": WEB, "shop-web.timer": "[Timer]\nOnBootSec=1\n"}


@pytest.mark.parametrize("kind", ["system", "user"])
def test_what_another_app_gives_up(kind: str, make_host: MakeHost) -> None:
    """A unit that moves from one app to another; one that both have stays an error."""
    host = make_host(kind)
    both, left = _params("base", {**BASE, **MINE}), _params("base", BASE)
    shop = _params("shop", MINE)
    assert host.run({**both, "state": "present"}).result
    assert "is a unit of app 'base'" in str(_check(host, shop).error)
    assert _check(host, shop, left).result
    assert _check(host, shop, {"name": "base", "state": "absent"}).result
    for before in (both, {**left, "prune": False}, _params("base", BASE, state="absent")):
        kept = before["state"] != "absent"
        assert bool(_check(host, shop, before).error) is kept
    fresh = make_host(kind)
    error = str(_check(fresh, shop, both).error)
    assert "owned by app 'base'" in error


def test_sources_that_another_app_brings(make_host: MakeHost) -> None:
    host = make_host("system")
    folder, file = "/srv/none/data", f"{host.scope.unit_dir}/base/conf/a"
    cases: dict[str, tuple[str, Params]] = {
        "a directory": (f"{folder}/in", {"directories": {f"{folder}/in": {}}}),
        "a directory below": (folder, {"directories": {f"{folder}/in": {}}}),
        "a file": (file, {"files": {"conf/a": "x"}}),
        "a mount": (
            "/srv/none/x",
            {"units": {**BASE, "srv-none.mount": "[Mount]\nWhat=/dev/x\nWhere=/srv/none\n"}},
        ),
    }
    for name, (path, more) in cases.items():
        shop = _params("shop", {"shop-web.container": f"{WEB}Volume={path}:/x:ro\n"})
        missing = f"the bind source {path} does not exist"
        alone = _check(host, shop)
        # The test's own directory is below /dev, where things come while the host runs.
        assert missing in (str(alone.error) if name != "a file" else str(_told(alone))), name
        told = str(_told(_check(host, shop, {**_params("base", BASE), **more})))
        assert (missing in told) is (name == "a mount"), name
        assert name != "a mount" or "a mount unit brings it" in told


@pytest.mark.parametrize("pull", ["missing", "never"])
def test_images_that_another_app_makes(pull: str, make_host: MakeHost) -> None:
    host, image = make_host("system"), "registry.test:5000/made:1"
    shop = _params("shop", {"shop-web.container": f"[Container]\nImage={image}\n"}, pull=pull)
    build = BASE["base-made.build"].replace("localhost/made:1", image)
    base = _params("base", {"base-made.build": build})
    told = _told(_check(host, shop, base))
    assert not [row for row in told[0] if row[2] == "pull"]
    alone = _check(host, shop)
    if pull == "never":
        assert "is not on the host, and pull is never" in str(alone.error)
    else:
        assert [row for row in _told(alone)[0] if row[2] == "pull"]


def test_an_app_beside() -> None:
    content = parse_app(_params("base", BASE, files={"a": "x"})).content
    assert content
    one = make_beside("base", "/u/base", content, ["/home/svc/x", "/srv/y"], prunes=True)
    assert set(one.units) == set(BASE)
    assert set(one.brings) == {"/u/base/a", "/home/svc/x", "/srv/y"}
    assert one.images == {"localhost/made:1", "registry.test:5000/pulled:1"}
    # What it adopts stays where it is until it is deployed.
    others = (("base-net.network", "/u/base-net.network"), ("old.volume", "/u/base/old.volume"))
    around = with_beside(others, [one], lambda _path: "base")
    assert around.gone == ("/u/base/old.volume",)
    assert dict(around.others)["base-net.network"] == "/u/base-net.network"
    assert len(around.others) == len(BASE)
    assert "base-net.network" not in staged([one], around.others)["/u/base"]
    assert with_beside(others, [one], lambda _path: None).gone == ()
    assert owner_beside([one], "/u/base/base-pod.pod") == "base"
    assert owner_beside([one], "/u/other/base-pod.pod") is None
