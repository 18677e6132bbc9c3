# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Networks and volumes: what is declared, as far as a service uses it."""

from __future__ import annotations

import dataclasses
import re
import typing as t

from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose import values
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.dispatch import (
    Handlers,
    dispatch,
)
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.plain import OPTIONS
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.reading import (
    AbsentError,
    Found,
    Reading,
    Scope,
    UnfitError,
    convert,
    items,
    mapping,
    pairs,
    refusing,
    text,
    text_pairs,
    text_value,
)
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.table import Row
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.taking import Branch
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.model import (
    Network,
    Option,
    Value,
    Volume,
)
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.report import Given

_NAME: t.Final = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_.-]*")
_LONGEST: t.Final = 200
_DRIVERS: t.Final = frozenset({"bridge", "default", "ipvlan", "macvlan", "overlay"})


@dataclasses.dataclass
class NetworkScope(Scope):
    """A network while it is read."""

    network: Network


@dataclasses.dataclass
class VolumeScope(Scope):
    """A volume while it is read."""

    volume: Volume


def use_network(reading: Reading, name: str, by: Branch) -> Found:
    """The network of a name, made at its first use."""
    key = ("networks", name)
    if key not in reading.found:
        branch = reading.declared(*key)
        if branch is None and name != "default":
            what = f"the network {name} is not declared"
            raise AbsentError(by, what, "Declare it in networks.")
        reading.found[key] = _find(reading, "networks", name, branch, by)
        if not reading.found[key].external:
            _make_network(reading, name, branch, by)
    return reading.found[key]


def use_volume(reading: Reading, name: str, by: Branch) -> Found:
    """The volume of a name, made at its first use."""
    key = ("volumes", name)
    if key not in reading.found:
        branch = reading.declared(*key)
        if branch is None:
            raise AbsentError(by, f"the volume {name} is not declared", "Declare it in volumes.")
        reading.found[key] = _find(reading, "volumes", name, branch, by)
        if not reading.found[key].external:
            _make_volume(reading, branch, reading.found[key])
    return reading.found[key]


def _find(reading: Reading, kind: str, name: str, branch: Branch | None, by: Branch) -> Found:
    """Its name: as given, or as Compose makes it of the project's."""
    if branch and not branch.is_mapping and branch.node.value is not None:
        raise UnfitError(branch, "it is no mapping")
    given = branch.get("name") if branch else None
    external = read_external(branch) if branch else None
    named = (text(given) if given else "") or external
    real = named or (name if external is not None else f"{reading.project.name}_{name}")
    if given and external is not None:
        given.take().exact("the name of the external one")
    if not _NAME.fullmatch(real) or len(real) > _LONGEST:
        raise UnfitError(given or branch or by, f"{real!r} is no valid name in {kind}")
    is_external = external is not None
    return Found(real if is_external else reading.object_stem(name), is_external, real)


def read_external(branch: Branch) -> str | None:
    """The old form's name of an external thing, or ''; None: it is not external."""
    external = branch.get("external")
    if external is None or external.node.value is None:
        if external:
            external.take().exact()
        return None
    name = ""
    if external.is_mapping:
        part = external.get("name")
        name = text(part) if part else ""
        external.take().exact("it exists")
    elif convert(external, values.to_bool):
        external.take().exact("it exists")
    else:
        external.take().exact("that is so without it")
        return None
    for key, part in branch.items():
        if key not in ("external", "name") and not part.is_taken:
            part.take().refused("it is external, and not made here", "Remove the key.")
    branch.head().exact("it exists")
    return name


def _make_network(reading: Reading, name: str, branch: Branch | None, by: Branch) -> None:
    found = reading.found["networks", name]
    given = _given_of(branch) if branch else by.head()
    network = Network(found.source, given, found.name)
    reading.model.networks.append(network)
    if branch and branch.is_mapping:
        _take_name(branch)
        dispatch(NetworkScope(reading, branch, network.options, network), branch, _NETWORK)


def _given_of(branch: Branch) -> Given:
    """The thing that a declaration is: its head, or all of an empty one."""
    return branch.take() if branch.is_empty else branch.head()


