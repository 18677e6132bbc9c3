"""What a run does and why: state by state, one row a decision."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest

from ansible_collections.quadlet.fleet.plugins.module_utils._core.app.app import App
from ansible_collections.quadlet.fleet.plugins.module_utils._core.content import Blob, digest
from ansible_collections.quadlet.fleet.plugins.module_utils._core.objects.model import Judged
from ansible_collections.quadlet.fleet.plugins.module_utils._core.plan.inputs import (
    AppInputs,
    loaded_digest,
)
from ansible_collections.quadlet.fleet.plugins.module_utils._core.plan.model import (
    Plan,
    PlanInput,
    Step,
)
from ansible_collections.quadlet.fleet.plugins.module_utils._core.plan.plan import make_plan
from ansible_collections.quadlet.fleet.plugins.module_utils._core.quadlet.kinds import kind_of
from ansible_collections.quadlet.fleet.plugins.module_utils._core.state.manifest import (
    Manifest,
    ServiceRecord,
)
from ansible_collections.quadlet.fleet.plugins.module_utils._core.systemd_state import State
from tests.unit.support.together import together

DIR = "/etc/containers/systemd/app"

NONE = State()
UP = State("loaded", "active", "running")
MADE = State("loaded", "active", "exited")
DOWN = State("loaded", "inactive", "dead")
FAILED = State("loaded", "failed", "failed")
CRASHING = State("loaded", "activating", "auto-restart")
STARTING = State("loaded", "activating", "start")

WEB = "[Container]\nImage=a\n"
WEB_2 = "[Container]\nImage=a\nExec=b\n"
WEB_COMMENT = "# new\n[Container]\nImage=a\n"
WEB_ENV = "[Container]\nImage=a\nEnvironmentFile=a.env\n"
WEB_CONF = "[Container]\nImage=a\nVolume=./conf:/c:ro\n"
IMAGE, IMAGE_2 = "[Image]\nImage=a\n", "[Image]\nImage=b\n"
VOLUME, VOLUME_2 = "[Volume]\n", "[Volume]\nLabel=a=b\n"
POD, POD_2 = "[Pod]\n", "[Pod]\nPublishPort=80\n"
CHANGED = "web.container changed (Exec)"


@dataclasses.dataclass(frozen=True)
class S:
    """A service of the app.

    recorded: a run before knew it.  ran: other contents of files when it was last started
    than are installed; None: no start of it has succeeded.  gone: it is no longer made.
    makes: names of its object, before and now.
    """

    unit: str
    state: State = UP
    needs: tuple[str, ...] = ()
    follows: tuple[str, ...] = ()
    once: bool = False
    can_reload: bool = False
    name: str = ""
    recorded: bool = True
    ran: t.Mapping[str, str | Blob] | None = dataclasses.field(default_factory=dict)
    gone: bool = False
    makes: tuple[str, str] = ("", "")

    @property
    def service(self) -> str:
        """The service's name."""
        stem, _dot, _suffix = self.unit.rpartition(".")
        kind = kind_of(self.unit)
        assert kind
        return self.name or f"{stem}{kind.service_suffix}.service"


Content = t.Mapping[str, t.Union[str, Blob]]


@dataclasses.dataclass(frozen=True)
class Case:
    """installed and declared: contents by path.  steps: C({service or path: "action: reasons"}).
    more: other fields of the plan.  The rest is as in PlanInput and App.
    """

    id: str
    services: t.Sequence[S]
    steps: t.Mapping[str, str]
    installed: Content = dataclasses.field(default_factory=lambda: {"web.container": WEB})
    declared: Content | None = None
    options: t.Mapping[str, t.Any] = dataclasses.field(default_factory=dict)
    more: t.Mapping[str, t.Any] = dataclasses.field(default_factory=dict)
    own_start: t.Collection[str] = ()
    other_text: t.Collection[str] = ()
    renewed: t.Collection[str] = ()
    adopted: t.Mapping[str, str] = dataclasses.field(default_factory=dict)
    foreign: t.Mapping[str, str] = dataclasses.field(default_factory=dict)
    recorded: bool = True
    loaded: bool = True
    objects: t.Mapping[str, Judged] = dataclasses.field(default_factory=dict)


def _blobs(content: Content) -> dict[str, Blob]:
    return {
        path: value if isinstance(value, Blob) else Blob(value.encode())
        for path, value in content.items()
    }


def _record(service: S, started: Content | None) -> ServiceRecord:
    follows = service.follows or service.needs
    record = ServiceRecord(
        service.unit, service.needs, follows, service.once, can_reload=service.can_reload
    )
    if started is None or service.unit not in started:
        return record
    inputs = AppInputs(_blobs(started), {}, app_dir=DIR, home="/root").of(service.unit)
    return dataclasses.replace(record, started_with=inputs.restart, reload_with=inputs.reload)


def _inputs(case: Case) -> PlanInput:
    current = _blobs(case.installed)
    absent = case.options.get("state") == "absent"
    desired = {} if absent else _blobs(case.installed if case.declared is None else case.declared)
    manifest = Manifest("app")
    if case.recorded and case.installed:
        manifest = Manifest(
            "app",
            generation=1,
            files={p: (digest(b.data), b.mode, b.on_change) for p, b in current.items()},
            loaded=loaded_digest(current, {}) if case.loaded else None,
            services={
                s.service: dataclasses.replace(
                    _record(s, None if s.ran is None else {**case.installed, **s.ran}),
                    makes=s.makes[0],
                )
                for s in case.services
                if s.recorded
            },
        )
    made = [s for s in case.services if s.unit in desired and not s.gone]
    content = AppInputs(desired, case.foreign, app_dir=DIR, home="/root")
    return PlanInput(
        app=App("app", **case.options),
        desired=desired,
        current=current,
        manifest=manifest,
        loaded=loaded_digest(desired, case.foreign),
        services={s.service: dataclasses.replace(_record(s, None), makes=s.makes[1]) for s in made},
        digests={s.service: content.of(s.unit) for s in made},
        states={s.service: s.state for s in case.services},
        own_start=frozenset(case.own_start),
        other_text=frozenset(case.other_text),
        renewed=frozenset(case.renewed),
        adopted=case.adopted,
        objects=case.objects,
    )


