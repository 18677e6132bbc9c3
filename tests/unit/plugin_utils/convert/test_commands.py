"""The podman command of a written container, as three generators make it, is what was asked for."""

from __future__ import annotations

import collections
import pathlib
import re
import typing as t

from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.model import (
    Attachment,
    Container,
    File,
    Health,
    Model,
    Mount,
    Network,
    Option,
    Options,
    Port,
    SecretUse,
    Volume,
)
from tests.unit.support.conversions import (
    Converted,
    Giver,
    commands,
    convert,
    lint,
    split_options,
)
from tests.unit.support.generators import Generator

Parts = dict[str, t.Any]
Build = t.Callable[[Giver], Parts]

OPTIONS = """
--add-host a:10.0.0.1 | --add-host=a:10.0.0.1
--add-host host.docker.internal:host-gateway | --add-host=host.docker.internal:host-gateway
--add-host a=10.0.0.1 | --add-host=a=10.0.0.1
--add-host v6:[::1] | --add-host=v6:[::1]
--annotation a=b c | --annotation=a=b c
--blkio-weight 300 | --blkio-weight=300
--blkio-weight-device /dev/sda:200 | --blkio-weight-device=/dev/sda:200
--cap-add NET_ADMIN | --cap-add=NET_ADMIN
--cap-add ALL | --cap-add=ALL
--cap-drop ALL | --cap-drop=ALL
--cgroup-conf memory.high=1 | --cgroup-conf=memory.high=1
--cgroup-parent a.slice |
--cgroup-parent /a |
--cgroupns host | --cgroupns=host
--cgroups no-conmon | --cgroups=no-conmon
--cpu-period 1000 | --cpu-period=1000
--cpu-quota 500 | --cpu-quota=500
--cpu-rt-period 1000 | --cpu-rt-period=1000
--cpu-rt-runtime 500 | --cpu-rt-runtime=500
--cpu-shares 512 | --cpu-shares=512
--cpus 0.5 | --cpus=0.5
--cpuset-cpus 0-2 | --cpuset-cpus=0-2
--cpuset-mems 0 | --cpuset-mems=0
--device /dev/snd | --device=/dev/snd
--device /dev/a:/dev/b:r | --device=/dev/a:/dev/b:r
--device-cgroup-rule c 13:* rwm | --device-cgroup-rule=c 13:* rwm
--device-read-bps /dev/sda:1mb | --device-read-bps=/dev/sda:1mb
--dns 1.1.1.1 | --dns=1.1.1.1
--dns-option ndots:2 | --dns-option=ndots:2
--dns-search example.org | --dns-search=example.org
--domainname x |
--env-host | --env-host
--expose 80 | --expose=80
--expose 80-90/udp | --expose=80-90/udp
--gidmap 0:1:2 | --gidmap=0:1:2
--gpus all | --device=nvidia.com/gpu=all
--gpus 2 | --device=nvidia.com/gpu=0 --device=nvidia.com/gpu=1
--gpus "device=0,2" | --device=nvidia.com/gpu=0 --device=nvidia.com/gpu=2
--gpus all,capabilities=utility | --device=nvidia.com/gpu=all
--group-add video | --group-add=video
--group-add 44 | --group-add=44
--health-log-destination local | --health-log-destination=local
--health-on-failure kill | --health-on-failure=kill
--health-startup-cmd /check it | --health-startup-cmd=/check it
--health-startup-interval 2s | --health-startup-interval=2s
--hostname h.example | --hostname=h.example
--hostname 100%$x | --hostname=100%$x
--http-proxy false | --http-proxy=false
--init | --init
--init true | --init
--init false | --init=false
--interactive | --interactive
--ip 10.0.0.2 | --ip=10.0.0.2
--ipc host | --ipc=host
--ipc shareable | --ipc=shareable
--ipc container:x | --ipc=container:x
--kernel-memory 1g | --kernel-memory=1g
--log-driver k8s-file | --log-driver=k8s-file
--log-driver none | --log-driver=none
--log-driver journald | --log-driver=journald
--log-driver json-file |
--log-driver local |
--log-driver syslog |
--log-driver gelf |
--log-opt max-size=10m |
--memory 512m | --memory=512m
--memory-reservation 256m | --memory-reservation=256m
--memory-swap -1 | --memory-swap=-1
--memory-swappiness 0 | --memory-swappiness=0
--no-healthcheck | --no-healthcheck
--no-hosts | --no-hosts
--oom-kill-disable | --oom-kill-disable
--oom-score-adj -500 | --oom-score-adj=-500
--pid host | --pid=host
--pids-limit 100 | --pids-limit=100
--pids-limit -1 | --pids-limit=-1
--platform linux/arm64 | --platform=linux/arm64
--privileged | --privileged
--privileged false |
--publish-all | --publish-all
--pull always | --pull=always
--pull never | --pull=never
--runtime crun | global--runtime=crun
--runtime nvidia | --device=nvidia.com/gpu=all
--sdnotify healthy |
--sdnotify container | --sdnotify=container
--security-opt apparmor=unconfined | --security-opt=apparmor=unconfined
--security-opt apparmor:x | --security-opt=apparmor=x
--security-opt label=disable | --security-opt=label=disable
--security-opt label:disable | --security-opt=label=disable
--security-opt label=type:x_t | --security-opt=label=type:x_t
--security-opt label=level:s0 | --security-opt=label=level:s0
--security-opt label=user:u | --security-opt=label=user:u
--security-opt mask=/a:/b | --security-opt=mask=/a:/b
--security-opt no-new-privileges | --security-opt=no-new-privileges
--security-opt no-new-privileges:true | --security-opt=no-new-privileges
--security-opt no-new-privileges=true | --security-opt=no-new-privileges
--security-opt no-new-privileges:false |
--security-opt seccomp=unconfined | --security-opt=seccomp=unconfined
--security-opt seccomp:unconfined | --security-opt=seccomp=unconfined
--security-opt seccomp=/a b.json | --security-opt=seccomp=/a b.json
--security-opt systempaths=unconfined | --security-opt=unmask=ALL
--security-opt unmask=ALL | --security-opt=unmask=ALL
--shm-size 64m | --shm-size=64m
--stop-signal SIGINT | --stop-signal=SIGINT
--storage-opt size=1g |
--subuidname x | --subuidname=x
--sysctl net.core.somaxconn=1024 | --sysctl=net.core.somaxconn=1024
--sysctl net.ipv4.ping_group_range=0 1 | --sysctl=net.ipv4.ping_group_range=0 1
--tty | --tty
--tz Europe/Paris | --tz=Europe/Paris
--ulimit nofile=1024:2048 | --ulimit=nofile=1024:2048
--ulimit memlock=-1:-1 | --ulimit=memlock=-1:-1
--ulimit nproc=65535 | --ulimit=nproc=65535
--userns keep-id:uid=1,gid=1 | --userns=keep-id:uid=1,gid=1
--userns host | --userns=host
--uts host | --uts=host
--volumes-from other:ro | --volumes-from=other:ro
--workdir /a b | --workdir=/a b
"""
"""Options as they are given, and the words of the command."""


