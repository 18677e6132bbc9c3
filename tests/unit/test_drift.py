"""Where an app is not as it was deployed."""

from __future__ import annotations

import dataclasses

import pytest

from ansible_collections.quadlet.fleet.plugins.module_utils._core.conflicts import Container
from ansible_collections.quadlet.fleet.plugins.module_utils._core.drift import (
    Storage,
    find_drift,
    find_storage_drift,
    full_image_name,
)
from ansible_collections.quadlet.fleet.plugins.module_utils._core.inputs import Inputs, digest
from ansible_collections.quadlet.fleet.plugins.module_utils._core.manifest import (
    Manifest,
    ServiceRecord,
)
from ansible_collections.quadlet.fleet.plugins.module_utils._core.spec import LINK, Blob
from ansible_collections.quadlet.fleet.plugins.module_utils._core.unitstate import State

WEB = b"[Container]\nImage=a\n"
FILES = {"web.container": (digest(WEB), 0o644, "restart")}
AS_IS = {"web.container": Blob(WEB)}
UP = State("loaded", "active", "running")
DOWN = State("loaded", "inactive", "dead")


@pytest.mark.parametrize(
    ("current", "found"),
    [
        (AS_IS, []),
        ({}, ["web.container is missing"]),
        ({"web.container": Blob(b"x")}, ["web.container was edited"]),
        ({"web.container": Blob(WEB, 0o600)}, ["web.container has mode 0600, not 0644"]),
        ({"web.container": Blob(b"x", 0o600)}, ["web.container was edited"]),
        ({**AS_IS, "other": Blob(b"x")}, []),
        ({"web.container": Blob(WEB, 0o644, "none")}, []),
    ],
    ids=["none", "missing", "edited", "mode", "edited and mode", "another file", "on_change"],
)
def test_files(current: dict[str, Blob], found: list[str]) -> None:
    assert find_drift(Manifest("app", files=FILES), current, {}, {}) == found


STARTED = {"web.container": "sha"}
WEB_RECORD = ServiceRecord("web.container", started_with=STARTED, reload_with={})
JOB_RECORD = ServiceRecord("web.container", once=True, started_with=STARTED, reload_with={})
WAITING_RECORD = dataclasses.replace(WEB_RECORD, triggered=True)
SAME, OTHER = Inputs(STARTED, {}), Inputs({"web.container": "sha2"}, {})


@pytest.mark.parametrize(
    ("record", "state", "inputs", "found"),
    [
        (WEB_RECORD, UP, SAME, []),
        (WEB_RECORD, State("loaded", "activating", "start"), SAME, []),
        (WEB_RECORD, DOWN, SAME, ["web.service is not running"]),
        (WEB_RECORD, None, SAME, ["web.service is not running"]),
        (WEB_RECORD, State("loaded", "failed", "failed"), SAME, ["web.service has failed"]),
        (
            WEB_RECORD,
            State("loaded", "activating", "auto-restart"),
            SAME,
            ["web.service keeps crashing"],
        ),
        (WEB_RECORD, UP, OTHER, ["web.service was started with other files than are installed"]),
        (WEB_RECORD, UP, None, []),
        (ServiceRecord("web.container"), UP, SAME, []),
        (JOB_RECORD, DOWN, SAME, []),
        (JOB_RECORD, State("loaded", "failed", "failed"), SAME, ["web.service has failed"]),
        (WAITING_RECORD, DOWN, SAME, []),
        (WAITING_RECORD, State("loaded", "failed"), SAME, ["web.service has failed"]),
    ],
    ids=[
        "none",
        "starting",
        "down",
        "unknown",
        "failed",
        "crashing",
        "other files",
        "unit gone",
        "never started",
        "one-shot done",
        "one-shot failed",
        "not connected to",
        "triggered and failed",
    ],
)
def test_services(
    record: ServiceRecord, state: State | None, inputs: Inputs | None, found: list[str]
) -> None:
    manifest = Manifest("app", services={"web.service": record})
    assert (
        find_drift(
            manifest,
            {},
            {"web.service": inputs} if inputs else {},
            {"web.service": state} if state else {},
        )
        == found
    )


