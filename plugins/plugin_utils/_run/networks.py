# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""--publish, --network and what belongs to them."""

from __future__ import annotations

import csv
import re

from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.model import (
    Attachment,
    Option,
    Port,
    Value,
)
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.report import Given
from ansible_collections.quadlet.fleet.plugins.plugin_utils._run.reading import Reading, supersede

_RANGE = r"[0-9]{1,5}(?:-[0-9]{1,5})?"
_PORT = re.compile(
    rf"(?:(?:(?P<address>\[[0-9A-Fa-f:.%\w]*\]|[^:\[\]]*):)?(?P<host>{_RANGE})?:)?"
    rf"(?P<container>{_RANGE})(?:/(?P<protocol>tcp|udp|sctp))?",
    re.IGNORECASE,
)
_MODES = re.compile(r"(?:host|none|private|default|bridge|pasta|slirp4netns)|(?:container|ns):.+"
                    r"|(?:bridge|pasta|slirp4netns):.*")  # fmt: skip


def read_publish(reading: Reading, value: str, given: Given) -> None:
    """[[ADDRESS:]HOST:]CONTAINER[/PROTOCOL]; of podman several between commas."""
    for text in [value] if reading.is_docker else value.split(","):
        match = _PORT.fullmatch(text)
        if not match or _spans_differ(match["host"], match["container"]):
            given.refused(f"{text} is no port", "Write [[ADDRESS:]HOST:]CONTAINER[/PROTOCOL].")
            return
        port = Port(
            match["container"],
            given,
            match["host"] or "",
            (match["address"] or "").strip("[]"),
            (match["protocol"] or "").lower(),
        )
        reading.container.ports.append(port)


def _spans_differ(host: str | None, container: str) -> bool:
    """Whether two ranges have not the same length; one port of several of the host is Docker's."""
    spans = []
    for text in (host or container, container):
        first, _dash, last = text.partition("-")
        spans.append(int(last or first) - int(first))
        if not 0 <= int(first) <= int(last or first) <= 65535:
            return True
    return spans[0] != spans[1] and spans[1] != 0


def read_network(reading: Reading, value: str, given: Given) -> None:
    """A mode, or a network with options in Podman's form or in Docker's."""
    container = reading.container
    if value in ("bridge", "default") and reading.is_docker:
        given.exact("it is the default")
        return
    if _MODES.fullmatch(value):
        supersede(container.network_mode)
        container.network_mode = Value(value, given)
        return
    if "=" in value and ":" not in value.partition("=")[0]:
        _read_docker_form(reading, value, given)
        return
    name, _colon, text = value.partition(":")
    attachment = Attachment(name, given)
    for part in filter(None, text.split(",")):
        _add_option(attachment, *part.partition("=")[::2])
    container.networks.append(attachment)


def _read_docker_form(reading: Reading, value: str, given: Given) -> None:
    """name=NET,alias=A,ip=…: Docker's advanced syntax."""
    fields = next(csv.reader([value]), [])
    values = [(k.strip().lower(), v) for k, _e, v in (field.partition("=") for field in fields)]
    name = next((text for key, text in values if key == "name"), "")
    if not name:
        given.refused(f"{value} names no network", "Add name=NETWORK.")
        return
    attachment = Attachment(name, given)
    for key, text in values:
        if key in ("alias", "ip", "ip6", "mac-address"):
            _add_option(attachment, key, text)
        elif key in ("driver-opt", "link-local-ip", "gw-priority"):
            given.dropped(f"Podman has no {key} for a network of a container")
        elif key != "name":
            given.refused(f"{key} is no option of a network", "Leave it out.")
    reading.container.networks.append(attachment)


def _add_option(attachment: Attachment, name: str, text: str) -> None:
    if name == "alias":
        attachment.aliases.append(text)
    else:
        key = {"mac-address": "mac", "interface": "interface_name"}.get(name, name)
        attachment.options.append((key, text))


def finish_network(reading: Reading) -> None:
    """Aliases and addresses belong to networks, whatever the order of the options was."""
    container = reading.container
    for alias, given in zip(reading.aliases, reading.alias_given):
        if container.networks and reading.is_docker:
            for attachment in container.networks:
                attachment.aliases.append(alias)
            given.exact("it is an alias on each network")
        else:
            container.options.append(Option("--network-alias", alias, given))
    for name, text, given in reading.addresses:
        if container.networks:
            _add_option(container.networks[0], name, text)
            given.exact("it is an option of the network")
        else:
            container.options.append(Option(f"--{name}", text, given))