READ_ONLY = (
    "--read-only --read-only-tmpfs=false --tmpfs=/dev/shm:noexec,notmpcopyup,mode=1777,size=64m"
)


def _mount(kind: str, source: str, target: str, *options: str, **more: t.Any) -> Build:
    parsed = {name: value or None for name, _e, value in (o.partition("=") for o in options)}
    return lambda g: {"mounts": [Mount(kind, source, target, g(), options=parsed, **more)]}


def _check(*words: str, **times: float) -> Build:
    """A check; one word with blanks is for a shell."""
    by_shell = len(words) == 1 and " " in words[0]
    return lambda g: {
        "health": Health(g.value(words), by_shell, **{k: g.value(v) for k, v in times.items()})
    }


def _port(container: str, **parts: str) -> Build:
    return lambda g: {"ports": [Port(container, g(), **parts)]}


def _attach(network: str, **parts: t.Any) -> Build:
    return lambda g: {"networks": [Attachment(network, g(), **parts)]}


def _environment(**values: t.Any) -> Build:
    return lambda g: {"environment": {k: g.value(v) for k, v in values.items()}}


def _secret(kind: str, **options: str) -> Build:
    return lambda g: {"secrets": [SecretUse("s", g(), kind, options)]}


def _values(**values: t.Any) -> Build:
    return lambda g: {k: g.value(v) for k, v in values.items()}


def _pairs(field: str, **values: str) -> Build:
    return lambda g: {field: {k: g.value(v) for k, v in values.items()}}


