# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""What containers of several lines have to do with each other."""

from __future__ import annotations

import typing as t

from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.model import (
    Attachment,
    Container,
    Dependency,
    Model,
    Network,
    Option,
    Pod,
    Value,
)
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.report import Given
from ansible_collections.quadlet.fleet.plugins.plugin_utils._run.reading import Reading

_JOINED = frozenset({"--ipc", "--pid", "--uts", "--cgroupns"})


def link_containers(model: Model, readings: t.Sequence[Reading]) -> None:
    """Names of containers, networks and pods become units of the app."""
    names = {c.container_name.value: c for c in model.containers if c.container_name}
    for reading in readings:
        container = reading.container
        _join_network(names, container)
        for option in container.options:
            _join(names, container, option)
        for name, alias, given in reading.links:
            _link(model, names, container, (name, alias, given))
        for name, given in reading.requires:
            _require(names, container, name, given)
        _make_pod(model, container)
    _make_networks(model)


def _join_network(names: t.Mapping[str, Container], container: Container) -> None:
    mode = container.network_mode
    kind, _colon, name = mode.value.partition(":") if mode else ("", "", "")
    if mode is not None and kind == "container" and name in names:
        container.network_mode = Value(f"service:{names[name].name}", mode.given)


def _join(names: t.Mapping[str, Container], container: Container, option: Option) -> None:
    kind, _colon, rest = (option.value or "").partition(":")
    if option.name in _JOINED and kind == "container" and rest in names:
        option.value = f"service:{names[rest].name}"
    elif option.name == "--volumes-from" and kind in names:
        need = Dependency(names[kind].name, "started", option.given, restart=True)
        container.dependencies.append(need)


def _require(
    names: t.Mapping[str, Container], container: Container, name: str, given: Given
) -> None:
    if name in names:
        need = Dependency(names[name].name, "started", given, restart=True)
        container.dependencies.append(need)
    else:
        container.options.append(Option("--requires", name, given))
        given.approximated(
            f"no line makes the container {name}", "Set Requires= and After= to its service."
        )


def _link(
    model: Model,
    names: t.Mapping[str, Container],
    container: Container,
    link: tuple[str, str, Given],
) -> None:
    """Docker's links: the other container is known by its name and another one."""
    name, alias, given = link
    other = names.get(name)
    if other is None or _is_elsewhere(container) or _is_elsewhere(other):
        given.dropped(
            f"Podman has no links, and no line makes the container {name}"
            if other is None
            else f"Podman has no links, and {name} has another network",
            "Give both containers a network: they find each other by name there.",
            "link",
        )
        return
    shared = {item.network for item in container.networks} & {n.network for n in other.networks}
    if not shared:
        network = "links"
        if all(item.name != network for item in model.networks):
            model.networks.append(Network(network, given))
        for side in (container, other):
            if all(item.network != network for item in side.networks):
                side.networks.append(Attachment(network, given))
        shared = {network}
    for item in other.networks:
        if item.network in shared and alias not in item.aliases:
            item.aliases += [alias] if alias != name else []
    container.dependencies.append(Dependency(other.name, "started", given))
    given.approximated(
        "both are on a network of the app, where they know each other by name", rule="link"
    )


def _is_elsewhere(container: Container) -> bool:
    mode = container.network_mode
    return mode is not None and mode.value not in ("bridge", "default", "private")


def _make_pod(model: Model, container: Container) -> None:
    """--pod new:NAME makes the pod."""
    pod = container.pod
    if pod is None or not pod.value.startswith("new:"):
        return
    name = pod.value.removeprefix("new:")
    if all(item.name != name for item in model.pods):
        model.pods.append(Pod(name, pod.given, pod_name=name))
    container.pod = Value(name, pod.given)


def _make_networks(model: Model) -> None:
    """A network that no line makes is made by the app; one that is there is taken as it is."""
    made = {network.name for network in model.networks}
    owners: list[Container | Pod] = [*model.containers, *model.pods]
    for owner in owners:
        for attachment in owner.networks:
            name = attachment.network
            if name not in made:
                made.add(name)
                model.networks.append(Network(name, attachment.given, network_name=name))
                attachment.given.approximated(
                    f"the app makes the network {name}, if there is none", rule="network"
                )
