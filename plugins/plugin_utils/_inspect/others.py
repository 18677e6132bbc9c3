# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Networks and volumes of inspect output."""

from __future__ import annotations

import ipaddress
import typing as t

from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.model import (
    Network,
    Option,
    Value,
    Volume,
)
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.report import Given
from ansible_collections.quadlet.fleet.plugins.plugin_utils._inspect.fields import is_empty
from ansible_collections.quadlet.fleet.plugins.plugin_utils._inspect.mounts import ANONYMOUS
from ansible_collections.quadlet.fleet.plugins.plugin_utils._inspect.objects import (
    Object,
    Objects,
)

ENGINE_NETWORKS = frozenset(
    {
        "podman",
        "bridge",
        "host",
        "none",
        "nat",
        "ingress",
        "docker_gwbridge",
        "podman-default-kube-network",
    }
)
_POOLS = [
    ipaddress.IPv4Network(text)
    for text in (
        "10.88.0.0/15",
        "10.90.0.0/15",
        "10.92.0.0/14",
        "10.96.0.0/11",
        "10.128.0.0/9",
        "172.16.0.0/12",
        "192.168.0.0/16",
    )
]
"""Where engines take the addresses of networks that are made without."""


class Partial:
    """An object whose fields are taken; what is left holds something that no rule knows."""

    def __init__(self, objects: Objects, found: Object, silent: t.Collection[str]) -> None:
        self.given = objects.give(found.name, found.file)
        self._objects = objects
        self._found = found
        self._taken = set(silent)

    def take(self, key: str) -> tuple[t.Any, Given] | None:
        """A field with its entry in the report; None if it says nothing."""
        self._taken.add(key)
        value = self._found.shown.get(key)
        if is_empty(value):
            return None
        return value, self._objects.give(f"{self._found.name}: {key}", self._found.file)

    def finish(self) -> None:
        """Drops what nobody took, with its path."""
        for key, value in self._found.shown.items():
            if key not in self._taken and not is_empty(value):
                given = self._objects.give(f"{self._found.name}: {key}", self._found.file)
                given.dropped(f"no rule knows this field: {str(value)[:60]}")


_VOLUME_STATE = (
    "Name", "Mountpoint", "Scope", "CreatedAt", "Anonymous", "MountCount", "NeedsCopyUp",
    "NeedsChown", "Timeout", "LockNumber", "Status", "StorageID", "UsageData", "ClusterVolume",
    "UID", "GID",
)  # fmt: skip


def read_volume(objects: Objects, found: Object) -> Volume | None:
    """A volume, under its own name, so that the app uses what is there."""
    shown = Partial(objects, found, _VOLUME_STATE)
    if ANONYMOUS.fullmatch(found.name):
        shown.given.exact("it has no name: see the container that uses it")
        return None
    shown.given.exact("it is converted")
    volume = Volume(found.name, shown.given, found.name)
    driver = shown.take("Driver")
    if driver is not None and driver[0] != "local":
        volume.driver = Value(str(driver[0]), driver[1])
    elif driver is not None:
        driver[1].exact("it is the default")
    options = shown.take("Options")
    if options is not None:
        options[1].exact("see each option")
        for name, text in options[0].items():
            if not str(name).isupper():  # Podman's own notes of what o= says
                given = objects.give(f"{found.name}: Options.{name}", found.file)
                volume.driver_options[str(name)] = Value(str(text), given)
    read_labels(objects, found, shown, "Labels", volume.labels)
    shown.finish()
    return volume


def read_labels(
    objects: Objects, found: Object, shown: Partial, key: str, labels: dict[str, Value[str]]
) -> None:
    taken = shown.take(key)
    if taken is None:
        return
    taken[1].exact("see each label")
    for name, text in taken[0].items():
        given = objects.give(f"{found.name}: {key}.{name}", found.file)
        if str(name).startswith(("com.docker.compose.", "io.podman.compose.")):
            given.dropped("Compose's labels are not written", rule="label")
        else:
            labels[str(name)] = Value(str(text), given)


_NETWORK_STATE = (
    "name", "id", "created", "containers", "network_interface", "Name", "Id", "Created", "Scope",
    "Containers", "Attachable", "Ingress", "ConfigFrom", "ConfigOnly", "EnableIPv4", "Peers",
    "Services", "Status",
)  # fmt: skip