def _told(plan: Plan) -> dict[str, str]:
    told = {
        step.service or step.unit or "": f"{step.action}: {'; '.join(step.reasons)}"
        for step in plan.steps
    }
    assert len(told) == len(plan.steps), plan.steps
    return told


def web(state: State = UP, **facts: t.Any) -> S:
    """The service of web.container."""
    return S("web.container", state, **facts)


NEW = {"web.container": WEB}
NEW_2 = {"web.container": WEB_2}

# One service, state: started

STARTED = [
    Case("new", [web(NONE, recorded=False)], {"web.service": "start: is new"}, {}, NEW),
    Case("nothing to do", [web()], {}, more={"in_sync": ("web.service",), "daemon_reload": False}),
    Case("starting", [web(STARTING)], {}),
    Case("stopped by hand", [web(DOWN)], {"web.service": "start: is not running"}),
    Case("not loaded", [web(NONE)], {"web.service": "start: is not running"}),
    Case("failed", [web(FAILED)], {"web.service": "start: has failed"}),
    Case("crashing", [web(CRASHING)], {"web.service": "restart: keeps crashing"}),
    Case("text", [web()], {"web.service": f"restart: {CHANGED}"}, declared=NEW_2),
    Case(
        "another image",
        [web()],
        {"web.service": "restart: its image changed"},
        renewed=["web.service"],
    ),
    Case(
        "another image and text",
        [web()],
        {"web.service": f"restart: {CHANGED}; its image changed"},
        declared=NEW_2,
        renewed=["web.service"],
    ),
    Case(
        "another image, no restarts",
        [web()],
        {},
        options={"restart": "never"},
        renewed=["web.service"],
    ),
    Case(
        "comments alone",
        [web()],
        {"web.service": "restart: web.container changed (comments)"},
        declared={"web.container": WEB_COMMENT},
    ),
    Case(
        "text of a failed one",
        [web(FAILED)],
        {"web.service": f"start: has failed; {CHANGED}"},
        declared=NEW_2,
    ),
    Case(
        "text of a stopped one",
        [web(DOWN)],
        {"web.service": f"start: is not running; {CHANGED}"},
        declared=NEW_2,
    ),
    Case(
        "text of a crashing one",
        [web(CRASHING)],
        {"web.service": f"restart: keeps crashing; {CHANGED}"},
        declared=NEW_2,
    ),
    Case(
        "written before and not started with",
        [web(ran={"web.container": WEB_2})],
        {"web.service": "restart: web.container changed"},
        more={"writes": (), "daemon_reload": False},
    ),
    Case(
        "last start failed, it runs now",
        [web(ran=None)],
        {"web.service": "restart: its last start did not succeed"},
    ),
    Case(
        "last start failed",
        [web(FAILED, ran=None)],
        {"web.service": "start: has failed; its last start did not succeed"},
    ),
    Case(
        "systemd started it after the last write",
        [web(ran={"web.container": WEB_2})],
        {},
        own_start=["web.service"],
        more={"in_sync": ("web.service",)},
    ),
    Case(
        "systemd started it after a failed start of ours",
        [web(ran=None)],
        {},
        own_start=["web.service"],
        more={"in_sync": ("web.service",)},
    ),
    Case("never loaded", [web()], {}, loaded=False, more={"daemon_reload": True, "empty": False}),
    Case("edited back", [web()], {}, declared=NEW, more={"empty": True}),
]

# Files

ENV = {"web.container": WEB_ENV, "a.env": "A=1\n"}
CONF = {"web.container": WEB_CONF, "conf/x": "1\n"}


def _conf(on_change: str, text: str = "1\n") -> dict[str, str | Blob]:
    return {"web.container": WEB_CONF, "conf/x": Blob(text.encode(), 0o644, on_change)}


def _pinned(line: str, text: str = "1\n") -> dict[str, str | Blob]:
    unit = f"[Container]\nImage=a\n{line}\n"
    return {"web.container": unit, "conf/x": Blob(text.encode(), 0o644, "reload")}


