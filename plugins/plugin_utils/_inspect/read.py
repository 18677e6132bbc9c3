# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Inspect output of podman or docker becomes a model."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.model import (
    Container,
    Model,
    Value,
)
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.report import Report
from ansible_collections.quadlet.fleet.plugins.plugin_utils._inspect.container import (
    read_container,
)
from ansible_collections.quadlet.fleet.plugins.plugin_utils._inspect.objects import (
    Object,
    Objects,
)
from ansible_collections.quadlet.fleet.plugins.plugin_utils._inspect.others import (
    read_network,
    read_volume,
)
from ansible_collections.quadlet.fleet.plugins.plugin_utils._inspect.pods import read_pod
from ansible_collections.quadlet.fleet.plugins.plugin_utils._run.link import link_containers

T = t.TypeVar("T")


def read_inspect(
    texts: t.Sequence[tuple[str, str]],
    report: Report,
    *,
    name: str = "",
) -> Model:
    """The app of inspect output (file, text): lists of containers, pods, networks, volumes and
    images, in any mixture.
    """
    objects = Objects(report)
    for file, text in texts:
        objects.add(file, text)
    model = Model("", sources=[file for file, _text in texts if file])
    _read_others(objects, model)
    pods: dict[str, str] = {}
    for found in objects.of_kind("pod"):
        pod = _guarded(objects, found, read_pod)
        if pod is not None:
            pods[found.id] = pod.name
            model.pods.append(pod)
    for found in objects.of_kind("container"):
        container = _read(objects, found, pods)
        if container is not None:
            model.containers.append(container)
    model.volumes += objects.volumes.values()
    _join(model)
    link_containers(model, objects.readings)
    if not (model.containers or model.pods):
        report.give("").refused("there is no container in it", "Give podman inspect CONTAINER.")
    model.name = name or _app_name(model)
    return model


def _guarded(
    objects: Objects, found: Object, read: t.Callable[[Objects, Object], T | None]
) -> T | None:
    given = objects.give(found.name, found.file)
    made = objects.guard(lambda: read(objects, found), given)
    if not given.is_settled:
        given.exact("see its fields")
    return made


def _read_others(objects: Objects, model: Model) -> None:
    """Volumes, networks and images."""
    for found in objects.of_kind("volume"):
        volume = _guarded(objects, found, read_volume)
        if volume is not None:
            objects.volumes[volume.name] = volume
    for found in objects.of_kind("network"):
        network = _guarded(objects, found, read_network)
        if network is not None:
            model.networks.append(network)
    for found in objects.of_kind("image"):
        given = objects.give(_image_name(found), found.file)
        given.exact("it tells the defaults of its image")


def _read(objects: Objects, found: Object, pods: t.Mapping[str, str]) -> Container | None:
    """A container; the infra container of a pod is the pod's."""
    if found.shown.get("IsInfra") or found.shown.get("IsService"):
        objects.give(found.name, found.file).exact("the pod makes it")
        return None
    container = _guarded(objects, found, read_container)
    if container is None:
        return None
    pod = str(found.shown.get("Pod") or "")
    if not pod:
        return container
    if pod in pods:
        given = objects.give(f"{found.name}: Pod", found.file)
        if container.pod is not None:
            given.exact("the command says it")
            given = container.pod.given
        container.pod = Value(pods[pod], given)
    else:
        objects.give(f"{found.name}: Pod", found.file).refused(
            f"the container is in the pod {pod[:12]}, which is not given",
            "Give podman pod inspect of it, too.",
            "needs-inspect",
        )
    return container


def _join(model: Model) -> None:
    """Containers that use another one's network, ipc or pid: its service, if it is in the app."""
    stems = {
        c.container_name.value if c.container_name else c.name: c.name for c in model.containers
    }
    for container in model.containers:
        mode = container.network_mode
        if mode is not None:
            container.network_mode = dataclasses.replace(mode, value=_joined(mode.value, stems))
        for option in container.options:
            if option.name in ("--ipc", "--pid", "--uts", "--cgroupns"):
                option.value = _joined(option.value or "", stems)


def _joined(value: str, stems: t.Mapping[str, str]) -> str:
    kind, _colon, name = value.partition(":")
    return f"service:{stems[name]}" if kind == "container" and name in stems else value


def _image_name(found: Object) -> str:
    return str(next(iter(found.shown.get("RepoTags") or ()), found.id[:12]))


def _app_name(model: Model) -> str:
    """The Compose project, the pod, or the first container."""
    if model.pods:
        return model.pods[0].name
    return model.containers[0].name if model.containers else "app"
