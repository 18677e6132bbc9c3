"""What the record of an app says after a run, however it ended."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest

from ansible_collections.quadlet.fleet.plugins.module_utils._core.app.app import App
from ansible_collections.quadlet.fleet.plugins.module_utils._core.content import Blob, file_record
from ansible_collections.quadlet.fleet.plugins.module_utils._core.gate.failure import Failure
from ansible_collections.quadlet.fleet.plugins.module_utils._core.plan.inputs import Inputs
from ansible_collections.quadlet.fleet.plugins.module_utils._core.plan.model import Plan, PlanInput
from ansible_collections.quadlet.fleet.plugins.module_utils._core.state.after_run import (
    Ended,
    record_after,
    record_of_unmoved,
)
from ansible_collections.quadlet.fleet.plugins.module_utils._core.state.generation import Generation
from ansible_collections.quadlet.fleet.plugins.module_utils._core.state.manifest import (
    Manifest,
    Mark,
    Parts,
    ServiceRecord,
)
from ansible_collections.quadlet.fleet.plugins.module_utils._core.systemd_state import State
from ansible_collections.quadlet.fleet.plugins.module_utils._module.options import STATES

WEB, NET = "web.service", "n-network.service"
OLD, NEW = {"web.container": "old"}, {"web.container": "new"}
OLD_NET, NEW_NET = {"n.network": "old"}, {"n.network": "new"}
RELOAD = {"conf": "new"}
UP = State("loaded", "active", "running")
DOWN = State("loaded", "failed", "failed")
FILES = {"web.container": Blob(b"[Container]\n", 0o600)}

BEFORE = Manifest(
    "app",
    generation=3,
    files={"gone": ("sha", 0o644, "restart")},
    loaded="old digest",
    written_at=5.0,
    services={
        WEB: ServiceRecord("web.container", started_with=OLD, reload_with={}),
        NET: ServiceRecord("n.network", makes="net", started_with=OLD_NET, reload_with={}),
    },
    secrets={"a": "app-a-1"},
    images={"i:1": "id 1"},
    deployed=4,
    rollout=Mark("r1", 2, True),
)


def _inputs(**changes: t.Any) -> PlanInput:
    inputs = PlanInput(
        app=App("app", rollout="r1"),
        desired=FILES,
        current={},
        manifest=BEFORE,
        loaded="new digest",
        services={
            WEB: ServiceRecord("web.container", needs=(NET,)),
            NET: ServiceRecord("n.network", makes="net"),
        },
        digests={WEB: Inputs(NEW, RELOAD), NET: Inputs(NEW_NET, {})},
        states={},
    )
    return inputs._replace(**changes)


def _ended(**changes: t.Any) -> Ended:
    states = {WEB: UP, NET: UP}
    return Ended(states, (), (), None, 9.0)._replace(**changes)


def _failure(phase: str, service: str | None = None) -> Failure:
    return Failure(phase, "it failed", service=service)


GENERATION = Generation(
    app="app",
    number=7,
    made_at=8.0,
    made_by="",
    changes=(),
    files={},
    images={"i:2": ("id 2", "sha256:2")},
)


def test_it_says_what_is_installed() -> None:
    record = record_after(_inputs(secrets={"a": "app-a-2"}), Plan(), _ended())
    assert record.app == "app"
    assert record.files == {"web.container": file_record(FILES["web.container"])}
    assert record.loaded == "new digest"
    assert record.secrets == {"a": "app-a-2"}
    assert {name: row.unit for name, row in record.services.items()} == {
        WEB: "web.container",
        NET: "n.network",
    }
    assert record.services[WEB].needs == (NET,)


@pytest.mark.parametrize(
    ("plan", "written_at"),
    [
        (Plan(), 5.0),
        (Plan(restart=(WEB,)), 5.0),
        (Plan(writes=("web.container",)), 9.0),
        (Plan(deletes=("gone",)), 9.0),
        (Plan(daemon_reload=True), 9.0),
    ],
    ids=["nothing", "a restart alone", "writes", "deletes", "a reload of systemd"],
)
def test_when_it_was_written(plan: Plan, written_at: float) -> None:
    assert record_after(_inputs(), plan, _ended()).written_at == written_at


@pytest.mark.parametrize(
    ("phase", "loaded"),
    [("write", None), ("load", None), ("start", "new digest"), ("probe", "new digest")],
)
def test_what_is_loaded_after_a_failure(phase: str, loaded: str | None) -> None:
    ended = _ended(failures=(_failure("start", WEB), _failure(phase)))
    assert record_after(_inputs(), Plan(), ended).loaded == loaded


@pytest.mark.parametrize("state_of_web", [UP, DOWN])
@pytest.mark.parametrize("only", [None, "web.container", "n.network"])
@pytest.mark.parametrize("known", [None, False, True])
@pytest.mark.parametrize("state", [state for state in STATES if state != "absent"])
def test_which_services_are_to_stay_down(
    state: str, known: bool | None, only: str | None, state_of_web: State
) -> None:
    services = {} if known is None else {WEB: ServiceRecord("web.container", stopped=known)}
    manifest, states = Manifest("app", services=services), {WEB: state_of_web, NET: UP}
    app = App("app", state=state, only=only)
    record = record_after(_inputs(manifest=manifest, app=app), Plan(), _ended(states=states))
    decides = state != "present" and only != "n.network"
    expected = state == "stopped" if decides else known is not False
    assert record.services[WEB].stopped is (expected and not state_of_web.up)
    assert record.services[NET].stopped is False
    unmoved = record_of_unmoved(app, manifest, states)
    if services:  # the same where there was nothing to do
        assert unmoved.services[WEB].stopped is record.services[WEB].stopped


class Numbers(t.NamedTuple):
    """What tells which state is deployed."""

    generation: int
    deployed: int
    images: dict[str, str]
    rollout: Mark


KEPT = {"i:1": "id 1"}
ROLLED_BACK = App("app", state="rolled_back", origin=2, images={"i:0": "id 0"})

NUMBERS: dict[str, tuple[App, Generation | None, Numbers]] = {
    "no new generation": (App("app", rollout="r1"), None, Numbers(3, 4, KEPT, BEFORE.rollout)),
    "no new generation, outside of the rollout": (
        App("app"),
        None,
        Numbers(3, 4, KEPT, BEFORE.rollout),
    ),
    "a new generation": (
        App("app", rollout="r1"),
        GENERATION,
        Numbers(7, 7, {"i:2": "id 2"}, BEFORE.rollout),
    ),
    "a new generation of another rollout": (
        App("app", rollout="r2"),
        GENERATION,
        Numbers(7, 7, {"i:2": "id 2"}, Mark("r2", 3, True)),
    ),
    "a new generation outside of any rollout": (
        App("app"),
        GENERATION,
        Numbers(7, 7, {"i:2": "id 2"}, Mark()),
    ),
    "a return to an older generation": (
        ROLLED_BACK,
        None,
        Numbers(2, 4, {"i:0": "id 0"}, Mark()),
    ),
    "a return to a generation without images": (
        dataclasses.replace(ROLLED_BACK, images={}),
        None,
        Numbers(2, 4, KEPT, Mark()),
    ),
}


@pytest.mark.parametrize("case", NUMBERS.values(), ids=NUMBERS)
def test_which_state_is_deployed(case: tuple[App, Generation | None, Numbers]) -> None:
    app, generation, expected = case
    record = record_after(_inputs(app=app), Plan(), _ended(generation=generation))
    actual = Numbers(record.generation, record.deployed, record.images, record.rollout)
    assert actual == expected


Case = tuple[Plan, dict[str, t.Any], t.Optional[Parts], t.Optional[Parts]]
"""A plan, how the run ended; what the container and its network count as started with."""

ALL = (NET, WEB)
STARTS: dict[str, Case] = {
    "nothing happened": (Plan(), {}, OLD, OLD_NET),
    "restarted": (Plan(restart=(WEB,)), {}, NEW, OLD_NET),
    "started": (Plan(start=ALL), {}, NEW, NEW_NET),
    "reloaded": (Plan(reload=(WEB,)), {}, NEW, OLD_NET),
    "in sync already": (Plan(in_sync=ALL), {}, NEW, NEW_NET),
    "stopped": (Plan(stop=(WEB,)), {}, OLD, OLD_NET),
    "the network stays as it was": (
        Plan(start=ALL, outdated=(NET,)),
        {},
        NEW,
        OLD_NET,
    ),
    "the container failed": (
        Plan(start=ALL),
        {"failures": (_failure("start", WEB),)},
        None,
        NEW_NET,
    ),
    "the container failed, and was not acted on": (
        Plan(),
        {"failures": (_failure("stay", WEB),)},
        None,
        OLD_NET,
    ),
    "the container is on its way": (Plan(start=ALL), {"pending": (WEB,)}, None, NEW_NET),
    "the network failed: the old one is what it was": (
        Plan(start=ALL),
        {"failures": (_failure("start", NET),)},
        NEW,
        OLD_NET,
    ),
    "a probe failed": (Plan(start=ALL), {"failures": (_failure("probe"),)}, None, NEW_NET),
    "a probe failed, the network is down": (
        Plan(start=ALL),
        {"failures": (_failure("probe"),), "states": {NET: DOWN}},
        None,
        OLD_NET,
    ),
    "a step failed before systemd was asked": (
        Plan(start=ALL),
        {"failures": (_failure("write"),), "states": {}},
        None,
        OLD_NET,
    ),
}


@pytest.mark.parametrize("case", STARTS.values(), ids=STARTS)
def test_what_services_count_as_started_with(case: Case) -> None:
    plan, ended, web, net = case
    services = record_after(_inputs(), plan, _ended(**ended)).services
    assert (services[WEB].started_with, services[NET].started_with) == (web, net)


@pytest.mark.parametrize(
    ("plan", "ended", "expected"),
    [
        (Plan(restart=(WEB,)), {}, RELOAD),
        (Plan(), {}, {}),
        (Plan(restart=(WEB,)), {"failures": (_failure("start", WEB),)}, None),
    ],
    ids=["started", "untouched", "failed"],
)
def test_what_a_service_has_reloaded(
    plan: Plan, ended: dict[str, t.Any], expected: Parts | None
) -> None:
    services = record_after(_inputs(), plan, _ended(**ended)).services
    assert services[WEB].reload_with == expected


FIRST: dict[str, Case] = {
    "started": (Plan(start=ALL), {}, NEW, NEW_NET),
    "left alone": (Plan(), {}, None, None),
    "the network failed": (Plan(start=ALL), {"failures": (_failure("start", NET),)}, NEW, None),
    "a probe failed": (Plan(start=ALL), {"failures": (_failure("probe"),)}, None, NEW_NET),
    "a step failed": (
        Plan(start=ALL),
        {"failures": (_failure("write"),), "states": {}},
        None,
        None,
    ),
}


@pytest.mark.parametrize("case", FIRST.values(), ids=FIRST)
def test_a_first_deployment(case: Case) -> None:
    plan, ended, web, net = case
    record = record_after(_inputs(manifest=Manifest("app")), plan, _ended(**ended))
    services = record.services
    assert (services[WEB].started_with, services[NET].started_with) == (web, net)
