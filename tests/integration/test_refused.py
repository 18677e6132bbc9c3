"""What is refused: with a sentence that says what, where and the remedy, and nothing touched.

Every call is made to an app that is installed and runs, beside another app, a unit that no
app owns and a container that is not of Quadlet; its own unit is changed in the same call.
So if anything were carried out, it would be seen.
"""

from __future__ import annotations

import contextlib
import dataclasses
import os
import re
import typing as t

import pytest

from tests.integration.support.apps import App, Scope, container
from tests.integration.support.hosts import IMAGE, differences

BOTH = ("system", "alice")
LONG = bool(os.environ.get("QUADLET_TEST_LONG"))
BAD = "victim-bad.container"


@dataclasses.dataclass(frozen=True)
class Case:
    """One call that is refused.

    scopes: all in which it can be tried.  scope: the one that `./test` takes where one is
    enough; `./test --long` takes all.
    what, where, remedy: patterns that the message has.  units and files go beside those that
    are installed; options stand over everything.  before and after are shell lines for root on
    the host, in which {unit_dir}, {state_dir} and {owner} are the scope's.
    """

    id: str
    what: str
    where: str
    remedy: str
    units: t.Mapping[str, t.Any] = dataclasses.field(default_factory=dict)
    files: t.Mapping[str, t.Any] = dataclasses.field(default_factory=dict)
    options: t.Mapping[str, t.Any] = dataclasses.field(default_factory=dict)
    before: str = ""
    after: str = ""
    scope: str = ""
    scopes: tuple[str, ...] = BOTH


def _bad(*lines: str) -> dict[str, str]:
    return {BAD: container(*lines)}


