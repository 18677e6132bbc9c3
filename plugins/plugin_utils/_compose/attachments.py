# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""The networks of a service."""

from __future__ import annotations

import typing as t

from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose import values
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.dispatch import Handlers
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.objects import use_network
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.plain import OPTIONS
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.ports import read_port
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.reading import (
    convert,
    items,
    mapping,
    pairs,
    refusing,
    text,
    text_value,
)
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.service import (
    Link,
    Need,
    Service,
)
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.table import Row
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.taking import Branch
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.model import Attachment, Value

_ADDRESSES: t.Final = {
    "ipv4_address": "ip",
    "ipv6_address": "ip6",
    "mac_address": "mac",
    "interface_name": "interface_name",
}
_INTERFACE: t.Final = "com.docker.network.endpoint.ifname"
_MODES: t.Final = frozenset({"host", "none", "bridge", "default"})


class _Ranked(t.NamedTuple):
    """An attachment with what orders it: gateway's priority, priority; higher ones first."""

    gateway: int
    priority: int
    attachment: Attachment


def _read_networks(service: Service, branch: Branch, _row: Row) -> None:
    ranked = []
    parts = branch.items() if branch.is_mapping else [(text(item), item) for item in items(branch)]
    for name, part in parts:
        with refusing(part):
            ranked.append(_read_attachment(service, name, part, branch.is_mapping))
    ranked.sort(key=lambda one: (-one.gateway, -one.priority))
    service.container.networks += [one.attachment for one in ranked]


def _read_attachment(service: Service, name: str, part: Branch, is_long: bool) -> _Ranked:
    found = use_network(service.reading, name, part)
    if not is_long or part.node.value is None:
        attachment = Attachment(found.source, part.take(), found.external, [service.name])
        return _Ranked(0, 0, attachment)
    attachment = Attachment(found.source, part.head(), found.external, [service.name])
    fields = mapping(part)
    for key, option in _ADDRESSES.items():
        if key in fields:
            attachment.options.append((option, text(fields[key])))
            fields[key].take().exact()
    if "aliases" in fields:
        for item in items(fields["aliases"]):
            _add_alias(attachment, text(item))
            item.take().exact()
    if "link_local_ips" in fields:
        fields["link_local_ips"].take().dropped("Podman has no further addresses of an interface")
    if "driver_opts" in fields:
        _read_driver_options(attachment, fields["driver_opts"])
    gateway, priority = (_rank(fields, key) for key in ("gw_priority", "priority"))
    if "gw_priority" in fields:
        fields["gw_priority"].take().approximated(
            "the network with the highest is written first; the gateway is Podman's choice",
            rule="gateway-priority",
        )
    return _Ranked(gateway, priority, attachment)


def _add_alias(attachment: Attachment, alias: str) -> None:
    if alias not in attachment.aliases:
        attachment.aliases.append(alias)


def _rank(fields: t.Mapping[str, Branch], key: str) -> int:
    if key not in fields:
        return 0
    rank = convert(fields[key], values.to_int)
    if key == "priority":
        fields[key].take().exact("the order of the networks")
    return rank


def _read_driver_options(attachment: Attachment, branch: Branch) -> None:
    for key, value in pairs(branch):
        if key == _INTERFACE:
            attachment.options.append(("interface_name", value.value or ""))
            value.given.exact()
        else:
            value.given.dropped("Podman has no options of Docker's network drivers")


def _read_mode(service: Service, branch: Branch, _row: Row) -> None:
    mode, container = text(branch), service.container
    if mode.startswith("service:"):
        target = mode.removeprefix("service:")
        service.needs.append(Need(target, branch, branch.take(), restart=True))
    elif mode not in _MODES and not mode.startswith("container:"):
        container.networks.append(Attachment(mode, branch.take(), external=True))
        return
    container.network_mode = Value("bridge" if mode == "default" else mode, branch.take())


def settle_networks(service: Service) -> None:
    """What no key says: the default network; and keys that exclude each other."""
    container = service.container
    mode, networks = service.branch.get("network_mode"), service.branch.get("networks")
    if mode and networks and not networks.is_empty and not mode.is_empty:
        mode.take().refused("there are networks as well", "Give network_mode or networks.")
    elif container.network_mode is None and not container.networks:
        found = use_network(service.reading, "default", service.branch)
        attachment = Attachment(found.source, container.given, found.external, [service.name])
        container.networks.append(attachment)
    _settle_mac(service)
    _settle_ports(service)


def _settle_mac(service: Service) -> None:
    mac, networks = service.mac, service.container.networks
    if mac is None:
        return
    if not networks:
        service.set("--mac-address", mac.value, t.cast("Branch", service.branch.get("mac_address")))
    elif any(key == "mac" for key, _value in networks[0].options):
        mac.given.exact("the network has one of its own")
    else:
        networks[0].options.append(("mac", mac.value))
        mac.given.exact("an option of the first network")


def _settle_ports(service: Service) -> None:
    mode, ports = service.container.network_mode, service.container.ports
    if mode is None or not ports:
        return
    if mode.value in ("host", "none"):
        for port in ports:
            port.given.exact(f"it has no effect with the network mode {mode.value}")
        ports.clear()
    elif mode.value.startswith("container:"):
        remedy = "Move the ports there, where the network is made."
        for port in ports:
            port.given.refused(f"the network is that of {mode.value}", remedy)


def _read_mac(service: Service, branch: Branch, _row: Row) -> None:
    service.mac = text_value(branch)


def _read_ports(service: Service, branch: Branch, _row: Row) -> None:
    for item in items(branch):
        with refusing(item):
            service.container.ports.append(read_port(item))


def _read_links(service: Service, branch: Branch, _row: Row) -> None:
    for item in items(branch):
        with refusing(item):
            target, _colon, alias = text(item).partition(":")
            given = item.take()
            service.needs.append(Need(target, item, given, restart=True))
            service.links.append(Link(target, alias or target, item, given))


def _read_hostname(service: Service, branch: Branch, _row: Row) -> None:
    service.hostname = text_value(branch)


def _read_domain(service: Service, branch: Branch, _row: Row) -> None:
    service.domain = text_value(branch)


def settle_hostname(service: Service) -> None:
    """The host name with its domain, which Podman has no option for."""
    name, domain = service.hostname, service.domain
    if domain and not (name and name.value):
        domain.given.dropped("there is no host name that it could belong to", "Give hostname.")
    elif domain and name:
        domain.given.approximated("it is a part of the host name")
    branch = service.branch.get("hostname")
    if name and branch:
        OPTIONS["option"](service, branch, _HOSTNAME)
        if domain and service.options and name.value:
            service.options[-1].value = f"{name.value}.{domain.value}"


_HOSTNAME: t.Final = Row((), "option", "--hostname", "", (), (), "", "")

NETWORKS: t.Final[Handlers[Service]] = {
    "networks": _read_networks,
    "network_mode": _read_mode,
    "mac_address": _read_mac,
    "ports": _read_ports,
    "links": _read_links,
    "hostname": _read_hostname,
    "domainname": _read_domain,
}
"""Handlers by their names in the table."""
