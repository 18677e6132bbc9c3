"""Every lint rule: a text that breaks it, with the line, and the nearest one that does not."""

from __future__ import annotations

import dataclasses
import string
import typing as t

import pytest

from ansible_collections.quadlet.fleet.plugins.module_utils._core.app.paths import check_unit_name
from ansible_collections.quadlet.fleet.plugins.module_utils._core.errors import QuadletError
from ansible_collections.quadlet.fleet.plugins.module_utils._core.lint.engine import (
    UNSET_VARIABLE,
    Finding,
    lint_texts,
)
from ansible_collections.quadlet.fleet.plugins.module_utils._core.lint.rules import RULES
from ansible_collections.quadlet.fleet.plugins.module_utils._core.lint.view import Context
from ansible_collections.quadlet.fleet.plugins.module_utils._core.quadlet.quirks import QUIRKS
from ansible_collections.quadlet.fleet.plugins.module_utils._core.validate.check import Place
from tests.unit.support.together import together

UNITS = "/etc/containers/systemd"
PLACE = Place(f"{UNITS}/app", UNITS, "/root", frozenset())
HOME = "/home/svc/.config/containers/systemd"
USER: dict[str, t.Any] = {
    "place": Place(f"{HOME}/app", HOME, "/home/svc", frozenset()),
    "rootless": True,
}
REST = "[Service]\nRestart=always\n[Install]\nWantedBy=default.target\n"
IMAGE = "Image=docker.io/library/a:1\n"

Texts = t.Union[str, t.Mapping[str, str]]


@dataclasses.dataclass(frozen=True)
class Case:
    """bad breaks the rule in the line that begins with >, good does not and has no errors.

    A text that does not begin with a section is lines of a good container.
    """

    rule: str
    bad: Texts
    good: Texts
    context: t.Mapping[str, t.Any] = dataclasses.field(default_factory=dict)
    good_context: t.Mapping[str, t.Any] | None = None


def container(lines: str = "", *, rest: str = REST) -> str:
    """A container that is fine, with more lines in its section."""
    return f"[Container]\n{IMAGE}{lines}\n{rest}"


def _units(texts: Texts) -> dict[str, str]:
    if not isinstance(texts, str):
        return dict(texts)
    return {"web.container": texts if texts.startswith(("[", ">[")) else container(texts)}


def _lint(texts: Texts, context: t.Mapping[str, t.Any]) -> tuple[list[Finding], list[str]]:
    """The findings, and the marked places as path:line."""
    units = _units(texts)
    marked = [
        f"{path}:{number}"
        for path, text in units.items()
        for number, line in enumerate(text.split("\n"), 1)
        if line.startswith(">")
    ]
    plain = {path: text.replace("\n>", "\n").removeprefix(">") for path, text in units.items()}
    return lint_texts(plain, Context(**{"place": PLACE, **context})), marked


NETWORK = {"net.network": "[Network]\n"}
VOLUME = {"data.volume": "[Volume]\n"}
POD = {"p.pod": "[Pod]\n[Install]\nWantedBy=default.target\n"}
JOB = container(rest="[Service]\nType=oneshot\n")


def _two(web: str, other: str, name: str = "db.container") -> dict[str, str]:
    return {"web.container": web, name: other}


def _needs(lines: str) -> str:
    return f"[Unit]\n{lines}\n{container()}"


FILES = {"conf/a.conf": 0o644, "key": 0o600}

