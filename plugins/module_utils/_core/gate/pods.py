# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Containers of pods that Podman itself made of Kubernetes YAML, and restarts.

systemd sees one service, which is active as long as one container of the pod runs.
"""

from __future__ import annotations

import typing as t

if t.TYPE_CHECKING:
    from ..state.manifest import ServiceRecord
    from ..validate.conflicts import Container


def pods_of(services: t.Mapping[str, ServiceRecord], names: t.Iterable[str]) -> list[str]:
    """Those of the services that are such pods."""
    return [name for name in names if services[name].unit.endswith(".kube")]


def find_fallen(
    services: t.Iterable[str], containers: t.Iterable[Container], since: float = 0.0
) -> dict[str, str]:
    """Why pods are not whole, by service.  since: earlier restarts do not count (seconds since the
    epoch).
    """
    containers = list(containers)
    found = {}
    for name in services:
        reasons = (_reason(one, since) for one in containers if one.service == name)
        reason = next(filter(None, reasons), "")
        if reason:
            found[name] = reason
    return found


def describe_fallen(service: str, reason: str) -> str:
    """The same as a difference from what was deployed."""
    return f"{service}: {reason}: journalctl -u {service} or podman logs tells why"


def _reason(container: Container, since: float) -> str:
    if container.restarts and container.started_at >= since:
        times = "once" if container.restarts == 1 else f"{container.restarts} times"
        return f"its container {container.name} ended by itself, and Podman restarted it {times}"
    if container.exit_code:
        return f"its container {container.name} ended with status {container.exit_code}"
    return f"the check of its container {container.name} fails" * (container.health == "unhealthy")
