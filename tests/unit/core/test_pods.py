"""Pods of Kubernetes YAML: what Podman restarts in them, and what has ended."""

from __future__ import annotations

import json
import typing as t

import pytest

from ansible_collections.quadlet.fleet.plugins.module_utils._core.content import Blob
from ansible_collections.quadlet.fleet.plugins.module_utils._core.effective import has_health_check
from ansible_collections.quadlet.fleet.plugins.module_utils._core.gate.pods import (
    describe_fallen,
    find_fallen,
    pods_of,
)
from ansible_collections.quadlet.fleet.plugins.module_utils._core.gate.stable import (
    RESTARTED,
    stable_times,
)
from ansible_collections.quadlet.fleet.plugins.module_utils._core.host.podman_output import (
    parse_containers,
)
from ansible_collections.quadlet.fleet.plugins.module_utils._core.info.drift import (
    Storage,
    find_broken_pods,
)
from ansible_collections.quadlet.fleet.plugins.module_utils._core.state.manifest import (
    ServiceRecord,
)
from ansible_collections.quadlet.fleet.plugins.module_utils._core.systemd_state import State

ROW = {
    "Names": ["shop-web"],
    "Labels": {"PODMAN_SYSTEMD_UNIT": "shop.service"},
    "Restarts": 0,
    "StartedAt": 1000,
    "State": "running",
    "Status": "Up 3 seconds",
    "ExitCode": 0,
}
"""As podman ps of 5.4 prints it."""

SERVICES = {"shop.service": ServiceRecord("shop.kube"), "web.service": ServiceRecord("a.container")}
CASES: dict[str, tuple[dict[str, t.Any], str]] = {
    "it runs": ({}, ""),
    "restarted once": ({"Restarts": 1}, "ended by itself, and Podman restarted it once"),
    "a loop": ({"Restarts": 91, "State": "initialized"}, "restarted it 91 times"),
    "restarted before": ({"Restarts": 1, "StartedAt": 10}, ""),
    "ended": ({"State": "exited", "ExitCode": 3}, "shop-web ended with status 3"),
    "stopped": ({"State": "stopped", "ExitCode": 137}, "ended with status 137"),
    "done": ({"State": "exited"}, ""),
    "an older exit code": ({"ExitCode": 3}, ""),
    "sick": ({"Status": "Up 3 seconds (unhealthy)"}, "the check of its container shop-web fails"),
    "not sick": ({"Status": "Up 3 seconds (healthy)"}, ""),
    "of another service": ({"Labels": {"PODMAN_SYSTEMD_UNIT": "x.service"}, "Restarts": 9}, ""),
    "no numbers": ({"Restarts": None, "StartedAt": None}, ""),
}


@pytest.mark.parametrize(("more", "says"), CASES.values(), ids=CASES)
def test_what_is_not_whole(more: dict[str, t.Any], says: str) -> None:
    containers = parse_containers(json.dumps([{**ROW, "Names": ["first"]}, {**ROW, **more}]))
    found = find_fallen(pods_of(SERVICES, SERVICES), containers, since=500)
    assert list(found) == ["shop.service"] * bool(says)
    assert says in found.get("shop.service", "")


@pytest.mark.parametrize(("active", "told"), [("active", True), ("failed", False)])
def test_drift(active: str, *, told: bool) -> None:
    every = parse_containers(json.dumps([{**ROW, "Restarts": 2}]))
    states = {"shop.service": State("loaded", active, "x")}
    found = find_broken_pods(SERVICES, states, Storage(every=every))
    reason = find_fallen(["shop.service"], every)["shop.service"]
    assert found == [describe_fallen("shop.service", reason)] * told


def test_a_pod_is_watched_for_a_while() -> None:
    content = {"shop.kube": Blob(b"[Kube]\nYaml=x.yml\n")}
    assert stable_times(None, {"a": "shop.kube"}, content) == {"a": RESTARTED}
    assert stable_times(0, {"a": "shop.kube"}, content) == {"a": 0}


@pytest.mark.parametrize(
    ("lines", "checked"),
    [
        ("PodmanArgs=--health-cmd=true", True),
        ('PodmanArgs="--health-cmd" "curl x"', True),
        ("PodmanArgs=--memory 1g\nPodmanArgs=--healthcheck-command x", True),
        ("PodmanArgs=--health-cmd=none", False),
        ("PodmanArgs=--health-interval=1s", False),
        ("HealthCmd=none\nPodmanArgs=--health-cmd=true", False),
    ],
)
def test_a_check_that_is_an_argument(lines: str, *, checked: bool) -> None:
    unit = {"web.container": Blob(f"[Container]\nImage=x\n{lines}\n".encode())}
    assert has_health_check("web.container", unit) is checked
