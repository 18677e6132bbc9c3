"""Containers and pods with many options, as hosts have shown them: inspect output and units.

To record anew, on a new host:
    tests/hosts/hosts up record --podman 5.4
    PYTHONPATH=.cache/collections .cache/venv/bin/python -m tests.unit.support.containers record=5.4
    tests/hosts/hosts destroy record
"""

from __future__ import annotations

import functools
import json
import pathlib
import re
import subprocess
import sys
import typing as t

ROOT = pathlib.Path(__file__).resolve().parents[3]
FOLDER = ROOT / "tests/unit/recorded"
IMAGE = "registry.test:5000/busybox:1"
NGINX = "registry.test:5000/nginx:1"
POSTGRES = "registry.test:5000/postgres:1"


class Case(t.NamedTuple):
    """A container.  options, command: of podman create.  units: options of generate systemd,
    one unit for each; the first is always --new --name.
    """

    name: str
    options: str
    command: str = ""
    image: str = IMAGE
    units: tuple[str, ...] = ()


CASES: t.Final = (
    Case("plain", "--name plain", "", IMAGE, ("--name", "--new", "", "--new --name --no-header")),
    Case("detached", "-dit --name detached -p 8080:80 -p 127.0.0.1:5353:53/udp", "sleep 9"),
    Case(
        "quoted",
        "--name quoted -e 'A=b c' -e 'Q=it'\"'\"'s \"so\"' -e 'P=50%' -e 'D=$HOME' -e 'B=a\\b' "
        "--label 'l={{.Name}} x'",
        "sh -c 'kill $$ && echo %n \"$HOME\"'",
    ),
    Case("passed", "--name passed --env FOO --env=BAR --env MYENV=2"),
    Case("restart", "--name restart --restart on-failure:5", units=("--restart-policy=always",)),
    Case("unless", "--name unless --restart=unless-stopped --restart=unless-stopped"),
    Case(
        "tuned",
        "--name tuned",
        "sleep 9",
        units=(
            "--new --name --restart-policy=on-abnormal --restart-sec=15 --start-timeout=120",
            "--new --name --stop-timeout=42",
            "--name --stop-timeout=42",
            "--new --name --after=a.service --after=b.target --requires=c.service --wants=d.path",
            "--new --name --container-prefix=ctr --separator=_",
            "--new --name --container-prefix= --separator=-",
            "--new --name --env=HTTP_PROXY=http://p:1 --env 'X=a b'",
            "--new --template --name",
            "--new --template",
        ),
    ),
    Case(
        "limits",
        "--name limits --memory 64m --memory-swap 128m --memory-reservation 32m --cpus 1.5 "
        "--cpu-shares 512 --pids-limit 99 --ulimit nofile=1024:2048 --shm-size 32m "
        "--oom-score-adj 100 --blkio-weight 200 --cpuset-cpus 0",
    ),
    Case(
        "security",
        "--name security --cap-add NET_ADMIN --cap-drop CHOWN --cap-drop=SETUID --read-only "
        "--security-opt no-new-privileges --security-opt seccomp=unconfined "
        "--security-opt label=disable --user 1000:1000 --group-add 7",
    ),
    Case("privileged", "--name privileged --privileged --pid host --ipc host --uts host"),
    Case(
        "mounts",
        "--name mounts -v data:/data:z -v /etc/hostname:/h:ro -v /anon --tmpfs /t:size=16m "
        "--mount type=volume,source=other,target=/o,ro --mount type=tmpfs,target=/u "
        "--mount type=bind,src=/srv,dst=/s,bind-propagation=rslave",
    ),
    Case("image-volume", "--name image-volume -e POSTGRES_PASSWORD=x", "", POSTGRES),
    Case(
        "nets",
        "--name nets --network blue:alias=web,ip=10.91.0.7 --network red --network-alias all "
        "--hostname inner --add-host a.test:10.0.0.9 --dns 9.9.9.9 --dns-search test "
        "--dns-option ndots:2",
    ),
    Case("host-net", "--name host-net --network host"),
    Case("no-net", "--name no-net --network=none"),
    Case("shared-net", "--name shared-net --network container:plain"),
    Case("needs", "--name needs --requires plain", units=("--name",)),
    Case(
        "health",
        "--name health --health-cmd 'curl -f http://localhost/ || exit 1' --health-interval 10s "
        "--health-retries 5 --health-start-period 1m30s --health-timeout 3s "
        "--health-on-failure kill",
    ),
    Case("health-list", '--name health-list --health-cmd \'["CMD", "test", "-e", "/a b"]\''),
    Case("health-none", "--name health-none --no-healthcheck"),
    Case(
        "entry",
        '--name entry --entrypoint \'["/bin/sh", "-c"]\' --workdir /tmp --stop-signal SIGQUIT '
        "--stop-timeout 33 --init -it --tz UTC --umask 0077",
        "'exec sleep 9'",
    ),
    Case("entry-one", "--name entry-one --entrypoint /bin/sleep", "9"),
    Case("entry-none", "--name entry-none --entrypoint ''", "sleep 9"),
    Case(
        "logs",
        "--name logs --log-driver k8s-file --log-opt max-size=10mb --label a=b "
        "--annotation org.test/a=b --label com.docker.compose.project=shop "
        "--label com.docker.compose.project.working_dir=/srv/shop "
        "--label com.docker.compose.project.config_files=/srv/shop/compose.yml "
        "--label com.docker.compose.service=web",
    ),
    Case(
        "devices",
        "--name devices --device /dev/null:/dev/xnull:rw --device-cgroup-rule 'c 10:* rwm' "
        "--sysctl net.ipv4.ip_forward=1 --cgroup-parent machine.slice --cgroupns private",
    ),
    Case("mapped", "--name mapped --uidmap 0:100000:1000 --gidmap 0:100000:1000"),
    Case("secret", "--name secret --secret s1 --secret s2,type=env,target=TOKEN"),
    Case("nginx", "--name nginx --publish-all --expose 9000 --pull newer --quiet", "", NGINX),
    Case("replaced", "--replace --name replaced --sdnotify container"),
    Case("ignored", "--name ignored --sdnotify=ignore --cgroups=split --rm"),
    Case("unnamed", "--label unnamed=1"),
)

