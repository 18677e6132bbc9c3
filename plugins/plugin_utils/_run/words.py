# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""The words of one run or create as a container, and of one pod create as a pod."""

from __future__ import annotations

import typing as t

from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.model import (
    Container,
    Pod,
    Value,
    Volume,
)
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.report import Given
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.texts import slug
from ansible_collections.quadlet.fleet.plugins.plugin_utils._run.arguments import (
    Arguments,
    parse_arguments,
)
from ansible_collections.quadlet.fleet.plugins.plugin_utils._run.container import (
    finish_health,
    handle,
)
from ansible_collections.quadlet.fleet.plugins.plugin_utils._run.networks import finish_network
from ansible_collections.quadlet.fleet.plugins.plugin_utils._run.options import POD
from ansible_collections.quadlet.fleet.plugins.plugin_utils._run.reading import (
    Reading,
    is_placeholder,
)

Give = t.Callable[[str, int], Given]
"""Enters a thing: its path, and the index of its word."""


def read_container(
    words: t.Sequence[str],
    engine: t.Literal["docker", "podman"],
    give: Give,
    environment: t.Mapping[str, str] | None = None,
    volumes: dict[str, Volume] | None = None,
) -> Reading:
    """The words behind run or create.  volumes: by name, takes those that the container needs."""
    found = parse_arguments(words)
    stem = _stem(words, found)
    container = Container(stem, give(stem, 0), engine=engine)
    reading = Reading(container, environment or {}, volumes if volumes is not None else {})
    _read_options(reading, found, words, give)
    finish_health(reading)
    finish_network(reading)
    _settle_driver(reading)
    _settle_expose(reading)
    if found.image is not None:
        image = Value(words[found.image], give("IMAGE", found.image))
        container.rootfs, container.image = (image, None) if reading.is_rootfs else (None, image)
        if is_placeholder(image.value):
            image.given.refused(f"{image.value} is no image", "Write its name.", "placeholder")
    if found.command < len(words):
        given = give("COMMAND", found.command)
        container.command = Value(tuple(words[found.command :]), given)
        for word in words[found.command :]:
            _report_placeholder(word, given)
    return reading


def read_pod(words: t.Sequence[str], give: Give) -> Pod:
    """The words behind pod create."""
    found = parse_arguments(words, POD)
    name = next((a.value for a in found.options if a.row.name == "--name"), "")
    if not name and found.image is not None:
        name = words[found.image]
    given = give(name or "pod", 0)
    reading = Reading(Container(name or "pod", given, engine="podman"), {}, {})
    _read_options(reading, found, words, give)
    finish_network(reading)
    parts = reading.container
    pod = Pod(
        name or "pod", given, name, parts.ports, parts.networks, parts.network_mode, parts.mounts
    )
    pod.options = parts.options
    if parts.container_name is not None:
        parts.container_name.given.exact("it is the pod's name")
    if parts.restart is not None:
        parts.restart.given.exact("the service of a pod restarts its infra container")
    return pod


def _stem(words: t.Sequence[str], found: Arguments) -> str:
    """The name of the container, else of its image."""
    names = [argument.value for argument in found.options if argument.row.name == "--name"]
    name = names[-1].lstrip("/") if names else ""
    if not name and found.image is not None:
        name = words[found.image].partition("@")[0].rpartition("/")[2].partition(":")[0]
    return name if name.replace("_", "").replace("-", "").replace(".", "").isalnum() else slug(name)


def _read_options(reading: Reading, found: Arguments, words: t.Sequence[str], give: Give) -> None:
    for index, what, remedy in found.faults:
        give(words[index], index).refused(what, remedy)
    for argument in found.options:
        given = give(argument.row.name, argument.index)
        handle(reading, argument.row, argument.value, given)
        is_pair = argument.row.handler in ("env", "label", "annotation")
        text = argument.value.partition("=")[2] if is_pair else argument.value
        _report_placeholder(text, given)


def _report_placeholder(value: str, given: Given) -> None:
    if is_placeholder(value):
        given.approximated(
            f"{value} looks like a placeholder", "Write what is meant.", "placeholder"
        )


def _settle_driver(reading: Reading) -> None:
    """--volume-driver is for the volumes of the line."""
    if reading.volume_driver is None:
        return
    driver, given = reading.volume_driver
    names = [m.source for m in reading.container.mounts if m.kind == "volume" and m.source]
    for name in names:
        reading.volumes[name].driver = Value(driver, given)
    if not names:
        given.exact("the line has no volume with a name")


def _settle_expose(reading: Reading) -> None:
    """Without --publish-all an exposed port changes nothing for Docker's containers."""
    if reading.publishes_all or not reading.is_docker:
        return
    container = reading.container
    for option in container.options:
        if option.name == "--expose":
            option.given.exact("it publishes nothing")
    container.options = [o for o in container.options if o.name != "--expose"]
