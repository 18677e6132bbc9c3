# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Differences between an installed app and its record."""

from __future__ import annotations

import types
import typing as t

from ..content import Blob, digest
from ..gate.pods import describe_fallen, find_fallen, pods_of
from ..objects.model import Judged
from ..plan.inputs import Inputs
from ..plan.model import is_literal, kind_of_service
from ..quadlet.image_name import stored_name
from ..state.intent import Intent
from ..state.manifest import Manifest, ServiceRecord
from ..systemd_state import Details, Running, State
from ..validate.conflicts import Container
from .failed_jobs import describe_failed_job
from .restarts import find_restarted, lasting

_NOTHING: t.Mapping[str, t.Any] = types.MappingProxyType({})


class Storage(t.NamedTuple):
    """Podman's storage in a scope: containers by service, ids of images by name, what Podman shows
    of the network or volume of a service, None where it is gone, and every container.
    """

    containers: t.Mapping[str, Container] = _NOTHING
    images: t.Mapping[str, str] = _NOTHING
    objects: t.Mapping[str, t.Mapping[str, t.Any] | None] = _NOTHING
    every: t.Sequence[Container] = ()


def find_died(died: Intent | None) -> list[str]:
    """The message of a run that is under way, or did not end."""
    return ["a run of it has begun and not ended; the next one carries it forward"] if died else []


def find_drift(
    manifest: Manifest,
    current: t.Mapping[str, Blob],
    inputs: t.Mapping[str, Inputs],
    states: t.Mapping[str, State],
    enabled: t.Mapping[str, str] = _NOTHING,
    details: t.Mapping[str, Details] = _NOTHING,
    user: str | None = None,
) -> list[str]:
    """A message for each file or service that is not as it was deployed.  user: of the scope."""
    drifts = []
    for path, (sha, mode, _on_change) in manifest.files.items():
        file = current.get(path)
        if file is None:
            drifts.append(f"{path} is missing")
        elif digest(file.data) != sha:
            drifts.append(f"{path} was edited")
        elif file.mode != mode:
            drifts.append(f"{path} has mode {file.mode:04o}, not {mode:04o}")
    intact = not drifts
    for name, record in manifest.services.items():
        state = states.get(name, State())
        reason = _service_drift(name, record, state, user)
        older = _is_older(record, state, inputs.get(name))
        if not reason and older and not (intact and _started_since(manifest, details.get(name))):
            reason = _started_with_others(name)
        drifts += [reason] if reason else []
    lasts = lasting(manifest.services, states)
    drifts += find_restarted({name: details[name] for name in lasts if name in details})
    drifts += [f"{name} is disabled" for name, word in enabled.items() if word == "disabled"]
    return drifts


def find_started_otherwise(names: t.Iterable[str], drifts: t.Collection[str]) -> list[str]:
    """A message for each service that somebody started while its texts were others, but for those
    that are told of.
    """
    return [row for row in map(_started_with_others, sorted(names)) if row not in drifts]


def _started_with_others(name: str) -> str:
    return f"{name} was started with other files than are installed"


def _service_drift(name: str, record: ServiceRecord, state: State, user: str | None) -> str:
    """What is wrong with a service's state, or ''."""
    if record.job and record.waits and state.active == "failed":
        return describe_failed_job(name, user)
    if state.failed:
        return f"{name} has failed" if not state.crashing else f"{name} keeps crashing"
    if state.up and state.load == "not-found":
        return f"{name} still runs, though systemd has no unit of it any more"
    if not (state.up or record.once or record.waits or record.stopped):
        return f"{name} is not running"
    return ""


def _is_older(record: ServiceRecord, state: State, inputs: Inputs | None) -> bool:
    """Whether a service runs with other files; networks and volumes never do: Podman keeps them.

    What is down, and no run starts, takes the installed ones at its next start.
    """
    if inputs is None or record.started_with is None or record.makes:
        return False
    rests = record.waits or record.stopped
    return (state.up or not rests) and record.started_with != inputs.restart