RELEASES: t.Final = ("5.4", "6.1")
NEWER: t.Final = ("plain", "limits", "nets", "privileged", "api-docker", "api-libpod", "api-bare")
"""What of a newer release is kept: it has the same fields, and few new ones."""

PODS: t.Final = (
    ("pod create --name shop -p 8081:80 --network blue --hostname shop --label tier=web", "shop"),
    (
        "pod create --name=bare --share net,ipc --infra-name bare-main --exit-policy=continue",
        "bare",
    ),
)
MEMBERS: t.Final = (
    ("shop", "create --pod shop --name shop-web -e A=1", NGINX, ""),
    ("shop", "create --pod=shop --name shop-db --restart always", IMAGE, "sleep 99"),
    ("bare", "run -d --pod bare --name bare-app", IMAGE, "sleep 99"),
)
API: t.Final[tuple[tuple[str, str, dict[str, t.Any]], ...]] = (
    (
        "api-docker",
        "/v1.41/containers/create?name=api-docker",
        {
            "Image": IMAGE,
            "Cmd": ["sleep", "9"],
            "Env": ["A=b c", "P=50%"],
            "Labels": {"l": "x y"},
            "User": "1000",
            "WorkingDir": "/tmp",
            "Hostname": "inner",
            "StopTimeout": 20,
            "StopSignal": "SIGQUIT",
            "ExposedPorts": {"80/tcp": {}},
            "Healthcheck": {
                "Test": ["CMD", "test", "-e", "/a b"],
                "Interval": 5_000_000_000,
                "Timeout": 2_000_000_000,
                "Retries": 2,
                "StartPeriod": 9_000_000_000,
            },
            "HostConfig": {
                "Binds": ["/srv:/s:ro", "apidata:/data"],
                "PortBindings": {"80/tcp": [{"HostIp": "127.0.0.1", "HostPort": "8085"}]},
                "RestartPolicy": {"Name": "unless-stopped"},
                "CapAdd": ["NET_ADMIN"],
                "CapDrop": ["CHOWN"],
                "Memory": 67108864,
                "NanoCpus": 1500000000,
                "PidsLimit": 99,
                "Dns": ["9.9.9.9"],
                "ExtraHosts": ["a.test:10.0.0.9"],
                "Tmpfs": {"/t": "size=16m"},
                "Ulimits": [{"Name": "nofile", "Soft": 1024, "Hard": 2048}],
                "ReadonlyRootfs": True,
                "Init": True,
                "ShmSize": 33554432,
                "SecurityOpt": ["no-new-privileges"],
                "Sysctls": {"net.ipv4.ip_forward": "1"},
                "LogConfig": {"Type": "k8s-file", "Config": {"max-size": "10m"}},
                "GroupAdd": ["7"],
                "Devices": [
                    {
                        "PathOnHost": "/dev/null",
                        "PathInContainer": "/dev/xnull",
                        "CgroupPermissions": "rw",
                    }
                ],
            },
            "NetworkingConfig": {"EndpointsConfig": {"blue": {"Aliases": ["web"]}}},
        },
    ),
    (
        "api-libpod",
        "/v5.0.0/libpod/containers/create",
        {
            "name": "api-libpod",
            "image": IMAGE,
            "command": ["sleep", "9"],
            "entrypoint": ["/usr/bin/env", "-i"],
            "env": {"A": "b c"},
            "labels": {"l": "x y"},
            "restart_policy": "on-failure",
            "restart_tries": 4,
            "volumes": [{"Name": "libdata", "Dest": "/data", "Options": ["ro"]}],
            "mounts": [{"type": "tmpfs", "destination": "/t", "options": ["size=16m"]}],
            "portmappings": [{"container_port": 80, "host_port": 8086, "range": 2}],
            "netns": {"nsmode": "bridge"},
            "networks": {"red": {"aliases": ["lib"], "static_ips": ["10.92.0.9"]}},
            "cap_add": ["CAP_NET_RAW"],
            "resource_limits": {"memory": {"limit": 67108864}},
        },
    ),
    ("api-bare", "/v1.41/containers/create?name=api-bare", {"Image": IMAGE}),
    ("api-nginx", "/v1.41/containers/create?name=api-nginx", {"Image": NGINX}),
)

