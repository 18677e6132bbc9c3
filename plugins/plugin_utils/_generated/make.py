# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""What a service's command makes: a container or a pod of the model."""

from __future__ import annotations

import typing as t

from ansible_collections.quadlet.fleet.plugins.module_utils._core.quadlet.quoting import word
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.model import (
    Container,
    Line,
    Option,
    Pod,
    Value,
)
from ansible_collections.quadlet.fleet.plugins.plugin_utils._generated.launch import Launch
from ansible_collections.quadlet.fleet.plugins.plugin_utils._inspect.command_line import (
    read_container_words,
    read_pod_words,
)
from ansible_collections.quadlet.fleet.plugins.plugin_utils._inspect.container import (
    read_container,
)
from ansible_collections.quadlet.fleet.plugins.plugin_utils._inspect.objects import Objects
from ansible_collections.quadlet.fleet.plugins.plugin_utils._inspect.pods import read_pod


def make_pod(launch: Launch, objects: Objects) -> Pod:
    """The pod that a unit makes."""
    launch.item.given.exact("see each option")
    return read_pod_words(objects, launch.command.words, launch.item.given)


def make_container(launch: Launch, objects: Objects) -> Container | Pod | None:
    """The container that a unit makes, or the container or pod that it starts; None: refused."""
    if launch.kind == "start":
        return _find_started(launch, objects)
    given, command = launch.item.given, launch.command
    given.exact("see each option")
    return read_container_words(objects, command.words, command.engine, given)


def _find_started(launch: Launch, objects: Objects) -> Container | Pod | None:
    """What a unit without --new starts: its name is there, inspect output has the rest."""
    given = launch.item.given
    names = [word for word in launch.command.words if not word.startswith("-")]
    if len(names) != 1:
        given.refused(
            f"it starts {len(names)} containers, and a unit of Quadlet is one container",
            "Give a unit for each.",
            "needs-inspect",
        )
        return None
    found = objects.find("container", names[0])
    pod = objects.pod_of_infra(names[0]) or objects.find("pod", names[0])
    if pod is not None:
        launch.ids += [pod.name, pod.id, *_infra_names(pod.shown)]
        given.exact("see the pod")
        return read_pod(objects, pod)
    if found is None:
        given.refused(
            f"it only starts {names[0]}: how that was made is not in the unit",
            f"Give the output of podman inspect {names[0]} too; of a pod podman pod inspect.",
            "needs-inspect",
        )
        return None
    launch.ids += [found.name, found.id]
    launch.pod_id = str(found.shown.get("Pod") or "")
    given.exact("see the container")
    return read_container(objects, found)


def _infra_names(shown: t.Mapping[str, t.Any]) -> list[str]:
    infra = str(shown.get("InfraContainerID") or "")
    members = [one for one in shown.get("Containers") or () if isinstance(one, dict)]
    return [infra, *(str(one.get("Name")) for one in members if one.get("Id") == infra)]


def settle_pod(container: Container, pod: str) -> None:
    """Takes the options of its pod out.  pod: the stem of the pod's unit, '' for none."""
    kept = []
    for option in container.options:
        if option.name == "--pod-id-file":
            _settle_pod_file(container, option, pod)
        else:
            kept.append(option)
    container.options = kept
    if container.pod is None or container.pod.value.startswith("new:"):
        return
    if pod:
        container.pod = Value(pod, container.pod.given)
    else:
        text = f"--pod {word(container.pod.value)}"
        container.lines.append(Line("Container", "PodmanArgs", text, container.pod.given))
        container.pod = None


def _settle_pod_file(container: Container, option: Option, pod: str) -> None:
    if pod:
        container.pod = Value(pod, option.given)
    else:
        option.given.refused(
            "the container runs in a pod whose unit is not given",
            "Give the pod's unit and those of all its containers together.",
            "generated-unit",
        )