FILES = [
    Case(
        "environment",
        [web()],
        {"web.service": "restart: a.env changed"},
        ENV,
        {**ENV, "a.env": "A=2\n"},
        more={"daemon_reload": False, "writes": ("a.env",)},
    ),
    Case(
        "configuration",
        [web()],
        {"web.service": "restart: conf/x changed"},
        CONF,
        {**CONF, "conf/x": "2\n"},
    ),
    Case(
        "a new one in a directory",
        [web()],
        {"web.service": "restart: conf/y is new"},
        CONF,
        {**CONF, "conf/y": "2\n"},
    ),
    Case(
        "a new one and the key for it",
        [web()],
        {"web.service": "restart: web.container changed (EnvironmentFile); a.env is new"},
        NEW,
        ENV,
    ),
    Case(
        "one that goes with its key",
        [web()],
        {
            "web.service": "restart: web.container changed (EnvironmentFile); "
            "a.env is gone or no longer used",
            "a.env": "remove: is no longer declared",
        },
        ENV,
        NEW,
        more={"deletes": ("a.env",)},
    ),
    Case(
        "not used",
        [web()],
        {"notes": "write: changed"},
        {**NEW, "notes": "1"},
        {**NEW, "notes": "2"},
        more={"daemon_reload": False},
    ),
    Case("not used and new", [web()], {"notes": "write: is new"}, NEW, {**NEW, "notes": "2"}),
    Case(
        "not used and gone",
        [web()],
        {"notes": "remove: is no longer declared"},
        {**NEW, "notes": "1"},
        NEW,
        more={"deletes": ("notes",), "stop": ()},
    ),
    Case(
        "mode alone",
        [web()],
        {"a.env": "write: mode 0644 becomes 0600"},
        ENV,
        {**ENV, "a.env": Blob(b"A=1\n", 0o600)},
        more={"writes": ("a.env",)},
    ),
    Case(
        "on_change: none",
        [web()],
        {"conf/x": "write: changed"},
        _conf("none"),
        _conf("none", "2\n"),
    ),
    Case(
        "on_change: reload",
        [web(can_reload=True)],
        {"web.service": "reload: conf/x changed"},
        _conf("reload"),
        _conf("reload", "2\n"),
        more={"reload": ("web.service",), "restart": ()},
    ),
    Case(
        "on_change: reload, but it can't",
        [web()],
        {"web.service": "restart: conf/x changed; has no ReloadCmd, ReloadSignal or ExecReload"},
        _conf("reload"),
        _conf("reload", "2\n"),
    ),
    Case(
        "on_change: reload of a file that is mounted by itself",
        [web(can_reload=True)],
        {
            "web.service": "restart: conf/x changed; conf/x is mounted by itself, so a reload "
            "would not show it"
        },
        _pinned("Volume=./conf/x:/x:ro"),
        _pinned("Volume=./conf/x:/x:ro", "2\n"),
    ),
    Case(
        "on_change: reload of an environment",
        [web(can_reload=True)],
        {
            "web.service": "restart: conf/x changed; conf/x is read at a start alone, so a reload "
            "would not do"
        },
        _pinned("EnvironmentFile=./conf/x"),
        _pinned("EnvironmentFile=./conf/x", "A=2\n"),
    ),
    Case(
        "on_change: reload, and text",
        [web(can_reload=True)],
        {"web.service": "restart: web.container changed (Exec)"},
        _conf("reload"),
        {**_conf("reload", "2\n"), "web.container": WEB_CONF + "Exec=b\n"},
        more={"reload": ()},
    ),
    Case(
        "on_change: reload of a stopped one",
        [web(DOWN, can_reload=True)],
        {"web.service": "start: is not running"},
        _conf("reload"),
        _conf("reload"),
    ),
    Case(
        "a new drop-in",
        [web()],
        {"web.service": "restart: web.container.d/x.conf is new"},
        NEW,
        {**NEW, "web.container.d/x.conf": "[Container]\nLabel=a=b\n"},
        more={"daemon_reload": True},
    ),
    Case(
        "a changed drop-in",
        [web()],
        {"web.service": "restart: web.container.d/x.conf changed (Label)"},
        {**NEW, "web.container.d/x.conf": "[Container]\nLabel=a=b\n"},
        {**NEW, "web.container.d/x.conf": "[Container]\nLabel=a=c\n"},
        more={"daemon_reload": True},
    ),
    Case(
        "a drop-in that goes",
        [web()],
        {
            "web.service": "restart: web.container.d/x.conf is gone or no longer used",
            "web.container.d/x.conf": "remove: is no longer declared",
        },
        {**NEW, "web.container.d/x.conf": "[Container]\nLabel=a=b\n"},
        NEW,
        more={"daemon_reload": True},
    ),
    Case(
        "someone else's drop-in",
        [web()],
        {"web.service": "restart: /etc/containers/systemd/container.d/x.conf is new"},
        foreign={"/etc/containers/systemd/container.d/x.conf": "sha"},
        more={"daemon_reload": True, "writes": ()},
    ),
    Case(
        "kube's YAML",
        [S("k.kube")],
        {"k.service": "restart: k.yml changed"},
        {"k.kube": "[Kube]\nYaml=k.yml\n", "k.yml": "a: 1\n"},
        {"k.kube": "[Kube]\nYaml=k.yml\n", "k.yml": "a: 2\n"},
    ),
    Case(
        "a template has no service",
        [web()],
        {"w@.container": "write: is new"},
        NEW,
        {**NEW, "w@.container": WEB},
        more={"daemon_reload": True},
    ),
]

# Services that end by themselves


def job(state: State = DOWN, **facts: t.Any) -> S:
    """The service of web.container as a one-shot."""
    return S("web.container", state, once=True, **facts)


ONCE = [
    Case("new", [job(NONE, recorded=False)], {"web.service": "start: is new"}, {}, NEW),
    Case("done", [job()], {}),
    Case("running", [job(STARTING)], {}),
    Case("failed", [job(FAILED)], {"web.service": "start: has failed"}),
    Case("changed", [job()], {"web.service": f"start: {CHANGED}"}, declared=NEW_2),
    Case(
        "failed and changed",
        [job(FAILED)],
        {"web.service": f"start: has failed; {CHANGED}"},
        declared=NEW_2,
    ),
    Case(
        "last start failed, state forgotten",
        [job(ran=None)],
        {"web.service": "start: its last start did not succeed"},
    ),
    Case("present", [job()], {}, options={"state": "present"}),
    Case("stopped", [job()], {}, options={"state": "stopped"}),
    Case("absent", [job()], {"web.service": "remove: state: absent"}, options={"state": "absent"}),
]

# Objects that units make