CASES = [
    # Refused anyway
    Case("syntax", "[Container]\n>nonsense\n", container()),
    Case("missing-section", "[Unit]\nDescription=a\n", container()),
    Case("missing-section", "[Unit]\nDescription=a\n", {"a.volume": "", "b.network": ""}),
    Case(
        "missing-section",
        {"a.image": "[Unit]\nDescription=a\n"},
        {"a.pod": "[Install]\nWantedBy=default.target\n"},
    ),
    Case(
        "untyped-mount",
        ">Mount=source=/a,destination=/b,ro",
        "Mount=type=bind,source=/a,destination=/b,ro\nMount=source=/a,ro,type=bind,target=/c",
        {"version": (5, 6)},
    ),
    Case(
        "untyped-mount",
        ">Mount=/a:/b",
        "Mount=type=bind,source=/a,target=/b,ro",
        {"version": (4, 7)},
    ),
    Case("unknown-key", ">Imgae=a", "Label=a=b"),
    Case("too-new", ">Memory=1g", "Memory=1g", {"version": (5, 4)}, {"version": (5, 5)}),
    Case("missing-unit", ">Network=no.network", "Network=no"),
    *(
        Case(
            "missing-unit",
            container(rest=f"[Unit]\n>{key}=no.container\n{REST}"),
            {
                "no.container": container(),
                "web.container": container(rest=f"[Unit]\n{key}=no.container\n{REST}"),
            },
        )
        for key in ("Before", "After", "OnFailure", "PartOf")
    ),
    Case("writable-mount", ">Volume=./d:/d", "Volume=./d:/d:ro"),
    Case("unknown-rule", "># lint: ignore no-such-rule", "# lint: ignore moving-tag"),
    Case("missing-key", f"[Container]\nExec=a\n{REST}", f"[Container]\nRootfs=/r\n{REST}"),
    Case("missing-key", {"n.network": "[Network]\n>Gateway=10.0.0.1\n"}, NETWORK),
    Case("conflicting-keys", ">Rootfs=/a", f"[Container]\nRootfs=/r\n{REST}"),
    Case("conflicting-keys", "ReloadCmd=a\n>ReloadSignal=HUP", "ReloadSignal=HUP"),
    Case(
        "bad-service-type",
        container(rest="[Service]\n>Type=simple\n"),
        container(rest="[Service]\nType=oneshot\n"),
    ),
    # Names
    *(
        Case(
            "bad-unit-name",
            container(rest=f"[Unit]\n>{key}={bad}\n{REST}"),
            container(rest=f"[Unit]\n{key}={good}\n{REST}"),
        )
        for key in ("After", "Wants", "PartOf", "OnFailure")
        for bad, good in (
            ("db", "db.service"),
            ("a.service, b.service", "a.service b.service"),
            ("default.taget", "default.target"),
            ("data", "%i.service a@%i.service dev-sda1.device srv-x.mount db.timer %N.socket"),
        )
    ),
    *(
        Case(
            "bad-unit-name",
            container(rest=f"[Install]\n>WantedBy={bad}\n"),
            container(rest="[Install]\nWantedBy=multi-user.target default.target\n"),
        )
        for bad in ("multi-user", "multi-user.target,default.target", "default.taget")
    ),
    *(
        Case(
            "wrong-reference",
            {**NETWORK, **VOLUME, **POD, "web.container": container(f">{bad}")},
            {**NETWORK, **VOLUME, **POD, "web.container": container(good)},
        )
        for bad, good in (
            ("Volume=net.network:/x", "Volume=data.volume:/x"),
            ("Volume=p.pod:/x", "Volume=/srv/p.pod:/x"),
            ("Network=data.volume", "Network=net.network"),
            ("Network=p.pod", "Network=podman"),
            ("Network=a.image:ip=10.0.0.2", "Network=net.network:ip=10.0.0.2"),
        )
    ),
    Case(
        "wrong-reference",
        {"w.container": f"[Container]\n>Image=web.container\n{REST}", "web.container": container()},
        {"w.container": f"[Container]\nImage=reg.test/web.container:1\n{REST}"},
    ),
    Case(
        "doubled-name",
        _two(container("ContainerName=a"), container(">ContainerName=a")),
        _two(container("ContainerName=a"), container("ContainerName=b")),
    ),
    Case(
        "doubled-name",
        {
            "web.container": container("ContainerName=a"),
            "p.pod": POD["p.pod"] + "[Pod]\n>PodName=a",
        },
        {"web.container": container("ContainerName=a"), "p.pod": POD["p.pod"] + "[Pod]\nPodName=b"},
    ),
    *(
        Case(
            "idle-port",
            f"Network={network}\n>PublishPort=80:80",
            "Network=podman\nPublishPort=80:80",
        )
        for network in ("host", "none", "container:db")
    ),
    Case("idle-port", "Network=host\n>PublishPort=80", "Network=host\nExposeHostPort=80"),
    Case(
        "misspelt-key",
        container(rest=f"{REST}[Service]\n>Remainafterexit=yes"),
        container(rest=f"{REST}[Service]\nRemainAfterExit=yes\nLimitNPROC=5"),
    ),
    Case(
        "second-exec-start",
        container(rest=f"{REST}[Service]\n>ExecStart=/bin/true"),
        container(rest=f"{REST}[Service]\nExecStartPre=/bin/true"),
    ),
    Case(
        "second-exec-start",
        container(rest=f"{REST}[Service]\n>ExecStart=/bin/true"),
        container(rest="[Service]\nType=oneshot\nExecStart=/bin/true"),
    ),
    *(
        Case(
            "bad-image", f"[Container]\n>Image={bad}\n{REST}", f"[Container]\nImage={good}\n{REST}"
        )
        for bad, good in (
            ("reg.test/Team/app:1", "reg.test/team/app:V1"),
            ("reg.test/app:1 as web", "oci-archive:/srv/Team/app.tar"),
            ("localhost/App:1", "REG.test/app:1"),
        )
    ),
    *(
        Case("quoted-command", f">Exec={bad}", f"Exec={good}")
        for bad, good in (
            ('"sleep infinity"', "sleep infinity"),
            ("'sh -c \"a b\"'", 'sh -c "a b"'),
            ('"a b"', '"a b" c'),
            ('"a b"', '"/opt/My App/run"'),
        )
    ),
    # Values
    *(Case("bad-choice", f">LogDriver={bad}", "LogDriver=journald") for bad in ("json", "syslog")),
    *(
        Case("bad-choice", f">UserNS=keep-id:{bad}", "UserNS=keep-id:uid=1000,gid=1000,size=9")
        for bad in ("uid=1000:gid=1000", "1000", "uid=me")
    ),
    *(
        Case("bad-pair", f">{bad}", good)
        for bad, good in (
            ("Environment=A = 1", "Environment=A=1 B= C==1"),
            ("Environment=A =1", 'Environment="A = 1"'),
            ("Environment=A: 1", 'Environment=A="b: 1"'),
            ("Label=a = b", 'Label=a="b = c"'),
        )
    ),
    *(
        Case("bad-volume", f">{bad}", good)
        for bad, good in (
            ("Volume=%h/x:x:ro", "Volume=%h/x:/x:ro"),
            ("Volume=%h/x:/x:rox", "Volume=${DATA}:/x:ro"),
            ("Mount=type=bind,source=/a", "Mount=type=bind,source=/a,dst=/b"),
            ("Mount=type=tmpfs,tmpfs-size=1m", "Mount=type=tmpfs,destination=/b"),
        )
    ),
    *(
        Case(
            "bad-duration",
            container(rest=f"[Service]\n>{key}=five\nRestart=always\n[Install]\nWantedBy=a.target"),
            container(
                rest=f"[Service]\n{key}={good}\nRestart=always\n[Install]\nWantedBy=a.target"
            ),
        )
        for key in ("RestartSec", "TimeoutStartSec", "TimeoutStopSec")
        for good in ("5", "1min 30s", "infinity", "0", "100ms", "1.5h", "%i")
    ),
    *(
        Case(
            "tilde-path",
            container(rest=f"[{section}]\n>{key}=~/x\n{REST}"),
            container(rest=f"[{section}]\n{key}=%h/x\n{REST}"),
        )
        for section, key in (
            ("Unit", "RequiresMountsFor"),
            ("Unit", "ConditionPathExists"),
            ("Service", "EnvironmentFile"),
        )
    ),
    Case(
        "shell-in-exec",
        container(rest=f"[Service]\n>ExecStartPre=-/bin/a && b\n{REST}"),
        container(rest=f'[Service]\nExecStartPre=-/bin/sh -c "a && b"\n{REST}'),
    ),
    Case("group-without-user", ">Group=5", "User=5\nGroup=5"),
    Case(
        "bad-pod",
        {**POD, "web.container": container(">Pod=p")},
        {**POD, "web.container": container("Pod=p.pod")},
    ),
    Case(
        "bad-name",
        {"a:b.container": container()},
        {"a:b.container": container("ContainerName=ab")},
    ),
    Case("bad-name", {"a\\x2db.volume": "[Volume]\n"}, {"a-b.volume": "[Volume]\n"}),
    # Sections and keys
    Case(
        "foreign-section", f"{container()}[Pod]\n>PodName=a\n", f"{container()}[X-Notes]\nBy=me\n"
    ),
    Case("foreign-section", f"{container()}[Bogus]\n", f"{container()}[Quadlet]\n"),
    Case(
        "misplaced-key",
        f"{container()}>PublishPort=80:80\n",
        container(rest=f"{REST}[Service]\nEnvironment=A=1\n"),
    ),
    Case(
        "misplaced-key",
        f"[Unit]\n>Restart=always\n{container()}",
        container(rest=f"{REST}[Service]\nStartLimitBurst=3\n"),
    ),
    Case("unknown-install-key", f"{container()}>WantdBy=a.target\n", container()),
    Case("empty-value", ">PublishPort=", "PublishPort=80:80\nPublishPort="),
    Case(
        "empty-value", ">Memory=", {**_units(""), "web.container.d/x.conf": "[Container]\nTmpfs=\n"}
    ),
    Case("repeated-key", "User=1\n>User=2", "DNS=1.1.1.1\nDNS=1.0.0.1"),
    Case(
        "repeated-key",
        "HostName=a\n>HostName=b",
        {**_units("User=1"), "web.container.d/x.conf": "[Container]\nUser=2\n"},
    ),
    # Words, quotes, escapes, what systemd expands
    Case("unbalanced-quote", '>AddCapability="NET_RAW', 'AddCapability="NET_RAW"'),
    Case("unbalanced-quote", ">Sysctl=a=it's", 'Environment="A=it\'s"'),
    Case("bad-escape", r">Exec=grep a\.b", r"Exec=grep a\\.b"),
    Case("bad-escape", r">Environment=A=C:\dir", r"Volume=/a\b:/c"),
    Case("bad-escape", r">Secret=a\db", r'Environment="A=\x41\101\n\u00e9\s\""'),
    Case("empty-word", '>Exec=a "" b', 'Exec=a "b" c'),
    Case("empty-word", ">Environment=A=1 ''", """Environment=A="" "B='' " """),
    Case("lone-semicolon", ">Exec=a ; b", 'Exec=sh -c "a ; b"'),
    Case("quoted-value", '>PublishPort="80:80"', 'Environment="A=b c"'),
    Case("inline-comment", ">PublishPort=80:80 # web", 'Environment="A=b # c"'),
    Case("inline-comment", ">Environment=A=1 # one", 'Exec=sh -c "a # b"'),
    Case("unquoted-pair", ">Environment=A=hello world", 'Environment="A=hello world" B=1'),
    Case("unquoted-pair", ">Label=a=b c", "Environment=A"),
    Case("json-in-pair", '>Environment=A={"b":1}', """Environment='A={"b":1}'"""),
    Case("unknown-specifier", ">Environment=A=50%", "Environment=A=50%%"),
    Case("unknown-specifier", ">Label=a=%Z", "Label=a=%n"),
    Case("date-format", ">Exec=date +%Y-%m-%d", "Exec=date +%%Y-%%m-%%d"),
    Case("date-format", '>Environment="F=%H:%M"', "ContainerName=%p-%i"),
    Case("unset-variable", ">Exec=echo $NAME", "Exec=sh -c 'echo $NAME'"),
    Case(
        "unset-variable", ">HealthCmd=curl localhost:${PORT}", "HealthCmd=curl localhost:$${PORT}"
    ),
    Case(
        "unset-variable",
        ">Environment=A=${B}",
        container("Environment=A=${B}", rest=f"{REST}[Service]\nEnvironment=B=1\n"),
    ),
    Case("unset-variable", ">Volume=$NOPE/x:/x", "Exec=echo ${HOME} a$NAME"),
    Case("shell-in-exec", ">Exec=a && b", 'Exec=/bin/bash -c "a && b"'),
    # Values
    Case("tilde-path", ">Volume=~/data:/data", "Volume=%h/data:/data\nVolume=/a:/b ~"),
    Case("tilde-path", ">Mount=type=bind,source=~/a,destination=/a,ro", "EnvironmentFile=/a~b"),
    Case("variable-path", ">Volume=$HOME/data:/data", "Volume=${HOME}/data:/data"),
    Case("variable-path", ">Mount=type=bind,source=$HOME/a,destination=/a,ro", "Tmpfs=/a"),
    Case("variable-path", ">EnvironmentFile=$HOME/env", "EnvironmentFile=%h/env"),
    Case("bad-boolean", ">ReadOnly=y", "ReadOnly=On"),
    Case("bad-choice", ">Pull=sometimes", "Pull=newer"),
    Case("bad-choice", '>Pull="sometimes"', 'Pull="newer"\nReadOnly="true"'),
    Case("bad-choice", ">Notify=Healthy", "Notify=yes"),
    Case("bad-choice", ">UserNS=keepid", "UserNS=keep-id:uid=5,gid=5"),
    Case("bad-choice", ">AutoUpdate=yes", "AutoUpdate=disabled"),
    Case(
        "bad-choice",
        container(rest="[Service]\n>Restart=unless-stopped\n"),
        container(rest="[Service]\nRestart=on-failure\n"),
    ),
    Case(
        "bad-integer", {"a.volume": "[Volume]\n>User=nginx\n"}, {"a.volume": "[Volume]\nUser=5\n"}
    ),
    Case("bad-integer", {"a.volume": "[Volume]\n>Group=0100\n"}, "PidsLimit=-1"),
    Case("bad-duration", "HealthCmd=a\n>HealthInterval=30", "HealthCmd=a\nHealthInterval=1m30s"),
    Case("bad-size", ">Memory=lots", "Memory=1.5g"),
    Case("bad-address", ">IP=10.0.0", "IP=10.0.0.2\nIP6=fd00::2\nDNS=none"),
    Case(
        "bad-address",
        {"n.network": "[Network]\n>Subnet=10.0.0.0\n"},
        {"n.network": "[Network]\nSubnet=fd00::/64\nGateway=fd00::1\n"},
    ),
    Case("bad-port", ">PublishPort=80:70000", "PublishPort=8080:80/TCP"),
    Case("bad-port", ">PublishPort=80-90:80", "PublishPort=80-90:8080-8090"),
    Case(
        "bad-port", ">PublishPort=10.0.0.1:80", "PublishPort=[::1]::80\nPublishPort=10.0.0.1:80:80"
    ),
    Case("bad-port", ">ExposeHostPort=a", "ExposeHostPort=80-90/udp\nPublishPort=80%i:80"),
    Case("bad-volume", ">Volume=/a:b", "Volume=/b"),
    Case("bad-volume", ">Volume=/a:/b:r", "Volume=/a:/b:ro,Z"),
    Case("bad-volume", ">Tmpfs=run", "Tmpfs=/run:size=5m"),
    Case("bad-pair", ">Ulimit=nofile", "Ulimit=nofile=5:5\nUlimit=host\nSysctl=a.b=1"),
    Case("bad-secret", ">Secret=a,type=file", "Secret=a,type=env,target=A"),
    Case("bad-secret", ">Secret=type=env,target=A", "Secret=type=mount,source=a"),
    Case("bad-secret", ">Secret=a,type=env,mode=0400", "Secret=a,mode=0400,uid=5"),
    Case("bad-name", ">ContainerName=a b", "ContainerName=a.b-%i"),
    Case("service-name-suffix", ">ServiceName=z.service", "ServiceName=z"),
    Case(
        "specifier-in-name",
        {"a.volume": "[Volume]\n>VolumeName=%N\n"},
        {"a.volume": "[Volume]\nVolumeName=%H-data\n"},
    ),
    Case("deprecated-key", ">RemapUsers=auto", "UserNS=auto"),
    Case("health-command-prefix", '>HealthCmd=["CMD", "/a"]', 'HealthCmd=["/a", "CMD"]'),
    # Files
    Case("missing-file", ">Volume=./no:/a:ro", "Volume=./conf:/a:ro", {"files": FILES}),
    Case("missing-file", ">EnvironmentFile=no.env", "EnvironmentFile=key", {"files": FILES}),
    Case(
        "missing-file",
        {"k.kube": f"[Kube]\n>Yaml=no.yml\n{REST}"},
        {"k.kube": f"[Kube]\nYaml=/etc/no.yml\nConfigMap=%h/a\n{REST}"},
        {"files": FILES},
    ),
    Case("optional-file", ">EnvironmentFile=-/etc/a", "EnvironmentFile=/etc/-a"),
    Case("path-outside-app", ">Volume=../x:/x:ro", "Volume=/x:/x:ro"),
    Case(
        "unreadable-file",
        "User=5\n>Volume=./key:/key:ro",
        "User=5\nVolume=./conf:/c:ro\nEnvironmentFile=key",
        {"files": FILES},
    ),
    Case("unreadable-file", "User=5\n>Volume=.:/c:ro", "Volume=./key:/key:ro", {"files": FILES}),
    # Images
    Case("short-image-name", f"[Container]\n>Image=nginx:1\n{REST}", container()),
    Case(
        "short-image-name",
        {"i.image": "[Image]\n>Image=library/nginx:1\n"},
        {"i.image": "[Image]\nImage=localhost/nginx:1\n"},
    ),
    Case(
        "moving-tag",
        f"[Container]\n>Image=quay.io/a/b:latest\n{REST}",
        f"[Container]\nImage=quay.io/a/b:latest\nAutoUpdate=registry\n{REST}",
    ),
    Case(
        "moving-tag",
        f"[Container]\n>Image=quay.io:5000/a/b\n{REST}",
        f"[Container]\nImage=quay.io:5000/a/b@sha256:{'0' * 64}\n{REST}",
    ),
    Case(
        "auto-update-image",
        f"[Container]\n>Image=a:1\nAutoUpdate=registry\n{REST}",
        f"[Container]\nImage=localhost/a\nAutoUpdate=local\n{REST}",
    ),
    Case(
        "auto-update-image",
        f"[Container]\n>Image=x.io/a@sha256:{'0' * 64}\nAutoUpdate=registry\n{REST}",
        "AutoUpdate=registry",
    ),
    # Boot
    Case("no-install", container(rest="[Service]\nRestart=always\n"), container()),
    Case("no-install", container(rest=""), JOB),
    Case(
        "no-install",
        {"p.pod": "[Pod]\n"},
        {**POD, "web.container": container("Pod=p.pod", rest="")},
    ),
    Case(
        "no-install",
        {**POD, "web.container": container("Pod=p.pod\nStartWithPod=false", rest="")},
        {"p.pod": "[Pod]\n", "web.container": container("Pod=p.pod")},
    ),
    Case(
        "no-install",
        _two(container(), container(rest="")),
        _two(_needs("Wants=db.service"), container(rest="")),
    ),
    Case(
        "no-install",
        container(rest="[Install]\nDefaultInstance=1\n"),
        {**_units(""), "web.container.d/off.conf": "[Install]\nWantedBy=\n"},
    ),
    Case("lonely-job", JOB, f"{JOB}[Install]\nWantedBy=default.target\n"),
    Case("lonely-job", JOB, f"{JOB}[Install]\nWantedBy=\n"),
    Case("lonely-job", _two(container(), JOB), _two(_needs("Wants=db.service"), JOB)),
    Case("lonely-job", _two(container(), JOB), _two(_needs("OnFailure=db.service"), JOB)),
    Case("lonely-job", JOB, {**_units(JOB), "web.timer": "[Timer]\nOnCalendar=daily\n"}),
    Case("lonely-job", JOB, container()),
    Case("no-install", {"t.kube": "[Kube]\nYaml=/a\n"}, {**_units(JOB), **VOLUME, **NETWORK}),
    *(
        Case(
            "no-install",
            {**_units(container(rest="")), f"web.{suffix}": f"{text}other.service\n"},
            {**_units(container(rest="")), f"web.{suffix}": f"{text}{named}"},
        )
        for suffix, text, named in (
            ("timer", "[Timer]\nOnCalendar=daily\nUnit=", "web.service\n"),
            ("timer", "[Timer]\nUnit=", "\nOnCalendar=daily\n"),
            ("socket", "[Socket]\nService=", "web.service\n"),
            ("path", "[Path]\nPathExists=/a\nUnit=", "web.service\n"),
            ("target", "[Unit]\nWants=", "web.service\n"),
        )
    ),
    Case(
        "template-install",
        {"w@.container": container(rest="[Install]\n>WantedBy=default.target\n")},
        {"w@.container": container(), "w@1.container": container()},
    ),
    Case(
        "template-install",
        {"w@.container": container(rest="[Install]\n>WantedBy=default.target\n")},
        {"w@.container": container(rest="[Install]\nWantedBy=a.target\nDefaultInstance=1\n")},
    ),
    Case(
        "system-target",
        container(rest="[Install]\n>WantedBy=multi-user.target\n"),
        container(rest="[Install]\nWantedBy=multi-user.target default.target\n"),
        USER,
    ),
    Case(
        "system-target",
        container(rest="[Install]\n>WantedBy=multi-user.target\n"),
        container(rest="[Install]\nWantedBy=multi-user.target\n"),
        USER,
        {},
    ),
    Case(
        "system-dependency",
        f"[Unit]\n>After=network-online.target\n{container()}",
        _needs("After=default.target"),
        USER,
    ),
    Case("install-also", container(rest="[Install]\n>Also=a.service\n"), container()),
    Case(
        "install-quadlet-name",
        _two(container(rest="[Install]\n>WantedBy=db.container\n"), container()),
        _two(container(rest="[Install]\nWantedBy=db.service\n"), container()),
    ),
    # Dependencies
    Case(
        "requires-without-after",
        _two(f"[Unit]\n>Requires=db.service\n{container()}", container()),
        _two(_needs("Requires=db.service\nAfter=db.service"), container()),
    ),
    Case(
        "requires-without-after",
        _two(f"[Unit]\n>BindsTo=db.container\n{container()}", container()),
        _two(_needs("Requires=db.service"), f"[Unit]\nBefore=web.service\n{container()}"),
    ),
    Case(
        "required-job",
        _two(f"[Unit]\nAfter=db.service\n>Requires=db.service\n{container()}", JOB),
        _two(_needs("After=db.service\nRequires=db.service"), f"{JOB}RemainAfterExit=yes\n"),
    ),
    Case(
        "required-job",
        _two(f"[Unit]\nAfter=db.service\n>BindsTo=db.service\n{container()}", JOB),
        _two(_needs("After=db.service\nWants=db.service"), JOB),
    ),
    Case(
        "wrong-service-name",
        {**POD, "web.container": f"[Unit]\n>After=p.service\n{container()}"},
        {**POD, "web.container": _needs("After=p-pod.service postgresql.service")},
    ),
    Case(
        "wrong-service-name",
        _two(f"[Unit]\n>After=db-container.service\n{container()}", container()),
        _two(_needs("After=sql.service"), container("ServiceName=sql")),
    ),
    # The service
    Case(
        "restart-job",
        container(rest="[Service]\nType=oneshot\n>Restart=always\n"),
        container(rest="[Service]\nType=oneshot\nRestart=on-failure\n"),
    ),
    Case(
        "restart-job",
        container(rest="[Service]\nType=oneshot\nRemainAfterExit=yes\n>Restart=on-success\n"),
        container(rest="[Service]\nRestart=on-success\n"),
    ),
    *(
        Case(
            "restart-job",
            {f"a.{suffix}": f"{text}\n[Service]\n>Restart=always\n"},
            {f"a.{suffix}": f"{text}\n[Service]\nRestart=on-failure\n"},
        )
        for suffix, text in (
            ("volume", "[Volume]"),
            ("network", "[Network]"),
            ("image", "[Image]\nImage=localhost/a:1"),
            ("build", "[Build]\nImageTag=localhost/a:1\nFile=/a/Containerfile"),
        )
    ),
    Case("missing-restart", container(rest="[Install]\nWantedBy=a.target\n"), container()),
    Case("stop-timeout", ">StopTimeout=90", "StopTimeout=89"),
    Case(
        "stop-timeout",
        container(">StopTimeout=60", rest="[Service]\nTimeoutStopSec=1min\n"),
        container("StopTimeout=200", rest="[Service]\nTimeoutStopSec=infinity\n"),
    ),
    Case("healthy-without-check", ">Notify=healthy", "Notify=healthy\nHealthCmd=true"),
    Case(
        "healthy-without-check",
        "HealthCmd=none\n>Notify=healthy",
        {**_units("Notify=healthy"), "web.container.d/x.conf": "[Container]\nHealthCmd=true\n"},
    ),
    Case("health-without-command", ">HealthInterval=5s", "HealthCmd=a\nHealthInterval=5s"),
    Case(
        "health-without-command",
        "HealthCmd=a\n>HealthStartupTimeout=5s",
        "HealthInterval=5s\nPodmanArgs=--health-cmd=true",
    ),
    # Pods and names
    Case(
        "pod-owns-key",
        {**POD, "web.container": container("Pod=p.pod\n>PublishPort=80:80")},
        {
            "p.pod": f"{POD['p.pod']}[Pod]\nPublishPort=80:80\n",
            "web.container": container("Pod=p.pod"),
        },
    ),
    Case(
        "pod-owns-key",
        {**POD, "web.container": container("Pod=p.pod\n>HostName=a")},
        {**POD, "web.container": container("Pod=p.pod\nDNS=1.1.1.1")},
    ),
    Case(
        "pod-network",
        {**POD, "web.container": container("Pod=p.pod\n>Network=host")},
        {**POD, "web.container": container("Network=host")},
    ),
    Case(
        "name-without-suffix",
        {**VOLUME, "web.container": container(">Volume=data:/data")},
        {**VOLUME, "web.container": container("Volume=data.volume:/data\nVolume=other:/o")},
    ),
    Case(
        "name-without-suffix",
        {**NETWORK, "web.container": container(">Network=net.net:ip=10.0.0.2")},
        {"net.network": "[Network]\nNetworkName=net\n", "web.container": container("Network=net")},
    ),
    # Safety
    Case(
        "secret-in-environment",
        ">Environment=DB_PASSWORD=hunter2",
        "Environment=DB_PASSWORD_FILE=/a",
    ),
    Case(
        "secret-in-environment",
        ">Environment=A=1 API_KEY=x",
        "Environment=ALLOW_EMPTY_PASSWORD=yes",
    ),
    Case("secret-in-environment", '>Environment="TOKEN=a b"', "Environment=SORT_KEY=name TOKENS=5"),
    Case(
        "service-user",
        container(rest="[Service]\n>User=svc\n"),
        container("User=svc", rest="[Service]\nRestart=always\n"),
    ),
    Case("rootless-port", ">PublishPort=80:80", "PublishPort=8080:80", USER),
    Case("rootless-port", ">PublishPort=0.0.0.0:443:443", "PublishPort=80:80", USER, {}),
    Case("host-privileges", ">PodmanArgs=--privileged", "PodmanArgs=--cap-add=NET_ADMIN"),
    Case("host-privileges", ">PodmanArgs=--pid host", "PodmanArgs=--pid=container:a"),
    Case("host-privileges", ">AddCapability=CAP_SYS_ADMIN", "AddCapability=SYS_TIME"),
    Case("socket-mount", ">Volume=/var/run/docker.sock:/s", "Volume=/run/app.sock:/s"),
    Case("socket-mount", ">Volume=/run/dbus:/run/dbus:ro", "Volume=/run/dbus-app:/x"),
    Case("socket-mount", ">Volume=%t/bus:/bus", "Volume=%t/bus-app:/x"),
    Case("socket-mount", ">Volume=%t/podman/podman.sock:/s", "Exec=a podman.sock"),
    Case("host-mount", ">Volume=/boot:/boot", "Volume=/boot:/boot:ro"),
    Case("host-mount", ">PodmanArgs=-v /var/lib/containers:/x", "Volume=/var/lib/app:/x"),
    Case("host-mount", ">Volume=/usr:/usr", "Volume=/usr:/usr:ro", USER),
    Case("host-mount", ">Volume=/:/host:ro,rslave", "Volume=/:/host:ro,bind"),
    Case("unit-directory-mount", ">Volume=/etc:/x", "Volume=/etc:/x:ro"),
    Case("unit-directory-mount", ">PodmanArgs=--volume=/:/host", "PodmanArgs=-v /:/host:ro"),
    Case("unit-directory-mount", ">PodmanArgs=-v /var/lib:/x", "PodmanArgs=-v /var/lib/x:/x"),
    Case("unit-directory-mount", ">Volume=/etc/%Q:/x", "Volume=/srv/%Q:/x"),
    Case("unit-directory-mount", ">Volume=%h:%h", "Volume=%h/data:/data", USER),
    Case(
        "unit-directory-mount",
        ">Mount=type=bind,source=/etc,destination=/x",
        "Mount=type=bind,source=/etc,destination=/x,ro",
    ),
    Case(
        "nested-mount",
        "Volume=/srv/a:/a\n>Volume=/srv/a/b:/b",
        "Volume=/srv/a:/a\nVolume=/srv/ab:/b",
    ),
    Case(
        "nested-mount",
        _two(container(">Volume=/srv/a//b:/b"), container("PodmanArgs=-v /srv/a:/a")),
        _two(container("Volume=/srv/a/b:/b"), container("Volume=/srv/a:/a:ro")),
    ),
    Case("native-key", ">PodmanArgs=--memory=1g", "PodmanArgs=--cpus=2"),
    Case(
        "native-key",
        ">PodmanArgs=-e A=1",
        "PodmanArgs=--memory 1g",
        {"version": (5, 4)},
    ),
    Case("restart-option", ">PodmanArgs=--restart always", "PodmanArgs=--cpus 2"),
    Case(
        "unit-in-podman-args",
        {**VOLUME, "web.container": container(">PodmanArgs=-v data.volume:/d")},
        {**VOLUME, "web.container": container("PodmanArgs=-v systemd-data:/d")},
    ),
    Case(
        "unit-in-podman-args",
        {**NETWORK, "web.container": container(">PodmanArgs=--network net.network")},
        "PodmanArgs=--add-host my.volume:10.0.0.1",
    ),
    # YAML
    Case(
        "yaml-number",
        ">PublishPort=1342",
        "PublishPort=22:22",
        {"declared": {"web.container": {"Container": {"PublishPort": [1342]}}}},
        {"declared": {"web.container": {"Container": {"PublishPort": ["22:22"]}}}},
    ),
    Case(
        "yaml-boolean",
        "Label=a=b\n>HostName=true",
        "ReadOnly=true",
        {"declared": {"web.container": {"Container": {"HostName": True}}}},
        {"declared": {"web.container": {"Container": {"ReadOnly": True}}}},
    ),
]
_ELSEWHERE = {
    "skipped-template",
    "nested-unit",
    "bad-path",
    "bad-companion",
    *(quirk.id for quirk in QUIRKS),
}
"""Tested with the module lint, which reads directories, with the quirks and companions."""