# fmt: off
ROWS: tuple[tuple[str, Build, str, str], ...] = (
    ("image alone", lambda _g: {}, "", ""),
    ("words", _values(command=("a", "b c", '"', "%", "$X", "\n")), "",
     "a\tb c\t\"\t%\t$X\t\n"),
    ("an empty word needs an entrypoint",
     _values(command=("", "x"), entrypoint=("e",)), '--entrypoint=["e", "", "x"]', ""),
    ("a semicolon needs an entrypoint",
     _values(command=(";",), entrypoint=("e",)), '--entrypoint=["e", ";"]', ""),
    ("entrypoint of one word", _values(entrypoint=("/e",)), "--entrypoint=/e", ""),
    ("entrypoint of one word with a blank", _values(entrypoint=("/a b",)), "--entrypoint=/a b", ""),
    ("entrypoint of two", _values(entrypoint=("/e", "-x")), '--entrypoint=["/e", "-x"]', ""),
    ("no entrypoint", _values(entrypoint=()), "--entrypoint=", ""),
    ("no command beside an entrypoint", _values(entrypoint=("e",), command=()),
     "--entrypoint=e", ""),
    ("variables", _environment(A="1", B="a b", C='"q"', D="50%", E="$X ${Y}", F="a\nb", G=""),
     '--env=A=1\t--env=B=a b\t--env=C="q"\t--env=D=50%\t--env=E=$X ${Y}\t--env=F=a\nb\t--env=G=',
     ""),
    ("a variable that is passed on", _environment(A=None), "--env=A", ""),
    ("a secret variable", _environment(DB_PASSWORD="s3cret"),
     "--secret=source=db-password,type=env,target=DB_PASSWORD", ""),
    ("no secret: a path", _environment(DB_PASSWORD="/run/secrets/x"),
     "--env=DB_PASSWORD=/run/secrets/x", ""),
    ("labels", _pairs("labels", a="b c", t="Host(`x`) && $y"),
     "--label=a=b c\t--label=t=Host(`x`) && $y", ""),
    ("annotations", _pairs("annotations", a="b"), "--annotation=a=b", ""),
    ("a secret file", _secret("mount"), "--secret=s", ""),
    ("a secret file elsewhere", _secret("mount", target="/x", uid="1", gid="2", mode="0440"),
     "--secret=source=s,type=mount,target=/x,uid=1,gid=2,mode=0440", ""),
    ("a secret variable of the store", _secret("env", target="X"),
     "--secret=source=s,type=env,target=X", ""),
    ("env file", lambda g: {"env_files": [g.value("/etc/x y.env")]},
     "--env-file=/etc/x y.env", ""),
    ("user", _values(user="1000"), "--user=1000", ""),
    ("user and group", _values(user="1000:100"), "--user=1000:100", ""),
    ("names of them", _values(user="www:data"), "--user=www:data", ""),
    ("a group alone", _values(user=":5"), "--user=:5", ""),
    ("read-only", _values(read_only=True), READ_ONLY, ""),
    ("read-only, of podman", lambda g: {"engine": "podman", **_values(read_only=True)(g)},
     "--read-only", ""),
    ("name", _values(container_name="box"), "--name=box", ""),
    ("stop timeout", _values(stop_timeout=12.5), "--stop-timeout=13", ""),
    # Mounts
    ("a volume", _mount("volume", "data", "/d"), "--volume=v-data:/d", ""),
    ("a volume with options", _mount("volume", "data", "/d", "ro", "nocopy"),
     "--volume=v-data:/d:ro,nocopy", ""),
    ("a part of a volume", _mount("volume", "data", "/d", "subpath=a/b"),
     "--mount=type=volume,source=v-data,target=/d,subpath=a/b", ""),
    ("an external volume", _mount("volume", "far", "/d", external=True), "--volume=far:/d", ""),
    ("an anonymous volume", _mount("volume", "", "/var/lib/x"),
     "--volume=app_STEM-var-lib-x:/var/lib/x", ""),
    ("a directory", _mount("bind", "/mnt/x", "/d"),
     "--volume=/mnt/x:/d --security-opt=label=disable", ""),
    ("a directory of the app's data", _mount("bind", "./x", "/d", make=True),
     "--volume=/srv/app/x:/d:z", ""),
    ("a directory beside it", _mount("bind", "../x", "/d", make=True), "--volume=/srv/x:/d:z", ""),
    ("the directory itself", _mount("bind", ".", "/d", make=True), "--volume=/srv/app:/d:z", ""),
    ("a home", _mount("bind", "~/x", "/d"), "--volume=%h/x:/d --security-opt=label=disable", ""),
    ("a labelled one", _mount("bind", "/mnt/x", "/d", "Z"), "--volume=/mnt/x:/d:Z", ""),
    ("options without effect", _mount("bind", "/mnt/x", "/d", "cached", "z"),
     "--volume=/mnt/x:/d:z", ""),
    ("propagation", _mount("bind", "/mnt/x", "/d", "ro", "rslave", "z"),
     "--volume=/mnt/x:/d:ro,rslave,z", ""),
    ("a colon in a path", _mount("bind", "/mnt/a:b", "/d", "z", "ro"),
     "--mount=type=bind,source=/mnt/a:b,target=/d,relabel=shared,ro", ""),
    ("characters", _mount("bind", "/mnt/50% $x", "/d e", "z"), "--volume=/mnt/50% $x:/d e:z", ""),
    ("Docker's socket", _mount("bind", "/var/run/docker.sock", "/var/run/docker.sock"),
     "--volume=/run/podman/podman.sock:/var/run/docker.sock --security-opt=label=disable", ""),
    ("a file of the app", _mount("bind", "./conf/x.conf", "/x.conf", "ro"),
     "--volume=/UNITS/conf/x.conf:/x.conf:ro,z", ""),
    ("a directory of the app's files", _mount("bind", "./conf", "/conf"),
     "--volume=/UNITS/conf:/conf:ro,z", ""),
    ("tmpfs", _mount("tmpfs", "", "/t"), "--tmpfs=/t:noexec,notmpcopyup,mode=1777", ""),
    ("tmpfs with exec", _mount("tmpfs", "", "/t", "exec"),
     "--tmpfs=/t:notmpcopyup,mode=1777", ""),
    ("tmpfs with options", _mount("tmpfs", "", "/t", "size=64m", "mode=700", "nosuid"),
     "--tmpfs=/t:noexec,notmpcopyup,size=64m,mode=700,nosuid", ""),
    ("tmpfs of podman",
     lambda g: {"engine": "podman", **_mount("tmpfs", "", "/t", "size=64m")(g)},
     "--tmpfs=/t:size=64m", ""),
    ("an image", _mount("image", "nginx", "/i"),
     "--mount=type=image,source=docker.io/library/nginx,target=/i", ""),
    ("a glob", _mount("glob", "/usr/lib/x*", "/l", "ro=true"),
     "--mount=type=glob,source=/usr/lib/x*,target=/l,ro=true", ""),
    ("devpts", _mount("devpts", "", "/dev/pts"), "--mount=type=devpts,target=/dev/pts", ""),
    # Ports and networks
    ("a port", _port("80"), "--publish=80", ""),
    ("a pair", _port("80", host="8080"), "--publish=8080:80", ""),
    ("an address", _port("80", host="8080", address="127.0.0.1"),
     "--publish=127.0.0.1:8080:80", ""),
    ("an address alone", _port("80", address="127.0.0.1"), "--publish=127.0.0.1::80", ""),
    ("IPv6", _port("80", host="8080", address="::1"), "--publish=[::1]:8080:80", ""),
    ("udp", _port("53", host="53", protocol="udp"), "--publish=53:53/udp", ""),
    ("tcp", _port("53", host="53", protocol="tcp"), "--publish=53:53", ""),
    ("ranges", _port("90-95", host="80-85"), "--publish=80-85:90-95", ""),
    ("a network", _attach("net"), "--network=n-net", ""),
    ("aliases", _attach("net", aliases=["a", "b", "a"]), "--network=n-net:alias=a,alias=b", ""),
    ("addresses", _attach("net", aliases=["a"], options=[("ip", "10.1.1.2"), ("ip6", "fd00::2")]),
     "--network=n-net:alias=a,ip=10.1.1.2,ip6=fd00::2", ""),
    ("an external network", _attach("far", external=True, aliases=["a"]),
     "--network=far:alias=a", ""),
    ("the host's", _values(network_mode="host"), "--network=host", ""),
    ("none", _values(network_mode="none"), "--network=none", ""),
    ("bridge", _values(network_mode="bridge"), "", ""),
    ("another container's", _values(network_mode="container:x"), "--network=container:x", ""),
    ("another service's", _values(network_mode="service:other"),
     "--network=container:systemd-other", ""),
    ("pasta", _values(network_mode="pasta:-T,80"), "--network=pasta:-T,80", ""),
    ("ports without a network of its own",
     lambda g: {**_values(network_mode="host")(g), **_port("80", host="80")(g)},
     "--network=host", ""),
    # Health
    ("a check of words", _check("/c", "-v"), "--health-cmd=CMD /c -v", ""),
    ("of one word", _check("/c"), "--health-cmd=CMD /c", ""),
    ("of words with blanks", _check("/c", "a b"), '--health-cmd=["/c", "a b"]', ""),
    ("of words with quotes", _check("/c", '"x"'), '--health-cmd=["/c", "\\"x\\""]', ""),
    ("of a shell", _check("curl -f http://x || exit 1"),
     "--health-cmd=curl -f http://x || exit 1", ""),
    ("with variables", _check("test $A = 50%"), "--health-cmd=test $A = 50%", ""),
    ("with a first word of Docker's", _check("cmd x"), '--health-cmd=["CMD-SHELL", "cmd x"]', ""),
    ("like JSON", _check('["a" ]'), '--health-cmd=["CMD-SHELL", "[\\"a\\" ]"]', ""),
    ("of two lines", _check("a\n b"), '--health-cmd=["CMD-SHELL", "a\\n b"]', ""),
    ("with a quote at an end", _check('echo "a"'), '--health-cmd=["CMD-SHELL", "echo \\"a\\""]',
     ""),
    ("none", _check(), "--health-cmd=none", ""),
    ("times", _check("/c", interval=90.0, timeout=0.5),
     "--health-cmd=CMD /c\t--health-interval=90s\t--health-timeout=500ms", ""),
    ("more times", _check("/c", retries=5, start_period=60.0),
     "--health-cmd=CMD /c\t--health-retries=5\t--health-start-period=60s", ""),
    ("more often at the start", _check("/c", start_interval=2.0),
     "--health-cmd=CMD /c\t--health-startup-cmd=CMD /c\t--health-startup-interval=2s", ""),
    ("not read-only", _values(read_only=False), "", ""),
    ("times without a check", lambda g: {"health": Health(interval=g.value(5.0))}, "", ""),
)
# fmt: on


