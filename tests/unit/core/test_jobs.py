"""Who starts a job: kinds, [Install], what triggers it, the options on_demand and run, states."""

from __future__ import annotations

import itertools
import typing as t

import pytest

from ansible_collections.quadlet.fleet.plugins.module_utils._core.app.app import App, parse_app
from ansible_collections.quadlet.fleet.plugins.module_utils._core.content import Blob, digest
from ansible_collections.quadlet.fleet.plugins.module_utils._core.errors import QuadletError
from ansible_collections.quadlet.fleet.plugins.module_utils._core.info.drift import find_drift
from ansible_collections.quadlet.fleet.plugins.module_utils._core.plan.inputs import (
    AppInputs,
    loaded_digest,
)
from ansible_collections.quadlet.fleet.plugins.module_utils._core.plan.jobs import (
    check_jobs,
    on_demand_of,
    with_on_demand,
)
from ansible_collections.quadlet.fleet.plugins.module_utils._core.plan.model import Plan, PlanInput
from ansible_collections.quadlet.fleet.plugins.module_utils._core.plan.plan import make_plan
from ansible_collections.quadlet.fleet.plugins.module_utils._core.plan.start_order import (
    to_bring_back,
)
from ansible_collections.quadlet.fleet.plugins.module_utils._core.state.after_run import (
    Ended,
    record_after,
)
from ansible_collections.quadlet.fleet.plugins.module_utils._core.state.manifest import (
    Manifest,
    Parts,
    ServiceRecord,
)
from ansible_collections.quadlet.fleet.plugins.module_utils._core.systemd_state import State
from ansible_collections.quadlet.fleet.plugins.module_utils._core.validate.companions import (
    to_records,
)
from ansible_collections.quadlet.fleet.plugins.module_utils._core.validate.generator import (
    Service,
    to_service,
)
from tests.unit.support.together import together

DIR = "/etc/containers/systemd/app"
NEVER, DOWN = State(), State("loaded", "inactive", "dead")
UP, DONE = State("loaded", "active", "running"), State("loaded", "active", "exited")
RUNNING, FAILED = State("loaded", "activating", "start"), State("loaded", "failed", "failed")

Values = dict[tuple[str, str], list[str]]

ONE_SHOT: Values = {("Service", "Type"): ["oneshot"]}
REMAINS: Values = {**ONE_SHOT, ("Service", "RemainAfterExit"): ["yes"]}
KINDS: dict[str, tuple[str, str, Values, bool]] = {
    "container": ("x.container", "x.service", {("Service", "Type"): ["notify"]}, False),
    "job": ("x.container", "x.service", ONE_SHOT, True),
    "job that remains": ("x.container", "x.service", REMAINS, True),
    "instance": ("x@1.container", "x@1.service", ONE_SHOT, True),
    "kube": ("x.kube", "x.service", {("Service", "Type"): ["notify"]}, False),
    "kube job": ("x.kube", "x.service", ONE_SHOT, True),
    "pod": ("x.pod", "x-pod.service", {("Service", "Type"): ["forking"]}, False),
    "companion": ("x.service", "x.service", {}, False),
    "companion job": ("x.service", "x.service", ONE_SHOT, True),
    "volume": ("x.volume", "x-volume.service", REMAINS, False),
    "network": ("x.network", "x-network.service", REMAINS, False),
    "image": ("x.image", "x-image.service", REMAINS, False),
    "build": ("x.build", "x-build.service", ONE_SHOT, False),
}
"""(unit, service, what the generator makes, whether it is a job)."""

BY_TRIGGER, BY_UNIT, BY_JOB = ("timer", "socket", "path"), ("Wants", "Requires", "BindsTo"), "job"
STARTERS = ("", *BY_TRIGGER, *BY_UNIT, "Upholds", BY_JOB, "chain", "OnFailure")


def _services(kind: str, install: bool, starter: str) -> list[Service]:
    """The unit under test, web, which a run starts, and what may start the first."""
    unit, name, values, _is_job = KINDS[kind]
    own: Values = {**values, ("Unit", "SourcePath"): [f"{DIR}/{unit}"]}
    if install:
        own[("Install", "WantedBy")] = ["default.target"]
    web: Values = {("Unit", "SourcePath"): [f"{DIR}/web.container"]}
    more: list[Service] = []
    if starter in BY_TRIGGER:
        block: Values = {("Unit", "SourcePath"): [f"{DIR}/t.{starter}"]}
        more = [to_service(f"t.{starter}", block)._replace(triggers=(name,))]
    elif starter in (*BY_UNIT, "Upholds", "OnFailure"):
        web[("Unit", starter)] = [name]
    elif starter == BY_JOB:
        more = [_job("j", name)]
    elif starter == "chain":
        web[("Unit", "Wants")] = ["j.service"]
        more = [_job("j", name)]
    return [to_service("web.service", web), to_service(name, own), *more]


def _job(stem: str, pulls: str) -> Service:
    block: Values = {("Unit", "SourcePath"): [f"{DIR}/{stem}.container"], **ONE_SHOT}
    return to_service(f"{stem}.service", {**block, ("Unit", "Requires"): [pulls]})