IDS = [f"{case.rule}-{number}" for number, case in enumerate(CASES)]


@together("case", CASES, ids=IDS)
def test_fires(case: Case) -> None:
    found, marked = _lint(case.bad, case.context)
    hits = [finding for finding in found if finding.rule == case.rule]
    assert hits, [str(finding) for finding in found]
    if marked:
        assert [f"{finding.path}:{finding.line}" for finding in hits] == marked
    for finding in hits:
        level = RULES[case.rule].level
        # The manager's variables are not known here (test_lint_environment).
        assert finding.level == ("note" if case.rule == UNSET_VARIABLE else level)
        assert finding.message
        assert finding.message[-1] not in ".!"
        assert finding.remedy.endswith((".", "?"))


@together("case", CASES, ids=IDS)
def test_is_silent_about_the_nearest_that_is_right(case: Case) -> None:
    context = case.context if case.good_context is None else case.good_context
    found, _marked = _lint(case.good, context)
    assert [str(f) for f in found if f.rule == case.rule or f.level == "error"] == []


def test_every_rule_has_a_case() -> None:
    assert {case.rule for case in CASES} | _ELSEWHERE == set(RULES)


@together("rule", RULES.values(), ids=RULES)
def test_every_rule_says_what_to_do_and_why(rule: t.Any) -> None:
    assert rule.level in ("error", "warning", "note")
    for text in (rule.summary, rule.remedy, rule.why):
        assert text
        assert text.endswith(".")


def test_the_text_of_a_secret_is_not_repeated() -> None:
    found, _marked = _lint("Environment=DB_PASSWORD=hunter2", {})
    assert "hunter2" not in "".join(map(str, found))


_NAMED = {
    "container": container(),
    "volume": "[Volume]\n",
    "network": "[Network]\n",
    "pod": POD["p.pod"],
    "image": "[Image]\nImage=docker.io/library/a:1\n",
}


@pytest.mark.parametrize("kind", _NAMED)
def test_each_character_in_the_name_of_a_unit(kind: str) -> None:
    """What Podman takes in a name was tried on a host, with each of these characters."""
    taken = set()
    for character in map(chr, range(33, 127)):
        name = f"a{character}b.{kind}"
        try:
            check_unit_name(name, "")
        except QuadletError:
            continue
        taken.add(character)
        found = {finding.rule for finding in _lint({name: _NAMED[kind]}, {})[0]}
        assert ("bad-name" in found) is (character in ":\\" and kind != "image"), character
    assert taken == {*string.ascii_letters, *string.digits, *"_.:@\\-"}