RESOURCES = [
    Case(
        "changed volume",
        [S("data.volume", MADE)],
        {"data-volume.service": "write: changed (Label)"},
        {"data.volume": VOLUME},
        {"data.volume": VOLUME_2},
        more={"restart": (), "daemon_reload": True},
    ),
    Case(
        "changed network",
        [S("net.network", MADE)],
        {"net-network.service": "write: changed (Internal)"},
        {"net.network": "[Network]\n"},
        {"net.network": "[Network]\nInternal=true\n"},
        more={"restart": ()},
    ),
    Case(
        "changed volume, the next run",
        [S("data.volume", MADE, ran={"data.volume": VOLUME_2})],
        {},
        {"data.volume": VOLUME},
        more={"empty": True},
    ),
    Case(
        "changed volume does not move its containers",
        [S("data.volume", MADE), web(needs=("data-volume.service",))],
        {"data-volume.service": "write: changed (Label)"},
        {"data.volume": VOLUME, **NEW},
        {"data.volume": VOLUME_2, **NEW},
    ),
    Case(
        "a volume's service that is down",
        [S("data.volume", DOWN)],
        {"data-volume.service": "start: is not running"},
        {"data.volume": VOLUME},
    ),
    Case(
        "a volume's service that failed",
        [S("data.volume", FAILED)],
        {"data-volume.service": "start: has failed"},
        {"data.volume": VOLUME},
    ),
    Case(
        "a changed volume's service that is down leaves the volume as it was",
        [S("data.volume", DOWN)],
        {"data-volume.service": "start: is not running; data.volume changed (Label)"},
        {"data.volume": VOLUME},
        {"data.volume": VOLUME_2},
        more={"outdated": ("data-volume.service",), "recreate": ()},
    ),
    Case(
        "another name of a network",
        [S("net.network", MADE, makes=("old", "new")), web(needs=("net-network.service",))],
        {
            "net-network.service": "restart: net.network changed (Label)",
            "web.service": "restart: follows net-network.service",
        },
        {**NEW, "net.network": "[Network]\n"},
        {**NEW, "net.network": "[Network]\nLabel=a=b\n"},
        more={"outdated": (), "recreate": (), "warnings": ()},
    ),
    Case(
        "recreate",
        [S("net.network", MADE), web(needs=("net-network.service",)), S("b.container")],
        {
            "net-network.service": "restart: net.network changed (Label); recreate makes its "
            "network anew",
            "web.service": "restart: follows net-network.service",
        },
        {**NEW, "b.container": WEB, "net.network": "[Network]\n"},
        {**NEW, "b.container": WEB, "net.network": "[Network]\nLabel=a=b\n"},
        options={"recreate": ("net.network",)},
        more={"recreate": ("net-network.service",), "outdated": (), "warnings": ()},
    ),
    Case(
        "recreate of a volume",
        [S("data.volume", MADE)],
        {
            "data-volume.service": "restart: data.volume changed (Label); recreate makes its "
            "volume anew, and its data is lost"
        },
        {"data.volume": VOLUME},
        {"data.volume": VOLUME_2},
        options={"recreate": ("data.volume",)},
    ),
    Case(
        "recreate of what changed before",
        [S("net.network", MADE, ran={"net.network": "[Network]\nLabel=a=b\n"})],
        {
            "net-network.service": "restart: net.network changed; recreate makes its network anew",
        },
        {"net.network": "[Network]\n"},
        options={"recreate": ("net.network",)},
        more={"writes": (), "daemon_reload": False},
    ),
    Case(
        "recreate of what is down",
        [S("net.network", DOWN, ran={"net.network": "[Network]\nLabel=a=b\n"})],
        {
            "net-network.service": "start: is not running; net.network changed; recreate makes its "
            "network anew",
        },
        {"net.network": "[Network]\n"},
        options={"recreate": ("net.network",)},
        more={"recreate": ("net-network.service",)},
    ),
    Case(
        "recreate of what did not change",
        [S("net.network", MADE)],
        {},
        {"net.network": "[Network]\n"},
        options={"recreate": ("net.network",)},
        more={"empty": True},
    ),
    Case(
        "recreate of what systemd has made anew",
        [S("net.network", MADE, ran={"net.network": "[Network]\nLabel=a=b\n"})],
        {},
        {"net.network": "[Network]\n"},
        options={"recreate": ("net.network",)},
        objects={"net-network.service": Judged(there=True, differences=())},
        more={"empty": True},
    ),
    Case(
        "changed image",
        [S("i.image", MADE)],
        {"i-image.service": "restart: i.image changed (Image)"},
        {"i.image": IMAGE},
        {"i.image": IMAGE_2},
    ),
    Case(
        "changed artifact",
        [S("x.artifact", MADE)],
        {"x-artifact.service": "restart: x.artifact changed (Artifact)"},
        {"x.artifact": "[Artifact]\nArtifact=a\n"},
        {"x.artifact": "[Artifact]\nArtifact=b\n"},
    ),
    Case(
        "restarted leaves objects alone",
        [S("data.volume", MADE), S("i.image", MADE)],
        {},
        {"data.volume": VOLUME, "i.image": IMAGE},
        options={"state": "restarted"},
    ),
    Case(
        "stopped leaves objects alone",
        [S("data.volume", MADE), S("i.image", MADE), S("n.network", MADE)],
        {},
        {"data.volume": VOLUME, "i.image": IMAGE, "n.network": "[Network]\n"},
        options={"state": "stopped"},
        more={"keep_active": ("data-volume.service", "i-image.service", "n-network.service")},
    ),
]

# What must follow

AB = {"web.container": WEB, "b.container": WEB, "c.container": WEB}
AB_2 = {**AB, "web.container": WEB_2}
IMAGE_WEB = {"i.image": IMAGE, "web.container": WEB}
BUILD = {"i.build": "[Build]\nImageTag=a\nFile=/x\n", "web.container": WEB}
BUILD_2 = {**BUILD, "i.build": "[Build]\nImageTag=b\nFile=/x\n"}

