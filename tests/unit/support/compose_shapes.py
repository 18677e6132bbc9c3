"""Compose files of the shapes that public ones have: each key as often as it is used there.

Frequencies are of 3,378 services in 1,464 public files.  The same seed gives the same file.
"""

from __future__ import annotations

import random
import typing as t

import yaml

SERVICES = 3378
Draw = t.Callable[[random.Random], t.Any]
Form = tuple[int, Draw]


def _one(*values: t.Any) -> Draw:
    return lambda chance: chance.choice(values)


def _bind(chance: random.Random) -> tuple[str, str]:
    source = chance.choice(
        ["./data", "./config", "/srv/media", "${DATA:-/srv/data}/x", "/etc/localtime"]
    )
    target = chance.choice(["/data", "/config", "/var/lib/app", "/etc/app", "/opt/x y"])
    return target, f"{source}:{target}{chance.choice(['', '', ':ro', ':rw', ':z'])}"


def _named(chance: random.Random) -> tuple[str, str]:
    mount = chance.choice(["data:/var/lib/data", "cache:/cache", "db:/var/lib/mysql"])
    return mount.partition(":")[2], mount


def _volumes(chance: random.Random) -> list[str]:
    mounts = dict(chance.choice([_bind, _named])(chance) for _n in range(chance.randint(1, 3)))
    if chance.random() < 0.05:
        socket = "/var/run/docker.sock"
        mounts[socket] = f"{socket}:{socket}:ro"
    return list(mounts.values())


def _environment(chance: random.Random) -> t.Any:
    pairs = {
        "TZ": "Europe/Berlin",
        "PUID": 1000,
        "DB_PASSWORD": "${DB_PASSWORD:-change me}",
        "URL": "http://${HOST:-localhost}:${PORT:-80}/",
        "DEBUG": "false",
        "EMPTY": "",
        "JAVA_OPTS": "-Xmx512m -Da=b",
        "HASH": "$$2y$$10$$abc",
        "JSON": '{"a": ["b"]}',
        "MODE": "${MODE-fast}",
        "LIST": "a,b;c",
        "FLAG": "${FLAG:+on}",
        "UMASK": "022",
    }
    names = chance.sample(sorted(pairs), chance.randint(1, 6))
    if chance.random() < 0.5:
        return [f"{name}={pairs[name]}" for name in names]
    return {name: pairs[name] for name in names}


def _health(chance: random.Random) -> dict[str, t.Any]:
    tests: list[Form] = [
        (
            659,
            _one(
                ["CMD", "pg_isready", "-U", "app"],
                ["CMD", "redis-cli", "ping"],
                ["CMD", "/healthcheck"],
            ),
        ),
        (
            479,
            _one(
                ["CMD-SHELL", "curl -f http://localhost/ || exit 1"],
                ["CMD-SHELL", "pg_isready -U $${POSTGRES_USER}"],
            ),
        ),
        (70, _one("wget -qO- http://localhost | grep -q ok")),
    ]
    found = {"test": _pick(chance, tests)}
    if chance.random() < 0.9:
        found |= {"interval": chance.choice(["10s", "1m30s", "30s"]), "timeout": "5s", "retries": 5}
    if chance.random() < 0.25:
        found["start_period"] = chance.choice(["10s", "2m"])
    return {"disable": True} if chance.random() < 0.01 else found


def _ports(chance: random.Random) -> list[t.Any]:
    port = chance.randint(1024, 60000)
    forms: list[t.Any] = [
        f"{port}:80",
        f"127.0.0.1:{port}:80",
        f"{port}:53/udp",
        "8080",
        f"${{PORT:-{port}}}:80",
    ]
    forms.append({"target": 80, "published": str(port), "mode": "host"})
    return [chance.choice(forms)]


def _deploy(chance: random.Random) -> dict[str, t.Any]:
    forms: list[Form] = [
        (
            72,
            _one({"restart_policy": {"condition": "on-failure", "delay": "5s", "max_attempts": 3}}),
        ),
        (25, _one({"replicas": 1}, {"replicas": 2})),
        (19, _one({"resources": {"limits": {"cpus": "0.5", "memory": "256M"}}})),
    ]
    return dict(_pick(chance, forms))


def _pick(chance: random.Random, forms: t.Sequence[Form]) -> t.Any:
    weights = [number for number, _draw in forms]
    return chance.choices([draw for _number, draw in forms], weights)[0](chance)


