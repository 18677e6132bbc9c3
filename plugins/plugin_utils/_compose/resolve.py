# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""What needs all services: references between them, replicas, names."""

from __future__ import annotations

import copy
import dataclasses
import re
import typing as t

from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.build_parts import (
    resolve_contexts,
)
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.outside import settle_provider
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.ports import choose, is_choice
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.reading import Reading
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.service import Need, Service
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.steps import add_steps
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.model import (
    Container,
    Dependency,
    Mount,
    Port,
    Value,
    Volume,
)
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.report import Given
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.walk import given_within

Services = t.Mapping[str, Service]

_MOST_SHOWN: t.Final = 20
_NAMESPACES: t.Final = frozenset({"--ipc", "--pid", "--uts", "--cgroupns"})


def resolve(reading: Reading, services: Services) -> None:
    """Resolves what services say of each other, and puts their containers into the model."""
    order = _refuse_circles(services)
    for service in services.values():
        settle_provider(service, services)
        resolve_contexts(service, services)
        _resolve_needs(reading, service, services)
        _resolve_links(service, services)
        _resolve_namespaces(service, services)
    for name in order:
        _resolve_shares(services[name], services)
    for service in services.values():
        reading.model.containers += _with_steps(service)
    _refuse_same_names(reading)


def _resolve_needs(reading: Reading, service: Service, services: Services) -> None:
    known: set[str] = set()
    for need in service.needs:
        other = services.get(need.service)
        if other is None and reading.declared("services", need.service):
            need.given.exact(f"{need.service} can't be read itself")
        elif other is None:
            _settle_missing(need)
        elif need.service in known:
            need.given.exact("the dependency is there already")
        else:
            known.add(need.service)
            _add_dependencies(service, other, need)


def _settle_missing(need: Need) -> None:
    if need.required:
        need.given.absent(
            f"there is no service {need.service}", "Correct the name, or add the service."
        )
    else:
        need.given.exact("it is not required, and there is no such service")


def _add_dependencies(service: Service, other: Service, need: Need) -> None:
    if other.count == 0:
        need.given.exact(f"no container of {need.service} is asked for")
    if need.condition == "completed":
        other.container.job = True
    service.container.dependencies += [
        Dependency(stem, need.condition, need.given, need.required, need.restart)
        for stem in other.stems()
    ]


def _refuse_circles(services: Services) -> list[str]:
    """Refuses services that need each other, with the way around.  All services, those that others
    need before them.
    """
    done: dict[str, None] = {}
    for first in services:
        way = {} if first in done else {first: iter(services[first].needs)}
        while way:
            name = next(reversed(way))
            need = next(way[name], None)
            if need is None:
                del way[name]
                done[name] = None
            elif need.service in way:
                _refuse_circle([*way], need)
            elif need.service in services and need.service not in done:
                way[need.service] = iter(services[need.service].needs)
    return [*done]


