"""Companions: what they are as services, what is refused, and what a run does about them."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest

from ansible_collections.quadlet.fleet.plugins.module_utils._core.app.app import App
from ansible_collections.quadlet.fleet.plugins.module_utils._core.app.layout import Layout
from ansible_collections.quadlet.fleet.plugins.module_utils._core.content import (
    Blob,
    digest,
    text_of,
)
from ansible_collections.quadlet.fleet.plugins.module_utils._core.plan.inputs import (
    AppInputs,
    loaded_digest,
)
from ansible_collections.quadlet.fleet.plugins.module_utils._core.plan.model import (
    Plan,
    PlanInput,
)
from ansible_collections.quadlet.fleet.plugins.module_utils._core.plan.plan import make_plan
from ansible_collections.quadlet.fleet.plugins.module_utils._core.plan.start_order import (
    start_order,
)
from ansible_collections.quadlet.fleet.plugins.module_utils._core.quadlet.kinds import is_unit
from ansible_collections.quadlet.fleet.plugins.module_utils._core.quadlet.unitfile import merged
from ansible_collections.quadlet.fleet.plugins.module_utils._core.state.manifest import (
    Manifest,
    ServiceRecord,
)
from ansible_collections.quadlet.fleet.plugins.module_utils._core.systemd_state import State
from ansible_collections.quadlet.fleet.plugins.module_utils._core.validate.check import parse_units
from ansible_collections.quadlet.fleet.plugins.module_utils._core.validate.companions import (
    check_companions,
    companion_services,
    parse_verification,
    to_records,
)
from ansible_collections.quadlet.fleet.plugins.module_utils._core.validate.generator import Service

DIR, SYSTEMD = "/etc/containers/systemd/app", "/etc/systemd/system"
LAYOUT = Layout("app", DIR, SYSTEMD)

NONE, DOWN = State(), State("loaded", "inactive", "dead")
UP, WAITING = State("loaded", "active", "running"), State("loaded", "active", "waiting")
STARTING = State("loaded", "activating", "start")
FAILED, CRASHING = State("loaded", "failed"), State("loaded", "activating", "auto-restart")

INSTALL = "[Install]\nWantedBy=default.target\n"
TIMER, TIMER_2 = f"[Timer]\nOnCalendar=daily\n{INSTALL}", f"[Timer]\nOnCalendar=weekly\n{INSTALL}"
SOCKET, SOCKET_2 = f"[Socket]\nListenStream=1\n{INSTALL}", f"[Socket]\nListenStream=2\n{INSTALL}"
WEB, WEB_2 = "[Container]\nImage=a\n", "[Container]\nImage=b\n"
JOB, JOB_2 = f"{WEB}[Service]\nType=oneshot\n", f"{WEB_2}[Service]\nType=oneshot\n"
HELPER = "[Service]\nExecStart=/bin/x\n"

NEEDY = f"{JOB}[Unit]\nRequires=db.service\n"

Texts = t.Mapping[str, str]


def _units(texts: Texts) -> dict[str, t.Any]:
    units, errors = parse_units({path: text for path, text in texts.items() if is_unit(path)})
    assert errors == []
    return units


def _records(texts: Texts) -> dict[str, ServiceRecord]:
    """The services of an app; of a container as the generator would tell it."""
    generated = [
        Service(
            path.replace(".container", ".service"),
            f"{DIR}/{path}",
            needs=("db.service",) if "Requires" in text else (),
            follows=("db.service",) if "Requires" in text else (),
            once="oneshot" in text,
            oneshot="oneshot" in text,
            objects=(),
            can_reload=False,
            makes="",
            installed="[Install]" in text,
        )
        for path, text in texts.items()
        if path.endswith(".container")
    ]
    return to_records([*generated, *companion_services(_units(texts), SYSTEMD)])


@pytest.mark.parametrize(
    ("path", "real"),
    [
        ("web.container", f"{DIR}/web.container"),
        ("web.container.d/x.conf", f"{DIR}/web.container.d/x.conf"),
        ("conf/a.service", f"{DIR}/conf/a.service"),
        ("a.txt", f"{DIR}/a.txt"),
        ("web.timer", f"{SYSTEMD}/web.timer"),
        ("web.timer.d/x.conf", f"{SYSTEMD}/web.timer.d/x.conf"),
        ("web.service", f"{SYSTEMD}/web.service"),
        ("x.slice", f"{SYSTEMD}/x.slice"),
    ],
)
def test_where_content_lies(path: str, real: str) -> None:
    assert LAYOUT.real(path) == real
    folder, _slash, name = LAYOUT.beside(real, "new", 7).rpartition("/")
    assert folder == (f"{DIR}/.fleet.d/new" if real.startswith(DIR) else SYSTEMD)
    assert not is_unit(name)


SERVICES: dict[str, tuple[Texts, dict[str, t.Any]]] = {
    "timer": ({"a.timer": TIMER}, {"triggers": ("a.service",), "triggered": False}),
    "timer without [Install]": ({"a.timer": "[Timer]\n"}, {"triggered": False}),
    "timer of another unit": (
        {"a.timer": "[Timer]\nUnit=x.target\n"},
        {"triggers": ("x.target",)},
    ),
    "drop-in names another unit": (
        {"a.timer": TIMER, "a.timer.d/x.conf": "[Timer]\nUnit=x.service\n"},
        {"triggers": ("x.service",)},
    ),
    "socket": ({"a.socket": SOCKET}, {"triggers": ("a.service",)}),
    "socket of another service": (
        {"a.socket": "[Socket]\nService=x.service\n"},
        {"triggers": ("x.service",)},
    ),
    "socket, one service each": (
        {"a.socket": "[Socket]\nAccept=yes\n"},
        {"triggers": ("a@.service",)},
    ),
    "path": ({"a.path": "[Path]\n"}, {"triggers": ("a.service",), "triggered": False}),
    "target": ({"a.target": INSTALL}, {"triggers": (), "triggered": False}),
    "target that something wants": ({"a.target": "[Unit]\n"}, {"triggered": True}),
    "slice": ({"a.slice": "[Slice]\n"}, {"triggered": True}),
    "service": ({"a.service": HELPER + INSTALL}, {"triggered": False, "once": False}),
    "service that something wants": ({"a.service": HELPER}, {"triggered": True}),
    "one-shot": ({"a.service": HELPER + "Type=oneshot\n"}, {"once": True}),
    "one-shot that stays": (
        {"a.service": HELPER + "Type=oneshot\nRemainAfterExit=yes\n"},
        {"once": False},
    ),
    "needs and follows": (
        {"a.target": "[Unit]\nRequires=a.service b.service\nBindsTo=c.service\nPartOf=d.target\n"},
        {
            "needs": ("a.service", "b.service", "c.service"),
            "follows": ("a.service", "b.service", "c.service", "d.target"),
        },
    ),
}


@pytest.mark.parametrize(("texts", "wanted"), SERVICES.values(), ids=SERVICES)
def test_a_companion_as_a_service(texts: Texts, wanted: dict[str, t.Any]) -> None:
    name, *_more = texts
    record = _records(texts)[name]
    assert record.unit == name
    assert {field: getattr(record, field) for field in wanted} == wanted


@pytest.mark.parametrize(
    ("texts", "triggered"),
    [
        ({"a.container": WEB, "a.timer": TIMER}, True),
        ({"a.container": WEB, "b.path": "[Path]\nUnit=a.service\n"}, True),
        ({"a.container": WEB + INSTALL, "a.timer": TIMER}, False),
        ({"a.container": WEB}, False),
        ({"a.container": WEB, "b.timer": TIMER}, False),
        ({"a.container": WEB, "a.timer": "[Timer]\nUnit=b.service\n"}, False),
    ],
)
def test_a_container_that_something_else_starts(texts: Texts, triggered: bool) -> None:
    assert _records(texts)["a.service"].triggered is triggered


def test_templates_are_no_services() -> None:
    assert _records({"a@.service": HELPER, "a@1.service": HELPER}).keys() == {"a@1.service"}


def test_drop_ins_count_in_the_order_of_their_names() -> None:
    texts = {
        "a.timer.d/b.conf": "[Timer]\nUnit=b.service\n",
        "a.timer": TIMER,
        "a.timer.d/a.conf": "[Timer]\nUnit=a.service\n",
        "b.timer": TIMER,
    }
    unit = merged("a.timer", _units(texts))
    assert unit.values("Timer", "Unit") == ["a.service", "b.service"]
    assert unit.sections == ("Timer", "Install")


REFUSED = {
    "no section": ({"a.timer": INSTALL}, "no [Timer] section"),
    "no section of its type": ({"a.service": "[Unit]\n"}, "no [Service] section"),
    "Podman's section": ({"a.service": HELPER + "[Container]\n"}, "[Container] is no section"),
    "another type's": ({"a.timer": TIMER + "[Socket]\n"}, "of a .timer unit"),
    "in a drop-in": ({"a.timer.d/x.conf": "[Path]\n"}, "[Path] is no section of a .timer unit"),
    "of a target": ({"a.target": "[Target]\n"}, "It has [Unit], [Install]"),
    "template": ({"a@.timer": TIMER}, "Declare an instance, such as a@NAME.timer"),
}


@pytest.mark.parametrize(("texts", "what"), REFUSED.values(), ids=REFUSED)
def test_refused(texts: Texts, what: str) -> None:
    errors = check_companions(_units(texts), location="home", folder=SYSTEMD)
    assert len(errors) == 1
    assert what in str(errors[0])


@pytest.mark.parametrize(
    "texts",
    [
        {"a.target": ""},
        {"a.slice": "[Unit]\n"},
        {"a.timer.d/x.conf": INSTALL},
        {"a@.service": HELPER},
        {"a.timer": TIMER + "[X-Ours]\nA=b\n"},
    ],
)
def test_allowed(texts: Texts) -> None:
    assert check_companions(_units(texts), location="home", folder=SYSTEMD) == []


def test_at_location_admin_there_are_none() -> None:
    errors = check_companions(
        _units({"a.timer": TIMER}), location="admin", folder="/etc/systemd/user"
    )
    assert "/etc/systemd/user is read for every user. Use location: home." in str(errors[0])


VERIFIED = {
    "a value": (
        "a.timer:2: Failed to parse calendar specification, ignoring: x",
        ["a.timer:2: systemd says: Failed to parse calendar specification, ignoring: x"],
        [],
    ),
    "a unit": (
        "a.timer: Timer unit lacks value setting. Refusing.",
        ["a.timer: systemd says: Timer unit lacks value setting. Refusing"],
        [],
    ),
    "a drop-in": (
        "a.timer.d/x.conf:1: Failed to parse boolean value",
        ["a.timer.d/x.conf:1: systemd says: Failed to parse boolean value"],
        [],
    ),
    "a key": (
        "a.timer:3: Unknown key 'Foo' in section [Timer], ignoring.",
        [],
        ["a.timer:3: Unknown key 'Foo' in section [Timer], ignoring."],
    ),
    "another unit": ("/etc/x.service:3: Failed to parse a", [], []),
    "what is not there yet": ("a.timer: service a.service not loaded", [], []),
    "what follows from it": ("Unit a.timer has a bad unit file setting.", [], []),
    "nothing": ("", [], []),
}


@pytest.mark.parametrize(("said", "errors", "warnings"), VERIFIED.values(), ids=VERIFIED)
def test_what_systemd_says(said: str, errors: list[str], warnings: list[str]) -> None:
    found, cautions = parse_verification(said, {"a.timer", "a.timer.d/x.conf"})
    assert [str(error).rpartition(". See ")[0] for error in found] == errors
    assert cautions == warnings


@dataclasses.dataclass(frozen=True)
class Case:
    """installed and declared: texts by path.  states: of services.  ran: other texts that a
    service was started with.  steps: C({service or path: "action: reasons"}).  more: fields of
    the plan.
    """

    id: str
    installed: Texts
    declared: Texts | None
    states: t.Mapping[str, State]
    steps: t.Mapping[str, str]
    more: t.Mapping[str, tuple[str, ...]] = dataclasses.field(default_factory=dict)
    options: t.Mapping[str, t.Any] = dataclasses.field(default_factory=dict)
    enabled: t.Mapping[str, str] = dataclasses.field(default_factory=dict)
    unloaded: bool = False


def _blobs(texts: Texts) -> dict[str, Blob]:
    return {path: Blob(text.encode()) for path, text in texts.items()}


def _started(texts: Texts) -> dict[str, ServiceRecord]:
    inputs = {
        name: AppInputs(_blobs(texts), {}, app_dir=DIR, home="/root").of(record.unit)
        for name, record in _records(texts).items()
    }
    return {
        name: dataclasses.replace(record, started_with=inputs[name].restart, reload_with={})
        for name, record in _records(texts).items()
    }


def _inputs(case: Case) -> PlanInput:
    current = _blobs(case.installed)
    desired = current if case.declared is None else _blobs(case.declared)
    manifest = Manifest("app")
    if case.installed:
        manifest = Manifest(
            "app",
            generation=1,
            files={p: (digest(b.data), b.mode, b.on_change) for p, b in current.items()},
            loaded=None if case.unloaded else loaded_digest(current, {}),
            services=_started(case.installed),
        )
    services = _records({path: text_of(blob) for path, blob in desired.items()})
    return PlanInput(
        app=App("app", **case.options),
        desired=desired,
        current=current,
        manifest=manifest,
        loaded=loaded_digest(desired, {}),
        services=services,
        digests={
            name: AppInputs(desired, {}, app_dir=DIR, home="/root").of(record.unit)
            for name, record in services.items()
        },
        states=dict(case.states),
        enabled=case.enabled,
    )


def _told(plan: Plan) -> dict[str, str]:
    told = {
        step.service or step.unit or "": f"{step.action}: {'; '.join(step.reasons)}"
        for step in plan.steps
    }
    assert len(told) == len(plan.steps), plan.steps
    return told


JOBS = {"a.container": JOB, "a.timer": TIMER}
QUIET = {"a.service": DOWN, "a.timer": WAITING}
SERVED = {"a.container": WEB, "a.socket": SOCKET}
LISTENING = {"a.service": DOWN, "a.socket": WAITING}
SERVING = {"a.service": UP, "a.socket": UP}
PRESENT, STOPPED = {"state": "present"}, {"state": "stopped"}

CASES = [
    Case(
        "new timer",
        {},
        JOBS,
        {},
        {"a.timer": "start: is new", "a.service": "write: is new"},
        {"enable": ("a.timer",), "start": ("a.timer",), "in_sync": ("a.service",)},
    ),
    Case(
        "new timer, present",
        {},
        JOBS,
        {},
        {"a.timer": "write: is new", "a.service": "write: is new"},
        {"enable": ("a.timer",), "start": ()},
        PRESENT,
    ),
    Case(
        "new timer, stopped",
        {},
        JOBS,
        {},
        {"a.timer": "write: is new", "a.service": "write: is new"},
        {"enable": ("a.timer",), "start": ()},
        STOPPED,
    ),
    Case("nothing to do", JOBS, None, QUIET, {}, {"enable": (), "disable": ()}),
    Case("its job runs", JOBS, None, {**QUIET, "a.service": STARTING}, {}),
    Case("its job failed", JOBS, None, {**QUIET, "a.service": FAILED}, {}),
    Case(
        "job changed while it runs",
        JOBS,
        {**JOBS, "a.container": JOB_2},
        {**QUIET, "a.service": STARTING},
        {"a.service": "write: changed (Image)"},
        {"keep_active": ("a.timer",), "in_sync": ("a.timer",)},
    ),
    Case(
        "job restarted while it runs",
        JOBS,
        None,
        {**QUIET, "a.service": STARTING},
        {"a.timer": "restart: state: restarted"},
        {},
        {"state": "restarted"},
    ),
    Case(
        "changed timer",
        JOBS,
        {**JOBS, "a.timer": TIMER_2},
        QUIET,
        {"a.timer": "restart: a.timer changed (OnCalendar)"},
        {"enable": (), "keep_active": ("a.timer",)},
    ),
    Case(
        "changed timer, job runs",
        JOBS,
        {**JOBS, "a.timer": TIMER_2},
        {**QUIET, "a.service": STARTING},
        {"a.timer": "restart: a.timer changed (OnCalendar)"},
    ),
    Case("timer stopped by hand", JOBS, None, {}, {"a.timer": "start: is not running"}),
    Case(
        "stopped",
        JOBS,
        None,
        {**QUIET, "a.service": STARTING},
        {"a.timer": "stop: state: stopped", "a.service": "stop: state: stopped"},
        {"disable": ()},
        STOPPED,
    ),
    Case(
        "disabled by hand",
        JOBS,
        None,
        QUIET,
        {"a.timer": "enable: is disabled"},
        {"enable": ("a.timer",), "start": ()},
        {},
        {"a.timer": "disabled"},
    ),
    Case(
        "disabled by hand, another unit is meant",
        JOBS,
        None,
        QUIET,
        {},
        {},
        {"only": "a.container"},
        {"a.timer": "disabled"},
    ),
    Case(
        "disabled and stopped by hand",
        JOBS,
        None,
        {},
        {"a.timer": "start: is not running; is disabled"},
        {"enable": ("a.timer",)},
        {},
        {"a.timer": "disabled"},
    ),
    Case("enabled in another way", JOBS, None, QUIET, {}, {}, {}, {"a.timer": "indirect"}),
    Case(
        "the run before died",
        JOBS,
        None,
        QUIET,
        {},
        {"enable": ("a.timer",)},
        unloaded=True,
    ),
    Case(
        "[Install] moved",
        JOBS,
        {**JOBS, "a.timer": TIMER.replace("default", "x")},
        QUIET,
        {"a.timer": "enable: its [Install] changed"},
        {"enable": ("a.timer",)},
        PRESENT,
    ),
    Case(
        "[Install] moved by a drop-in",
        JOBS,
        {**JOBS, "a.timer.d/x.conf": "[Install]\nWantedBy=x.target\n"},
        QUIET,
        {"a.timer": "restart: a.timer.d/x.conf is new; its [Install] changed"},
        {"enable": ("a.timer",)},
    ),
    Case(
        "[Install] reset by a drop-in",
        JOBS,
        {**JOBS, "a.timer.d/x.conf": "[Install]\nWantedBy=\n"},
        QUIET,
        {"a.timer": "restart: a.timer.d/x.conf is new; has no [Install] any more"},
        {"disable": ("a.timer",)},
    ),
    Case(
        "[Install] gone",
        JOBS,
        {**JOBS, "a.timer": "[Timer]\nOnCalendar=daily\n"},
        QUIET,
        {"a.timer": "disable: has no [Install] any more"},
        {"disable": ("a.timer",), "enable": ()},
        PRESENT,
    ),
    Case(
        "what its running job needs restarts",
        {**JOBS, "a.container": NEEDY, "db.container": WEB},
        {**JOBS, "a.container": NEEDY, "db.container": WEB_2},
        {**QUIET, "a.service": STARTING, "db.service": UP},
        {"db.service": "restart: db.container changed (Image)"},
    ),
    Case(
        "stopped, in use",
        SERVED,
        None,
        SERVING,
        {"a.socket": "stop: state: stopped", "a.service": "stop: state: stopped"},
        {"stop": ("a.socket", "a.service")},
        STOPPED,
    ),
    Case(
        "pruned",
        JOBS,
        {"a.container": JOB},
        QUIET,
        {"a.timer": "remove: is no longer declared"},
        {"disable": ("a.timer",), "deletes": ("a.timer",), "stop": ("a.timer",)},
    ),
    Case(
        "absent",
        JOBS,
        {},
        QUIET,
        {"a.timer": "remove: state: absent", "a.service": "remove: state: absent"},
        {"disable": ("a.timer",)},
        {"state": "absent"},
    ),
    Case(
        "new socket",
        {},
        SERVED,
        {},
        {"a.socket": "start: is new", "a.service": "write: is new"},
        {"stop_first": ()},
    ),
    Case("nothing is connected", SERVED, None, LISTENING, {}),
    Case(
        "something is connected",
        SERVED,
        None,
        SERVING,
        {},
        {"in_sync": ("a.service", "a.socket"), "keep_active": ("a.service", "a.socket")},
    ),
    Case(
        "changed service, idle",
        SERVED,
        {**SERVED, "a.container": WEB_2},
        LISTENING,
        {"a.service": "write: changed (Image)"},
        {"in_sync": ("a.service", "a.socket")},
    ),
    Case(
        "changed service, in use",
        SERVED,
        {**SERVED, "a.container": WEB_2},
        SERVING,
        {"a.service": "restart: a.container changed (Image)"},
        {"stop_first": ()},
    ),
    Case(
        "changed service, restarted",
        SERVED,
        {**SERVED, "a.container": WEB_2},
        LISTENING,
        {"a.service": "write: changed (Image)", "a.socket": "restart: state: restarted"},
        {},
        {"state": "restarted"},
    ),
    Case(
        "service crashes",
        SERVED,
        None,
        {**SERVING, "a.service": CRASHING},
        {"a.service": "restart: keeps crashing"},
    ),
    Case(
        "changed socket, idle",
        SERVED,
        {**SERVED, "a.socket": SOCKET_2},
        LISTENING,
        {"a.socket": "restart: a.socket changed (ListenStream)"},
        {"stop_first": ()},
    ),
    Case(
        "changed socket, in use",
        SERVED,
        {**SERVED, "a.socket": SOCKET_2},
        SERVING,
        {
            "a.socket": "restart: a.socket changed (ListenStream)",
            "a.service": "restart: follows a.socket",
        },
        {"stop_first": ("a.socket", "a.service")},
    ),
    Case(
        "new socket of a running service",
        {"a.container": WEB},
        SERVED,
        {"a.service": UP},
        {"a.socket": "start: is new", "a.service": "restart: follows a.socket"},
        {"stop_first": ("a.socket", "a.service")},
    ),
    Case(
        "new timer of a running service",
        {"a.container": WEB},
        {"a.container": WEB, "a.timer": TIMER},
        {"a.service": UP},
        {"a.timer": "start: is new"},
        {"stop_first": ()},
    ),
    Case("new target", {}, {"a.target": INSTALL}, {}, {"a.target": "start: is new"}),
    Case(
        "new target that something wants",
        {},
        {"a.target": ""},
        {},
        {"a.target": "write: is new"},
        {"enable": ()},
    ),
    Case(
        "changed target",
        {"a.target": INSTALL},
        {"a.target": "[Unit]\nDescription=a\n" + INSTALL},
        {"a.target": UP},
        {"a.target": "start: a.target changed (Description)"},
    ),
    Case(
        "stopped target",
        {"a.target": INSTALL},
        None,
        {"a.target": UP},
        {"a.target": "stop: state: stopped"},
        {},
        STOPPED,
    ),
    Case("new helper", {}, {"a.service": HELPER + INSTALL}, {}, {"a.service": "start: is new"}),
    Case(
        "new helper that something wants",
        {},
        {"a.service": HELPER},
        {},
        {"a.service": "write: is new"},
    ),
    Case(
        "changed helper",
        {"a.service": HELPER},
        {"a.service": HELPER + "Nice=1\n"},
        {"a.service": UP},
        {"a.service": "restart: a.service changed (Nice)"},
    ),
    Case(
        "changed slice",
        {"a.slice": "[Slice]\n"},
        {"a.slice": "[Slice]\nCPUWeight=1\n"},
        {"a.slice": UP},
        {"a.slice": "write: changed (CPUWeight)"},
        {"in_sync": ("a.slice",), "keep_active": (), "warnings": ()},
    ),
    Case("stopped slice", {"a.slice": "[Slice]\n"}, None, {"a.slice": UP}, {}, {}, STOPPED),
    Case(
        "its container becomes a helper",
        {"a.container": WEB},
        {"a.service": HELPER + INSTALL},
        {"a.service": UP},
        {
            "a.service": "restart: a.service is new; a.container is gone or no longer used",
            "a.container": "remove: is no longer declared",
        },
    ),
]


@pytest.mark.parametrize("case", CASES, ids=[case.id for case in CASES])
def test_plan(case: Case) -> None:
    plan = make_plan(_inputs(case))
    assert _told(plan) == dict(case.steps)
    for field, wanted in case.more.items():
        assert getattr(plan, field) == wanted, field
    assert plan.daemon_reload or not (plan.enable or plan.disable or plan.writes or plan.deletes)


def test_sockets_come_before_services_and_timers_after() -> None:
    texts = {
        "t.timer": TIMER,
        "a.container": WEB,
        "z.socket": SOCKET,
        "b.service": HELPER,
        "x.target": "",
    }
    services = _records(texts)
    order = start_order(services, services)
    assert order == ["z.socket", "a.service", "b.service", "x.target", "t.timer"]
