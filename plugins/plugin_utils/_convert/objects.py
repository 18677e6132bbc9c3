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
)
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.option import write_option
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.unit import Unit
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.writing import Writing

_BRIDGE_OPTION = "com.docker.network.bridge."
_MTU = "com.docker.network.driver.mtu"


def write_network(writing: Writing, network: Network) -> None:
    """A .network unit."""
    unit = writing.unit(network.name, "network")
    network.given.write(unit.name, "[Network]")
    if network.network_name:
        unit.put("NetworkName", network.network_name, network.given)
    if network.internal is not None:
        _write_internal(writing, unit, network, network.internal)
    for name, item in network.labels.items():
        _write_label(unit, name, item.value, item.given)
    for option in network.options:
        _write_network_option(unit, option)


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


def _write_network_option(unit: Unit, option: Option) -> None:
    name, _equals, value = (option.value or "").partition("=")
    if option.name == "--driver" and option.value in ("default", "bridge", "overlay"):
        if option.value == "overlay":
            option.given.approximated("it is a bridge of one host", rule="network-driver")
        unit.put("Driver", "bridge", option.given)
    elif option.name == "--opt" and name == _MTU:
        unit.pair("Options", "mtu", value, option.given)
    elif option.name == "--opt" and name == f"{_BRIDGE_OPTION}name":
        unit.put("InterfaceName", value, option.given)
    elif option.name == "--opt" and name.startswith(_BRIDGE_OPTION):
        option.given.dropped("Podman's bridges do not have that option", rule="network-driver")
    else:
        write_option(unit, option)


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
        else:
            unit.args(["--opt", f"{name}={item.value}"], item.given)
    kind = volume.driver_options.get("type")
    if kind is not None and writing.is_user and kind.value != "tmpfs":
        kind.given.approximated(
            f"a user's Podman can't mount {kind.value}",
            "Mount it on the host, and give the directory.",
            "volume-driver",
        )
