# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Networks of a container, and its network mode."""

from __future__ import annotations

import typing as t

from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.model import (
    Attachment,
    Value,
)
from ansible_collections.quadlet.fleet.plugins.plugin_utils._inspect.fields import Reading
from ansible_collections.quadlet.fleet.plugins.plugin_utils._inspect.host import mark_id

_DEFAULT_MODES = frozenset({"", "default", "bridge"})
_DEFAULT_NETWORKS = frozenset({"podman", "bridge", "pasta", "slirp4netns"})
_ROOTLESS = frozenset({"pasta", "slirp4netns"})
"""What a rootless container has without a network: it is not told whether it was asked for."""
_NO_NETWORKS = frozenset({"host", "none"})
"""Modes that Docker shows as networks of these names, too."""


def read_networks(reading: Reading) -> None:
    """The network mode, or the networks with the names and addresses that were asked for."""
    if reading.shown.get("Pod"):
        return
    mode = str(reading.get("HostConfig.NetworkMode") or "")
    networks: dict[str, t.Any] = reading.get("NetworkSettings.Networks") or {}
    kind, _colon, other = mode.partition(":")
    given = reading.give("HostConfig.NetworkMode")
    if kind == "container":
        found = reading.objects.find("container", other)
        text = f"container:{found.name}" if found else mode
        reading.container.network_mode = Value(text, given)
        if found is None:
            mark_id(given, other)
    elif mode in _NO_NETWORKS or (
        mode not in _DEFAULT_MODES and mode not in networks and mode not in _ROOTLESS
    ):
        reading.container.network_mode = Value(mode, given)
    else:
        given.exact("see each network")
        _attach_all(reading, networks)


def _attach_all(reading: Reading, networks: dict[str, t.Any]) -> None:
    names = [name for name in networks if name]
    if len(names) < 2 and set(names) <= _DEFAULT_NETWORKS:
        return
    for name in names:
        endpoint = networks[name] if isinstance(networks[name], dict) else {}
        given = reading.give(f"NetworkSettings.Networks.{name}")
        known = reading.objects.find("network", name)
        reading.container.networks.append(
            Attachment(
                known.name if known else name,
                given,
                aliases=_aliases(reading, endpoint),
                options=_addresses(endpoint),
            )
        )
        if endpoint.get("Links"):
            given.dropped("Podman has no links", rule="link")
        if not known and name in _DEFAULT_NETWORKS - {"podman"}:
            given.refused(
                f"Docker's network {name} is not there for Podman",
                "Leave it out.",
                "network-driver",
            )


def _aliases(reading: Reading, endpoint: dict[str, t.Any]) -> list[str]:
    """Names that were asked for: not the id, the container's name or its host name."""
    own = {reading.object.id[:12], reading.object.name, str(reading.get("Config.Hostname") or "")}
    return [str(name) for name in endpoint.get("Aliases") or () if name not in own]


def _addresses(endpoint: dict[str, t.Any]) -> list[tuple[str, str]]:
    """Addresses that were asked for; those that the engine has given stand elsewhere."""
    asked = endpoint.get("IPAMConfig") or {}
    pairs = (("ip", asked.get("IPv4Address")), ("ip6", asked.get("IPv6Address")))
    found = [(name, str(address)) for name, address in pairs if address]
    driver = endpoint.get("DriverOpts") or {}
    return found + [(str(name), str(text)) for name, text in driver.items()]
