# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""A container's inspect output becomes a container of the model."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.model import (
    Container,
    Restart,
    Value,
)
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.report import Given
from ansible_collections.quadlet.fleet.plugins.plugin_utils._inspect.command_line import (
    read_container_words,
)
from ansible_collections.quadlet.fleet.plugins.plugin_utils._inspect.config import (
    COMPOSE,
    is_asked,
    note_compose,
    note_systemd,
)
from ansible_collections.quadlet.fleet.plugins.plugin_utils._inspect.fields import (
    Reading,
    read_fields,
)
from ansible_collections.quadlet.fleet.plugins.plugin_utils._inspect.mounts import (
    complete_mounts,
)
from ansible_collections.quadlet.fleet.plugins.plugin_utils._inspect.networks import (
    read_networks,
)
from ansible_collections.quadlet.fleet.plugins.plugin_utils._inspect.objects import (
    Object,
    Objects,
)
from ansible_collections.quadlet.fleet.plugins.plugin_utils._inspect.table import TABLE


def read_container(objects: Objects, found: Object) -> Container:
    """A container, by the command that made it where that is known, else by its fields."""
    given = objects.give(found.name, found.file)
    given.exact("it is converted")
    words = _created_by(found)
    if words:
        return _from_command(objects, found, given, words)
    engine: t.Literal["docker", "podman"] = "podman" if is_podman(found) else "docker"
    container = Container(found.name, given, engine)
    reading = Reading(objects, found, container, objects.image_of(found))
    container.container_name = Value(found.name, reading.give("Name"))
    _read_image(reading)
    read_fields(reading, TABLE)
    read_networks(reading)
    if engine == "podman":
        reading.give("Config.CreateCommand").approximated(
            "no command line made the container, and podman inspect does not show all that an "
            "interface can ask for: such as kernel settings, device rules, fixed addresses, and "
            "secrets in variables",
            "Compare the unit with what has made the container.",
            "inspect-gaps",
        )
    return container


def is_podman(found: Object) -> bool:
    """Whether Podman shows it, by itself or by its Docker interface."""
    variables = (found.shown.get("Config") or {}).get("Env") or ()
    graph = str(found.shown.get("GraphDriver") or "")
    return "ImageName" in found.shown or "container=podman" in variables or "/containers/" in graph


def _created_by(found: Object) -> list[str]:
    """The words behind podman run or create; [] where the container was made otherwise."""
    words = [str(word) for word in (found.shown.get("Config") or {}).get("CreateCommand") or ()]
    verbs = [index for index, word in enumerate(words) if word in ("run", "create")]
    return words[verbs[0] + 1 :] if verbs else []


def _read_image(reading: Reading) -> None:
    """The image by its name; one that is named by an id by the name that the image has."""
    name = str(reading.shown.get("ImageName") or reading.get("Config.Image") or "")
    given = reading.give("Config.Image")
    if not reading.shown.get("Rootfs") and (not name or _is_id(name)):
        tags = reading.image.shown.get("RepoTags") if reading.image else None
        if not tags:
            given.refused(
                f"its image has no name, only the id {name[:19] or '(none)'}",
                "Tag and push the image, and make the container of that name; or give the image's "
                "inspect output.",
                "image-name",
            )
        name = str(tags[0]) if tags else name
    if name:
        reading.container.image = Value(name, given)
    elif not given.is_settled:
        given.exact("it has a root directory")


def _is_id(name: str) -> bool:
    digits = name.removeprefix("sha256:")
    return len(digits) in (12, 64) and not set(digits) - set("0123456789abcdef")


def _from_command(objects: Objects, found: Object, given: Given, words: list[str]) -> Container:
    """The container as its command line says, completed by what the engine has decided."""
    container = read_container_words(objects, words, "podman", given)
    container.given.exact("see the container")
    container.name, container.given = found.name, given
    reading = Reading(objects, found, container, objects.image_of(found))
    if container.container_name is None or container.container_name.value != found.name:
        if container.container_name is not None:
            container.container_name.given.exact("it was renamed")
        container.container_name = Value(found.name, reading.give("Name"))
    _complete_environment(reading)
    _complete_files(reading)
    _complete_labels(reading)
    _complete_restart(reading)
    complete_mounts(reading, container)
    _complete_networks(reading)
    return container


def _complete_environment(reading: Reading) -> None:
    """Variables that were passed on have the value of that time."""
    variables = dict(
        pair.partition("=")[::2] for pair in reading.get("Config.Env") or () if "=" in pair
    )
    for name, value in reading.container.environment.items():
        if value.value is None and name in variables:
            reading.container.environment[name] = Value(variables[name], value.given)


def _complete_files(reading: Reading) -> None:
    """Files of variables whose directory is not known: the variables have come from them."""
    container = reading.container
    unknown = [path for path in container.env_files if not path.value.startswith("/")]
    if not unknown:
        return
    container.env_files = [path for path in container.env_files if path not in unknown]
    for path in unknown:
        path.given.moved("its variables stand in the unit, with the values that they have")
    image = set(reading.default("Env") or ())
    for pair in reading.get("Config.Env") or ():
        name, _equals, text = str(pair).partition("=")
        if name not in container.environment and pair not in image and is_asked(str(pair)):
            given = reading.give(f"Config.Env.{name}")
            container.environment[name] = Value(text, given)
            reading.mark_doubt(given)


def _complete_labels(reading: Reading) -> None:
    labels = reading.container.labels
    compose = {name: value.value for name, value in labels.items() if name.startswith(COMPOSE)}
    for name in [*compose, "PODMAN_SYSTEMD_UNIT"]:
        value = labels.pop(name, None)
        if value is not None and name in compose:
            note_compose(value.given, compose)
        elif value is not None:
            note_systemd(value.given, value.value)


def _complete_restart(reading: Reading) -> None:
    """The policy as it is: podman update changes it, and the command line stays."""
    shown = reading.get("HostConfig.RestartPolicy") or {}
    name, tries = str(shown.get("Name") or "no"), int(shown.get("MaximumRetryCount") or 0)
    asked = reading.container.restart
    is_same = (asked.policy if asked else "no") in (name, "") or (asked is None and name == "no")
    if not is_same:
        if asked is not None:
            asked.given.exact("podman update has changed it")
        reading.container.restart = Restart(name, reading.give("HostConfig.RestartPolicy"), tries)


def _complete_networks(reading: Reading) -> None:
    """Ids become names."""
    container = reading.container
    mode = container.network_mode
    if mode is not None and mode.value.startswith("container:"):
        found = reading.objects.find("container", mode.value.partition(":")[2])
        if found is not None:
            container.network_mode = dataclasses.replace(mode, value=f"container:{found.name}")
