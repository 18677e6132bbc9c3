# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Pods of inspect output."""

from __future__ import annotations

import typing as t

from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.model import (
    Attachment,
    Option,
    Pod,
    Port,
    Value,
)
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.report import Given
from ansible_collections.quadlet.fleet.plugins.plugin_utils._inspect.command_line import (
    read_pod_words,
)
from ansible_collections.quadlet.fleet.plugins.plugin_utils._inspect.objects import Object, Objects
from ansible_collections.quadlet.fleet.plugins.plugin_utils._inspect.others import (
    ENGINE_NETWORKS,
    Partial,
    read_labels,
)

_POD_STATE = (
    "Id", "Name", "Created", "CreateCommand", "State", "CgroupParent", "CgroupPath", "LockNumber",
    "InfraContainerID", "NumContainers", "Containers", "CreateCgroup", "CreateInfra",
    "InfraConfig", "mounts", "Namespace", "RestartPolicy", "BlkioDeviceReadBps", "VolumesFrom",
    "SecurityOpt",
)  # fmt: skip


def read_pod(objects: Objects, found: Object) -> Pod:
    """A pod, by the command that made it where that is known."""
    words = [str(word) for word in found.shown.get("CreateCommand") or ()]
    if "pod" in words and "create" in words[words.index("pod") :]:
        start = words.index("create", words.index("pod")) + 1
        given = objects.give(found.name, found.file)
        given.exact("it is converted")
        pod = read_pod_words(objects, words[start:], given)
        pod.given.exact("see the pod")
        pod.name = found.name
        pod.given = given
        pod.pod_name = found.name
        return pod
    shown = Partial(objects, found, _POD_STATE)
    shown.given.exact("it is converted")
    pod = Pod(found.name, shown.given, found.name)
    _read_infra(objects, found, pod)
    taken = shown.take("Hostname")
    if taken is not None and taken[0] != found.name:
        pod.options.append(Option("--hostname", str(taken[0]), taken[1]))
    elif taken is not None:
        taken[1].exact("it is the pod's name")
    taken = shown.take("SharedNamespaces")
    if taken is not None and set(taken[0]) != {"ipc", "net", "uts"}:
        pod.options.append(Option("--share", ",".join(taken[0]), taken[1]))
    elif taken is not None:
        taken[1].exact("they are the default")
    taken = shown.take("ExitPolicy")
    if taken is not None:
        taken[1].exact("a pod's unit ends with its containers")
    labels: dict[str, Value[str]] = {}
    read_labels(objects, found, shown, "Labels", labels)
    pod.options += [Option("--label", f"{name}={v.value}", v.given) for name, v in labels.items()]
    shown.finish()
    return pod


_LISTS = {
    "DNSServer": "--dns",
    "DNSSearch": "--dns-search",
    "DNSOption": "--dns-option",
    "HostAdd": "--add-host",
}
_SINGLE = {
    "StaticIP": "--ip",
    "StaticMAC": "--mac-address",
    "userns": "--userns",
    "pid_ns": "--pid",
    "uts_ns": "--uts",
}
_USUAL = frozenset({("userns", "host"), *((key, "private") for key in _SINGLE)})


def _read_infra(objects: Objects, found: Object, pod: Pod) -> None:
    """Ports and networks of a pod are those of its infra container."""
    infra = found.shown.get("InfraConfig") or {}

    def give(path: str) -> Given:
        return objects.give(f"{found.name}: InfraConfig{path}", found.file)

    give("").exact("see each part")
    _read_ports(infra, pod, give)
    if infra.get("HostNetwork"):
        pod.network_mode = Value("host", give(".HostNetwork"))
    for name in infra.get("Networks") or ():
        if name not in ENGINE_NETWORKS:
            pod.networks.append(Attachment(str(name), give(f".Networks.{name}")))
    for key, name in _LISTS.items():
        for value in infra.get(key) or ():
            pod.options.append(Option(name, str(value), give(f".{key}")))
    for key, name in _SINGLE.items():
        value = infra.get(key)
        if value and (key, value) not in _USUAL:
            pod.options.append(Option(name, str(value), give(f".{key}")))


def _read_ports(infra: dict[str, t.Any], pod: Pod, give: t.Callable[[str], Given]) -> None:
    for port, bindings in (infra.get("PortBindings") or {}).items():
        number, _slash, protocol = port.partition("/")
        rows: list[dict[str, t.Any]] = list(bindings or [{}])
        for binding in rows:
            one = give(f".PortBindings.{port}")
            address = str(binding.get("HostIp") or "").replace("0.0.0.0", "")
            host = str(binding.get("HostPort") or "")
            pod.ports.append(Port(number, one, host, address, protocol.replace("tcp", "")))