def _expected(kind: str, install: bool, starter: str, on_demand: bool) -> bool:
    """Whether a run starts it, as docs/jobs.md says."""
    is_job = KINDS[kind][3]
    if on_demand:
        return False
    if kind.startswith("companion") or install:
        return install
    if starter in BY_TRIGGER:
        return False
    return not is_job or starter in (*BY_UNIT, "Upholds", "chain")


def _inputs(
    services: t.Sequence[Service],
    *,
    state: str = "started",
    on_demand: tuple[str, ...] | None = None,
    run: tuple[str, ...] = (),
    states: t.Mapping[str, State] | None = None,
    recorded: t.Mapping[str, Parts] | None = None,
    manifest: Manifest | None = None,
) -> PlanInput:
    records = to_records(services)
    desired = {record.unit: Blob(b"[Container]\nImage=a\n") for record in records.values()}
    app = App("app", state=state, content=desired, on_demand=on_demand, run=run)
    known = {
        name: ServiceRecord(record.unit, started_with=recorded.get(name))
        for name, record in records.items()
        if recorded is not None
    }
    if manifest is None:
        files = {p: (digest(b.data), b.mode, b.on_change) for p, b in desired.items()}
        manifest = Manifest("app", files=files if recorded is not None else {}, services=known)
    names = on_demand_of(app, manifest, desired)
    sources = AppInputs(desired, {}, app_dir=DIR, home="/root")
    return PlanInput(
        app=app,
        desired=desired,
        current=desired,
        manifest=manifest,
        loaded=loaded_digest(desired, {}),
        services=with_on_demand(records, names),
        digests={name: sources.of(record.unit) for name, record in records.items()},
        states=dict(states or {}),
        on_demand=names,
    )


PRODUCT = list(itertools.product(KINDS, (False, True), STARTERS, (False, True)))


@pytest.mark.parametrize(
    ("state", "seen"),
    [("started", NEVER), *((s, DOWN) for s in ("started", "restarted", "present", "stopped"))],
)
def test_who_starts_a_service(state: str, seen: State) -> None:
    wrong = []
    for kind, install, starter, on_demand in PRODUCT:
        unit, name, _values, _is_job = KINDS[kind]
        plan = make_plan(
            _inputs(
                _services(kind, install, starter),
                state=state,
                on_demand=(unit,) if on_demand else None,
                states={name: seen},
            )
        )
        starts = state in ("started", "restarted") and _expected(kind, install, starter, on_demand)
        if (name in plan.start) is not starts or name in (*plan.restart, *plan.run):
            wrong.append((kind, install, starter, on_demand, plan.start))
    assert len(PRODUCT) == len(KINDS) * 2 * len(STARTERS) * 2
    assert wrong == []


@pytest.mark.parametrize(
    ("state", "seen"), [("started", (NEVER, DOWN, DONE, RUNNING, FAILED)), ("restarted", (UP,))]
)
def test_a_job_that_is_asked_for_runs_once(state: str, seen: t.Sequence[State]) -> None:
    for (kind, install, starter, on_demand), before in itertools.product(PRODUCT, seen):
        unit, name, _values, is_job = KINDS[kind]
        inputs = _inputs(
            _services(kind, install, starter),
            state=state,
            on_demand=(unit,) if on_demand else None,
            run=(unit,),
            states={name: before},
        )
        if not is_job:
            with pytest.raises(QuadletError, match="is no job") as caught:
                check_jobs(inputs)
            assert "Type=oneshot" in str(caught.value)
            continue
        check_jobs(inputs)
        plan = make_plan(inputs)
        assert plan.run == (name,)
        assert name not in (*plan.start, *plan.restart)
        assert [s.action for s in plan.steps if s.service == name] == ["run"]
        assert not plan.empty


def _left(plan: Plan, name: str) -> bool:
    moved = (*plan.start, *plan.restart, *plan.reload, *plan.stop, *plan.keep_active)
    return name not in moved


@together("before", [DOWN, DONE, RUNNING, FAILED])
@together("changed", [False, True])
@together("kind", [kind for kind, row in KINDS.items() if row[3]])
def test_a_job_that_waits_is_left_alone(kind: str, before: State, changed: bool) -> None:
    """Whatever its state is and became of its text; one that runs on is older than its files."""
    name = KINDS[kind][1]
    first = _inputs(_services(kind, False, ""))
    wanted = first.digests[name].restart
    ran: Parts = dict.fromkeys(wanted, "old") if changed else wanted
    others = {n: first.digests[n].restart for n in first.services if n != name}
    for state, restart in (("started", "auto"), ("restarted", "auto"), ("started", "never")):
        inputs = _inputs(
            _services(kind, False, ""),
            state=state,
            states={name: before, "web.service": UP},
            recorded={**others, name: ran},
        )
        plan = make_plan(
            inputs._replace(app=inputs.app.__class__("app", state=state, restart=restart))
        )
        assert _left(plan, name), plan
        running = before in (DONE, RUNNING) and changed
        assert any("goes on with its old text" in text for text in plan.warnings) is running
        after = record_after(inputs, plan, Ended(inputs.states, (), (), None, 1.0))
        told = find_drift(after, inputs.current, inputs.digests, inputs.states)
        words = [text for text in told if name in text]
        if before is FAILED:
            assert len(words) == 1
            assert f"systemctl start {name} runs it again" in words[0]
        else:
            assert bool(words) is running, words