class Wanted(t.NamedTuple):
    """A row: its name, its container, and the command's options and words."""

    name: str
    build: Build
    options: list[str]
    words: list[str]


def _rows() -> t.Iterator[Wanted]:
    for name, build, options, words in ROWS:
        split = options.split("\t") if "\t" in options else re.split(r" (?=--)", options)
        yield Wanted(name, build, [o for o in split if o], words.split("\t") if words else [])
    for line in OPTIONS.strip().split("\n"):
        given, _bar, wanted = line.partition("|")
        name, blank, value = given.strip().partition(" ")

        def build(
            g: Giver, name: str = name, value: str | None = value if blank else None
        ) -> Parts:
            return {"options": [Option(name, value, g())]}

        wanted = wanted.strip()
        yield Wanted(given, build, re.split(r" (?=--)", wanted) if wanted else [], [])


def _write(rows: t.Sequence[Wanted]) -> Converted:
    give = Giver()
    containers: list[Container] = [
        give.container(f"c{number}", **row.build(give)) for number, row in enumerate(rows)
    ]
    containers.append(give.container("other"))
    model = Model(
        "app",
        containers,
        networks=[Network("net", give(), "n-net")],
        volumes=[Volume("data", give(), "v-data")],
        files={"conf/x.conf": File("x")},
    )
    return convert(model, give, Options())