UNITS = [
    Case(
        "unknown-key",
        what="unknown key 'Nonsense'",
        where=r"victim-bad\.container:4 \[Container\] Nonsense",
        remedy="Remove it|section",
        units=_bad("Nonsense=1"),
    ),
    Case(
        "misspelt-key",
        what="unknown key 'PublishPorts'",
        where=r"victim-bad\.container:4",
        remedy=r"Did you mean PublishPort\?",
        units=_bad("PublishPorts=1"),
        scope="alice",
    ),
    Case(
        "key-of-another-section",
        what="unknown key 'Restart'",
        where=r"victim-bad\.container:4",
        remedy=r"\[Service\]",
        units=_bad("Restart=always"),
        scope="alice",
    ),
    Case(
        "key-in-sections-unknown",
        what="unknown key 'Nonsense'",
        where="victim-bad.container",
        remedy="Remove it|section",
        units={BAD: {"Container": {"Image": IMAGE, "Nonsense": "x"}}},
        scope="alice",
    ),
    Case(
        "key-in-a-drop-in-unknown",
        what="unknown key 'Nonsense'",
        where=r"victim-bad\.container\.d/10-x\.conf:2",
        remedy="Remove it|section",
        units={**_bad(), f"{BAD}.d/10-x.conf": "[Container]\nNonsense=1\n"},
        scope="system",
    ),
    Case(
        "key-newer-than-the-hosts-podman",
        what=r"ReloadCmd came with Podman 5\.5, the host has 5\.4",
        where=r"victim-bad\.container:4 \[Container\] ReloadCmd",
        remedy="Update Podman|leave the key out",
        units=_bad("ReloadCmd=true"),
    ),
    Case(
        "kind-newer-than-the-hosts-podman",
        what=r"artifact.*5\.7.*5\.4",
        where=r"victim-bad\.artifact",
        remedy="Update Podman",
        units={"victim-bad.artifact": f"[Artifact]\nArtifact={IMAGE}\n"},
        scope="system",
    ),
    Case(
        "no-image",
        what="no Image",
        where=r"victim-bad\.container",
        remedy="Image=|Image |Rootfs",
        units={BAD: "[Container]\nExec=true\n"},
    ),
    Case(
        "syntax-error",
        what="this is no key",
        where=r"victim-bad\.container:3",
        remedy="KEY=|key.value|comment|#",
        units={BAD: f"[Container]\nImage={IMAGE}\nthis is no key\n"},
    ),
    Case(
        "text-before-the-first-section",
        what="section|group",
        where=r"victim-bad\.container:1",
        remedy=r"\[Container\]|section",
        units={BAD: f"Image={IMAGE}\n[Container]\n"},
        scope="alice",
    ),
    Case(
        "value-of-the-wrong-type-for-the-generator",
        what="invalid service Type",
        where=r"victim-bad\.container",
        remedy="notify|oneshot",
        units={BAD: container(more="\n[Service]\nType=simple\n")},
        scope="alice",
    ),
    Case(
        "two-units-with-one-service-name",
        what=r"victim-web\.(container|kube) and .*victim-web\.(kube|container)",
        where=r"victim-web\.",
        remedy="Rename",
        units={"victim-web.kube": "[Kube]\nYaml=./pod.yaml\n"},
        files={"pod.yaml": "apiVersion: v1\nkind: Pod\nmetadata: {name: victim}\n"},
    ),
    Case(
        "service-name-of-another-app",
        what=r"neighbour-db\.service",
        where=r"victim-bad\.container",
        remedy="Rename|ServiceName",
        units={
            BAD: container(more="\n[Quadlet]\n").replace(
                "[Service]", "[Container]\nServiceName=neighbour-db\n[Service]"
            )
        },
        scope="alice",
    ),
    Case(
        "service-name-outside-of-quadlet",
        what=r"dbus\.service",
        where=r"victim-bad\.container|dbus\.service",
        remedy="Rename|another|remove",
        units=_bad("ServiceName=dbus"),
        scope="alice",
    ),
    Case(
        "unit-that-another-app-owns",
        what="neighbour/neighbour-db.container.*app 'neighbour'",
        where=r"neighbour-db\.container",
        remedy="Rename",
        units={"neighbour-db.container": container()},
    ),
    Case(
        "unit-that-another-app-owns-and-adopt",
        what="neighbour/neighbour-db.container.*app 'neighbour'",
        where=r"neighbour-db\.container",
        remedy="Rename",
        units={"neighbour-db.container": container()},
        options={"adopt": True},
        scope="system",
    ),
    Case(
        "unit-that-no-app-owns",
        what="foreign.container.*no app",
        where=r"foreign\.container",
        remedy="adopt: true",
        units={"foreign.container": container()},
    ),
    Case(
        "file-that-no-app-owns",
        what="no app owns",
        where=r"victim/notes\.txt",
        remedy="adopt: true",
        files={"notes.txt": "mine\n"},
        scope="system",
    ),
    Case(
        "container-name-of-another-app",
        what="'neighbour-store'",
        where=r"victim-bad\.container",
        remedy="ContainerName",
        units=_bad("ContainerName=neighbour-store"),
    ),
    Case(
        "container-name-outside-of-quadlet",
        what="'outsider'.*outside of Quadlet",
        where=r"victim-bad\.container",
        remedy="ContainerName",
        units=_bad("ContainerName=outsider"),
    ),
    Case(
        "pod-name-of-a-container",
        what="'outsider'",
        where=r"victim-bad\.pod",
        remedy="PodName",
        units={"victim-bad.pod": "[Pod]\nPodName=outsider\n"},
        scope="alice",
    ),
    Case(
        "container-name-of-its-own-sibling",
        what="'same'",
        where=r"victim-(one|two)\.container",
        remedy="ContainerName",
        units={f"victim-{x}.container": container("ContainerName=same") for x in ("one", "two")},
        scope="system",
    ),
    Case(
        "mount-without-ro",
        what=r"'\./data:/data' lets a container write",
        where=r"victim-bad\.container:4 \[Container\] Volume",
        remedy=":ro",
        units=_bad("Volume=./data:/data"),
    ),
    Case(
        "mount-option-without-ro",
        what="lets a container write",
        where=r"victim-bad\.container:4 \[Container\] Mount",
        remedy="ro",
        units=_bad("Mount=type=bind,source=./data,target=/data"),
        scope="system",
    ),
    Case(
        "mount-of-a-unit-directory",
        what="lets a container write",
        where=r"victim-bad\.container:4",
        remedy=":ro",
        units=_bad("Volume=UNITDIR:/data"),
        scope="system",
    ),
    Case(
        "mount-of-the-unit-directorys-parent",
        what="lets a container write",
        where=r"victim-bad\.container:4",
        remedy=":ro",
        units=_bad("Volume=../..:/data"),
        scope="system",
    ),
    Case(
        "mount-in-a-drop-in-without-ro",
        what="lets a container write",
        where=r"victim-web\.container\.d/10-x\.conf:2",
        remedy=":ro",
        units={"victim-web.container.d/10-x.conf": "[Container]\nVolume=./data:/data\n"},
        scope="alice",
    ),
    Case(
        "network-that-does-not-exist",
        what=r"nope\.network does not exist",
        where=r"victim-bad\.container:4 \[Container\] Network",
        remedy=r"Declare nope\.network",
        units=_bad("Network=nope.network"),
    ),
    Case(
        "volume-that-does-not-exist",
        what=r"nope\.volume does not exist",
        where=r"victim-bad\.container:4 \[Container\] Volume",
        remedy=r"Declare nope\.volume",
        units=_bad("Volume=nope.volume:/data"),
    ),
    Case(
        "pod-that-does-not-exist",
        what=r"nope\.pod does not exist",
        where=r"victim-bad\.container:4 \[Container\] Pod",
        remedy=r"Declare nope\.pod",
        units=_bad("Pod=nope.pod"),
        scope="system",
    ),
    Case(
        "volume-that-is-broken-itself",
        what="Nonsense",
        where=r"victim-data\.volume",
        remedy="Remove it|section",
        units={
            **_bad("Volume=victim-data.volume:/data"),
            "victim-data.volume": "[Volume]\nNonsense=1\n",
        },
        scope="system",
    ),
    Case(
        "bom",
        what="byte order|BOM|group|section",
        where=r"victim-bad\.container",
        remedy=".",
        units={BAD: "\ufeff" + container()},
        scope="alice",
    ),
]

