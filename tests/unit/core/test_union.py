"""The record while files change: nothing of before or after is forgotten if the run dies."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest

from ansible_collections.quadlet.fleet.plugins.module_utils._core.app.app import App
from ansible_collections.quadlet.fleet.plugins.module_utils._core.content import Blob, file_record
from ansible_collections.quadlet.fleet.plugins.module_utils._core.plan.inputs import Inputs
from ansible_collections.quadlet.fleet.plugins.module_utils._core.plan.model import Plan, PlanInput
from ansible_collections.quadlet.fleet.plugins.module_utils._core.state.manifest import (
    Manifest,
    ServiceRecord,
)
from ansible_collections.quadlet.fleet.plugins.module_utils._core.state.union import union_record

STARTED = {"web.container": "sha"}
OLD = Blob(b"old")
WEB = ServiceRecord("web.container", started_with=STARTED, reload_with={})
NET = ServiceRecord("n.network", makes="net", started_with=STARTED, reload_with={})
BEFORE = Manifest(
    "app",
    generation=3,
    files={"web.container": file_record(OLD), "gone": file_record(OLD)},
    loaded="digest",
    written_at=5.0,
    services={"web.service": WEB, "n-network.service": NET},
    secrets={"a": "app-a-1"},
    deployed=4,
)


def _inputs(**changes: t.Any) -> PlanInput:
    inputs = PlanInput(
        app=App("app"),
        desired={"web.container": OLD},
        current={},
        manifest=BEFORE,
        loaded="new digest",
        services=BEFORE.services,
        digests={},
        states={},
    )
    return inputs._replace(**changes)


def test_old_and_new_files_are_owned() -> None:
    new = Blob(b"new", 0o600, "none")
    record = union_record(_inputs(desired={"web.container": new, "added": OLD}), Plan())
    assert record.files == {
        "web.container": file_record(new),
        "gone": file_record(OLD),
        "added": file_record(OLD),
    }


def test_what_is_loaded_is_unknown_and_the_rest_stays() -> None:
    record = union_record(_inputs(), Plan())
    assert record == dataclasses.replace(BEFORE, loaded=None)


def test_old_and_new_secrets_are_owned() -> None:
    record = union_record(_inputs(secrets={"a": "app-a-2", "b": "app-b-1"}), Plan())
    assert record.secrets == {"a": "app-a-2", "b": "app-b-1"}


@pytest.mark.parametrize("word", ["start", "restart", "reload"])
def test_a_service_that_is_acted_on_counts_as_not_started(word: str) -> None:
    plan = Plan(**{word: ("web.service", "n-network.service")})
    services = union_record(_inputs(), plan).services
    assert services["web.service"].started_with is None
    assert services["n-network.service"] == NET  # the network is what it was


@pytest.mark.parametrize("word", ["stop", "keep_active", "in_sync"])
def test_other_services_stay_as_recorded(word: str) -> None:
    plan = Plan(**{word: ("web.service", "n-network.service")})
    assert union_record(_inputs(), plan).services == BEFORE.services


@pytest.mark.parametrize("known", [None, ServiceRecord("n.network", makes="net")])
def test_a_new_network_is_created_as_it_is_now(known: ServiceRecord | None) -> None:
    new = ServiceRecord("n.network", makes="net")
    before = dataclasses.replace(BEFORE, services={"n.service": known} if known else {})
    digests = {"n.service": Inputs(restart={"n.network": "now"}, reload={})}
    inputs = _inputs(manifest=before, services={"n.service": new}, digests=digests)
    record = union_record(inputs, Plan(start=("n.service",))).services["n.service"]
    assert record.started_with == {"n.network": "now"}


def test_a_new_service_is_recorded_and_a_removed_one_kept() -> None:
    new = ServiceRecord("db.container")
    record = union_record(_inputs(services={"db.service": new}), Plan(start=("db.service",)))
    rests = dataclasses.replace(new, stopped=True)  # until the run has ended
    assert record.services == {**BEFORE.services, "db.service": rests}