def _plain(option: str) -> str:
    """JSON without blanks between its words, capabilities in small letters, as some releases do."""
    return option.lower() if option.startswith("--cap-") else re.sub(r'(?<=",) (?=")', "", option)


ALWAYS = collections.Counter(
    ["--rm", "--replace", "-d", "--cgroups=split", "--sdnotify=conmon", "--cidfile=%t/%N.cid"]
)


def test_commands_are_what_was_asked_for(generator: Generator, tmp_path: pathlib.Path) -> None:
    rows = list(_rows())
    assert len(rows) >= 150
    converted = _write(rows)
    assert converted.refusals == []
    made = commands(generator, converted.texts, tmp_path)
    assert made.said == ""
    wrong = []
    for number, row in enumerate(rows):
        words = made.by_service[f"c{number}.service"].words
        options, after = split_options(words)
        options = [option.replace(f"{tmp_path}/units", "/UNITS") for option in options]
        wanted = [_plain(option.replace("STEM", f"c{number}")) for option in row.options]
        got = collections.Counter(map(_plain, options)) - ALWAYS
        got -= collections.Counter(["--name=systemd-%N"])
        if got != collections.Counter(wanted) - ALWAYS or after != row.words:
            wrong.append((row.name, sorted(got), after, "wanted", wanted, row.words))
    assert wrong == []


def test_lint_has_no_error() -> None:
    converted = _write(list(_rows()))
    for scope in ("system", "user"):
        errors = [finding for finding in lint(converted, scope) if finding.level == "error"]
        assert [f"{error.where}: {error.message}" for error in errors] == []