def _take_name(branch: Branch) -> None:
    name = branch.get("name")
    if name:
        name.take().exact("the name in Podman")


def _make_volume(reading: Reading, branch: Branch, found: Found) -> None:
    volume = Volume(found.source, _given_of(branch), found.name)
    reading.model.volumes.append(volume)
    if branch.is_mapping:
        _take_name(branch)
        dispatch(VolumeScope(reading, branch, volume.options, volume), branch, _VOLUME)


def _read_network_driver(scope: NetworkScope, branch: Branch, row: Row) -> None:
    driver = text(branch)
    if driver in ("host", "none"):
        remedy = f"Give the services network_mode: {driver}."
        raise UnfitError(branch, f"Podman makes no network of the driver {driver}", remedy)
    if driver not in _DRIVERS:
        known = ", ".join(sorted(_DRIVERS))
        raise UnfitError(branch, f"Podman has no network driver {driver!r}", f"It has {known}.")
    scope.set(row.argument, driver, branch)


def _read_internal(scope: NetworkScope, branch: Branch, _row: Row) -> None:
    scope.network.internal = Value(convert(branch, values.to_bool), branch.take())


def _read_network_labels(scope: NetworkScope, branch: Branch, _row: Row) -> None:
    scope.network.labels.update(text_pairs(branch))


def _read_ipv4(_scope: NetworkScope, branch: Branch, _row: Row) -> None:
    if not convert(branch, values.to_bool):
        remedy = "Give a subnet of IPv6 alone."
        raise UnfitError(branch, "Podman gives each network addresses of IPv4", remedy)
    branch.take().exact("that is so without it")


def _read_ipam(scope: NetworkScope, branch: Branch, _row: Row) -> None:
    for item in items(branch):
        with refusing(item):
            fields = mapping(item)
            if not fields.get("subnet") and set(fields) - {"aux_addresses"}:
                raise UnfitError(item, "it has no subnet", "Give the subnet, too.")
            for key, option in _IPAM.items():
                if key in fields:
                    scope.add(option, text(fields[key]), fields[key])
            if "aux_addresses" in fields:
                fields["aux_addresses"].take().dropped(
                    "Podman does not keep addresses from containers", "Give ip_range."
                )


_IPAM: t.Final = {"subnet": "--subnet", "ip_range": "--ip-range", "gateway": "--gateway"}


def _read_ipam_driver(scope: NetworkScope, branch: Branch, _row: Row) -> None:
    driver = text(branch)
    if driver == "default":
        branch.take().exact("it is the default")
    elif driver in ("host-local", "dhcp", "none"):
        scope.set("--ipam-driver", driver, branch)
    else:
        raise UnfitError(branch, f"Podman has no such driver as {driver!r}", "Remove the key.")


def _read_network_options(scope: NetworkScope, branch: Branch, row: Row) -> None:
    for key, value in pairs(branch):
        given: Given = value.given
        scope.options.append(Option(row.argument, f"{key}={value.value or ''}", given))


def _read_volume_driver(scope: VolumeScope, branch: Branch, _row: Row) -> None:
    scope.volume.driver = text_value(branch)


def _read_volume_options(scope: VolumeScope, branch: Branch, _row: Row) -> None:
    scope.volume.driver_options.update(text_pairs(branch))


def _read_volume_labels(scope: VolumeScope, branch: Branch, _row: Row) -> None:
    scope.volume.labels.update(text_pairs(branch))


_NETWORK: t.Final[Handlers[NetworkScope]] = {
    **OPTIONS,
    "driver": _read_network_driver,
    "internal": _read_internal,
    "labels": _read_network_labels,
    "ipv4": _read_ipv4,
    "ipam": _read_ipam,
    "ipam_driver": _read_ipam_driver,
    "options": _read_network_options,
}
_VOLUME: t.Final[Handlers[VolumeScope]] = {
    "driver": _read_volume_driver,
    "driver_opts": _read_volume_options,
    "labels": _read_volume_labels,
}
"""Handlers by their names in the table."""
