# Copyright (c) quadlet.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The host of the benchmarks, and whole commands on the controller and on it."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
import time
import typing as t
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
HOSTS = ROOT / "tests" / "hosts" / "hosts"
CACHE = ROOT / ".cache" / "bench"
HOST = "bench"
IMAGE = "registry.test:5000/busybox:1"
PACKAGE = "ansible>=12,<13"
"""It has containers.podman."""


def environment() -> dict[str, str]:
    """Everything at its best for each of them: pipelining, a persistent connection."""
    collections = f"{ROOT}/.cache/collections:{CACHE}/ansible"
    return {
        **os.environ,
        "PATH": f"{ROOT}/.cache/venv/bin:{os.environ['PATH']}",
        "ANSIBLE_CONFIG": str(ROOT / "tests/ansible.cfg"),
        "ANSIBLE_COLLECTIONS_PATH": collections,
        "ANSIBLE_SSH_ARGS": "-o ControlMaster=auto -o ControlPersist=60s",
    }


def timed(argv: t.Sequence[str], *, script: str | None = None) -> float:
    """Seconds that a command takes; it has to succeed."""
    start = time.monotonic()
    done = subprocess.run(
        argv, input=script, capture_output=True, text=True, check=False, env=environment()
    )
    taken = time.monotonic() - start
    if done.returncode != 0:
        print(done.stdout[-3000:], done.stderr[-3000:], sep="\n", file=sys.stderr)
        raise SystemExit(f"{argv[0]} failed: {shlex.join(argv[:6])} …")
    return taken


def play_argv(name: str, variables: Path | None = None, more: t.Sequence[str] = ()) -> list[str]:
    """A whole ansible-playbook run of one of the playbooks."""
    playbook = HERE / "playbooks" / f"{name}.yml"
    argv = ["ansible-playbook", "-i", str(CACHE / "inventory.yml"), str(playbook), *more]
    return [*argv, *(["-e", f"@{variables}"] if variables else [])]


def play(name: str, variables: Path | None = None) -> float:
    """Seconds of a whole ansible-playbook run."""
    return timed(play_argv(name, variables))


def on_host(script: str) -> str:
    """What a shell script prints on the host."""
    argv = [str(HOSTS), "ssh", HOST, "--", "bash -s"]
    done = subprocess.run(
        argv, input=script, capture_output=True, text=True, check=False, env=environment()
    )
    if done.returncode != 0:
        raise SystemExit(f"on {HOST}: {script}\n{done.stdout[-3000:]}{done.stderr[-3000:]}")
    return done.stdout


def unit_text(number: int, *lines: str, target: str = "multi-user.target") -> str:
    """The text of one small container unit; lines: more of its section."""
    more = "".join(f"{line}\n" for line in lines)
    return (
        f"[Container]\nImage={IMAGE}\nExec=sleep infinity\nStopTimeout=1\n"
        f"Environment=NUMBER={number}\n{more}\n[Install]\nWantedBy={target}\n"
    )


def write_variables(count: int) -> Path:
    """The same containers as each way of deploying them wants to be told."""
    names = [f"bench{number}" for number in range(count)]
    units = {f"{name}.container": unit_text(i) for i, name in enumerate(names)}
    rows = [
        {
            "name": name,
            "text": unit_text(i),
            "image": IMAGE,
            "command": "sleep infinity",
            "environment": {"NUMBER": str(i)},
        }
        for i, name in enumerate(names)
    ]
    path = CACHE / f"variables-{count}.json"
    path.write_text(json.dumps({"bench_units": units, "bench_list": rows}))
    return path


def clean() -> None:
    """Takes every container of the benchmark from the host, whoever deployed it, and the engine."""
    script = """
        systemctl list-units --plain --no-legend --all 'bench*' | awk '{print $1}' |
            xargs -r systemctl stop
        rm -rf /etc/containers/systemd/bench* /var/lib/quadlet.fleet
        systemctl daemon-reload
        systemctl reset-failed
    """
    timed([str(HOSTS), "ssh", HOST, "--", "bash -s"], script=script)


def prepare() -> str:
    """A fresh host with the image pulled, and containers.podman; the version of its Podman."""
    CACHE.mkdir(parents=True, exist_ok=True)
    if not (CACHE / "ansible" / "ansible_collections").is_dir():
        print("… downloading the ansible package for containers.podman", flush=True)
        pip = ["python", "-m", "pip", "install", "--quiet", "--no-deps"]
        timed([*pip, "--target", str(CACHE / "ansible"), PACKAGE])
    timed([str(HOSTS), "up", HOST])
    timed([str(HOSTS), "registry", "up"])
    inventory = subprocess.run(
        [str(HOSTS), "inventory", HOST], capture_output=True, text=True, check=True
    )
    (CACHE / "inventory.yml").write_text(inventory.stdout)
    on_host(f"podman pull -q {IMAGE}")
    return on_host("podman --version").split()[-1]


def destroy() -> None:
    """The host's end."""
    timed([str(HOSTS), "destroy", HOST])