def test_companions_that_someone_disabled() -> None:
    enabled = {"a.timer": "disabled", "b.timer": "enabled", "c.timer": "indirect"}
    assert find_drift(Manifest("app"), {}, {}, {}, enabled) == ["a.timer is disabled"]


def test_an_instance_that_is_no_link_any_more() -> None:
    link = Blob(b"w@.container", LINK)
    manifest = Manifest("app", files={"w@a.container": (digest(link.data), LINK, "restart")})
    assert find_drift(manifest, {"w@a.container": link}, {}, {}) == []
    found = find_drift(manifest, {"w@a.container": Blob(WEB)}, {}, {})
    assert found == ["w@a.container was edited"]


WEB_1, WEB_2 = "registry.test:5000/web:1", "registry.test:5000/web:2"


def _runs(image: str, image_id: str = "id1") -> Container:
    return Container("systemd-web", "web.service", "", image, image_id)


IMAGES: dict[str, tuple[str | None, Container | None, dict[str, str], list[str]]] = {
    "as declared": (WEB_1, _runs(WEB_1), {WEB_1: "id1"}, []),
    "no container": (WEB_1, None, {WEB_1: "id1"}, []),
    "no image": (None, _runs(WEB_1), {}, []),
    "another image": (WEB_2, _runs(WEB_1), {}, [f"web.service runs {WEB_1}, not {WEB_2}"]),
    "the tag moved": (
        WEB_1,
        _runs(WEB_1),
        {WEB_1: "id2"},
        [f"web.service runs an older image than {WEB_1} is on the host now"],
    ),
    "the image was removed": (WEB_1, _runs(WEB_1), {}, []),
    "a short name": ("web", _runs(WEB_1), {}, []),
    "an image unit": ("web.image", _runs(WEB_1), {}, []),
    "a template's": ("registry.test:5000/%i:1", _runs(WEB_1), {}, []),
    "no tag": ("x.io/web", _runs("x.io/web:latest"), {"x.io/web:latest": "id1"}, []),
}


@pytest.mark.parametrize(("declared", "running", "images", "found"), IMAGES.values(), ids=IMAGES)
def test_images(
    declared: str | None, running: Container | None, images: dict[str, str], found: list[str]
) -> None:
    services = {"web.service": WEB_RECORD}
    storage = Storage({"web.service": running} if running else {}, images)
    declarations = {"web.service": declared}
    assert find_storage_drift(services, {"web.service": UP}, declarations, storage) == found
    assert find_storage_drift(services, {"web.service": DOWN}, declarations, storage) == []


@pytest.mark.parametrize(
    ("unit", "kind", "names", "found"),
    [
        ("n.network", "network", {"net"}, []),
        ("n.network", "network", set(), ["x.service is up, but its network net is gone"]),
        ("n.volume", "volume", {"other"}, ["x.service is up, but its volume net is gone"]),
    ],
)
def test_objects(unit: str, kind: str, names: set[str], found: list[str]) -> None:
    services = {"x.service": ServiceRecord(unit, makes="net")}
    storage = Storage(objects={kind: frozenset(names)})
    assert find_storage_drift(services, {"x.service": UP}, {}, storage) == found
    assert find_storage_drift(services, {"x.service": UP}, {}, Storage()) == []


@pytest.mark.parametrize(
    ("image", "full"),
    [
        ("docker.io/library/nginx:1", "docker.io/library/nginx:1"),
        ("localhost/a", "localhost/a:latest"),
        ("registry:5000/a", "registry:5000/a:latest"),
        ("x.io/a@sha256:0", "x.io/a@sha256:0"),
        ("nginx", ""),
        ("library/nginx:1", ""),
        ("x.io/%i:1", ""),
    ],
)
def test_full_names(image: str, full: str) -> None:
    assert full_image_name(image) == full