FOLLOW = [
    Case(
        "a dependent",
        [web(), S("b.container", needs=("web.service",)), S("c.container")],
        {"web.service": f"restart: {CHANGED}", "b.service": "restart: follows web.service"},
        AB,
        AB_2,
        more={"keep_active": ("web.service", "b.service", "c.service")},
    ),
    Case(
        "a part",
        [web(), S("b.container", follows=("web.service",)), S("c.container")],
        {"web.service": f"restart: {CHANGED}", "b.service": "restart: follows web.service"},
        AB,
        AB_2,
    ),
    Case(
        "a dependent of a dependent",
        [
            S("c.container", needs=("b.service",)),
            S("b.container", needs=("web.service",)),
            web(),
        ],
        {
            "web.service": f"restart: {CHANGED}",
            "b.service": "restart: follows web.service",
            "c.service": "restart: follows b.service",
        },
        AB,
        AB_2,
    ),
    Case(
        "a dependent that does not run is only started",
        [web(), S("b.container", DOWN, needs=("web.service",)), S("c.container")],
        {"web.service": f"restart: {CHANGED}", "b.service": "start: is not running"},
        AB,
        AB_2,
        more={"keep_active": ("web.service", "c.service")},
    ),
    Case(
        "a dependent that has ended",
        [web(), S("b.container", DOWN, needs=("web.service",), once=True), S("c.container")],
        {"web.service": f"restart: {CHANGED}"},
        AB,
        AB_2,
    ),
    Case(
        "a dependent with a change of its own",
        [web(), S("b.container", needs=("web.service",)), S("c.container")],
        {
            "web.service": f"restart: {CHANGED}",
            "b.service": "restart: b.container changed (Exec); follows web.service",
        },
        AB,
        {**AB_2, "b.container": WEB_2},
    ),
    Case(
        "a dependent of two",
        [
            web(),
            S("b.container"),
            S("c.container", needs=("web.service", "b.service")),
        ],
        {
            "web.service": f"restart: {CHANGED}",
            "b.service": "restart: b.container changed (Exec)",
            "c.service": "restart: follows b.service; follows web.service",
        },
        AB,
        {**AB_2, "b.container": WEB_2},
    ),
    Case(
        "a ring",
        [
            web(follows=("b.service",)),
            S("b.container", follows=("web.service",)),
            S("c.container"),
        ],
        {
            "web.service": f"restart: {CHANGED}; follows b.service",
            "b.service": "restart: follows web.service",
        },
        AB,
        AB_2,
    ),
    Case(
        "the dependent alone changed",
        [web(), S("b.container", needs=("web.service",)), S("c.container")],
        {"b.service": "restart: b.container changed (Exec)"},
        AB,
        {**AB, "b.container": WEB_2},
    ),
    Case(
        "a start is followed by nobody",
        [web(DOWN), S("b.container", needs=("web.service",)), S("c.container")],
        {"web.service": "start: is not running"},
        AB,
    ),
    Case(
        "a reload is followed by nobody",
        [web(can_reload=True), S("b.container", needs=("web.service",))],
        {"web.service": "reload: conf/x changed"},
        {**_conf("reload"), "b.container": WEB},
        {**_conf("reload", "2\n"), "b.container": WEB},
    ),
    Case(
        "a dependent that reloads restarts",
        [web(can_reload=True, needs=("b.service",)), S("b.container")],
        {
            "b.service": "restart: b.container changed (Exec)",
            "web.service": "restart: follows b.service",
        },
        {**_conf("restart"), "b.container": WEB},
        {**_conf("restart"), "b.container": WEB_2},
    ),
    Case(
        "who uses an image",
        [S("i.image", MADE), web(needs=("i-image.service",))],
        {
            "i-image.service": "restart: i.image changed (Image)",
            "web.service": "restart: follows i-image.service",
        },
        IMAGE_WEB,
        {**IMAGE_WEB, "i.image": IMAGE_2},
    ),
    Case(
        "who uses a build",
        [S("i.build", DOWN, once=True), web(needs=("i-build.service",))],
        {
            "i-build.service": "start: i.build changed (ImageTag)",
            "web.service": "restart: follows i-build.service",
        },
        BUILD,
        BUILD_2,
    ),
    Case(
        "restarted: dependents",
        [web(), S("b.container", DOWN, needs=("web.service",)), S("c.container")],
        {
            "web.service": "restart: state: restarted",
            "b.service": "start: is not running",
            "c.service": "restart: state: restarted",
        },
        AB,
        options={"state": "restarted"},
    ),
    Case(
        "stopped: nobody follows",
        [web(), S("b.container", DOWN, needs=("web.service",)), S("c.container", DOWN)],
        {"web.service": "stop: state: stopped"},
        AB,
        options={"state": "stopped"},
    ),
]

# Pods

IN_POD = {"p.pod": POD, "web.container": WEB, "b.container": WEB}


def _pod(pod: State, first: State, second: State, *needs: str) -> list[S]:
    return [
        S("p.pod", pod),
        web(first, needs=("p-pod.service", *needs)),
        S("b.container", second, needs=("p-pod.service", *needs)),
    ]


