# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Published ports: every form of Compose."""

from __future__ import annotations

import ipaddress
import re
import typing as t

from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.reading import (
    UnfitError,
    mapping,
    text,
)
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.taking import Branch
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.model import Port
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.report import Given

_RANGE: t.Final = re.compile(r"([0-9]{1,5})(?:-([0-9]{1,5}))?")
_REMEDY: t.Final = "Write [[ADDRESS:]HOST:]CONTAINER[/PROTOCOL]."
_PROTOCOLS: t.Final = frozenset({"tcp", "udp", "sctp"})


def read_port(item: Branch) -> Port:
    """A port: a number, a string or a mapping."""
    if item.is_list:
        raise UnfitError(item, "it is a list, not a port")
    port = _read_long(item) if item.is_mapping else _read_short(item)
    host, container = _span(item, port.host), _span(item, port.container)
    if container is None:
        raise UnfitError(item, "it has no port of the container", _REMEDY)
    _check_address(item, port.address)
    if host and _count(host) != _count(container) and _count(container) != 1:
        raise UnfitError(item, f"{port.host} and {port.container} differ in length")
    if port.protocol not in ("", *_PROTOCOLS):
        raise UnfitError(item, f"{port.protocol!r} is no protocol", "Write tcp, udp or sctp.")
    return port


def _read_short(item: Branch) -> Port:
    """[[ADDRESS:]HOST:]CONTAINER[/PROTOCOL]; an address of IPv6 may be in brackets."""
    ports, _slash, protocol = text(item).strip().partition("/")
    rest, _colon, container = ports.rpartition(":")
    address, _colon, host = rest.rpartition(":")
    return _port(item.take(), container, host, address, protocol)


def _port(given: Given, container: str, host: str, address: str, protocol: str) -> Port:
    known = protocol.lower()
    bare = address.removeprefix("[").removesuffix("]")
    return Port(container, given, host, bare, "" if known == "tcp" else known)


def _read_long(item: Branch) -> Port:
    fields = {key: text(part) for key, part in mapping(item).items()}
    if "target" not in fields:
        raise UnfitError(item, "it has no target")
    keys = ("target", "published", "host_ip", "protocol")
    return _port(item.take(), *(fields.get(key, "") for key in keys))


def _span(item: Branch, ports: str) -> tuple[int, int] | None:
    """The first and the last of a range; None for ''."""
    if not ports:
        return None
    match = _RANGE.fullmatch(ports)
    first, last = (int(match[1]), int(match[2] or match[1])) if match else (1, 0)
    if not 0 <= first <= last <= 65535:
        raise UnfitError(item, f"{ports!r} is no port or range of ports", _REMEDY)
    return first, last


def _check_address(item: Branch, address: str) -> None:
    try:
        ipaddress.ip_address(address or "::")
    except ValueError:
        raise UnfitError(item, f"{address!r} is no address of the host", _REMEDY) from None


def _count(span: tuple[int, int]) -> int:
    return span[1] - span[0] + 1


def is_choice(port: Port) -> bool:
    """Whether a free port of a range is taken: a range of the host for a single port."""
    return "-" in port.host and "-" not in port.container


def choose(port: Port, index: int) -> Port | None:
    """The port of a replica, from 0, out of the range; None: it is too short."""
    first, last = map(int, port.host.split("-"))
    if first + index > last:
        return None
    return Port(port.container, port.given, str(first + index), port.address, port.protocol)
