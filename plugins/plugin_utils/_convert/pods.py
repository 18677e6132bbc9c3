# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Pods, and what their members leave to them."""

from __future__ import annotations

from ansible_collections.quadlet.fleet.plugins.module_utils._core.quadlet.kinds import KINDS
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.model import (
    Attachment,
    Container,
    Option,
    Pod,
    Value,
)
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.mounts import write_mounts
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.networks import (
    write_networking,
)
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.option import write_option
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.service import (
    write_pod_service,
)
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.unit import Unit
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.writing import Writing

_REPEATED = frozenset({"--add-host", "--dns", "--dns-option", "--dns-search", "--network-alias"})
_SINGLE = frozenset(
    {"--gidmap", "--hostname", "--ip", "--ip6", "--mac-address", "--subgidname", "--subuidname",
     "--uidmap", "--userns"}
)  # fmt: skip
_OWN_NETWORK = ("", "bridge", "default", "service")


def gather_pod(writing: Writing) -> None:
    """With the option pod: a pod of all containers that have no network of another kind."""
    if not writing.options.pod or writing.model.pods:
        return
    stem = writing.name
    members = [c for c in writing.model.containers if _can_join(c)]
    if not members:
        return
    pod = Pod(stem, writing.given, pod_name=stem)
    for container in members:
        mode = container.network_mode
        if mode is not None:
            mode.given.moved("the containers of the pod share its network", rule="pod")
            container.network_mode = None
        container.pod = Value(stem, writing.given)
    writing.model.pods.append(pod)
    writing.names[stem, "pod"] = f"{stem}.pod"
    writing.given.moved(
        "its containers share a pod: they reach each other at localhost", rule="pod"
    )


def _can_join(container: Container) -> bool:
    mode = container.network_mode.value if container.network_mode else ""
    return container.pod is None and mode.partition(":")[0] in _OWN_NETWORK


def share_pods(writing: Writing) -> None:
    """Has pods take over what their members can't have: ports, networks, names."""
    pods = {pod.name: pod for pod in writing.model.pods}
    for container in writing.model.containers:
        pod = pods.get(container.pod.value) if container.pod else None
        if pod is not None:
            _hand_over(pod, container)


def _hand_over(pod: Pod, container: Container) -> None:
    for port in container.ports:
        port.given.moved(f"pod {pod.name} publishes it", rule="pod")
    pod.ports += container.ports
    container.ports = []
    for attachment in container.networks:
        _join(pod, attachment)
    container.networks = []
    kept = []
    for option in container.options:
        if option.name in _REPEATED or option.name in _SINGLE:
            _take(pod, option)
        else:
            kept.append(option)
    container.options = kept


def _join(pod: Pod, attachment: Attachment) -> None:
    attachment.given.moved(f"pod {pod.name} has the network", rule="pod")
    for present in pod.networks:
        if (present.network, present.external) == (attachment.network, attachment.external):
            present.aliases += attachment.aliases
            present.options += [item for item in attachment.options if item not in present.options]
            return
    pod.networks.append(attachment)


def _take(pod: Pod, option: Option) -> None:
    same = [present for present in pod.options if present.name == option.name]
    if any(present.value == option.value for present in same):
        option.given.moved(f"pod {pod.name} has it", rule="pod")
    elif same and option.name in _SINGLE:
        option.given.dropped(
            f"pod {pod.name} has {option.name} {same[0].value}, and its containers share it",
            rule="pod",
        )
    else:
        option.given.moved(f"pod {pod.name} has it", rule="pod")
        pod.options.append(option)


def write_membership(writing: Writing, unit: Unit, pod: Value[str]) -> None:
    """Pod=, or --pod for one that is none of this app's."""
    if any(item.name == pod.value for item in writing.model.pods):
        unit.put("Pod", writing.unit_name(pod.value, "pod"), pod.given, "--pod")
    else:
        unit.args(["--pod", pod.value], pod.given)


def write_pod(writing: Writing, pod: Pod) -> None:
    """A .pod unit."""
    if writing.options.podman < KINDS["pod"].since:
        pod.given.refused(
            "Podman before 5.0 has no units of pods", "Choose a newer release.", "pod"
        )
        return
    unit = writing.unit(pod.name, "pod")
    pod.given.write(unit.name, "[Pod]")
    if pod.pod_name:
        unit.put("PodName", pod.pod_name, pod.given)
    write_networking(writing, unit, pod)
    stand_in = Container(pod.name, pod.given, engine="podman", mounts=pod.mounts)
    write_mounts(writing, unit, stand_in)
    for option in pod.options:
        write_option(unit, option)
    write_pod_service(writing, unit, pod)