WHOLE_POD = {
    "p-pod.service": "restart: all its running containers restart",
    "web.service": f"restart: {CHANGED}; follows p-pod.service",
}
PODS = [
    Case(
        "all its containers changed",
        _pod(UP, UP, UP),
        {**WHOLE_POD, "b.service": "restart: b.container changed (Exec); follows p-pod.service"},
        IN_POD,
        {**IN_POD, "web.container": WEB_2, "b.container": WEB_2},
    ),
    Case(
        "its only running container changed",
        _pod(UP, UP, DOWN),
        {**WHOLE_POD, "b.service": "start: is not running"},
        IN_POD,
        {**IN_POD, "web.container": WEB_2},
    ),
    Case(
        "one of two changed",
        _pod(UP, UP, UP),
        {"web.service": f"restart: {CHANGED}"},
        IN_POD,
        {**IN_POD, "web.container": WEB_2},
    ),
    Case(
        "all its containers follow an image",
        [S("i.image", MADE), *_pod(UP, UP, UP, "i-image.service")],
        {
            "i-image.service": "restart: i.image changed (Image)",
            "p-pod.service": "restart: all its running containers restart",
            "web.service": "restart: follows i-image.service; follows p-pod.service",
            "b.service": "restart: follows i-image.service; follows p-pod.service",
        },
        {**IN_POD, "i.image": IMAGE},
        {**IN_POD, "i.image": IMAGE_2},
    ),
    Case(
        "one changed, the other follows it",
        [
            S("p.pod"),
            web(needs=("p-pod.service",)),
            S("b.container", needs=("p-pod.service", "web.service")),
        ],
        {
            **WHOLE_POD,
            "b.service": "restart: follows web.service; follows p-pod.service",
        },
        IN_POD,
        {**IN_POD, "web.container": WEB_2},
    ),
    Case(
        "the pod changed",
        _pod(UP, UP, DOWN),
        {
            "p-pod.service": "restart: p.pod changed (PublishPort)",
            "web.service": "restart: follows p-pod.service",
            "b.service": "start: is not running",
        },
        IN_POD,
        {**IN_POD, "p.pod": POD_2},
    ),
    Case(
        "the pod failed",
        _pod(FAILED, FAILED, DOWN),
        {
            "p-pod.service": "start: has failed",
            "web.service": "start: has failed",
            "b.service": "start: is not running",
        },
        IN_POD,
    ),
    Case(
        "its container is down and changed",
        _pod(UP, DOWN, UP),
        {"web.service": f"start: is not running; {CHANGED}"},
        IN_POD,
        {**IN_POD, "web.container": WEB_2},
    ),
    Case(
        "stopped",
        _pod(UP, UP, UP),
        {
            "p-pod.service": "stop: state: stopped",
            "web.service": "stop: state: stopped",
            "b.service": "stop: state: stopped",
        },
        IN_POD,
        options={"state": "stopped"},
        more={"keep_active": ()},
    ),
]

# What goes

GOES = [
    Case(
        "a unit",
        [web(), S("b.container")],
        {"b.service": "remove: is no longer declared"},
        {**NEW, "b.container": WEB},
        NEW,
        more={
            "stop": ("b.service",),
            "deletes": ("b.container",),
            "daemon_reload": True,
            "keep_active": ("web.service",),
        },
    ),
    Case(
        "a volume's unit",
        [web(), S("d.volume", MADE)],
        {"d-volume.service": "remove: is no longer declared"},
        {**NEW, "d.volume": VOLUME},
        NEW,
    ),
    Case(
        "a unit and its drop-in",
        [web(), S("b.container")],
        {
            "b.service": "remove: is no longer declared",
            "b.container.d/x.conf": "remove: is no longer declared",
        },
        {**NEW, "b.container": WEB, "b.container.d/x.conf": "[Service]\n"},
        NEW,
    ),
    Case(
        "another name of the service",
        [web(name="old.service", gone=True), web(NONE, name="sql.service", recorded=False)],
        {
            "old.service": "remove: has another service name now",
            "sql.service": "start: is new",
        },
        declared=NEW_2,
        more={"stop": ("old.service",), "writes": ("web.container",), "deletes": ()},
    ),
    Case(
        "a template",
        [web()],
        {"w@.container": "remove: is no longer declared"},
        {**NEW, "w@.container": WEB},
        NEW,
        more={"stop": (), "daemon_reload": True},
    ),
    Case(
        "absent",
        [web(), S("d.volume", MADE)],
        {
            "web.service": "remove: state: absent",
            "d-volume.service": "remove: state: absent",
            "a.env": "remove: state: absent",
        },
        {**ENV, "d.volume": VOLUME},
        options={"state": "absent"},
        more={
            "stop": ("web.service", "d-volume.service"),
            "deletes": ("web.container", "a.env", "d.volume"),
            "start": (),
            "keep_active": (),
            "daemon_reload": True,
        },
    ),
    Case(
        "absent, stopped by hand",
        [web(DOWN)],
        {"web.service": "remove: state: absent"},
        options={"state": "absent"},
    ),
    Case(
        "a unit, while stopped",
        [web(), S("b.container")],
        {"web.service": "stop: state: stopped", "b.service": "remove: is no longer declared"},
        {**NEW, "b.container": WEB},
        NEW,
        options={"state": "stopped"},
        more={"stop": ("b.service", "web.service"), "keep_active": ()},
    ),
    Case(
        "a unit, while only present",
        [web(), S("b.container")],
        {"b.service": "remove: is no longer declared"},
        {**NEW, "b.container": WEB},
        NEW,
        options={"state": "present"},
    ),
]

# Other states

