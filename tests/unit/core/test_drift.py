"""Where an app is not as it was deployed."""

from __future__ import annotations

import dataclasses

import pytest

from ansible_collections.quadlet.fleet.plugins.module_utils._core.content import LINK, Blob, digest
from ansible_collections.quadlet.fleet.plugins.module_utils._core.info.drift import (
    Storage,
    find_died,
    find_drift,
    find_image_drift,
    find_object_drift,
    find_orphans,
    find_started_otherwise,
    find_storage_drift,
    find_strays,
)
from ansible_collections.quadlet.fleet.plugins.module_utils._core.objects.model import (
    Difference,
    Judged,
)
from ansible_collections.quadlet.fleet.plugins.module_utils._core.plan.inputs import Inputs
from ansible_collections.quadlet.fleet.plugins.module_utils._core.state.intent import Intent
from ansible_collections.quadlet.fleet.plugins.module_utils._core.state.manifest import (
    Manifest,
    ServiceRecord,
)
from ansible_collections.quadlet.fleet.plugins.module_utils._core.systemd_state import (
    Details,
    Running,
    State,
)
from ansible_collections.quadlet.fleet.plugins.module_utils._core.validate.conflicts import (
    Container,
)

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
STOPPED_RECORD = dataclasses.replace(WEB_RECORD, stopped=True)
WAITING_RECORD = dataclasses.replace(WEB_RECORD, triggered=True)
MADE_RECORD = ServiceRecord("n.network", makes="net", started_with=STARTED)
SAME, OTHER = Inputs(STARTED, {}), Inputs({"web.container": "sha2"}, {})


