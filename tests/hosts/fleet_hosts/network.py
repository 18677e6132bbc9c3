# Copyright (c) quadlet.fleet contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The bridge that joins hosts, registry and this machine; it leads nowhere else."""

from __future__ import annotations

import ipaddress
import json
import os
import typing as t
from dataclasses import dataclass

from .errors import HostsError
from .paths import Paths
from .preflight import require_network
from .shell import run, succeeds

SUBNET_VARIABLE = "QUADLET_HOSTS_SUBNET"
FIRST_HOST = 11
_PREFIX = 24


@dataclass(frozen=True)
class Network:
    """One bridge and its subnet; the first address is this machine's and the registry's."""

    bridge: str
    subnet: ipaddress.IPv4Network

    @property
    def gateway(self) -> str:
        """This machine's address on the bridge."""
        return str(self.subnet[1])

    def address(self, index: int) -> str:
        """The address of the host with this index."""
        return str(self.subnet[index])

    @property
    def indexes(self) -> range:
        """The indexes that hosts can have."""
        return range(FIRST_HOST, self.subnet.num_addresses - 1)


def bridge_name(paths: Paths) -> str:
    """A name of its own per cache folder, so that two checkouts' hosts never meet."""
    return f"qf{paths.identity}"


def current(paths: Paths) -> Network:
    """The bridge's network; when it isn't up, the one that it would get."""
    bridge = bridge_name(paths)
    taken = _networks_by_interface()
    here = taken.pop(bridge, [])
    if here:
        _check_wish(bridge, here[0])
        return Network(bridge, here[0])
    others = [network for networks in taken.values() for network in networks]
    return Network(bridge, _pick(int(paths.identity, 16), others))


def ensure(paths: Paths) -> Network:
    """Bring the bridge up with its address, if it isn't."""
    with paths.lock("network"):
        network = current(paths)
        if not succeeds(["ip", "link", "show", network.bridge]):
            require_network()
            # With an address of its own: else that changes with the hosts that come and go.
            run(
                ["ip", "link", "add", network.bridge, "address", _mac(paths), "type", "bridge"],
                what="the bridge cannot be made",
            )
        address = f"{network.gateway}/{network.subnet.prefixlen}"
        run(
            ["ip", "address", "replace", address, "dev", network.bridge],
            what=f"the bridge cannot get {address}",
        )
        run(["ip", "link", "set", network.bridge, "up"], what="the bridge cannot be brought up")
        return network


def remove(paths: Paths) -> None:
    """Delete the bridge; the caller knows that nobody is on it."""
    succeeds(["ip", "link", "delete", bridge_name(paths)])


def _mac(paths: Paths) -> str:
    """The bridge's own address, locally administered, with the cache folder's identity in it."""
    return ":".join(["02", "00", *(f"{byte:02x}" for byte in bytes.fromhex(paths.identity))])


def _check_wish(bridge: str, here: ipaddress.IPv4Network) -> None:
    own = os.environ.get(SUBNET_VARIABLE)
    if own and _parse_subnet(own) != here:
        what = f"{SUBNET_VARIABLE}={own}, but the bridge {bridge} is up with {here}"
        raise HostsError(what, "unset it, or first destroy all hosts and stop the registry")


def _pick(seed: int, taken: t.Sequence[ipaddress.IPv4Network]) -> ipaddress.IPv4Network:
    """The environment's subnet, else a 10.77.x.0/24 that no interface uses, the seed's x first."""
    own = os.environ.get(SUBNET_VARIABLE)
    if own:
        return _parse_subnet(own)
    for offset in range(256):
        subnet = ipaddress.IPv4Network(f"10.77.{(seed + offset) % 256}.0/{_PREFIX}")
        if not any(subnet.overlaps(other) for other in taken):
            return subnet
    raise HostsError(
        "every 10.77.x.0/24 is in use here", f"set {SUBNET_VARIABLE} to a free IPv4 subnet"
    )


def _parse_subnet(text: str) -> ipaddress.IPv4Network:
    try:
        subnet = ipaddress.IPv4Network(text)
    except ValueError as error:
        raise HostsError(
            f"{SUBNET_VARIABLE}={text} is no IPv4 subnet ({error})", "give one like 10.77.5.0/24"
        ) from error
    if subnet.num_addresses < 2 * FIRST_HOST:
        raise HostsError(f"{SUBNET_VARIABLE}={text} is too small", "give a /24")
    return subnet


def _networks_by_interface() -> dict[str, list[ipaddress.IPv4Network]]:
    links = json.loads(run(["ip", "-json", "-4", "address"], what="ip cannot list addresses"))
    return {
        link["ifname"]: [
            ipaddress.IPv4Network(f"{item['local']}/{item['prefixlen']}", strict=False)
            for item in link["addr_info"]
        ]
        for link in links
        if link
    }