PRESENT, STOPPED, RESTARTED = ({"state": s} for s in ("present", "stopped", "restarted"))
NEVER = {"restart": "never"}
OTHER = [
    Case(
        "present: new",
        [web(NONE, recorded=False)],
        {"web.service": "write: is new"},
        {},
        NEW,
        PRESENT,
        {"start": (), "daemon_reload": True},
    ),
    Case(
        "present: changed",
        [web()],
        {"web.service": "write: changed (Exec)"},
        NEW,
        NEW_2,
        PRESENT,
        {"restart": (), "in_sync": ()},
    ),
    Case("present: stopped by hand", [web(DOWN)], {}, options=PRESENT),
    Case("present: failed", [web(FAILED)], {}, options=PRESENT),
    Case("present: crashing", [web(CRASHING)], {}, options=PRESENT),
    Case("stopped: running", [web()], {"web.service": "stop: state: stopped"}, options=STOPPED),
    Case(
        "stopped: starting",
        [web(STARTING)],
        {"web.service": "stop: state: stopped"},
        options=STOPPED,
    ),
    Case(
        "stopped: crashing",
        [web(CRASHING)],
        {"web.service": "stop: state: stopped"},
        options=STOPPED,
    ),
    Case("stopped: stopped by hand", [web(DOWN)], {}, options=STOPPED),
    Case(
        "stopped: failed",
        [web(FAILED)],
        {"web.service": "stop: state: stopped; has failed"},
        options=STOPPED,
    ),
    Case(
        "stopped: new",
        [web(NONE, recorded=False)],
        {"web.service": "write: is new"},
        {},
        NEW,
        STOPPED,
        {"start": ()},
    ),
    Case(
        "stopped: changed and running",
        [web()],
        {"web.service": "stop: state: stopped"},
        NEW,
        NEW_2,
        STOPPED,
        {"writes": ("web.container",), "restart": (), "keep_active": ()},
    ),
    Case(
        "stopped: changed and down",
        [web(DOWN)],
        {"web.service": "write: changed (Exec)"},
        NEW,
        NEW_2,
        STOPPED,
        {"start": ()},
    ),
    Case(
        "restarted: running",
        [web()],
        {"web.service": "restart: state: restarted"},
        options=RESTARTED,
    ),
    Case(
        "restarted: crashing",
        [web(CRASHING)],
        {"web.service": "restart: state: restarted"},
        options=RESTARTED,
    ),
    Case(
        "restarted: stopped by hand",
        [web(DOWN)],
        {"web.service": "start: is not running"},
        options=RESTARTED,
    ),
    Case(
        "restarted: failed", [web(FAILED)], {"web.service": "start: has failed"}, options=RESTARTED
    ),
    Case(
        "restarted: new",
        [web(NONE, recorded=False)],
        {"web.service": "start: is new"},
        {},
        NEW,
        RESTARTED,
    ),
    Case(
        "restarted: an image that changed",
        [S("i.image", MADE)],
        {"i-image.service": "restart: i.image changed (Image)"},
        {"i.image": IMAGE},
        {"i.image": IMAGE_2},
        RESTARTED,
    ),
    Case(
        "never: changed",
        [web()],
        {"web.service": "write: changed (Exec)"},
        NEW,
        NEW_2,
        NEVER,
        {"restart": (), "in_sync": (), "daemon_reload": True},
    ),
    Case(
        "never: a file changed",
        [web()],
        {"a.env": "write: changed"},
        ENV,
        {**ENV, "a.env": "A=2\n"},
        NEVER,
    ),
    Case(
        "never: a reload",
        [web(can_reload=True)],
        {"conf/x": "write: changed"},
        _conf("reload"),
        _conf("reload", "2\n"),
        NEVER,
        {"reload": ()},
    ),
    Case(
        "never: stopped by hand",
        [web(DOWN)],
        {"web.service": "start: is not running"},
        options=NEVER,
    ),
    Case("never: failed", [web(FAILED)], {"web.service": "start: has failed"}, options=NEVER),
    Case(
        "never: new",
        [web(NONE, recorded=False)],
        {"web.service": "start: is new"},
        {},
        NEW,
        NEVER,
    ),
    Case(
        "never: written before",
        [web(ran={"web.container": WEB_2})],
        {},
        options=NEVER,
        more={"in_sync": (), "empty": True},
    ),
]

# One unit of several

ONLY = {"only": "web.container"}
BOTH = {**NEW, "b.container": WEB}
ONE = [
    Case(
        "it alone is decided on",
        [web(), S("b.container", FAILED)],
        {"web.service": f"restart: {CHANGED}"},
        BOTH,
        {**BOTH, "web.container": WEB_2},
        ONLY,
    ),
    Case(
        "others are not made good",
        [web(), S("b.container", ran={"b.container": WEB_2})],
        {},
        BOTH,
        options=ONLY,
        more={"in_sync": ("web.service",)},
    ),
    Case(
        "its dependents follow",
        [web(), S("b.container", needs=("web.service",))],
        {"web.service": f"restart: {CHANGED}", "b.service": "restart: follows web.service"},
        BOTH,
        {**BOTH, "web.container": WEB_2},
        ONLY,
    ),
    Case(
        "stopped",
        [web(), S("b.container")],
        {"web.service": "stop: state: stopped"},
        BOTH,
        options={**ONLY, **STOPPED},
        more={"keep_active": ("b.service",)},
    ),
    Case(
        "restarted",
        [web(), S("b.container")],
        {"web.service": "restart: state: restarted"},
        BOTH,
        options={**ONLY, **RESTARTED},
    ),
    Case(
        "new",
        [web(NONE, recorded=False), S("b.container")],
        {"web.service": "start: is new"},
        {"b.container": WEB},
        BOTH,
        ONLY,
    ),
    Case(
        "gone",
        [web(), S("b.container")],
        {"web.service": "remove: is no longer declared"},
        BOTH,
        {"b.container": WEB},
        {**ONLY, **PRESENT},
    ),
]

# Taken over

TAKEN = [
    Case(
        "running with the same text",
        [web(recorded=False)],
        {"web.service": "adopt: is taken over"},
        {},
        NEW,
        adopted={"web.container": WEB},
        more={"restart": (), "keep_active": ("web.service",), "in_sync": ("web.service",)},
    ),
    Case(
        "running with another text",
        [web(recorded=False)],
        {"web.service": "restart: web.container differs from what it runs with"},
        {},
        NEW_2,
        adopted={"web.container": WEB},
        more={"in_sync": ()},
    ),
    Case(
        "not running",
        [web(DOWN, recorded=False)],
        {"web.service": "start: is new"},
        {},
        NEW,
        adopted={"web.container": WEB},
    ),
    Case(
        "failed",
        [web(FAILED, recorded=False)],
        {"web.service": "start: is new"},
        {},
        NEW,
        adopted={"web.container": WEB},
    ),
    Case(
        "present",
        [web(recorded=False)],
        {"web.service": "adopt: is taken over"},
        {},
        NEW_2,
        PRESENT,
        adopted={"web.container": WEB},
    ),
    Case(
        "the record was lost, the files are the same",
        [web(recorded=False)],
        {},
        recorded=False,
        more={"daemon_reload": True, "in_sync": ("web.service",), "keep_active": ("web.service",)},
    ),
    Case(
        "the record was lost, the files are not the same",
        [web(recorded=False)],
        {"web.service": "restart: web.container differs from what it runs with"},
        declared=NEW_2,
        recorded=False,
    ),
    Case(
        "the record was lost, it does not run",
        [web(DOWN, recorded=False)],
        {"web.service": "start: is new"},
        recorded=False,
    ),
]