def _started_since(manifest: Manifest, details: Details | None) -> bool:
    """Whether systemd itself started a service after the last write, for example at boot."""
    return details is not None and details.started_at > manifest.written_at


def find_strays(manifest: Manifest, app_dir: str, running: t.Iterable[Running]) -> list[str]:
    """Running services of units in the app's directory that are not in the record."""
    return [
        f"{service.name} runs, made of {service.source}, which is not of this app"
        for service in running
        if service.name not in manifest.services and service.source.rpartition("/")[0] == app_dir
    ]


def find_orphans(
    known: t.Container[str], running: t.Iterable[Running], containers: t.Iterable[Container]
) -> list[str]:
    """Services of no app whose container runs though systemd no longer has their unit."""
    lost = {s.name for s in running if s.load == "not-found" and s.name not in known}
    return [
        f"{c.service} still runs {c.name}, though systemd has no unit of it any more"
        for c in containers
        if c.service in lost
    ]


def find_object_drift(
    manifest: Manifest,
    inputs: t.Mapping[str, Inputs],
    states: t.Mapping[str, State],
    judged: t.Mapping[str, Judged],
) -> list[str]:
    """Networks and volumes that are not as their units declare them, with both values.

    Those that can't be compared: whether they are older than their definition.
    """
    drifts = []
    for name, one in judged.items():
        record, kind = manifest.services[name], kind_of_service(manifest.services[name]).suffix
        changed = name in inputs and record.started_with not in (None, inputs[name].restart)
        if one.differences is None:
            differs = changed and one.made_at <= manifest.written_at
        else:
            differs = bool(one.differences)
        if not differs or not (changed or states.get(name, State()).up):
            continue
        what = (
            f"the definition of its {kind} changed since it was made"
            if changed
            else f"its {kind} {record.makes} is not as {record.unit} declares it"
        )
        values = "; ".join(map(str, one.differences or ()))
        drifts.append(f"{name}: {what}{f' ({values})' if values else ''}")
    return drifts


def find_broken_pods(
    services: t.Mapping[str, ServiceRecord], states: t.Mapping[str, State], storage: Storage
) -> list[str]:
    """A message for each pod of Kubernetes YAML that is active for systemd, and not whole."""
    names = [name for name in pods_of(services, services) if states.get(name, State()).up]
    fallen = find_fallen(names, storage.every)
    return [describe_fallen(name, reason) for name, reason in fallen.items()]


def find_image_drift(
    manifest: Manifest, declared: t.Mapping[str, str | None], storage: Storage
) -> list[str]:
    """Services whose container has another image than at the deployment, under the same name."""
    drifts = []
    for name in manifest.services:
        running, image = storage.containers.get(name), declared.get(name) or ""
        recorded = manifest.images.get(image, "")
        if running and recorded and running.image_id != recorded:
            drifts.append(
                f"{name} runs another image than generation {manifest.generation} was deployed "
                "with (auto-update, or a pull)"
            )
    return drifts


def find_storage_drift(
    services: t.Mapping[str, ServiceRecord],
    states: t.Mapping[str, State],
    declared: t.Mapping[str, str | None],
    storage: Storage,
) -> list[str]:
    """Services that run another image than their unit names, or whose network or volume is gone;
    and broken pods.
    """
    drifts = find_broken_pods(services, states, storage)
    for name, record in services.items():
        if not states.get(name, State()).up:
            continue
        running = storage.containers.get(name)
        if running:
            drifts += _image_drift(name, declared.get(name) or "", running, storage.images)
        if name in storage.objects and storage.objects[name] is None:
            kind = kind_of_service(record).suffix
            drifts.append(f"{name} is up, but its {kind} {record.makes} is gone")
    return drifts


def _image_drift(
    name: str, declared: str, running: Container, images: t.Mapping[str, str]
) -> list[str]:
    image = stored_name(declared)
    if not image or not is_literal(declared):
        return []
    if stored_name(running.image) not in (image, ""):
        return [f"{name} runs {running.image}, not {declared}"]
    if images.get(image, running.image_id) != running.image_id:
        return [f"{name} runs an older image than {declared} is on the host now"]
    return []
