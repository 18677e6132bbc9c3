# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Where an installed app is not what its record says."""

from __future__ import annotations

import types
import typing as t

from .conflicts import Container
from .inputs import Inputs, digest
from .manifest import Manifest, ServiceRecord
from .spec import Blob
from .unitstate import State
from .world import kind_of_service


class Storage(t.NamedTuple):
    """What Podman has in a scope: containers by service, ids of images by name, and the names of
    volumes and networks by kind."""

    containers: t.Mapping[str, Container] = types.MappingProxyType({})
    images: t.Mapping[str, str] = types.MappingProxyType({})
    objects: t.Mapping[str, frozenset[str]] = types.MappingProxyType({})


def find_drift(
    manifest: Manifest,
    current: t.Mapping[str, Blob],
    inputs: t.Mapping[str, Inputs],
    states: t.Mapping[str, State],
    enabled: t.Mapping[str, str] = types.MappingProxyType({}),
) -> list[str]:
    """Sentences, one for each file or service that is not as it was deployed."""
    found = []
    for path, (sha, mode, _on_change) in manifest.files.items():
        there = current.get(path)
        if there is None:
            found.append(f"{path} is missing")
        elif digest(there.data) != sha:
            found.append(f"{path} was edited")
        elif there.mode != mode:
            found.append(f"{path} has mode {there.mode:04o}, not {mode:04o}")
    for name, record in manifest.services.items():
        state = states.get(name, State())
        if state.failed:
            found.append(f"{name} has failed" if not state.crashing else f"{name} keeps crashing")
        elif not state.up and not record.once and not record.triggered:
            found.append(f"{name} is not running")
        elif name in inputs and record.started_with not in (None, inputs[name].restart):
            found.append(f"{name} was started with other files than are installed")
    found += [f"{name} is disabled" for name, word in enabled.items() if word == "disabled"]
    return found


def find_storage_drift(
    services: t.Mapping[str, ServiceRecord],
    states: t.Mapping[str, State],
    declared: t.Mapping[str, str | None],
    storage: Storage,
) -> list[str]:
    """What runs on other images than its unit names, and what has lost its network or volume."""
    found = []
    for name, record in services.items():
        if not states.get(name, State()).up:
            continue
        running = storage.containers.get(name)
        if running:
            found += _image_drift(name, declared.get(name) or "", running, storage.images)
        kind = kind_of_service(record).suffix
        if record.makes and record.makes not in storage.objects.get(kind, {record.makes}):
            found.append(f"{name} is up, but its {kind} {record.makes} is gone")
    return found


def _image_drift(
    name: str, declared: str, running: Container, images: t.Mapping[str, str]
) -> list[str]:
    image = full_image_name(declared)
    if not image:
        return []
    if full_image_name(running.image) not in (image, ""):
        return [f"{name} runs {running.image}, not {declared}"]
    if images.get(image, running.image_id) != running.image_id:
        return [f"{name} runs an older image than {declared} is on the host now"]
    return []


def full_image_name(image: str) -> str:
    """A name with its registry and tag; '' where only Podman, or systemd, knows what it means."""
    registry, slash, rest = image.partition("/")
    if not slash or not ("." in registry or ":" in registry or registry == "localhost"):
        return ""
    if "%" in image:
        return ""
    return image if ":" in rest or "@" in rest else f"{image}:latest"