NAMES = [
    *(
        Case(
            f"app-{name}",
            what=re.escape(repr(name)),
            where="^name",
            remedy="letter or a digit",
            options={"name": name},
            scope=scope,
        )
        for scope, names in (
            ("", ("users", "../x", "a/b", "x.container")),
            ("alice", ("x.d", "", ".hidden", "a b", "-x")),
        )
        for name in names
    ),
    Case(
        "unit-with-a-slash",
        what="'sub/x.container'",
        where="units sub/x.container",
        remedy="no slash",
        units={"sub/x.container": container()},
        scope="alice",
    ),
    Case(
        "unit-with-dots",
        what=r"'\.\./x\.container'",
        where="units",
        remedy="no slash",
        units={"../x.container": container()},
        scope="system",
    ),
    Case(
        "hidden-unit",
        what=r"'\.x\.container'",
        where="units",
        remedy="beginning with a letter or digit",
        units={".x.container": container()},
        scope="system",
    ),
    Case(
        "unknown-suffix",
        what="'x.conteiner' has no Quadlet suffix",
        where="units x.conteiner",
        remedy=r"\.container",
        units={"x.conteiner": container()},
        scope="system",
    ),
    Case(
        "drop-in-of-another-apps-unit",
        what="neighbour-db.container",
        where="units neighbour-db.container.d/x.conf",
        remedy="the app that has it",
        units={"neighbour-db.container.d/x.conf": "[Container]\n"},
        scope="system",
    ),
    Case(
        "type-level-drop-in",
        what="applies to units of other apps",
        where=r"units container\.d/x\.conf",
        remedy="one drop-in for each unit",
        units={"container.d/x.conf": "[Container]\n"},
        scope="alice",
    ),
    Case(
        "truncated-drop-in",
        what="applies to units of other apps",
        where=r"units web-\.container\.d/x\.conf",
        remedy="one drop-in for each unit",
        units={"web-.container.d/x.conf": "[Container]\n"},
        scope="system",
    ),
    *(
        Case(
            f"file-{path}",
            what=re.escape(repr(part)),
            where=f"files {re.escape(path)}",
            remedy="units|another name",
            files={path: "x\n"},
            scope=scope,
        )
        for scope, path, part in (
            ("system", "evil.container", "evil.container"),
            ("alice", "conf/evil.kube", "evil.kube"),
            ("alice", "evil.volume/x", "evil.volume"),
            ("alice", "victim-web.container.d/x.conf", "victim-web.container.d"),
            ("alice", "container.d/x.conf", "container.d"),
        )
    ),
    *(
        Case(
            f"file-path-{label}",
            what="not a plain path",
            where="files",
            remedy="relative path",
            files={path: "x\n"},
            scope="system",
        )
        for label, path in (("absolute", "/etc/x"), ("dots", "conf/../../x"))
    ),
    Case(
        "file-under-a-unit",
        what="is a file and the directory",
        where="files",
        remedy="Rename|another",
        files={"conf": "x\n", "conf/a": "x\n"},
        scope="alice",
    ),
    Case(
        "file-mode",
        what="0999|u\\+x",
        where="files x",
        remedy="'0640'",
        files={"x": {"content": "x\n", "mode": "u+x"}},
        scope="system",
    ),
    Case(
        "file-option",
        what="unknown option 'owner'",
        where="files x",
        remedy="mode and on_change",
        files={"x": {"content": "x\n", "owner": "root"}},
        scope="alice",
    ),
]

