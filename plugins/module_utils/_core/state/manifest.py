# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""The record of an app: what it owns and what its services were started with."""

from __future__ import annotations

import dataclasses
import typing as t

from . import records

Parts = dict[str, str]
"""Digests by path of the files that a service was started with."""


@dataclasses.dataclass(frozen=True)
class ServiceRecord:
    """A service of an app: its dependencies, and what it was last started with.

    started_with: None until a start succeeded.  reload_with: the same for files whose
    change needs a reload.  triggered: a timer, a socket or another unit starts it, or nobody but
    a person does.  job: it does its work and ends.  on_demand: the option of that name has it.
    stopped: no run has started it since one has stopped it, or since it came.  The other fields are
    those of generator.Service.
    """

    unit: str
    needs: tuple[str, ...] = ()
    follows: tuple[str, ...] = ()
    once: bool = False
    objects: tuple[str, ...] = ()
    can_reload: bool = False
    makes: str = ""
    creates: tuple[str, ...] = ()
    deletes: bool = False
    triggers: tuple[str, ...] = ()
    triggered: bool = False
    started_with: Parts | None = None
    reload_with: Parts | None = None
    job: bool = False
    on_demand: bool = False
    stopped: bool = False

    @property
    def waits(self) -> bool:
        """Whether no run starts it."""
        return self.triggered or self.on_demand


def is_stopped_after(known: ServiceRecord | None, state: str, *, selected: bool, up: bool) -> bool:
    """`stopped` of a service after a run.

    known: its record before.  state: of the app.  selected: the run decides on it.  up: it is.
    """
    if up:  # whoever has started it: it is missed from now on
        return False
    if state == "present" or not selected:
        return known is None or known.stopped
    return state == "stopped"


class Mark(t.NamedTuple):
    """The rollout of a deployed state.  came_from: the generation before the rollout, 0 for a
    first deployment.  under_way: the rollout is not accepted yet.
    """

    rollout: str = ""
    came_from: int = 0
    under_way: bool = False


@dataclasses.dataclass(frozen=True)
class Manifest:
    """files: digest, mode and on_change of every file that the app owns.  loaded: digest of
    the unit texts at the last daemon-reload, None while a run is between its first write and it.
    written_at: when the last run wrote or reloaded, in seconds since the epoch.
    secrets: the names that Podman has them under, by declared name.  images: ids of the
    containers' images by name, at the last deployment.  deployed: the number of the last deployed
    generation; after a rollback `generation`, the installed number, is smaller.
    rollout: of the deployed state.  on_demand: units that no run starts.
    """

    app: str
    generation: int = 0
    files: dict[str, tuple[str, int, str]] = dataclasses.field(default_factory=dict)
    loaded: str | None = None
    written_at: float = 0.0
    services: dict[str, ServiceRecord] = dataclasses.field(default_factory=dict)
    secrets: dict[str, str] = dataclasses.field(default_factory=dict)
    images: dict[str, str] = dataclasses.field(default_factory=dict)
    deployed: int = 0
    rollout: Mark = dataclasses.field(default_factory=Mark)
    on_demand: tuple[str, ...] = ()

    @property
    def on_change(self) -> dict[str, str]:
        """The action after a change of each file."""
        return {path: row[2] for path, row in self.files.items()}


def dump_manifest(manifest: Manifest) -> str:
    """The manifest as JSON text."""
    return records.dump(manifest)


def parse_manifest(text: str, path: str) -> Manifest:
    """Parses a manifest; refuses a newer format than ours."""
    return records.parse(text, path, _build, _REMEDY)


_REMEDY = "Move it away: files that are as declared are owned again by the next run."


def _build(data: dict[str, t.Any]) -> Manifest:
    data["files"] = {name: (row[0], row[1], row[2]) for name, row in data["files"].items()}
    data["services"] = {n: _parse_record(row) for n, row in data["services"].items()}
    data["rollout"] = Mark(*data.get("rollout") or ())
    for key in ("secrets", "images"):
        data[key] = dict(data.get(key) or {})
    data["on_demand"] = tuple(data.get("on_demand") or ())
    return Manifest(**data)


def _parse_record(row: t.Mapping[str, t.Any]) -> ServiceRecord:
    lists = {key: tuple(row[key]) for key in ("needs", "follows", "objects", "triggers")}
    lists["creates"] = tuple(row.get("creates", ()))
    never_started = row.get("started_with") is None  # of records that do not tell
    return ServiceRecord(**{"stopped": never_started, **row, **lists})