def test_an_undo_starts_no_job() -> None:
    """One that was running when the run began has ended, or goes on."""
    for kind, install, starter, on_demand in PRODUCT:
        unit, name, _values, is_job = KINDS[kind]
        services = _inputs(
            _services(kind, install, starter), on_demand=(unit,) if on_demand else None
        ).services
        waits = not _expected(kind, install, starter, on_demand)
        back = to_bring_back(services, [name, "web.service", "x.of.another.app"])
        assert back[0] == "web.service" or name in back
        assert (name in back) is not (is_job and waits), (kind, install, starter, on_demand)


def test_a_failed_job_of_a_user_is_told_as_that_user() -> None:
    inputs = _inputs(_services("job", False, "timer"))
    manifest = Manifest("app", services=inputs.services)
    states = {"x.service": FAILED, "web.service": UP, "t.timer": UP}
    (told,) = find_drift(manifest, {}, {}, states, user="svc")
    assert "as user svc, journalctl --user-unit x.service" in told
    assert "systemctl --user start x.service runs it again" in told


@pytest.mark.parametrize(
    ("before", "changed", "action"),
    [(DOWN, True, ""), (FAILED, True, ""), (UP, False, ""), (UP, True, "restart")],
)
def test_a_container_on_demand(before: State, changed: bool, action: str) -> None:
    """One that somebody has started restarts when its text changes."""
    services = _services("container", True, "")
    wanted = _inputs(services).digests["x.service"].restart
    inputs = _inputs(
        services,
        on_demand=("x.container",),
        states={"x.service": before, "web.service": UP},
        recorded={
            "x.service": dict.fromkeys(wanted, "old") if changed else wanted,
            "web.service": _inputs(services).digests["web.service"].restart,
        },
    )
    plan = make_plan(inputs)
    found = {s.service: s.action for s in plan.steps}
    assert found.get("x.service", "") == (action or "regroup")
    again = make_plan(
        inputs._replace(
            manifest=record_after(inputs, plan, Ended(inputs.states, (), (), None, 1.0)),
            states={**inputs.states},
        )
    )
    assert again.empty, again.steps


def test_on_demand_stays_with_the_installed_set() -> None:
    blob = {"x.container": Blob(b""), "y.container": Blob(b"")}
    manifest = Manifest("app", on_demand=("x.container", "gone.container"))
    app = App("app", content=blob)
    assert on_demand_of(App("app"), manifest, blob) == ("x.container",)
    assert on_demand_of(app, manifest, blob) == ()
    assert on_demand_of(App("app", content=blob, prune=False), manifest, blob) == ("x.container",)
    given = App("app", content=blob, on_demand=("y.container",))
    assert on_demand_of(given, manifest, blob) == ("y.container",)


def test_a_template_on_demand_has_its_instances() -> None:
    records = {n: ServiceRecord(n) for n in ("w@1.container", "w@.container", "v.container")}
    found = with_on_demand(records, ("w@.container",))
    assert [name for name, record in found.items() if record.on_demand] == [
        "w@1.container",
        "w@.container",
    ]
    assert not any(record.on_demand for record in with_on_demand(found, ()).values())


@together("option", ["run", "on_demand"])
@together("name", ["gone.container", "x", "x.service", "x.container.d/a.conf", ""])
def test_names_that_are_no_units_are_refused(option: str, name: str) -> None:
    given: dict[str, t.Any] = {option: (name,)}
    with pytest.raises(QuadletError, match="is no unit of app") as caught:
        check_jobs(_inputs(_services("job", False, ""), **given))
    assert "it has web.container, x.container" in str(caught.value)


def test_a_template_can_not_run() -> None:
    inputs = _inputs(_services("job", False, ""), run=("x@.container",))
    desired = {**inputs.desired, "x@.container": Blob(b"")}
    with pytest.raises(QuadletError, match="is a template"):
        check_jobs(inputs._replace(desired=desired))


UNITS = {"x.container": "[Container]\nImage=a\n"}


@pytest.mark.parametrize("state", ["present", "stopped", "absent"])
def test_a_job_runs_where_the_app_is_up(state: str) -> None:
    with pytest.raises(QuadletError, match="a job runs once the app is up"):
        parse_app({"name": "a", "state": state, "units": UNITS, "run": ["x.container"]})
    assert parse_app({"name": "a", "state": state, "units": UNITS, "run": []}).run == ()


def test_what_else_is_refused() -> None:
    with pytest.raises(QuadletError, match="is named twice"):
        parse_app({"name": "a", "state": "started", "run": ["x.container", "x.container"]})
    with pytest.raises(QuadletError, match="on_demand is given with state: rolled_back"):
        parse_app({"name": "a", "state": "rolled_back", "on_demand": []})
    assert parse_app({"name": "a", "state": "rolled_back", "run": ["x.container"]}).run
