"""Where an app is not as it was deployed."""

from __future__ import annotations

import dataclasses

import pytest

from ansible_collections.quadlet.fleet.plugins.module_utils._core.drift import find_drift
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