_SOCKET = "/run/record.sock"
_SETUP = f"""
podman pull -q {IMAGE} {NGINX} {POSTGRES}
podman network create --subnet 10.91.0.0/24 --opt mtu=1400 --label l=x blue
podman network create --subnet 10.92.0.0/24 --internal red
podman volume create --label l=x --opt type=tmpfs --opt device=tmpfs --opt o=size=1m other
printf x | podman secret create s1 -
printf x | podman secret create s2 -
podman system service --time 0 unix://{_SOCKET} >/dev/null 2>&1 &
sleep 1
"""


def _scripts() -> t.Iterator[tuple[str, str, str]]:
    """(file, key, command) of everything that is recorded, in the order of making."""
    for case in CASES:
        words = f"{case.options} {case.image} {case.command}".rstrip()
        verb = "run" if case.options.startswith("-d") else "create"
        env = "FOO=abc BAR='my test' " if case.name == "passed" else ""
        yield "", case.name, f"I=$({env}podman {verb} {words} | tail -n 1)"
        yield "inspect", case.name, "podman container inspect $I"
        for options in case.units or ("--new --name",):
            yield (
                "units",
                f"{case.name} {options}".rstrip(),
                f"podman generate systemd {options} $I",
            )
    for options, name in PODS:
        yield "", name, f"podman {options}"
        yield "pods", name, f"podman pod inspect {name}"
    for pod, options, image, command in MEMBERS:
        yield "", pod, f"I=$(podman {options} {image} {command})"
        yield "inspect", options.split("--name ")[1].split()[0], "podman container inspect $I"
    yield "inspect", "bare-main", "podman container inspect bare-main"
    for _options, name in PODS:
        for options in ("--new --name", "--name", ""):
            yield "units", f"{name} {options}".rstrip(), f"podman generate systemd {options} {name}"
    yield from _foreign()


def _foreign() -> t.Iterator[tuple[str, str, str]]:
    """What was not made by a command line; networks, volumes and images."""
    for name, path, body in API:
        request = json.dumps(body).replace("'", "'\\''")
        curl = f"curl -sS --unix-socket {_SOCKET} http://d"
        yield "", name, f"{curl}{path} -H 'Content-Type: application/json' -d '{request}'"
        yield "inspect", name, f"podman container inspect {name}"
        yield "docker", name, f"{curl}/v1.41/containers/{name}/json"
    yield (
        "",
        "kube",
        (
            f"{{ podman create --name kubed {IMAGE} sleep 9;"
            " podman kube generate kubed >/run/k.yml; podman rm kubed;"
            " podman kube play --start=false /run/k.yml; }"
        ),
    )
    yield "inspect", "kube", "podman container inspect kubed-pod-kubed"
    for network in ("blue", "red"):
        yield "networks", network, f"podman network inspect {network}"
        yield "networks", f"docker {network}", f"{curl}/v1.41/networks/{network}"
    for volume in ("data", "other"):
        yield "volumes", volume, f"podman volume inspect {volume}"
        yield "volumes", f"docker {volume}", f"{curl}/v1.41/volumes/{volume}"
    for image in (IMAGE, NGINX, POSTGRES):
        yield "images", image, f"podman image inspect {image}"
        yield "images", f"docker {image}", f"{curl}/v1.41/images/{image}/json"