EMPTY = [
    Case(
        "no-units",
        what="set of units of app 'victim' is empty",
        where="units",
        remedy="state: absent",
        options={"units": {}, "files": None},
    ),
    Case(
        "no-units-but-files",
        what="set of units of app 'victim' is empty",
        where="units",
        remedy="state: absent",
        options={"units": {}, "files": {"x": "x\n"}},
        scope="system",
    ),
    Case(
        "files-only",
        what="set of units of app 'victim' is empty",
        where="units",
        remedy="state: absent",
        options={"units": None, "files": {"x": "x\n"}},
        scope="system",
    ),
    Case(
        "nothing-given-nothing-installed",
        what="'fresh' is not installed",
        where="units",
        remedy="units or src",
        options={"name": "fresh", "units": None, "files": None},
        scope="alice",
    ),
]

_FRESH = {"name": "fresh", "units": {"fresh.container": container()}, "files": None}
_BIG = {**_FRESH, "files": {"big.bin": "x" * 200_000}}

HOST = [
    Case(
        "podman-missing",
        what="Podman was not found",
        where="podman",
        remedy=r"Install podman 4\.7",
        before="mv /usr/bin/podman /usr/bin/podman.away",
        after="mv /usr/bin/podman.away /usr/bin/podman",
    ),
    Case(
        "podman-older-than-4.7",
        what=r"Podman 4\.6\.2",
        where="the host",
        remedy=r"4\.7 or newer.*update Podman",
        before="printf '#!/bin/sh\\necho podman version 4.6.2\\n' > /usr/local/bin/podman "
        "&& chmod 755 /usr/local/bin/podman",
        after="rm -f /usr/local/bin/podman",
    ),
    Case(
        "generator-missing",
        what="generator is not on the host",
        where="podman-(system|user)-generator",
        remedy="Install",
        before="cd /usr/lib/systemd && mv /usr/libexec/podman/quadlet /usr/libexec/podman/away",
        after="mv /usr/libexec/podman/away /usr/libexec/podman/quadlet",
        scope="system",
    ),
    Case(
        "unknown-user",
        what="no user 'nobodyhere'",
        where="user",
        remedy="Create the user",
        options={"user": "nobodyhere"},
        scopes=("system",),
    ),
    Case(
        "unknown-uid",
        what="no user '4711'",
        where="user",
        remedy="Create the user",
        options={"user": 4711},
        scopes=("system",),
    ),
    Case(
        "user-without-subordinate-ids",
        what="norange has no range in /etc/subuid and /etc/subgid",
        where="user",
        remedy="usermod --add-subuids",
        options={**_FRESH, "user": "norange"},
        scopes=("system",),
    ),
    Case(
        "location-admin-in-the-system-scope",
        what="location: admin is for a user's scope",
        where="location",
        remedy="user",
        options={"location": "admin"},
        scopes=("system",),
    ),
    Case(
        "app-at-the-other-location",
        what="'victim' is installed at location home",
        where=r"\.config/containers/systemd/victim",
        remedy="state: absent, location: home",
        options={"location": "admin"},
        scopes=("alice",),
    ),
    Case(
        "read-only-file-system",
        what="[Rr]ead-only",
        where="{unit_dir}/victim",
        remedy=".",
        before="mount --bind {unit_dir} {unit_dir} && mount -o remount,ro,bind {unit_dir}",
        after="umount {unit_dir}",
    ),
    Case(
        "directory-of-another-owner",
        what="[Pp]ermission denied",
        where="{unit_dir}/victim",
        remedy="right",
        before="chown root:root {unit_dir}/victim",
        after="chown {owner}:{owner} {unit_dir}/victim",
        scopes=("alice",),
    ),
    Case(
        "unit-directory-of-another-owner",
        what="[Pp]ermission denied",
        where="{unit_dir}/fresh",
        remedy="right",
        options=_FRESH,
        before="chown root:root {unit_dir}",
        after="chown {owner}:{owner} {unit_dir}",
        scopes=("alice",),
    ),
    Case(
        "state-directory-of-another-owner",
        what="[Pp]ermission denied",
        where="{state_dir}",
        remedy="right",
        before="chown root:root {state_dir}/apps && chmod 755 {state_dir}/apps",
        after="chown {owner}:{owner} {state_dir}/apps && chmod 700 {state_dir}/apps",
        scopes=("alice",),
    ),
    Case(
        "disk-full-while-staging",
        what="[Nn]o space left",
        where="{unit_dir}/fresh/big.bin",
        remedy="Free some space",
        options=_BIG,
        before="mkdir {unit_dir}/fresh && mount -t tmpfs -o size=64k,mode=755 x {unit_dir}/fresh "
        "&& chown {owner}:{owner} {unit_dir}/fresh",
        after="umount {unit_dir}/fresh && rmdir {unit_dir}/fresh",
    ),
    Case(
        "disk-full-for-the-record",
        what="[Nn]o space left",
        where="{state_dir}",
        remedy="Free some space",
        options=_FRESH,
        before="mount -t tmpfs -o size=8k,mode=755 x {state_dir} && mkdir {state_dir}/apps && "
        "chown -R {owner}:{owner} {state_dir} && "
        "(dd if=/dev/zero of={state_dir}/fill bs=1k count=8 2>/dev/null || true)",
        after="umount {state_dir}",
    ),
    Case(
        "a-directory-where-a-file-belongs",
        what="directory",
        where="{unit_dir}/victim/taken",
        remedy="Remove|Rename|another",
        files={"taken": "x\n"},
        before="mkdir {unit_dir}/victim/taken && touch {unit_dir}/victim/taken/mine",
        after="rm -r {unit_dir}/victim/taken",
        scope="alice",
    ),
    Case(
        "a-record-of-a-newer-release",
        what="newer|format",
        where="{state_dir}/apps/victim.json",
        remedy="[Uu]pdate|newer",
        before="cp -p {state_dir}/apps/victim.json {state_dir}/kept && "
        'sed -i \'s/"format": *[0-9]*/"format": 999/\' {state_dir}/apps/victim.json',
        after="mv {state_dir}/kept {state_dir}/apps/victim.json",
        scope="alice",
    ),
]

