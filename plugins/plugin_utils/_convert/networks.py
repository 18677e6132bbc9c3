# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Networks and ports of containers and pods."""

from __future__ import annotations

import typing as t

from ansible_collections.quadlet.fleet.plugins.module_utils._core.quadlet.quoting import literal
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.model import (
    Attachment,
    Container,
    Pod,
    Port,
    Value,
)
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.report import Given
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.unit import Unit
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.writing import Writing

_JOINS_SINCE = (5, 3)
_RESOLVER = 53
_ANYWHERE = frozenset({"", "0.0.0.0", "::", "[::]"})
_LOWEST = 1024


def write_networking(writing: Writing, unit: Unit, owner: Container | Pod) -> None:
    """Network mode or networks, and ports."""
    mode = owner.network_mode
    if mode is not None:
        _write_mode(writing, unit, mode, alone=not owner.networks)
    for attachment in owner.networks:
        if mode is not None and mode.value != "bridge":
            attachment.given.dropped(f"with network mode {mode.value} it has no networks")
        else:
            _attach(writing, unit, attachment)
    for port in owner.ports:
        _write_port(writing, unit, port, mode)


def _write_mode(writing: Writing, unit: Unit, mode: Value[str], *, alone: bool) -> None:
    """alone: there are no networks besides."""
    kind, _colon, name = mode.value.partition(":")
    if mode.value == "bridge" and alone and writing.is_user:
        # A user's default is pasta: no container reaches another one by it.
        unit.put("Network", "bridge", mode.given)
    elif kind in ("default", "bridge", "") and not name:
        mode.given.exact("it is the default network")
    elif kind == "service":
        _join(writing, unit, name, mode)
    else:
        unit.put("Network", mode.value, mode.given)


def _join(writing: Writing, unit: Unit, stem: str, mode: Value[str]) -> None:
    if stem not in writing.containers:
        mode.given.absent(f"there is no service {stem}", "Name a service of the app.")
    elif unit.podman >= _JOINS_SINCE:
        unit.put("Network", writing.unit_name(stem, "container"), mode.given)
    else:
        unit.put("Network", f"container:{writing.object_of(stem)}", mode.given)
        for key in ("Requires", "After"):
            unit.line("Unit", key, writing.service(stem), mode.given)


def _attach(writing: Writing, unit: Unit, attachment: Attachment) -> None:
    """The key with names and addresses of exactly this network."""
    name = attachment.network
    name = literal(name) if attachment.external else writing.unit_name(name, "network")
    options = [("alias", alias) for alias in dict.fromkeys(attachment.aliases)]
    options += attachment.options
    text = ",".join(f"{key}={value}" if value else key for key, value in options)
    unit.put_syntax("Network", f"{name}:{literal(text)}" if text else name, attachment.given)


def _write_port(writing: Writing, unit: Unit, port: Port, mode: Value[str] | None) -> None:
    if mode is not None and mode.value in ("host", "none"):
        port.given.exact(f"with network mode {mode.value} no port is published")
        return
    unit.put("PublishPort", _port_text(port), port.given)
    if takes_resolver_port(writing, port):
        port.given.approximated(
            f"it does not start while Podman's own resolver has port {_RESOLVER} of a network's "
            "gateway, as on each network with names",
            f"Publish it at one address of the host, ADDRESS:{port.host}:{port.container}, or set "
            "dns_bind_port in containers.conf.",
            "resolver-port",
        )
    first = port.host.partition("-")[0]
    if writing.is_user and first.isdigit() and 0 < int(first) < _LOWEST:
        port.given.approximated(
            f"a user's container can't have port {first}, unless the host allows it",
            "Role host sets net.ipv4.ip_unprivileged_port_start.",
            "rootless-port",
        )
        if first in ("80", "443") and writing.once("client-address"):
            port.given.approximated(
                "the container sees the host's address instead of the clients'",
                "Use socket activation, or the host's network.",
                "client-address",
            )


def takes_resolver_port(writing: Writing, port: Port) -> bool:
    """Whether a published port is that of Podman's resolver: aardvark-dns listens at the gateway
    of each network; a user's does so in a namespace of its own.
    """
    first, _dash, last = port.host.partition("-")
    if writing.is_user or not first.isdigit() or port.address not in _ANYWHERE:
        return False
    return int(first) <= _RESOLVER <= int(last if last.isdigit() else first)


def resolves_alone(writing: Writing, stem: str) -> Given | None:
    """What publishes the resolver's port of a container that is alone on a network."""
    owners: list[Container | Pod] = [*writing.model.containers, *writing.model.pods]
    there = [o for o in owners if any(n.network == stem and not n.external for n in o.networks)]
    ports = there[0].ports if len(there) == 1 else []
    return next((port.given for port in ports if takes_resolver_port(writing, port)), None)


def _port_text(port: Port) -> str:
    address = port.address
    if ":" in address and not address.startswith("["):
        address = f"[{address}]"
    parts = [address, port.host, port.container] if address else [port.host, port.container]
    text = ":".join(parts if port.host or address else parts[-1:])
    return f"{text}/{port.protocol}" if port.protocol and port.protocol != "tcp" else text


def move_ports(writing: Writing) -> None:
    """Ports of a container that uses another one's network are published by that one."""
    for container in writing.model.containers:
        mode = container.network_mode.value if container.network_mode else ""
        kind, _colon, stem = mode.partition(":")
        if kind != "service" or not (container.ports or container.networks):
            continue
        owner = _owner(writing, stem)
        if owner is None:
            continue
        for port in container.ports:
            port.given.moved(
                f"{owner.name} publishes it, whose network this one uses", rule="shared-network"
            )
        owner.ports += container.ports
        container.ports = []


def _owner(writing: Writing, stem: str) -> Container | None:
    """The container whose network it is in the end; None if there is none."""
    seen: set[str] = set()
    while stem in writing.containers and stem not in seen:
        seen.add(stem)
        container = writing.containers[stem]
        mode = container.network_mode.value if container.network_mode else ""
        kind, _colon, name = mode.partition(":")
        if kind != "service":
            return container
        stem = name
    return None


def published_inside(writing: Writing) -> t.Iterator[str]:
    """The networks of containers that publish ports and have none but internal networks: by any
    other one the ports are published.
    """
    networks = writing.model.networks
    internal = {item.name for item in networks if item.internal and item.internal.value}
    owners: list[Container | Pod] = [*writing.model.containers, *writing.model.pods]
    for owner in owners:
        names = [item.network for item in owner.networks if not item.external]
        if owner.ports and len(names) == len(owner.networks) and internal.issuperset(names):
            yield from names