_OTHER = "was started with other texts than are installed"

FOREIGN = [
    Case(
        "another text, that systemd may still have loaded",
        [web()],
        {"web.service": f"restart: {_OTHER}"},
        other_text=["web.service"],
        more={"daemon_reload": True, "writes": ()},
    ),
    *(
        Case(
            f"another text, and no restart is asked for: {key} {value}",
            [web()],
            {},
            other_text=["web.service"],
            options={key: value},
            more={"daemon_reload": False, "empty": True, "in_sync": ()},
        )
        for key, value in (("restart", "never"), ("state", "present"))
    ),
    Case(
        "another text, stopped",
        [web()],
        {"web.service": "stop: state: stopped"},
        other_text=["web.service"],
        options={"state": "stopped"},
    ),
]

GROUPS = {
    "foreign": FOREIGN,
    "started": STARTED,
    "files": FILES,
    "once": ONCE,
    "objects": RESOURCES,
    "follow": FOLLOW,
    "pods": PODS,
    "goes": GOES,
    "states": OTHER,
    "one": ONE,
    "taken over": TAKEN,
}
CASES = {f"{group}: {case.id}": case for group, cases in GROUPS.items() for case in cases}


def test_cases_have_names_of_their_own() -> None:
    assert len(CASES) == sum(map(len, GROUPS.values()))


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_plan(case: Case) -> None:
    plan = make_plan(_inputs(case))
    assert _told(plan) == dict(case.steps)
    for field, wanted in case.more.items():
        assert getattr(plan, field) == wanted, field


@together("case", CASES.values(), ids=CASES)
def test_actions_are_those_of_the_steps(case: Case) -> None:
    inputs = _inputs(case)
    plan = make_plan(inputs)
    told: dict[str, set[str]] = {}
    for step in plan.steps:
        told.setdefault(step.action, set()).add(step.service or "")
    for action in ("start", "restart", "reload"):
        assert set(getattr(plan, action)) == told.get(action, set())
    removed = {step.service for step in plan.steps if step.action == "remove" and step.service}
    assert set(plan.stop) == told.get("stop", set()) | removed
    assert plan.empty is (not plan.steps and not plan.daemon_reload)
    up = {s.service for s in case.services if s.state.up and s.service in inputs.services}
    assert set(plan.keep_active) == up - set(plan.stop)
    assert set(plan.in_sync) <= up
    assert set(plan.in_sync).isdisjoint({*plan.start, *plan.reload})


CONVERGING = {
    name: case for name, case in CASES.items() if case.options.get("state", "started") == "started"
}


@together("case", CONVERGING.values(), ids=CONVERGING)
def test_a_second_run_has_nothing_to_do(case: Case) -> None:
    """After every service was started with what is wanted, whatever was done before."""
    declared = case.installed if case.declared is None else case.declared
    services = [
        dataclasses.replace(s, state=DOWN if s.once else UP, recorded=True, ran={}, gone=False)
        for s in case.services
        if s.unit in declared and not s.gone
    ]
    again = dataclasses.replace(
        case, services=services, installed=declared, declared=None, adopted={}, foreign={},
        own_start=(), other_text=(), renewed=(), recorded=True, loaded=True, objects={},
    )  # fmt: skip
    plan = make_plan(_inputs(again))
    assert plan.steps == ()
    assert plan.empty


@pytest.mark.parametrize(
    ("state", "ran", "declared", "warns"),
    [
        (MADE, {}, VOLUME_2, True),
        (MADE, {"data.volume": VOLUME_2}, VOLUME, True),
        (MADE, {}, VOLUME, False),
        (MADE, None, VOLUME_2, False),
        (DOWN, {}, VOLUME_2, False),
        (FAILED, {}, VOLUME_2, False),
    ],
    ids=["changed", "changed before", "same", "never started", "down", "failed"],
)
def test_a_changed_volume_is_told(
    state: State, ran: Content | None, declared: str, warns: bool
) -> None:
    case = Case(
        "",
        [S("data.volume", state, ran=ran)],
        {},
        {"data.volume": VOLUME},
        {"data.volume": declared},
    )
    warnings = make_plan(_inputs(case)).warnings
    assert len(warnings) == (1 if warns else 0)
    assert all(
        "data.volume changed since data-volume.service made its volume" in w for w in warnings
    )


def test_a_volume_that_systemd_made_anew_is_not_told() -> None:
    case = Case(
        "",
        [S("data.volume", MADE, ran={"data.volume": VOLUME_2})],
        {},
        {"data.volume": VOLUME},
        objects={"data-volume.service": Judged(there=True, differences=())},
    )
    assert make_plan(_inputs(case)).warnings == ()


def test_a_step_as_a_result() -> None:
    assert Step("web.container", "web.service", "start", ("is new", "x")).to_result() == {
        "unit": "web.container",
        "service": "web.service",
        "action": "start",
        "reasons": ["is new", "x"],
    }


def test_an_old_text_that_no_one_can_read_is_replaced() -> None:
    case = Case(
        "", [web()], {}, {"web.container": "nonsense\n"}, {"web.container": WEB}, recorded=True
    )
    assert _told(make_plan(_inputs(case))) == {"web.service": "restart: web.container changed"}