def read_network(objects: Objects, found: Object) -> Network | None:
    """A network, as Podman or Docker shows it, under its own name."""
    shown = Partial(objects, found, _NETWORK_STATE)
    if found.name in ENGINE_NETWORKS:
        shown.given.exact("it is the engine's own")
        return None
    shown.given.exact("it is converted")
    network = Network(found.name, shown.given, found.name)
    for key in ("driver", "Driver"):
        _take_driver(shown, network, key)
    for key in ("internal", "Internal"):
        taken = shown.take(key)
        if taken is not None:
            network.internal = Value(True, taken[1])
    for key in ("ipv6_enabled", "EnableIPv6"):
        taken = shown.take(key)
        if taken is not None:
            network.options.append(Option("--ipv6", None, taken[1]))
    _take_subnets(objects, shown, network)
    _take_others(found, shown, network)
    for key in ("labels", "Labels"):
        read_labels(objects, found, shown, key, network.labels)
    shown.finish()
    return network


def _take_driver(shown: Partial, network: Network, key: str) -> None:
    taken = shown.take(key)
    if taken is None:
        return
    if taken[0] == "bridge":
        taken[1].exact("it is the default")
    elif taken[0] == "overlay":
        taken[1].refused("Podman has no networks over several hosts", "Use a bridge network.")
    else:
        network.options.append(Option("--driver", str(taken[0]), taken[1]))


def _take_subnets(objects: Objects, shown: Partial, network: Network) -> None:
    for key in ("subnets", "IPAM"):
        taken = shown.take(key)
        if taken is None:
            continue
        value, given = taken
        rows = value if key == "subnets" else value.get("Config") or []
        given.exact("see each subnet")
        for index, row in enumerate(rows):
            one = objects.give(f"{network.name}: {key}[{index}]", given.file)
            _read_subnet(
                network,
                {name.lower(): text for name, text in row.items()},
                one,
                _is_addressed(objects, network.name),
            )


def _read_subnet(network: Network, row: dict[str, t.Any], given: Given, is_addressed: bool) -> None:
    subnet, gateway = str(row.get("subnet") or ""), str(row.get("gateway") or "")
    leases = row.get("lease_range") or {}
    span = str(
        row.get("iprange") or "-".join(filter(None, [leases.get("start_ip"), leases.get("end_ip")]))
    )
    try:
        net = ipaddress.ip_network(subnet, strict=False)
    except ValueError:
        given.dropped(f"{subnet!r} is no subnet")
        return
    usual = str(next(iter(net.hosts()), ""))
    if not span and gateway in ("", usual) and not is_addressed and _is_pooled(net):
        given.approximated(
            f"Podman chooses a subnet: {subnet} may have been chosen by the engine",
            "Set Subnet= if other hosts rely on it.",
            "subnet",
        )
        return
    network.options.append(Option("--subnet", subnet, given))
    if gateway and gateway != usual:
        network.options.append(Option("--gateway", gateway, given))
    if span:
        network.options.append(Option("--ip-range", span, given))


def _is_pooled(net: ipaddress.IPv4Network | ipaddress.IPv6Network) -> bool:
    return isinstance(net, ipaddress.IPv4Network) and any(net.subnet_of(pool) for pool in _POOLS)


def _is_addressed(objects: Objects, name: str) -> bool:
    """Whether a container has an address of its own choice on the network."""
    for container in objects.of_kind("container"):
        settings = container.shown.get("NetworkSettings") or {}
        endpoint = (settings.get("Networks") or {}).get(name) or {}
        command = " ".join(
            map(str, (container.shown.get("Config") or {}).get("CreateCommand") or ())
        )
        if endpoint.get("IPAMConfig") or "--ip" in command or ":ip" in command or ",ip" in command:
            return True
    return False


def _route(route: t.Mapping[str, t.Any]) -> str:
    parts = [route.get("destination"), route.get("gateway"), route.get("metric")]
    return ",".join(str(part) for part in parts if part)


def _take_others(found: Object, shown: Partial, network: Network) -> None:
    for key in ("options", "Options"):
        taken = shown.take(key)
        if taken is not None:
            pairs = taken[0].items()
            network.options += [Option("--opt", f"{n}={text}", taken[1]) for n, text in pairs]
    taken = shown.take("ipam_options")
    if taken is not None:
        driver = str(taken[0].get("driver") or "host-local")
        if driver == "host-local":
            taken[1].exact("it is the default")
        else:
            network.options.append(Option("--ipam-driver", driver, taken[1]))
    taken = shown.take("network_dns_servers")
    if taken is not None:
        network.options += [Option("--dns", str(server), taken[1]) for server in taken[0]]
    taken = shown.take("routes")
    if taken is not None:
        network.options += [Option("--route", _route(route), taken[1]) for route in taken[0]]
    taken = shown.take("dns_enabled")
    if taken is not None:
        taken[1].exact("it is the default")
    elif found.shown.get("dns_enabled") is False and found.shown.get("driver") == "bridge":
        network.options.append(Option("--disable-dns", None, network.given))