def record(host: str, release: str) -> None:
    """Makes everything on a host, and writes what Podman shows of it."""
    rows = list(_scripts())
    script = [f"({_SETUP}) >&2"]
    for file, key, command in rows:
        if file:
            script.append(
                f"{command} 2>/run/err || sed 's|^|{key}: |' /run/err >&2; echo; echo ---"
            )
        else:
            script.append(f"{command} >/dev/null 2>/run/err || sed 's|^|{key}: |' /run/err >&2")
    argv = [str(ROOT / "tests/hosts/hosts"), "ssh", host, "--", "bash", "-s"]
    ran = subprocess.run(
        argv, input="\n".join(script), stdout=subprocess.PIPE, text=True, check=False
    )
    answers = ran.stdout.split("\n---\n")[:-1]
    found: dict[str, dict[str, t.Any]] = {}
    shown = [(file, key) for file, key, _command in rows if file]
    for (file, key), answer in zip(shown, answers, strict=True):
        rows_of = found.setdefault(file, {})
        rows_of[key] = (
            re.sub(r"(?m)^(# \w{3} \w{3} ).* (\d{4})$", r"\g<1>1 00:00:00 UTC \2", answer) + "\n"
            if file == "units"
            else _object(json.loads(answer))
        )
    for file, rows_of in _kept(found, release).items():
        whole = shorten(rows_of) if file in ("inspect", "docker") else rows_of
        target = FOLDER / f"containers-{file}-{release}.json"
        target.write_text(json.dumps(whole, indent=1, sort_keys=True) + "\n", encoding="ascii")
    print(ran.returncode, {file: len(rows_of) for file, rows_of in found.items()})


def _kept(found: dict[str, dict[str, t.Any]], release: str) -> dict[str, dict[str, t.Any]]:
    """All of the first release; of another one what may have other fields."""
    if release == RELEASES[0]:
        return found
    return {
        file: {name: found[file][name] for name in NEWER if name in found[file]}
        for file in ("inspect", "docker")
    }


def _object(answer: t.Any) -> t.Any:
    return answer[0] if isinstance(answer, list) else answer


_SEPARATOR: t.Final = " > "
# fmt: off
_RUN: t.Final = frozenset({
    "Created", "State", "GraphDriver", "StaticDir", "ConmonPidFile", "PidFile", "ResolvConfPath",
    "HostnamePath", "HostsPath", "LogPath", "lockNumber", "OCIConfigPath",
})
# fmt: on
"""What each object has of its own and says nothing: the others have that of the first."""


def shorten(objects: dict[str, t.Any]) -> dict[str, t.Any]:
    """The first object whole, the others as their differences to it."""
    first = next(iter(objects))
    return {
        "": first,
        first: objects[first],
        **{
            name: {
                key: value
                for key, value in _changes(objects[first], made).items()
                if key.split(_SEPARATOR)[0] not in _RUN
            }
            for name, made in objects.items()
            if name != first
        },
    }


def _changes(first: t.Any, other: t.Any, path: str = "") -> dict[str, t.Any]:
    """What is different, by path; a mapping with other keys is different as a whole."""
    if first == other:
        return {}
    if (
        isinstance(first, dict)
        and isinstance(other, dict)
        and (not path or set(first) == set(other))
    ):
        found = {}
        for key in {**first, **other}:
            whole = f"{path}{_SEPARATOR}{key}" if path else key
            found.update(_changes(first.get(key), other.get(key), whole))
        return found
    return {path: other}


@functools.cache
def recorded(file: str, release: str = "5.4") -> dict[str, t.Any]:
    """What a host has shown, by name."""
    text = (FOLDER / f"containers-{file}-{release}.json").read_text(encoding="ascii")
    found: dict[str, t.Any] = json.loads(text)
    return restored(found) if "" in found else found


def restored(found: dict[str, t.Any]) -> dict[str, t.Any]:
    """Whole objects, by name, of the first one and the differences of the others."""
    first = found.pop("")
    return {
        name: changes if name == first else _restored(found[first], changes)
        for name, changes in found.items()
    }


def _restored(first: dict[str, t.Any], changes: dict[str, t.Any]) -> dict[str, t.Any]:
    whole: dict[str, t.Any] = json.loads(json.dumps(first))
    for path, value in changes.items():
        *parents, last = path.split(_SEPARATOR)
        at = functools.reduce(lambda found, key: found[key], parents, whole)
        at[last] = value
    return whole


if __name__ == "__main__":
    for argument in sys.argv[1:]:
        record(*argument.split("=", 1))
