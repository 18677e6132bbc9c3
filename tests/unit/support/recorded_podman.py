"""What Podman said of containers, networks and volumes on test hosts.

To record anew, on a new host for each release:
    tests/hosts/hosts up record --podman 5.4
    .cache/venv/bin/python -m tests.unit.support.recorded_podman record=5.4
    tests/hosts/hosts destroy record
"""

from __future__ import annotations

import json
import subprocess
import sys
import typing as t

from tests.unit.support.generators import ROOT

FOLDER = ROOT / "tests/unit/recorded"
RELEASES = ("5.4", "6.1")
IMAGE = "registry.test:5000/nginx:1"

_SETUP = (
    f"podman pull --quiet {IMAGE}",
    "podman network create front",
    "podman volume create data",
    "podman pod create --name shop",
    f"podman run -d --pod shop --name shop-web {IMAGE}",
    f"podman run -d --name plain --network front --volume data:/data {IMAGE}",
    "podman run -d --name healthy --health-cmd true --label PODMAN_SYSTEMD_UNIT=healthy.service "
    + IMAGE,
    f"podman run -d --name sick --health-cmd false --health-retries 1 {IMAGE}",
    f"podman run -d --name fresh --health-cmd false --health-start-period 1h {IMAGE}",
    f"podman create --name created {IMAGE}",
    "podman healthcheck run healthy",
    "podman healthcheck run sick || true",
)

PS = "podman ps --all --pod --format json"
ON_NETWORK = "podman ps --all --pod --filter network=front --format json"
ON_NO_NETWORK = "podman ps --all --pod --filter network=nowhere --format json"
WITH_VOLUME = "podman ps --all --pod --filter volume=data --format json"
WITH_NO_VOLUME = "podman ps --all --pod --filter volume=nowhere --format json"
NETWORKS = "podman network inspect -- front nowhere"
VOLUMES = "podman volume inspect -- data nowhere"
IMAGES = "podman images --format json"
VERSION = "podman --version"
COMMANDS = (
    PS,
    ON_NETWORK,
    ON_NO_NETWORK,
    WITH_VOLUME,
    WITH_NO_VOLUME,
    NETWORKS,
    VOLUMES,
    IMAGES,
    VERSION,
)


class Said(t.NamedTuple):
    """What a command printed, and how it ended."""

    status: int
    out: str
    err: str


def read_recorded(release: str, command: str) -> Said:
    """What a command said when it was recorded."""
    row = json.loads(_text(release))[command]
    return Said(row["status"], "\n".join(row["out"]), "\n".join(row["err"]))


def record(host: str, release: str) -> None:
    """Makes the containers on a host, and writes what the commands say of them."""
    for command in _SETUP:
        ran = _run(host, command)
        if ran.returncode != 0:
            raise SystemExit(f"{command}: {ran.stderr}")
    rows = {}
    for command in COMMANDS:
        ran = _run(host, command)
        rows[command] = {
            "status": ran.returncode,
            "out": ran.stdout.split("\n"),
            "err": ran.stderr.split("\n"),
        }
    target = FOLDER / f"podman-{release}.json"
    target.write_text(json.dumps(rows, indent=1) + "\n", encoding="ascii")


def _text(release: str) -> str:
    return (FOLDER / f"podman-{release}.json").read_text(encoding="ascii")


def _run(host: str, command: str) -> subprocess.CompletedProcess[str]:
    argv = [str(ROOT / "tests/hosts/hosts"), "ssh", host, "--", command]
    return subprocess.run(
        argv, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )


if __name__ == "__main__":
    for argument in sys.argv[1:]:
        record(*argument.split("=", 1))
