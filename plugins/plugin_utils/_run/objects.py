# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""network create and volume create."""

from __future__ import annotations

import typing as t

from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.model import (
    Network,
    Option,
    Value,
    Volume,
)
from ansible_collections.quadlet.fleet.plugins.plugin_utils._run.arguments import (
    Arguments,
    parse_arguments,
)
from ansible_collections.quadlet.fleet.plugins.plugin_utils._run.options import Table, parse_table
from ansible_collections.quadlet.fleet.plugins.plugin_utils._run.reading import parse_flag
from ansible_collections.quadlet.fleet.plugins.plugin_utils._run.words import Give

_NETWORK: t.Final = parse_table(
    """
attachable      -  flag  d  idle
aux-address     -  value d  dropped
config-from     -  value d  dropped
config-only     -  flag  d  dropped
disable-dns     -  flag  p  option
dns             -  value p  option
driver          d  value dp option
gateway         -  value dp option
ignore          -  flag  p  idle
ingress         -  flag  d  dropped
interface-name  -  value p  option
internal        -  flag  dp internal
ip-range        -  value dp option
ipam-driver     -  value dp option
ipam-opt        -  value d  dropped
ipv4            -  flag  d  idle
ipv6            -  flag  dp option
label           -  value dp label
opt             o  value dp option
route           -  value p  option
scope           -  value d  dropped
subnet          -  value dp option
""",
    "docker network create --help",
)
_VOLUME: t.Final = parse_table(
    """
driver          d  value dp driver
gid             -  value p  option
group           -  value d  dropped
ignore          -  flag  p  idle
label           l  value dp label
name            -  value d  name
opt             o  value dp opt
uid             -  value p  option
availability    -  value d  dropped
""",
    "docker volume create --help",
)


def _start(words: t.Sequence[str], give: Give, table: Table, kind: str) -> tuple[Arguments, str]:
    found = parse_arguments(words, table)
    for index, what, remedy in found.faults:
        give(f"{kind} {words[index]}", index).refused(what, remedy)
    name = words[found.image] if found.image is not None else ""
    # podman and docker take options behind the name, too.
    behind = parse_arguments(words[found.command :], table)
    found.options += [
        argument.__class__(argument.row, argument.value, argument.index + found.command)
        for argument in behind.options
    ]
    for index, what, remedy in behind.faults:
        give(f"{kind} {words[found.command + index]}", index).refused(what, remedy)
    return found, name


def read_network_create(words: t.Sequence[str], give: Give) -> list[Network]:
    """The network of a line."""
    found, name = _start(words, give, _NETWORK, "network")
    given = give(f"network {name}", 0)
    if not name:
        given.refused("the network has no name", "Give it one.")
        return []
    network = Network(name, given, network_name=name)
    for argument in found.options:
        item = give(f"network {name} {argument.row.name}", argument.index)
        handler, value = argument.row.handler, argument.value
        if handler == "internal":
            network.internal = Value(parse_flag(value) is not False, item)
        elif handler == "label":
            key, _equals, text = value.partition("=")
            network.labels[key] = Value(text, item)
        elif handler == "option":
            flag = None if parse_flag(value) else "false"
            text_or_flag = flag if argument.row.flag else value
            network.options.append(Option(argument.row.name, text_or_flag, item))
        elif handler == "idle":
            item.exact("it is so for networks of Podman, or means nothing to them")
        else:
            item.dropped(f"Podman has no {argument.row.name} for networks")
    return [network]


def read_volume_create(words: t.Sequence[str], give: Give, volumes: dict[str, Volume]) -> None:
    """The volume of a line."""
    found, name = _start(words, give, _VOLUME, "volume")
    given = give(f"volume {name}", 0)
    names = [argument.value for argument in found.options if argument.row.name == "--name"]
    name = names[-1] if names else name
    if not name:
        given.refused("the volume has no name", "Give it one.")
        return
    if name in volumes:
        given.exact("the volume is made where it is mounted first")
    volume = volumes.setdefault(name, Volume(name, given, volume_name=name))
    for argument in found.options:
        item = give(f"volume {name} {argument.row.name}", argument.index)
        handler, value = argument.row.handler, argument.value
        key, _equals, text = value.partition("=")
        if handler == "driver":
            volume.driver = Value(value, item)
        elif handler == "opt":
            volume.driver_options[key] = Value(text, item)
        elif handler == "label":
            volume.labels[key] = Value(text, item)
        elif handler == "option":
            volume.options.append(Option(argument.row.name, value, item))
        elif handler in ("name", "idle"):
            item.exact("it is the unit's")
        else:
            item.dropped(f"Podman has no {argument.row.name} for volumes")