TABLE = [*UNITS, *NAMES, *EMPTY, *HOST]


def _scopes(case: Case) -> tuple[str, ...]:
    return (case.scope,) if case.scope and not LONG else case.scopes


class Scene:
    """The app that is called, and what stands around it.

    seen: the host as the refusal before has left it, in whichever scope; None: it may be another.
    """

    seen: t.ClassVar[dict[str, t.Any] | None] = None

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.victim = App(scope, "victim")
        self.neighbour = App(scope, "neighbour")
        self.broken = True

    def ready(self) -> None:
        """Everything as it should be before a call."""
        if not self.broken:
            return
        Scene.seen = None
        host, unit_dir = self.scope.host, self.scope.unit_dir
        self.scope.ssh("mkdir -p " + unit_dir)
        host.write(f"{unit_dir}/foreign.container", container(), owner=self.scope.owner)
        self.victim.run(state="absent").ok()
        self.victim.run(units=self.units(), files=self.files()).ok()
        self.neighbour.deployed({"db": container("ContainerName=neighbour-store")})
        host.write(self.victim.path("notes.txt"), "someone's\n", owner=self.scope.owner)
        self.scope.ssh(
            f"podman run -d --replace --stop-timeout 0 --name outsider {IMAGE} sleep infinity"
        )
        self.broken = False

    @staticmethod
    def units() -> dict[str, str]:
        """The installed units."""
        return {"victim-web.container": container("Volume=./conf:/conf:ro")}

    @staticmethod
    def files() -> dict[str, str]:
        """The installed files."""
        return {"conf/a.conf": "one\n"}

    def options(self, case: Case) -> dict[str, t.Any]:
        """The whole call: what is installed with its unit changed, and what is refused."""
        units = {
            "victim-web.container": container("Volume=./conf:/conf:ro", "Environment=CHANGED=1")
        }
        bad = {
            path: text.replace("UNITDIR", self.scope.unit_dir) if isinstance(text, str) else text
            for path, text in case.units.items()
        }
        given = {
            "name": "victim",
            "gate": {"stable": 0},
            "units": {**units, **bad},
            "files": {"conf/a.conf": "two\n", **case.files},
        }
        return {**given, **case.options}

    def fill(self, text: str) -> str:
        """Text with the scope's places."""
        places = {
            "unit_dir": self.scope.unit_dir,
            "state_dir": self.scope.state_dir,
            "owner": self.scope.owner,
        }
        for name, value in places.items():
            text = text.replace(f"{{{name}}}", value)
        return text

    @contextlib.contextmanager
    def prepared(self, case: Case) -> t.Iterator[None]:
        """The host as the case wants it, and as it was."""
        if case.before:
            self.scope.host.ssh(self.fill(case.before))
        try:
            yield
        finally:
            if case.after:
                self.scope.host.ssh(self.fill(case.after))

    def clean(self) -> None:
        """The end."""
        self.scope.ssh("podman rm -f -t 0 outsider")
        self.scope.host.ssh(
            f"rm -f {self.scope.unit_dir}/foreign.container {self.victim.path('notes.txt')}"
        )
        self.victim.remove()
        self.neighbour.remove()


