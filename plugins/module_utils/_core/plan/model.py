# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""A plan, and the input that it is made from."""

from __future__ import annotations

import dataclasses
import types
import typing as t

from ..app.app import App
from ..content import Blob
from ..effective import declared_image
from ..objects.model import Judged
from ..quadlet.kinds import KINDS, Companion, Kind, companion_of, kind_of
from ..state.manifest import Manifest, ServiceRecord
from ..systemd_state import State
from .inputs import Inputs

if t.TYPE_CHECKING:
    from .directory import Change

_IDLE = State()


@dataclasses.dataclass(frozen=True)
class Step:
    """A step for a unit, file or directory.  action: write, adopt, enable, disable, start, restart,
    reload, stop, remove, run, regroup, directory, pull or linger.  service: None for a file that no
    service uses.
    """

    unit: str | None
    service: str | None
    action: str
    reasons: tuple[str, ...]

    def to_text(self) -> str:
        """The step as a line of text."""
        return f"{self.action} {self.service or self.unit or 'systemd'}: {', '.join(self.reasons)}"

    def to_result(self) -> dict[str, t.Any]:
        """The step as the module returns it."""
        return {**dataclasses.asdict(self), "reasons": list(self.reasons)}


@dataclasses.dataclass(frozen=True)
class Plan:
    """steps: for people.  The rest: what to do, services in no particular order.

    keep_active: services that are active now and must be active afterwards.
    daemon_reload: whether systemd and the generator must read units again.
    stop_first: what must be down when sockets start; systemd refuses them otherwise.
    recreate: services whose network or volume is removed first, so that they make a new one.
    outdated: services whose network or volume keeps an older definition.
    run: jobs that run once the app is up, in their order.  directories: to make or correct.
    in_sync: services that run with the desired files, or will when something starts them next.
    """

    steps: tuple[Step, ...] = ()
    writes: tuple[str, ...] = ()
    deletes: tuple[str, ...] = ()
    daemon_reload: bool = False
    enable: tuple[str, ...] = ()
    disable: tuple[str, ...] = ()
    stop: tuple[str, ...] = ()
    stop_first: tuple[str, ...] = ()
    start: tuple[str, ...] = ()
    restart: tuple[str, ...] = ()
    reload: tuple[str, ...] = ()
    recreate: tuple[str, ...] = ()
    outdated: tuple[str, ...] = ()
    keep_active: tuple[str, ...] = ()
    run: tuple[str, ...] = ()
    directories: tuple[Change, ...] = ()
    in_sync: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def empty(self) -> bool:
        """Whether there is nothing to do."""
        return not (self.steps or self.daemon_reload)


ASKING = frozenset({"always", "newer"})
"""Values of pull that ask the registry at every run, also for running services."""


class Pulled(t.NamedTuple):
    """The result of pulls.  fetched: Podman has pulled or loaded.  renewed: services that run with
    another image than the host now has under that name.  replaced: former ids by name that this
    run moved.  brought: names that the host lacked.  present: (id, digest) by name of images that
    were inspected and not moved since.
    """

    steps: tuple[Step, ...] = ()
    fetched: bool = False
    renewed: frozenset[str] = frozenset()
    warnings: tuple[str, ...] = ()
    replaced: t.Mapping[str, str] = types.MappingProxyType({})
    brought: tuple[str, ...] = ()
    present: t.Mapping[str, tuple[str, str]] = types.MappingProxyType({})


def join_pulled(first: Pulled, second: Pulled) -> Pulled:
    """Joins two results; of a name that both moved, the first former id counts."""
    return Pulled(
        steps=(*first.steps, *second.steps),
        fetched=first.fetched or second.fetched,
        renewed=first.renewed | second.renewed,
        warnings=(*first.warnings, *second.warnings),
        replaced={**second.replaced, **first.replaced},
        brought=(*first.brought, *second.brought),
        present=second.present,
    )


class PlanInput(t.NamedTuple):
    """All that a plan is made from.

    desired: the app's files as they will be.  current: the installed files, of those paths and of
    all that the app owns.  services: by name, as the generator makes them.  digests: inputs by
    service.  states: by service.  own_start: services that systemd started by itself after the
    last write.  adopted: old texts of adopted units.  vanished: active services whose network or
    volume Podman no longer has.  enabled: systemd's state of companions with [Install], if it was
    read.  renewed: services that run with another image than their unit's image name has now.
    secrets: stored names by declared names, of secrets in desired units.  other_text: services that
    somebody started while their files were edited.  on_demand: units that no run starts.
    objects: networks and volumes that were asked for, by service.
    """

    app: App
    desired: dict[str, Blob]
    current: dict[str, Blob]
    manifest: Manifest
    loaded: str
    services: dict[str, ServiceRecord]
    digests: dict[str, Inputs]
    states: dict[str, State]
    own_start: frozenset[str] = frozenset()
    adopted: t.Mapping[str, str] = types.MappingProxyType({})
    vanished: frozenset[str] = frozenset()
    enabled: t.Mapping[str, str] = types.MappingProxyType({})
    renewed: frozenset[str] = frozenset()
    secrets: t.Mapping[str, str] = types.MappingProxyType({})
    other_text: frozenset[str] = frozenset()
    on_demand: tuple[str, ...] = ()
    objects: t.Mapping[str, Judged] = types.MappingProxyType({})


def images_of_active(inputs: PlanInput) -> dict[str, str | None]:
    """The declared image of each active service."""
    return {
        name: declared_image(record.unit, inputs.desired)
        for name, record in inputs.services.items()
        if state_of(inputs, name).up
    }


def is_literal(name: str) -> bool:
    """Whether a name is there, and holds nothing that systemd expands: only then Podman has it."""
    return bool(name) and not {"%", "$"} & {*name}


def state_of(inputs: PlanInput, name: str) -> State:
    """A service's state; an unread state counts as down."""
    return inputs.states.get(name, _IDLE)


def has_companions(inputs: PlanInput) -> bool:
    """Whether the app has or will have native systemd units."""
    return any(map(companion_of, [*inputs.desired, *inputs.manifest.files]))


def kind_of_service(record: ServiceRecord) -> Kind | Companion:
    """The kind of a service's unit."""
    return kind_of(record.unit) or companion_of(record.unit) or KINDS["container"]
