# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""A network as `podman network inspect` shows it, beside the command that makes it.

Recorded on hosts with Podman 5.4 and 6.1 (tests/unit/recorded/objects-*.json); what Podman
fills in itself: containers/common, libnetwork/netavark/config.go.
"""

from __future__ import annotations

import ipaddress
import re
import typing as t

from .create_command import TRUE
from .model import ANY, Row, pair_rows

if t.TYPE_CHECKING:
    from .create_command import CreateCommand

_BRIDGE = "bridge"
_ALIASES = {"com.docker.network.driver.mtu": "mtu"}
_BOOLEAN = ("isolate", "no_default_route")
_INTERFACE = {_BRIDGE: "com.docker.network.bridge.name", "macvlan": "parent", "ipvlan": "parent"}
"""The option that names the interface, by driver; Podman keeps it as such."""

_OWN_BRIDGE = re.compile(r"podman\d+|")
_POOL_V4 = (ipaddress.IPv4Address("10.89.0.0"), ipaddress.IPv4Address("10.255.255.255"))
_POOL_V6 = ipaddress.IPv6Network("fd00::/8")
Net = t.Union[ipaddress.IPv4Network, ipaddress.IPv6Network]


def network_rows(command: CreateCommand, shown: t.Mapping[str, t.Any]) -> t.Iterator[Row]:
    """All that the command decides."""
    driver = command.last("--driver", _BRIDGE)
    options = command.pairs("--opt")
    interface = options.pop(_INTERFACE.get(driver, ""), command.last("--interface-name"))
    yield "Driver", shown.get("driver"), driver
    yield "InterfaceName", *_interface(driver, interface, shown.get("network_interface") or "")
    yield from pair_rows("Options", _normal(shown.get("options") or {}), _normal(options))
    yield from pair_rows("Label", shown.get("labels") or {}, command.pairs("--label"))
    yield "Internal", _word(shown.get("internal")), _word(command.is_set("--internal"))
    yield "DNS", _joined(shown.get("network_dns_servers")), _joined(command.options.get("--dns"))
    yield "Route", _joined(_routes(shown)), _declared_routes(command)
    yield "IPAMDriver", (shown.get("ipam_options") or {}).get("driver"), _ipam(command, driver)
    yield "DisableDNS", _word(not shown.get("dns_enabled")), _no_dns(command, driver)
    if any(ANY in text for text in command.options.get("--subnet", ())):
        return
    subnets = [_net(text) for text in command.options.get("--subnet", ())]
    has_v6 = any(net.version == 6 for net in subnets if not isinstance(net, str))
    ipv6 = _word(has_v6 or command.is_set("--ipv6"))
    yield "IPv6", _word(shown.get("ipv6_enabled")), ipv6
    yield from _subnet_rows(command, subnets, shown.get("subnets") or [])


def _interface(driver: str, declared: str, there: str) -> tuple[str | None, str | None]:
    if declared or driver != _BRIDGE:
        return there or None, declared or None
    return (None if _OWN_BRIDGE.fullmatch(there) else there), None


def _word(value: t.Any) -> str:
    return "true" if value else "false"


def _normal(options: t.Mapping[str, str]) -> dict[str, str]:
    """Options by the names, and with the words for booleans, that Podman keeps."""
    named = {_ALIASES.get(key, key): value for key, value in options.items()}
    for key in _BOOLEAN:
        if key in named and named[key] not in ("strict", ANY):
            named[key] = _word(named[key] in TRUE)
    return named


def _joined(values: t.Iterable[str] | None) -> str | None:
    return ", ".join(map(_address, values or ())) or None


def _address(text: str) -> str:
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        return text


def _routes(shown: t.Mapping[str, t.Any]) -> list[str]:
    rows = []
    for row in shown.get("routes") or []:
        kind = row.get("route_type", "unicast")
        parts = [kind if kind != "unicast" else "", row.get("destination"), row.get("gateway")]
        rows.append(",".join(str(part) for part in [*parts, row.get("metric")] if part))
    return sorted(rows)


def _declared_routes(command: CreateCommand) -> str | None:
    return _joined(sorted(command.options.get("--route", ())))


def _ipam(command: CreateCommand, driver: str) -> str:
    default = "host-local" if driver == _BRIDGE or "--subnet" in command.options else ANY
    return command.last("--ipam-driver", default)


def _no_dns(command: CreateCommand, driver: str) -> str:
    """Only bridges with addresses of Podman's own have its DNS."""
    if command.is_set("--disable-dns"):
        return "true"
    return "false" if driver == _BRIDGE and _ipam(command, driver) == "host-local" else ANY


def _net(text: str) -> Net | str:
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        return text


def _subnet_rows(
    command: CreateCommand, subnets: t.Sequence[Net | str], there: t.Sequence[t.Mapping[str, t.Any]]
) -> t.Iterator[Row]:
    """Each subnet with its gateway and range; those that Podman may have chosen are left out."""
    found = {str(_net(row.get("subnet", ""))): row for row in there}
    lacking: list[str] = []
    gateways, ranges = (command.options.get(flag, ()) for flag in ("--gateway", "--ip-range"))
    for index, net in enumerate(subnets):
        row = found.pop(str(net), None)
        if row is None:
            lacking.append(str(net))
            continue
        yield from _gateway_rows(net, row, gateways[index : index + 1])
        yield f"IPRange of {net}", _lease(row), _range(ranges[index : index + 1])
    free = {4, 6} if command.is_set("--ipv6") else {4} if not subnets else set()
    free -= {net.version for net in subnets if not isinstance(net, str)}
    chosen = {name: net for name, net in zip(found, map(_net, found)) if _may_be_chosen(net, free)}
    others = found if lacking else [name for name in found if name not in chosen]
    yield "Subnet", _joined(others), _joined(lacking)
    for name, net in () if lacking else chosen.items():
        yield from _gateway_rows(net, found[name], ())
        yield f"IPRange of {name}", _lease(found[name]), None


def _gateway_rows(
    net: Net | str, row: t.Mapping[str, t.Any], declared: t.Sequence[str]
) -> t.Iterator[Row]:
    there = row.get("gateway")
    if not declared and not isinstance(net, str) and there in (None, str(net[1])):
        return
    yield f"Gateway of {net}", there, _joined(declared)


def _may_be_chosen(net: Net | str, versions: t.Container[int]) -> bool:
    """Whether Podman may have chosen a subnet, where containers.conf has no pools."""
    if isinstance(net, str) or net.version not in versions:
        return False
    if isinstance(net, ipaddress.IPv6Network):
        return net.prefixlen == 64 and net.subnet_of(_POOL_V6)
    return net.prefixlen == 24 and _POOL_V4[0] <= net[0] <= _POOL_V4[1]


def _lease(row: t.Mapping[str, t.Any]) -> str | None:
    lease = row.get("lease_range")
    return f"{lease.get('start_ip', '')}-{lease.get('end_ip', '')}" if lease else None


def _range(declared: t.Sequence[str]) -> str | None:
    """A range as Podman keeps it: from its first host to its last address."""
    if not declared:
        return None
    net = _net(declared[0])
    if isinstance(net, str):
        start, _dash, end = net.partition("-")
        return f"{_address(start)}-{_address(end)}"
    return f"{net[0] + 1}-{net[-1]}"