def _refuse_circle(way: list[str], need: Need) -> None:
    names = way[way.index(need.service) :]
    if len(names) > _MOST_SHOWN:
        names = [*names[: _MOST_SHOWN // 2], "…", *names[-_MOST_SHOWN // 2 :]]
    circle = " needs ".join((*names, need.service))
    need.given.refused(f"{circle}: none could start first", "Remove one of them.")


def _resolve_links(service: Service, services: Services) -> None:
    for link in service.links:
        other = services.get(link.service)
        if other is None or link.alias == link.service:
            continue
        own = {attachment.network for attachment in service.container.networks}
        shared = [one for one in other.container.networks if one.network in own]
        for attachment in shared:
            if link.alias not in attachment.aliases:
                attachment.aliases.append(link.alias)
        if shared:
            link.given.approximated(
                f"{link.service} has the name {link.alias} for all containers of the network",
                rule="link-alias",
            )
        else:
            link.given.absent(f"there is no network with {link.service}", "Give both one.")


def _resolve_namespaces(service: Service, services: Services) -> None:
    mode = service.container.network_mode
    if mode and mode.value.startswith("service:"):
        found = _only_stem(services, mode.value, mode.given)
        service.container.network_mode = Value(f"service:{found}", mode.given)
    for option in service.options:
        value = option.value or ""
        if option.name in _NAMESPACES and value.startswith("service:"):
            option.value = f"service:{_only_stem(services, value, option.given)}"


def _only_stem(services: Services, reference: str, given: Given) -> str:
    """The stem of the one unit of a service."""
    name = reference.removeprefix("service:")
    other = services.get(name)
    if other and other.count != 1:
        given.refused(f"{name} has {other.count} containers, not one", "Remove its replicas.")
    return other.stems()[0] if other and other.count else name


def _resolve_shares(service: Service, services: Services) -> None:
    """Takes over the mounts of others, which have taken over theirs."""
    shares, service.shares = service.shares, []
    for share in shares:
        other = services.get(share.service)
        if other is None:
            continue
        targets = {mount.target for mount in service.container.mounts}
        for mount in other.container.mounts:
            if mount.target not in targets:
                _name_volume(other, mount)
                service.container.mounts.append(_shared(mount, share.given, share.read_only))
        share.given.approximated(
            f"the mounts of {share.service}; volumes that only its image declares are not shared",
            rule="volumes-from",
        )


def _name_volume(service: Service, mount: Mount) -> None:
    """Gives an anonymous volume a name, so that two containers can have it."""
    if mount.kind != "volume" or mount.source:
        return
    reading = service.reading
    words = re.sub(r"[^A-Za-z0-9]+", "-", mount.target).strip("-")
    mount.source = reading.object_stem(f"{service.name}-{words}")
    volume = Volume(mount.source, mount.given, mount.source, labels=mount.labels)
    mount.labels = {}
    reading.model.volumes.append(volume)
    mount.given.approximated(
        f"it is a volume of the app, {volume.name}.volume, since two services have it",
        rule="anonymous-volume",
    )


def _shared(mount: Mount, given: Given, read_only: bool) -> Mount:
    options = {**mount.options, **({"ro": None} if read_only else {})}
    return dataclasses.replace(mount, given=given, options=options)


def _with_steps(service: Service) -> list[Container]:
    """The containers of a service, behind the steps before it."""
    if service.steps:
        for mount in service.container.mounts:
            _name_volume(service, mount)
    steps = add_steps(service) if service.count else []
    for step in service.steps if not steps else ():
        for given in given_within(step):
            given.exact("no container is asked for")
    return [*steps, *_replicate(service)]


def _replicate(service: Service) -> list[Container]:
    """The containers of a service: one for each replica."""
    container = service.container
    if service.count == 0:
        for given in given_within(container):
            given.exact("no container is asked for")
    _refuse_name_of_many(service)
    containers = []
    for index, stem in enumerate(service.stems()):
        one = copy.copy(container)
        one.name = stem
        one.ports = [_port_of(port, index, service) for port in container.ports]
        if container.container_name is None and service.reading.options.names == "compose":
            name = f"{service.reading.project.name}-{service.name}-{index + 1}"
            one.container_name = Value(name, container.given)
        containers.append(one)
    return containers


def _refuse_name_of_many(service: Service) -> None:
    name = service.container.container_name
    if name and service.count > 1:
        name.given.refused(
            f"{service.count} containers can't have one name", "Remove container_name."
        )


def _port_of(port: Port, index: int, service: Service) -> Port:
    if is_choice(port):
        chosen = choose(port, index)
        if chosen is None:
            port.given.refused(f"{port.host} is too short for {service.count} containers")
            return port
        if service.count == 1:
            port.given.approximated(
                f"{chosen.host}, the first of the range: Docker takes one that is free",
                rule="port-range",
            )
        return chosen
    if service.count > 1 and port.host:
        port.given.refused(
            f"{service.count} containers can't publish one port of the host",
            f"Give a range of {service.count} ports, or none of the host.",
        )
    return port


def _refuse_same_names(reading: Reading) -> None:
    """Refuses two services of systemd, or two containers, of one name."""
    known: dict[str, Given] = {}
    for name, given in _names(reading):
        other = known.setdefault(name, given)
        if other is not given:
            given.refused(f"{other.path} has the name {name} as well", "Rename one of them.")


def _names(reading: Reading) -> t.Iterator[tuple[str, Given]]:
    model = reading.model
    for container in model.containers:
        yield f"{container.name}.service", container.given
        if container.container_name:
            yield f"container {container.container_name.value}", container.container_name.given
    for kind, units in (
        ("network", model.networks), ("volume", model.volumes), ("build", model.builds)
    ):  # fmt: skip
        for unit in units:
            yield f"{unit.name}-{kind}.service", unit.given
