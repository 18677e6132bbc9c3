# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Where an installed app is not what its record says."""

from __future__ import annotations

import types
import typing as t

from ..content import Blob, digest
from ..plan.inputs import Inputs
from ..plan.model import kind_of_service
from ..quadlet.image_name import stored_name
from ..state.intent import Intent
from ..state.manifest import Manifest, ServiceRecord
from ..systemd_state import Details, Running, State
from ..validate.conflicts import Container

_NOTHING: t.Mapping[str, t.Any] = types.MappingProxyType({})


class Storage(t.NamedTuple):
    """What Podman has in a scope: containers by service, ids of images by name, and the names of
    volumes and networks by kind."""

    containers: t.Mapping[str, Container] = _NOTHING
    images: t.Mapping[str, str] = _NOTHING
    objects: t.Mapping[str, frozenset[str]] = _NOTHING


def find_died(died: Intent | None) -> list[str]:
    """That a run is under way, or did not end."""
    return ["a run of it has begun and not ended; the next one carries it forward"] if died else []


def find_drift(
    manifest: Manifest,
    current: t.Mapping[str, Blob],
    inputs: t.Mapping[str, Inputs],
    states: t.Mapping[str, State],
    enabled: t.Mapping[str, str] = _NOTHING,
    details: t.Mapping[str, Details] = _NOTHING,
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
    whole = not found
    for name, record in manifest.services.items():
        state = states.get(name, State())
        if state.failed:
            found.append(f"{name} has failed" if not state.crashing else f"{name} keeps crashing")
        elif state.up and state.load == "not-found":
            found.append(f"{name} still runs, though systemd has no unit of it any more")
        elif not state.up and not record.once and not record.triggered:
            found.append(f"{name} is not running")
        elif _is_older(record, inputs.get(name)) and not (
            whole and _started_since(manifest, details.get(name))
        ):
            found.append(f"{name} was started with other files than are installed")
    found += [f"{name} is disabled" for name, word in enabled.items() if word == "disabled"]
    return found


def _is_older(record: ServiceRecord, inputs: Inputs | None) -> bool:
    """Whether a service runs with other files; one that makes an object leaves that as it was."""
    if inputs is None or record.started_with is None or record.makes:
        return False
    return record.started_with != inputs.restart


def _started_since(manifest: Manifest, details: Details | None) -> bool:
    """Whether systemd itself started a service after the last write, at boot say."""
    return details is not None and details.started_at > manifest.written_at


def find_strays(manifest: Manifest, app_dir: str, running: t.Iterable[Running]) -> list[str]:
    """Services that run from a unit in the app's directory and that the record does not know."""
    return [
        f"{one.name} runs, made of {one.source}, which is not of this app"
        for one in running
        if one.name not in manifest.services and one.source.rpartition("/")[0] == app_dir
    ]


def find_orphans(
    known: t.Container[str], running: t.Iterable[Running], containers: t.Iterable[Container]
) -> list[str]:
    """Services of no app that run a container though systemd has no unit of them any more."""
    lost = {one.name for one in running if one.load == "not-found" and one.name not in known}
    return [
        f"{one.service} still runs {one.name}, though systemd has no unit of it any more"
        for one in containers
        if one.service in lost
    ]


def changed_definitions(
    manifest: Manifest, inputs: t.Mapping[str, Inputs]
) -> dict[str, ServiceRecord]:
    """Services whose network or volume was made from another definition, by the record."""
    return {
        name: record
        for name, record in manifest.services.items()
        if record.makes
        and name in inputs
        and record.started_with not in (None, inputs[name].restart)
    }


def find_old_objects(
    manifest: Manifest, changed: t.Mapping[str, ServiceRecord], made: t.Mapping[str, float]
) -> list[str]:
    """What is left of those whose definition changed.  made: when each of them was, if it is."""
    return [
        f"{name}: the definition of its {kind_of_service(record).suffix} changed since it was made"
        for name, record in changed.items()
        if name in made and made[name] <= manifest.written_at
    ]


def find_image_drift(
    manifest: Manifest, declared: t.Mapping[str, str | None], storage: Storage
) -> list[str]:
    """What runs on another image than it was deployed with, under the same name."""
    found = []
    for name in manifest.services:
        running, image = storage.containers.get(name), declared.get(name) or ""
        recorded = manifest.images.get(image, "")
        if running and recorded and running.image_id != recorded:
            found.append(
                f"{name} runs another image than generation {manifest.generation} was deployed "
                "with (auto-update, or a pull)"
            )
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
    image = stored_name(declared)
    if not image:
        return []
    if stored_name(running.image) not in (image, ""):
        return [f"{name} runs {running.image}, not {declared}"]
    if images.get(image, running.image_id) != running.image_id:
        return [f"{name} runs an older image than {declared} is on the host now"]
    return []