@pytest.mark.parametrize(
    ("record", "state", "inputs", "found"),
    [
        (WEB_RECORD, UP, SAME, []),
        (WEB_RECORD, State("loaded", "activating", "start"), SAME, []),
        (WEB_RECORD, DOWN, SAME, ["web.service is not running"]),
        (WEB_RECORD, None, SAME, ["web.service is not running"]),
        (STOPPED_RECORD, DOWN, SAME, []),
        (STOPPED_RECORD, DOWN, OTHER, []),
        (STOPPED_RECORD, UP, SAME, []),
        (
            STOPPED_RECORD,
            UP,
            OTHER,
            ["web.service was started with other files than are installed"],
        ),
        (WEB_RECORD, State("loaded", "failed", "failed"), SAME, ["web.service has failed"]),
        (
            WEB_RECORD,
            State("loaded", "activating", "auto-restart"),
            SAME,
            ["web.service keeps crashing"],
        ),
        (WEB_RECORD, UP, OTHER, ["web.service was started with other files than are installed"]),
        (WEB_RECORD, UP, None, []),
        (
            WEB_RECORD,
            State("not-found", "active", "running"),
            None,
            ["web.service still runs, though systemd has no unit of it any more"],
        ),
        (WEB_RECORD, State("not-found"), None, ["web.service is not running"]),
        (MADE_RECORD, UP, OTHER, []),
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
        "stopped",
        "stopped, and its text changed",
        "stopped, and started by a boot",
        "stopped, and started before its text changed",
        "failed",
        "crashing",
        "other files",
        "unit gone",
        "orphan",
        "gone and down",
        "a changed network",
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


def _started(at: float) -> Details:
    return Details("success", 0, None, "", at, "", "", 0.0)


@pytest.mark.parametrize(
    ("started_at", "current", "older"),
    [(1.0, AS_IS, True), (3.0, AS_IS, False), (3.0, {"web.container": Blob(b"x")}, True)],
    ids=["before the last write", "at a boot since", "edited since"],
)
def test_what_systemd_started_itself(
    started_at: float, current: dict[str, Blob], older: bool
) -> None:
    manifest = Manifest("app", files=FILES, written_at=2.0, services={"web.service": WEB_RECORD})
    details = {"web.service": _started(started_at)}
    found = find_drift(
        manifest, current, {"web.service": OTHER}, {"web.service": UP}, details=details
    )
    told = "web.service was started with other files than are installed"
    assert (told in found) == older


def test_what_somebody_started_with_other_texts() -> None:
    told = "web.service was started with other files than are installed"
    assert find_started_otherwise(["web.service"], ["x is missing"]) == [told]
    assert find_started_otherwise(["web.service"], [told]) == []
    assert find_started_otherwise([], [told]) == []


def test_units_in_the_directory_that_the_record_does_not_know() -> None:
    manifest = Manifest("app", services={"web.service": WEB_RECORD})
    running = [
        Running("web.service", "loaded", "/etc/u/app/web.container"),
        Running("x.service", "loaded", "/etc/u/app/x.container"),
        Running("y.service", "loaded", "/etc/u/other/y.container"),
        Running("z.service", "loaded", ""),
    ]
    assert find_strays(manifest, "/etc/u/app", running) == [
        "x.service runs, made of /etc/u/app/x.container, which is not of this app"
    ]


def test_services_of_no_app_that_have_lost_their_unit() -> None:
    running = [
        Running("web.service", "not-found", ""),
        Running("x.service", "not-found", ""),
        Running("y.service", "not-found", ""),
        Running("z.service", "loaded", ""),
    ]
    containers = [Container(f"systemd-{stem}", f"{stem}.service", "") for stem in ("web", "x", "z")]
    assert find_orphans({"web.service"}, running, containers) == [
        "x.service still runs systemd-x, though systemd has no unit of it any more"
    ]


DIFFERS = Difference("Label v", "1", "2")
CHANGED = "n.service: the definition of its network changed since it was made"
VALUES = "(Label v: there '1', declared '2')"
OBJECTS: dict[str, tuple[Inputs | None, Judged, State, list[str]]] = {
    "as declared": (SAME, Judged(True, 1.0, ()), UP, []),
    "another text, the same object": (OTHER, Judged(True, 1.0, ()), UP, []),
    "changed": (OTHER, Judged(True, 1.0, (DIFFERS,)), UP, [f"{CHANGED} {VALUES}"]),
    "changed, and down": (OTHER, Judged(True, 1.0, (DIFFERS,)), DOWN, [f"{CHANGED} {VALUES}"]),
    "made by another hand": (
        SAME,
        Judged(True, 3.0, (DIFFERS,)),
        UP,
        [f"n.service: its network net is not as n.network declares it {VALUES}"],
    ),
    "another's, and down": (SAME, Judged(True, 3.0, (DIFFERS,)), DOWN, []),
    "not comparable, changed": (OTHER, Judged(True, 1.0), UP, [CHANGED]),
    "not comparable, made since": (OTHER, Judged(True, 3.0), UP, []),
    "not comparable, the same": (SAME, Judged(True, 1.0), UP, []),
    "unit gone": (None, Judged(True, 1.0), UP, []),
}


@pytest.mark.parametrize(("inputs", "judged", "state", "found"), OBJECTS.values(), ids=OBJECTS)
def test_objects_beside_their_definitions(
    inputs: Inputs | None, judged: Judged, state: State, found: list[str]
) -> None:
    record = ServiceRecord("n.network", makes="net", started_with=SAME.restart)
    manifest = Manifest("app", written_at=2.0, services={"n.service": record})
    known = {"n.service": inputs} if inputs else {}
    assert find_object_drift(manifest, known, {"n.service": state}, {"n.service": judged}) == found


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


ANOTHER = (
    "web.service runs another image than generation 3 was deployed with (auto-update, or a pull)"
)


@pytest.mark.parametrize(
    ("recorded", "running", "found"),
    [
        ({WEB_1: "id1"}, _runs(WEB_1), False),
        ({WEB_1: "id2"}, _runs(WEB_1), True),
        ({WEB_2: "id2"}, _runs(WEB_1), False),
        ({}, _runs(WEB_1), False),
        ({WEB_1: "id2"}, None, False),
    ],
    ids=["the same", "another", "of another name", "not recorded", "not running"],
)
def test_images_of_the_deployment(
    recorded: dict[str, str], running: Container | None, found: bool
) -> None:
    manifest = Manifest("app", generation=3, services={"web.service": WEB_RECORD}, images=recorded)
    storage = Storage({"web.service": running} if running else {})
    assert find_image_drift(manifest, {"web.service": WEB_1}, storage) == (
        [ANOTHER] if found else []
    )


@pytest.mark.parametrize(
    ("unit", "shown", "found"),
    [
        ("n.network", {"name": "net"}, []),
        ("n.network", None, ["x.service is up, but its network net is gone"]),
        ("n.volume", None, ["x.service is up, but its volume net is gone"]),
    ],
)
def test_objects(unit: str, shown: dict[str, str] | None, found: list[str]) -> None:
    services = {"x.service": ServiceRecord(unit, makes="net")}
    storage = Storage(objects={"x.service": shown})
    assert find_storage_drift(services, {"x.service": UP}, {}, storage) == found
    assert find_storage_drift(services, {"x.service": UP}, {}, Storage()) == []


def test_a_run_that_did_not_end_is_drift() -> None:
    assert find_died(None) == []
    assert len(find_died(Intent("shop", 1.0))) == 1


@pytest.mark.parametrize(
    "declared", ["${IMAGE}", "localhost/web:${TAG}", "$IMAGE", "localhost/%i:1", "localhost/web:%H"]
)
def test_what_systemd_expands_is_no_other_image(declared: str) -> None:
    services, storage = {"web.service": WEB_RECORD}, Storage({"web.service": _runs(WEB_1)}, {})
    assert (
        find_storage_drift(services, {"web.service": UP}, {"web.service": declared}, storage) == []
    )