@pytest.fixture(scope="module")
def scenes(system: Scope, alice: Scope) -> t.Iterator[dict[str, Scene]]:
    """One scene in each scope."""
    both = {scope.name: Scene(scope) for scope in (system, alice)}
    yield both
    for scene in both.values():
        scene.clean()


@pytest.mark.parametrize(
    ("scope_name", "case"),
    [pytest.param(name, case, id=f"{case.id}-{name}") for case in TABLE for name in _scopes(case)],
)
def test_it_is_refused(scenes: dict[str, Scene], scope_name: str, case: Case) -> None:
    scene = scenes[scope_name]
    scene.ready()
    scene.broken = True
    with scene.prepared(case):
        known = None if case.before else Scene.seen
        before = known or scene.scope.host.look()
        Scene.seen = None
        result = scene.scope.call("app", **scene.options(case))
        after = scene.scope.host.look()
    message = result.refused()
    assert differences(before, after) == []
    assert not result.changed
    for part in (case.what, case.where, case.remedy):
        assert re.search(scene.fill(part), message), f"{part!r} is not in: {message}"
    scene.broken, Scene.seen = False, None if case.before else after


def test_check_mode_refuses_too(scenes: dict[str, Scene]) -> None:
    scene = scenes["system"]
    scene.ready()
    case = UNITS[0]
    before = scene.scope.host.look()
    result = scene.scope.call("app", ["--check"], **scene.options(case))
    assert re.search(case.what, result.refused())
    assert differences(before, scene.scope.host.look()) == []


def test_all_errors_are_told_at_once(scenes: dict[str, Scene]) -> None:
    scene = scenes["system"]
    scene.ready()
    units = {
        "victim-one.container": container("Nonsense=1"),
        "victim-two.container": container("Network=nope.network"),
    }
    case = Case("several", what="", where="", remedy="", units=units)
    message = scene.scope.call("app", **scene.options(case)).refused()
    assert "Nonsense" in message
    assert "nope.network" in message
