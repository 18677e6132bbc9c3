"""Services that systemd started by itself: which count as started with what is installed."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.quadlet.fleet.plugins.module_utils._core.app.app import App
from ansible_collections.quadlet.fleet.plugins.module_utils._core.content import Blob, digest
from ansible_collections.quadlet.fleet.plugins.module_utils._core.plan.inputs import Inputs
from ansible_collections.quadlet.fleet.plugins.module_utils._core.plan.model import PlanInput
from ansible_collections.quadlet.fleet.plugins.module_utils._core.plan.own_starts import (
    confirmed_starts,
    find_edited,
    find_other_texts,
    find_suspects,
)
from ansible_collections.quadlet.fleet.plugins.module_utils._core.state.manifest import (
    Manifest,
    ServiceRecord,
)
from ansible_collections.quadlet.fleet.plugins.module_utils._core.systemd_state import (
    Details,
    State,
)

UNIT = Blob(b"[Container]\n")
OLD, NEW = {"web.container": "old"}, {"web.container": "new"}
UP = State("loaded", "active", "running")
DOWN = State("loaded", "inactive", "dead")
CRASHING = State("loaded", "activating", "auto-restart")


def _inputs(**changes: t.Any) -> PlanInput:
    inputs = PlanInput(
        app=App("app"),
        desired={"web.container": UNIT},
        current={"web.container": UNIT},
        manifest=_manifest(ServiceRecord("web.container", started_with=OLD, reload_with={})),
        loaded="digest",
        services={"web.service": ServiceRecord("web.container")},
        digests={"web.service": Inputs(NEW, {})},
        states={"web.service": UP},
    )
    return inputs._replace(**changes)


def _manifest(record: ServiceRecord, loaded: str | None = "digest") -> Manifest:
    files = {"web.container": (digest(UNIT.data), UNIT.mode, UNIT.on_change)}
    return Manifest("app", files=files, loaded=loaded, services={"web.service": record})


SAME = ServiceRecord("web.container", started_with=NEW, reload_with={})

SUSPECTS: dict[str, tuple[PlanInput, list[str]]] = {
    "started with other files": (_inputs(), ["web.service"]),
    "never started by a run": (
        _inputs(manifest=_manifest(ServiceRecord("web.container"))),
        ["web.service"],
    ),
    "another file to reload": (
        _inputs(manifest=_manifest(SAME), digests={"web.service": Inputs(NEW, {"conf": "new"})}),
        ["web.service"],
    ),
    "started with the same files": (_inputs(manifest=_manifest(SAME)), []),
    "the same files, and no reload was recorded": (
        _inputs(manifest=_manifest(ServiceRecord("web.container", started_with=NEW))),
        [],
    ),
    "down": (_inputs(states={"web.service": DOWN}), []),
    "crashing": (_inputs(states={"web.service": CRASHING}), []),
    "state unknown": (_inputs(states={}), []),
    "no longer a service of the app": (_inputs(digests={}), []),
    "this run writes": (_inputs(current={}), []),
    "this run deletes": (_inputs(desired={}), []),
    "systemd has not loaded the units yet": (_inputs(loaded="other"), []),
    "a run ended before systemd loaded its units": (
        _inputs(manifest=_manifest(SAME, loaded=None)),
        [],
    ),
}


@pytest.mark.parametrize("case", SUSPECTS.values(), ids=SUSPECTS)
def test_suspects(case: tuple[PlanInput, list[str]]) -> None:
    inputs, expected = case
    assert find_suspects(inputs) == expected


def _details(started_at: float, restarts: int = 0) -> Details:
    return Details("success", restarts, None, "", started_at, "", "", 0.0)


@pytest.mark.parametrize(
    ("details", "expected"),
    [
        (_details(11.0), True),
        (_details(10.0), False),
        (_details(0.0), False),
        (_details(11.0, restarts=1), False),
    ],
    ids=["after the write", "at the same moment", "never", "after a crash"],
)
def test_confirmed(details: Details, expected: bool) -> None:
    assert ("web.service" in confirmed_starts({"web.service": details}, 10.0)) is expected


AS_DEPLOYED = _inputs(manifest=_manifest(SAME))
NOW = float("inf")


@pytest.mark.parametrize(
    ("inputs", "touched", "expected"),
    [
        (AS_DEPLOYED, {}, {}),
        (AS_DEPLOYED, {"web.container": 7.0}, {"web.service": 7.0}),
        (AS_DEPLOYED, {"other": 7.0}, {}),
        (AS_DEPLOYED._replace(current={}), {}, {"web.service": NOW}),
        (AS_DEPLOYED._replace(current={}), {"web.container": 7.0}, {"web.service": NOW}),
        (AS_DEPLOYED._replace(states={"web.service": DOWN}), {"web.container": 7.0}, {}),
        (AS_DEPLOYED._replace(digests={}), {"web.container": 7.0}, {}),
        (_inputs(), {"web.container": 7.0}, {}),
    ],
    ids=[
        "as recorded",
        "touched",
        "another file was",
        "this run writes",
        "this run writes what was touched",
        "down",
        "no longer of the app",
        "restarts anyway",
    ],
)
def test_edited_files(
    inputs: PlanInput, touched: dict[str, float], expected: dict[str, float]
) -> None:
    assert find_edited(inputs, touched) == expected


@pytest.mark.parametrize("edited", [15.0, NOW])
@pytest.mark.parametrize(
    ("started_at", "expected"), [(9.0, False), (10.0, False), (12.0, True), (16.0, None)]
)
def test_services_that_were_started_with_other_texts(
    edited: float, started_at: float, expected: bool | None
) -> None:
    """Recorded at 10; a start behind the last edit had what is there now."""
    details = {"web.service": _details(started_at)}
    found = find_other_texts({"web.service": edited}, details, 10.0)
    assert ("web.service" in found) is (expected if expected is not None else edited == NOW)
