"""Which images are brought to the host before anything stops, and what is said of it."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.quadlet.fleet.plugins.module_utils._core.app.app import App
from ansible_collections.quadlet.fleet.plugins.module_utils._core.content import LINK, Blob
from ansible_collections.quadlet.fleet.plugins.module_utils._core.plan import images
from ansible_collections.quadlet.fleet.plugins.module_utils._core.plan.images import (
    Trouble,
    Wanted,
    find_renewed,
    parse_inspected,
    pull_error,
    pull_steps,
    reasons_after,
    reasons_before,
    wanted_images,
    why_not_pulled,
)
from ansible_collections.quadlet.fleet.plugins.module_utils._core.plan.inputs import AppInputs
from ansible_collections.quadlet.fleet.plugins.module_utils._core.plan.model import Plan, PlanInput
from ansible_collections.quadlet.fleet.plugins.module_utils._core.state.manifest import (
    Manifest,
    ServiceRecord,
)

A, B = "reg.example/a:1", "reg.example/b:1"
START = Plan(start=("web.service",))


def _unit(image: str, *more: str) -> str:
    return "\n".join(["[Container]", f"Image={image}", *more]) + "\n"


def _inputs(
    content: t.Mapping[str, str | Blob],
    foreign: t.Mapping[str, str] | None = None,
    **options: t.Any,
) -> PlanInput:
    blobs = {p: v if isinstance(v, Blob) else Blob(v.encode()) for p, v in content.items()}
    sources = AppInputs(blobs, foreign or {}, app_dir="/u/app", home="/root")
    units = {
        unit.replace(".container", "").replace(".", "-") + ".service": unit
        for unit in blobs
        if "/" not in unit and "@." not in unit
    }
    return PlanInput(
        app=App("app", **options),
        desired=blobs,
        current={},
        manifest=Manifest("app"),
        loaded="",
        services={name: ServiceRecord(unit) for name, unit in units.items()},
        digests={name: sources.of(unit) for name, unit in units.items()},
        states={},
    )


NAMED = {
    "tag": ("docker.io/library/nginx:1.29", True),
    "digest": (f"reg.example:5000/a/b@sha256:{'0' * 64}", True),
    "short": ("nginx", True),
    "id": ("4f2a9b1c", True),
    "registry on this host": ("localhost:5000/a:1", True),
    "built on this host": ("localhost/a:1", False),
    "specifier": ("reg.example/a:%i", False),
    "variable": ("reg.example/a:${TAG}", False),
    "quoted": ('"reg.example/a:1"', False),
    "image unit": ("base.image", False),
    "build unit": ("app.build", False),
    "transport": ("docker://reg.example/a:1", False),
    "archive": ("oci-archive:/srv/a.tar", False),
}


@pytest.mark.parametrize(("image", "named"), NAMED.values(), ids=NAMED)
def test_an_image_is_named_outright(image: str, named: bool) -> None:
    found = wanted_images(_inputs({"web.container": _unit(image)}), START)
    assert found == ((Wanted("web.service", "web.container", image, acted=True),) if named else ())


OWN_WAYS = {
    "nothing": ("Exec=true", True),
    "pull": ("Pull=newer", True),
    "no pull": ("Pull=never", False),
    "other arguments": ("PodmanArgs=--cpus=2 --os-release", True),
    "login": ("PodmanArgs=--cpus=2 --authfile /a", False),
    "platform": ("PodmanArgs=--platform=linux/arm64", False),
    "pull as argument": ("PodmanArgs=--pull=never", False),
    "global": ("GlobalArgs=--root=/srv", False),
    "module": ("ContainersConfModule=/etc/x.conf", False),
    "root file system": ("Rootfs=/srv/root", False),
    "environment of the container": ("Environment=HTTPS_PROXY=x", True),
    "proxy": ("[Service]\nEnvironment=HTTPS_PROXY=http://p", False),
    "other environment": ("[Service]\nEnvironment=TZ=UTC", True),
    "login in the environment": ("[Service]\nEnvironment=REGISTRY_AUTH_FILE=/a", False),
    "environment file": ("[Service]\nEnvironmentFile=/a", False),
}


@pytest.mark.parametrize(("lines", "pulled"), OWN_WAYS.values(), ids=OWN_WAYS)
def test_a_unit_with_its_own_way_is_left_to_its_service(lines: str, pulled: bool) -> None:
    found = wanted_images(_inputs({"web.container": _unit(A, lines)}), START)
    assert bool(found) == pulled


def test_never_looks_at_units_that_do_not_pull_either() -> None:
    inputs = _inputs({"web.container": _unit(A, "Pull=never")}, pull="never")
    assert wanted_images(inputs, START)


TEXTS: dict[str, tuple[dict[str, str | Blob], str | None]] = {
    "last value": ({"web.container": _unit(A, f"Image={B}")}, B),
    "drop-in": ({"web.container": _unit(A), "web.container.d/x.conf": _unit(B)}, B),
    "last drop-in": (
        {
            "web.container": _unit(A),
            "web.container.d/b.conf": _unit(B),
            "web.container.d/a.conf": _unit("c"),
        },
        B,
    ),
    "unreadable drop-in": ({"web.container": _unit(A), "web.container.d/x.conf": "x"}, None),
    "made by an image unit": (
        {"web.container": _unit(A), "a.image": f"[Image]\nImage={B}\nImageTag={A}\n"},
        None,
    ),
    "made by a build": (
        {"web.container": _unit(A), "a.build": f"[Build]\nImageTag={B}\nImageTag={A}\n"},
        None,
    ),
}


@pytest.mark.parametrize(("content", "image"), TEXTS.values(), ids=TEXTS)
def test_what_the_texts_say(content: dict[str, str | Blob], image: str | None) -> None:
    found = wanted_images(_inputs(content), START)
    assert [one.image for one in found] == ([image] if image else [])


def test_a_drop_in_from_elsewhere_may_say_otherwise() -> None:
    foreign = {"/etc/containers/systemd/container.d/x.conf": "0"}
    assert wanted_images(_inputs({"web.container": _unit(A)}, foreign), START) == ()


def test_an_instance_has_its_templates_text_and_its_own_drop_ins() -> None:
    content: dict[str, str | Blob] = {
        "w@.container": _unit(A),
        "w@1.container": Blob(b"w@.container", LINK),
        "w@2.container": Blob(b"w@.container", LINK),
        "w@.container.d/x.conf": _unit("of-the-template"),
        "w@2.container.d/x.conf": _unit(B),
    }
    found = wanted_images(_inputs(content), Plan(start=("w@1.service", "w@2.service")))
    assert [one.image for one in found] == ["of-the-template", B]


BOTH = {"web.container": _unit(A), "db.container": _unit(B), "net.network": "[Network]\n"}
BUSY = Plan(
    restart=("web.service",), keep_active=("web.service", "db.service", "net-network.service")
)
IDLE = Plan(keep_active=BUSY.keep_active)
PLANS: dict[str, tuple[Plan, dict[str, t.Any], dict[str, bool]]] = {
    "missing": (BUSY, {}, {A: True}),
    "never": (BUSY, {"pull": "never"}, {A: True}),
    "newer": (BUSY, {"pull": "newer"}, {A: True, B: False}),
    "always": (BUSY, {"pull": "always", "state": "restarted"}, {A: True, B: False}),
    "idle, missing": (IDLE, {}, {}),
    "idle, newer": (IDLE, {"pull": "newer"}, {A: False, B: False}),
    "present": (IDLE, {"pull": "newer", "state": "present"}, {}),
    "stopped": (IDLE, {"pull": "newer", "state": "stopped"}, {}),
    "nothing may restart": (IDLE, {"pull": "newer", "restart": "never"}, {}),
    "one unit": (IDLE, {"pull": "newer", "only": "db.container"}, {B: False}),
}


@pytest.mark.parametrize(("plan", "options", "acted"), PLANS.values(), ids=PLANS)
def test_whose_images(plan: Plan, options: dict[str, t.Any], acted: dict[str, bool]) -> None:
    found = wanted_images(_inputs(BOTH, **options), plan)
    assert {one.image: one.acted for one in found} == acted


INSPECTED: dict[str, tuple[list[str], str, str, dict[str, str] | None]] = {
    "all": ([A, B], "1\n2\n", "", {A: "1", B: "2"}),
    "none": ([A, B], "", f"{A}: image not known\nError: {B}: image not known\n", {}),
    "the second": ([A, B], "2\n", f"Error: {A}: image not known\n", {B: "2"}),
    "a longer name": (["a", "a:1"], "1\n", "Error: a:1: image not known\n", {"a": "1"}),
    "a path's end": (["a", "r/a"], "1\n", "Error: r/a: image not known\n", {"a": "1"}),
    "no name at all": (
        ["Bad:1", A],
        "1\n",
        'Error: parsing reference "Bad:1": repository name must be lowercase\n',
        {A: "1"},
    ),
    "another failure": ([A], "", "Error: open /var/lib/containers: permission denied\n", None),
}


@pytest.mark.parametrize(("names", "out", "err", "ids"), INSPECTED.values(), ids=INSPECTED)
def test_ids(names: list[str], out: str, err: str, ids: dict[str, str] | None) -> None:
    assert parse_inspected(names, out, err) == ids


BEFORE = {
    "missing": {B: images.LACKING},
    "never": {B: images.LACKING},
    "newer": {A: images.ASKED, B: images.LACKING},
    "always": {A: images.ASKED, B: images.LACKING},
}


@pytest.mark.parametrize(("policy", "reasons"), BEFORE.items())
def test_why_an_image_is_pulled(policy: str, reasons: dict[str, str]) -> None:
    assert reasons_before([A, B], {A: "1"}, policy) == reasons


def test_what_a_pull_changed() -> None:
    assert reasons_after({"a": "1", "b": "1"}, {"a": "1", "b": "2", "c": "3"}) == {
        "b": images.RENEWED,
        "c": images.LACKING,
    }


def test_what_names_stood_for() -> None:
    before = {"same": "1", "moved": "1", "gone": "1"}
    after = {"same": "1", "moved": "2", "new": "3"}
    assert images.find_replaced(before, after) == {"moved": "1"}


def test_the_images_of_all_containers() -> None:
    content = {**BOTH, "again.container": _unit(A), "own.container": _unit("c", "Rootfs=/srv")}
    assert images.declared_images(_inputs(content)) == (A, B)


def test_each_unit_has_a_step() -> None:
    wanted = [Wanted(f"{n}.service", f"{n}.container", i, True) for n, i in (("a", A), ("b", B))]
    (step,) = pull_steps(wanted, {B: images.LACKING})
    assert step.to_result() == {
        "unit": "b.container",
        "service": "b.service",
        "action": "pull",
        "reasons": [f"image {B} is not on the host"],
    }


RENEWED = {
    "the same": (False, {"web.service": "1"}, False),
    "another": (False, {"web.service": "0"}, True),
    "starts anyway": (True, {"web.service": "0"}, False),
    "no container": (False, {}, False),
}


@pytest.mark.parametrize(("acted", "running", "renewed"), RENEWED.values(), ids=RENEWED)
def test_who_runs_with_another_image(acted: bool, running: dict[str, str], renewed: bool) -> None:
    wanted = [Wanted("web.service", "web.container", A, acted)]
    assert find_renewed(wanted, running, {A: "1"}) == ({"web.service"} if renewed else set())


CAUSES = {
    "known": (
        "Error: initializing source docker://r/a:1: reading manifest 1 in r/a: manifest unknown\n",
        "the registry does not have r/a with the tag 1",
    ),
    "no login": (
        (
            "Error: initializing source docker://r:1/a:1: reading manifest 1 in r:1/a:"
            " authentication required\n"
        ),
        "the registry does not let this scope's user pull r:1/a",
    ),
    "unknown CA": (
        (
            "Error: initializing source docker://r:1/a:1: pinging container registry r:1: Get"
            ' "https://r:1/v2/": tls: failed to verify certificate: x509: certificate signed by'
            " unknown authority\n"
        ),
        (
            "the certificate of the registry r:1 is not trusted: certificate signed by unknown"
            " authority"
        ),
    ),
    "plain http": (
        (
            "Error: initializing source docker://r:1/a:1: pinging container registry r:1: Get"
            ' "https://r:1/v2/": http: server gave HTTP response to HTTPS client\n'
        ),
        "the registry r:1 speaks plain http",
    ),
    "down": (
        (
            'time="2026" level=warning msg="Failed, retrying in 1s ... (3/3). Error: x"\n'
            "Error: initializing source docker://r:1/a:1: pinging container registry r:1: Get"
            ' "https://r:1/v2/": dial tcp 10.0.0.1:1: connect: connection refused\n'
        ),
        "the registry r:1 can't be reached",
    ),
    "load": (
        (
            "Error: payload does not match any of the supported image formats:\n"
            " * oci: open /a.tar/index.json: not a directory\n"
            " * oci-archive: loading index: no\n"
            ' * docker-archive: loading tar component "11.json": file does not exist\n'
            " * dir: open /a.tar/manifest.json: not a directory\n"
        ),
        (
            'oci-archive: loading index: no; docker-archive: loading tar component "11.json": file'
            " does not exist"
        ),
    ),
    "unknown": ("warning\nError: what is this\n\n", "what is this"),
    "none": ("", "podman ended with status 1 and gave no reason"),
}


@pytest.mark.parametrize(("err", "cause"), CAUSES.values(), ids=CAUSES)
def test_why_a_pull_failed(err: str, cause: str) -> None:
    assert why_not_pulled(err)[0] == cause


@pytest.mark.parametrize(
    ("err", "status", "cause"),
    [
        ("", -9, "podman was killed by signal 9"),
        ("", 125, "podman ended with status 125 and gave no reason"),
        ("Error: what is this\n", -15, "what is this"),
    ],
)
def test_why_a_pull_without_a_word_failed(err: str, status: int, cause: str) -> None:
    assert why_not_pulled(err, status)[0] == cause


def test_the_error_names_all() -> None:
    wanted = [Wanted(f"{n}.service", f"{n}.container", i, True) for n, i in (("a", A), ("b", B))]
    error = pull_error(
        "shop", [Trouble(wanted[0], "can't be had", "Do it."), Trouble(wanted[1], "is gone", "")]
    )
    assert str(error).split("\n") == [
        f"app shop: the image {A} of a.container can't be had",
        f"  the image {B} of b.container is gone. ",
        "Do it.",
        "Nothing was written or stopped. [pull-failed]",
    ]
    assert [failure["hint"] for failure in error.data["failures"]] == ["Do it.", None]
    assert error.data["failures"][0]["service"] == "a.service"
