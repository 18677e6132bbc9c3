# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Units of networks, volumes, pods and builds."""

from __future__ import annotations

import typing as t

from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.model import (
    Network,
    Option,
    Value,
    Volume,
)
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.mounts import volume_device
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.networks import (
    published_inside,
    resolves_alone,
)
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.option import write_option
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.unit import Unit
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.writing import Writing

_BRIDGE_NAME = "com.docker.network.bridge.name"
_DOCKER_NAMES = {
    "com.docker.network.driver.mtu": "mtu",
    "macvlan_mode": "mode",
    "ipvlan_mode": "mode",
}
_ALL_DRIVERS = frozenset({"metric", "mode", "mtu", "no_default_route"})
_OF_DRIVER = {
    "bridge": _ALL_DRIVERS | {"isolate", "vlan", "vrf"},
    "macvlan": _ALL_DRIVERS | {"bclim", "parent"},
    "ipvlan": _ALL_DRIVERS | {"parent"},
}
"""The options of each driver in Podman 5.4 to 6.1, which makes no network with others."""
_LOCAL = frozenset(
    {"copy", "device", "gid", "inodes", "nocopy", "noquota", "o", "size", "type", "uid"}
)
"""The options of a volume, likewise."""


def write_network(writing: Writing, network: Network) -> None:
    """A .network unit."""
    unit = writing.unit(network.name, "network")
    network.given.write(unit.name, "[Network]")
    if network.network_name:
        unit.put("NetworkName", network.network_name, network.given)
    if network.internal is not None:
        _write_internal(writing, unit, network, network.internal)
    alone = resolves_alone(writing, network.name)
    if alone is not None:  # nobody is there whose name it could ask for
        unit.put("DisableDNS", "true", alone)
    for name, item in network.labels.items():
        _write_label(unit, name, item.value, item.given)
    for option in network.options:
        _write_network_option(unit, option, _driver_of(network))
    if _driver_of(network) != "bridge":
        _tell_addresses(writing, network)


def _write_internal(writing: Writing, unit: Unit, network: Network, internal: Value[bool]) -> None:
    value, given = internal.value, internal.given
    if not value:
        given.exact("nothing is written: it is the default")
    elif network.name in set(published_inside(writing)):
        unit.pair("Options", "no_default_route", "true", given)
        given.approximated(
            "it has no way out, but is not shut off: an internal network of Podman publishes no "
            "ports",
            rule="internal-network",
        )
    else:
        unit.put("Internal", "true", given)


def _driver_of(network: Network) -> str:
    drivers = [option.value or "" for option in network.options if option.name == "--driver"]
    return drivers[-1] if drivers and drivers[-1] in _OF_DRIVER else "bridge"


def _write_network_option(unit: Unit, option: Option, driver: str) -> None:
    given, _equals, value = (option.value or "").partition("=")
    name = _DOCKER_NAMES.get(given, given)
    if option.name == "--driver" and option.value in ("default", "bridge", "overlay"):
        if option.value == "overlay":
            option.given.approximated("it is a bridge of one host", rule="network-driver")
        unit.put("Driver", "bridge", option.given)
    elif option.name == "--opt" and name == _BRIDGE_NAME and driver == "bridge":
        unit.put("InterfaceName", value, option.given)
    elif option.name == "--opt" and name not in _OF_DRIVER[driver]:
        option.given.dropped(
            f"Podman has no option {given} for networks of the driver {driver}",
            rule="network-driver",
        )
    elif option.name == "--opt":
        unit.pair("Options", name, value, option.given)
        if name == "parent" and "." in value:
            option.given.approximated(
                f"the host has to have {value}: Podman makes no interface of a VLAN",
                rule="network-driver",
            )
    else:
        write_option(unit, option)


def _tell_addresses(writing: Writing, network: Network) -> None:
    """Where no subnet is given, Docker chooses one, and Podman asks the LAN's DHCP server."""
    if any(option.name in ("--subnet", "--ipam-driver") for option in network.options):
        return
    driver = next(o for o in network.options if o.name == "--driver")
    remedy = "Give the subnet in ipam, too."
    if driver.value == "ipvlan":
        what = "Podman makes no network of the driver ipvlan without a subnet"
        driver.given.refused(what, remedy, "network-driver")
    elif any(container.engine == "docker" for container in writing.model.containers):
        driver.given.approximated(
            "without a subnet its addresses come from a DHCP server, by netavark-dhcp-proxy.socket",
            remedy,
            "network-driver",
        )


def _write_label(unit: Unit, name: str, value: str, given: t.Any) -> None:
    if name.startswith("com.docker.compose."):
        given.dropped("it tells of a Compose project, which there is none", rule="label")
    else:
        unit.pair("Label", name, value, given)


def write_volume(writing: Writing, volume: Volume) -> None:
    """A .volume unit; one that is another name for a directory needs none."""
    device = volume_device(volume)
    if device:
        _settle_device(volume, device)
        return
    unit = writing.unit(volume.name, "volume")
    volume.given.write(unit.name, "[Volume]")
    if volume.volume_name:
        unit.put("VolumeName", volume.volume_name, volume.given)
    _write_driver(writing, unit, volume)
    for name, item in volume.labels.items():
        _write_label(unit, name, item.value, item.given)
    for option in volume.options:
        write_option(unit, option)


def _settle_device(volume: Volume, device: str) -> None:
    reason = f"containers mount {device} itself"
    given = [item.given for item in (volume.driver, *volume.driver_options.values()) if item]
    for item in (volume.given, *given):
        item.moved(reason, rule="volume-device")
    for label in volume.labels.values():
        label.given.dropped("there is no volume that could have labels")


def _write_driver(writing: Writing, unit: Unit, volume: Volume) -> None:
    driver = volume.driver
    if driver is not None and driver.value in ("", "local", "default"):
        driver.given.exact("it is the default")
    elif driver is not None:
        driver.given.refused(
            f"Podman has no volume driver {driver.value}",
            "Mount the file system on the host, and give the directory.",
            "volume-driver",
        )
    keys = {"type": "Type", "device": "Device", "o": "Options"}
    has_device = "device" in volume.driver_options
    for name, item in volume.driver_options.items():
        if name in keys and (has_device or name == "device"):
            unit.put(keys[name], item.value, item.given, f"--opt={name}=")
        elif name not in _LOCAL:
            item.given.refused(
                f"the driver local has no option {name}",
                f"It has {', '.join(sorted(_LOCAL))}.",
                "volume-driver",
            )
        else:
            unit.args(["--opt", f"{name}={item.value}"], item.given)
    kind = volume.driver_options.get("type")
    if kind is not None and writing.is_user and kind.value != "tmpfs":
        kind.given.approximated(
            f"a user's Podman can't mount {kind.value}",
            "Mount it on the host, and give the directory.",
            "volume-driver",
        )
