# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Containers, networks and volumes as a Docker Engine has shown them, and the lines that made them.

To record anew, on a new host:
    tests/hosts/hosts proxy up
    tests/hosts/hosts up record --podman 5.4
    export PYTHONPATH=.cache/collections
    .cache/venv/bin/python -m tests.unit.support.docker_recorded record
    tests/hosts/hosts destroy record
"""

from __future__ import annotations

import functools
import json
import subprocess
import sys
import typing as t

from tests.unit.support.containers import FOLDER, IMAGE, NGINX, ROOT, restored, shorten

FILE: t.Final = FOLDER / "docker-engine.json"

NETWORKS: t.Final = {
    "blue": "--subnet 172.30.0.0/24 --label tier=x --opt com.docker.network.driver.mtu=1400",
    "red": "--internal",
}
VOLUMES: t.Final = {
    "data": "--label l=x",
    "memory": "--opt type=tmpfs --opt device=tmpfs --opt o=size=1m",
}
CONTAINERS: t.Final = {
    "plain": f"docker create --name plain {IMAGE}",
    "ports": "docker create -it --name ports -p 8080:80 -p 127.0.0.1:5353:53/udp -P"
    f" -p 9000-9001:9000-9001 {NGINX}",
    "quoted": "docker create --name quoted -e 'A=b c' -e 'P=50%' -e 'D=$HOME'"
    f" --label 'l={{{{.Name}}}} x' {IMAGE} sh -c 'echo %n \"$HOME\"'",
    "restart": f"docker run -d --name restart --restart on-failure:5 {IMAGE} sleep 9",
    "unless": f"docker run -d --name unless --restart unless-stopped --stop-timeout 30"
    f" --stop-signal SIGQUIT --init {IMAGE} sleep 9",
    "mounts": "docker create --name mounts -v data:/data -v /srv/x:/x:ro -v /anonymous"
    " --tmpfs /run:size=64m --mount type=volume,source=memory,target=/m,readonly"
    f" --mount type=bind,source=/srv,target=/y,bind-propagation=rslave {IMAGE}",
    "nets": "docker run -d --name nets --network blue --network-alias web --ip 172.30.0.9"
    f" --add-host h:10.0.0.1 --dns 192.0.2.1 --hostname h.example {IMAGE} sleep 600",
    "host": f"docker create --name host --network host --pid host --privileged {IMAGE}",
    "none": f"docker create --name none --network none {IMAGE}",
    "limits": "docker create --name limits --shm-size 32m"
    " --ulimit nofile=1024:2048 --oom-score-adj 100"
    f" {IMAGE} sleep 9",
    "rights": "docker create --name rights --cap-add NET_ADMIN --cap-drop ALL --read-only"
    " --user 1000:1000 --group-add 44 --security-opt no-new-privileges --device /dev/null:/dev/x:r"
    f" --sysctl net.ipv4.ip_forward=1 {IMAGE}",
    "health": "docker create --name health --health-cmd 'curl -f http://x || exit 1'"
    f" --health-interval 30s --health-retries 4 --health-start-period 1m"
    f" --entrypoint /bin/sh {IMAGE} -c 'sleep 9'",
    "log": "docker create --name log --log-driver json-file --log-opt max-size=10m --workdir /tmp"
    f" --domainname d.example {IMAGE}",
}

_SETUP: t.Final = (
    "set -e; export DEBIAN_FRONTEND=noninteractive; apt-get update -qq;"
    " apt-get install -qq -y --no-install-recommends docker.io docker-cli || apt-get install -qq -y"
    " --no-install-recommends docker.io; systemctl stop docker docker.socket || true;"
    " mkdir -p /srv/x /run/recorded;"
    " (setsid dockerd --storage-driver vfs --iptables=false --ip6tables=false"
    " --data-root /run/recorded/docker >/run/recorded/log 2>&1 &);"
    " for n in $(seq 60); do docker version >/dev/null 2>&1 && break; sleep 0.5; done;"
    f" for image in {IMAGE} {NGINX}; do podman pull -q $image;"
    " podman save $image | docker load; done"
)


def _commands() -> t.Iterator[tuple[str, str]]:
    """What is done, and what of it is asked: (kind, command)."""
    for kind, objects in (("network", NETWORKS), ("volume", VOLUMES)):
        for name, options in objects.items():
            yield "", f"docker {kind} create {options} {name}"
            yield f"{kind} {name}", f"docker {kind} inspect {name}"
    for name, line in CONTAINERS.items():
        yield "", line
        yield f"container {name}", f"docker container inspect {name}"
    for image in (IMAGE, NGINX):
        yield f"image {image}", f"docker image inspect {image}"
    yield "version", "docker version --format '[{{json .Server.Version}}]'"


def record(host: str) -> None:
    """Makes everything on a host, and writes what Docker shows of it."""
    rows = list(_commands())
    script = [f"({_SETUP}) >&2 || exit 1"]
    script += [f"{command}; echo ---" if key else f"{command} >&2" for key, command in rows]
    argv = [str(ROOT / "tests/hosts/hosts"), "ssh", host, "--", "bash", "-s"]
    ran = subprocess.run(
        argv, input="\n".join(script), stdout=subprocess.PIPE, text=True, check=True
    )
    answers = ran.stdout.split("\n---\n")[:-1]
    keys = [key for key, _command in rows if key]
    shown = {key: json.loads(answer)[0] for key, answer in zip(keys, answers, strict=True)}
    containers = {key: row for key, row in shown.items() if key.startswith("container ")}
    whole = {key: row for key, row in shown.items() if key not in containers}
    text = json.dumps({"containers": shorten(containers), **whole}, indent=1, sort_keys=True)
    FILE.write_text(f"{text}\n", encoding="ascii")


@functools.cache
def docker_engine() -> dict[str, t.Any]:
    """What Docker has shown, by kind and name."""
    found: dict[str, t.Any] = json.loads(FILE.read_text(encoding="ascii"))
    return {**restored(found.pop("containers")), **found}


if __name__ == "__main__":
    record(sys.argv[1])