KEYS: t.Final[dict[str, list[Form]]] = {
    "environment": [(2768, _environment)],
    "volumes": [(2351, _volumes)],
    "restart": [
        (990, _one("unless-stopped")),
        (675, _one("on-failure", "on-failure:5")),
        (282, _one("always")),
        (37, _one("no")),
    ],
    "healthcheck": [(1222, _health)],
    "ports": [(571, _ports)],
    "command": [
        (310, _one("server --port 80", 'sh -c "exec app $$X"', "-c max_connections=200")),
        (234, _one(["run", "web"], ["--a=b c", "%d"])),
    ],
    "user": [(356, _one("1000:1000", "1000", 0)), (30, _one("node", "www-data:www-data"))],
    "expose": [(380, _one(["80"], [8080, "53/udp"]))],
    "stop_grace_period": [(243, _one("30s", "1m", "2m30s"))],
    "entrypoint": [
        (90, _one("/entrypoint.sh", "sh -c 'exec x'")),
        (68, _one(["/bin/sh", "-c"], ["/x"])),
    ],
    "hostname": [(108, _one("box", "mail.example.org"))],
    "deploy": [(98, _deploy)],
    "logging": [
        (53, _one({"driver": "json-file", "options": {"max-size": "10m", "max-file": "3"}})),
        (18, _one({"driver": "none"}, {"driver": "journald"})),
    ],
    "pull_policy": [(63, _one("always", "never", "missing"))],
    "init": [(58, _one(True))],
    "cap_add": [(43, _one(["NET_ADMIN"], ["SYS_PTRACE", "CAP_CHOWN"]))],
    "cap_drop": [(30, _one(["ALL"]))],
    "security_opt": [
        (33, _one(["no-new-privileges:true"], ["seccomp:unconfined"], ["label=disable"]))
    ],
    "labels": [(30, _one({"a.b": "c"}, ["traefik.enable=true", "x=Host(`a.b`)"]))],
    "ulimits": [(27, _one({"nofile": {"soft": 1024, "hard": 2048}}, {"memlock": -1}))],
    "shm_size": [(24, _one("128mb", "1gb", 67108864))],
    "extra_hosts": [(23, _one(["host.docker.internal:host-gateway"], {"a": "10.0.0.1"}))],
    "privileged": [(22, _one(True))],
    "platform": [(21, _one("linux/amd64"))],
    "read_only": [(18, _one(True))],
    "tty": [(16, _one(True))],
    "tmpfs": [(13, _one("/tmp", ["/run", "/tmp:size=10m"]))],
    "devices": [(11, _one(["/dev/dri:/dev/dri"], ["/dev/ttyUSB0"]))],
    "sysctls": [(9, _one({"net.core.somaxconn": 1024}, ["net.ipv4.ip_forward=1"]))],
    "mem_limit": [(9, _one("512m", "1g"))],
    "cpus": [(9, _one(0.5, "2"))],
    "working_dir": [(9, _one("/srv"))],
    "group_add": [(9, _one(["video"], [44]))],
    "dns": [(9, _one("9.9.9.9", ["1.1.1.1", "8.8.8.8"]))],
}
"""The forms of each key, and how often each is used."""

IMAGES = (
    "postgres:16",
    "redis:7-alpine",
    "ghcr.io/a/b:1.2",
    "lscr.io/linuxserver/x:latest",
    "nginx",
    "a/b",
    "${IMAGE:-mariadb}:${TAG:-11}",
)


def make_file(seed: int) -> str:
    """A Compose file."""
    chance = random.Random(seed)
    names = chance.sample(
        ["web", "db", "redis", "worker", "cron", "proxy"], chance.choice([1, 1, 2, 2, 3, 4])
    )
    services = {name: _service(chance) for name in names}
    for earlier, name in zip(names, names[1:]):
        if chance.random() < 994 / SERVICES * 2:
            services[name]["depends_on"] = _depends(chance, earlier, services[earlier])
    used = {
        m.split(":")[0] for s in services.values() for m in s.get("volumes", []) if m[0].isalpha()
    }
    data: dict[str, t.Any] = {"services": services}
    if used:
        data["volumes"] = {
            name: chance.choice([None, {}, {"driver": "local"}]) for name in sorted(used)
        }
    if chance.random() < 143 / SERVICES * 3:
        data["networks"] = {"back": chance.choice([None, {"driver": "bridge"}, {"external": True}])}
        for service in services.values():
            service["networks"] = chance.choice(
                [["back"], ["default", "back"], {"back": {"aliases": ["x"]}}]
            )
    if chance.random() < 0.3:
        data = {"version": "3.8", **data}
    return t.cast(str, yaml.safe_dump(data, sort_keys=False, allow_unicode=True))


def _service(chance: random.Random) -> dict[str, t.Any]:
    service: dict[str, t.Any] = {"image": chance.choice(IMAGES)}
    for key, forms in KEYS.items():
        if chance.random() < sum(number for number, _draw in forms) / SERVICES:
            service[key] = _pick(chance, forms)
    if service.get("deploy", {}).get("replicas", 1) > 1:
        service.pop("ports", None)  # two containers can't have one port
    return service


def _depends(chance: random.Random, other: str, service: dict[str, t.Any]) -> t.Any:
    conditions = ["service_started"]
    if service.get("healthcheck", {}).get("test"):
        conditions += ["service_healthy"] * 4
    if service.get("restart") in (None, "no", "on-failure"):
        conditions.append("service_completed_successfully")
    condition = chance.choice(conditions)
    if condition == "service_started" and chance.random() < 0.8:
        return [other]
    return {
        other: {"condition": condition, **({"restart": True} if chance.random() < 0.02 else {})}
    }
