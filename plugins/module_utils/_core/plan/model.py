# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""What a plan is made from, and what it is."""

from __future__ import annotations

import dataclasses
import types
import typing as t

from ..app.app import App
from ..content import Blob
from ..effective import declared_image
from ..quadlet.kinds import KINDS, Companion, Kind, companion_of, kind_of
from ..state.manifest import Manifest, ServiceRecord
from ..systemd_state import State
from .inputs import Inputs

_IDLE = State()


@dataclasses.dataclass(frozen=True)
class Step:
    """What happens to one unit or file.  action: write, adopt, enable, disable, start,
    restart, reload, stop, remove, pull or linger.  service: None for a file that no service uses.
    """

    unit: str | None
    service: str | None
    action: str
    reasons: tuple[str, ...]

    def to_text(self) -> str:
        """The step as one line."""
        return f"{self.action} {self.service or self.unit}: {', '.join(self.reasons)}"

    def to_result(self) -> dict[str, t.Any]:
        """The step as the module returns it."""
        return {**dataclasses.asdict(self), "reasons": list(self.reasons)}


@dataclasses.dataclass(frozen=True)
class Plan:
    """steps: for people.  The rest: what to do, services in no particular order.

    keep_active: services that are active now and must be active afterwards, whatever stops
    in between.  daemon_reload: whether systemd and the generator have to read units again.
    stop_first: what has to be down when sockets start, systemd refuses them otherwise.
    recreate: services whose network or volume is removed first, so that they make it again.
    outdated: services whose network or volume stays one that was made from another definition.
    in_sync: services that run with what is wanted, or will when something starts them next.
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
    in_sync: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def empty(self) -> bool:
        """Whether there is nothing to do."""
        return not (self.steps or self.daemon_reload)


ASKING = frozenset({"always", "newer"})
"""Values of pull that ask the registry at every run, for what runs already too."""


class Pulled(t.NamedTuple):
    """What became of the images.  happened: Podman has pulled or loaded.  renewed: services that
    run with another image than the host now has under that name.  replaced: ids that names stood
    for before this run moved them.  brought: names that the host lacked.  there: (id, digest) of
    images by name, where they were asked for and nothing has moved them since.
    """

    steps: tuple[Step, ...] = ()
    happened: bool = False
    renewed: frozenset[str] = frozenset()
    warnings: tuple[str, ...] = ()
    replaced: t.Mapping[str, str] = types.MappingProxyType({})
    brought: tuple[str, ...] = ()
    there: t.Mapping[str, tuple[str, str]] = types.MappingProxyType({})


def join_pulled(first: Pulled, second: Pulled) -> Pulled:
    """Two of them as one; of a name that both moved, what it stood for at first."""
    return Pulled(
        steps=(*first.steps, *second.steps),
        happened=first.happened or second.happened,
        renewed=first.renewed | second.renewed,
        warnings=(*first.warnings, *second.warnings),
        replaced={**second.replaced, **first.replaced},
        brought=(*first.brought, *second.brought),
        there=second.there,
    )


class PlanInput(t.NamedTuple):
    """All that a plan is made from.

    desired: the app's files as they will be.  current: those paths, and all that the app
    owns, as they are.  services: the graph as the generator makes it, by service.  inputs
    by service.  states by service.  own_start: services that systemd started by itself
    after the last write.  adopted: old texts of units that are taken over.  vanished: services
    that read active, and whose network or volume Podman does not have any more.  enabled:
    systemd's word for companions with [Install], where it was asked.  renewed: services that
    run with another image than the one that their unit's name stands for now.  secrets: stored
    names by declared ones, of those that desired units name.
    """

    app: App
    desired: dict[str, Blob]
    current: dict[str, Blob]
    manifest: Manifest
    loaded: str
    services: dict[str, ServiceRecord]
    inputs: dict[str, Inputs]
    states: dict[str, State]
    own_start: frozenset[str] = frozenset()
    adopted: t.Mapping[str, str] = types.MappingProxyType({})
    vanished: frozenset[str] = frozenset()
    enabled: t.Mapping[str, str] = types.MappingProxyType({})
    renewed: frozenset[str] = frozenset()
    secrets: t.Mapping[str, str] = types.MappingProxyType({})


def images_of_active(world: PlanInput) -> dict[str, str | None]:
    """The image that each active service names."""
    return {
        name: declared_image(record.unit, world.desired)
        for name, record in world.services.items()
        if state_of(world, name).up
    }


def state_of(world: PlanInput, name: str) -> State:
    """A service's state; one that systemd was not asked for is down."""
    return world.states.get(name, _IDLE)


def has_companions(world: PlanInput) -> bool:
    """Whether any unit of the app, as it is or will be, is none that a Quadlet is made of."""
    return any(map(companion_of, [*world.desired, *world.manifest.files]))


def kind_of_service(record: ServiceRecord) -> Kind | Companion:
    """The kind of the unit that a service is made of."""
    return kind_of(record.unit) or companion_of(record.unit) or KINDS["container"]
