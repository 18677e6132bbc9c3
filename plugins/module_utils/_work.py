# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""One plan with all that carrying it out needs, and what became of it."""

from __future__ import annotations

import dataclasses
import types
import typing as t

from ._core.inputs import Inputs
from ._core.manifest import Manifest, ServiceRecord
from ._core.spec import App, Blob
from ._core.unitstate import Details, State
from ._core.world import Plan
from ._host import systemd
from ._host.scope import Scope

if t.TYPE_CHECKING:
    from ._decide import Decided


@dataclasses.dataclass(frozen=True)
class Work:
    """One plan with all that carrying it out needs.

    moves: (source, target) of adopted units' drop-ins.  gone: paths of adopted units, and
    of drop-ins that the app replaces.
    """

    app: App
    scope: Scope
    manager: systemd.Manager
    plan: Plan
    desired: dict[str, Blob]
    before: Manifest
    services: dict[str, ServiceRecord]
    inputs: dict[str, Inputs]
    states: dict[str, State]
    loaded: str
    moves: tuple[tuple[str, str], ...] = ()
    gone: tuple[str, ...] = ()
    timings: dict[str, float] = dataclasses.field(default_factory=dict)


def make_work(
    scope: Scope, manager: systemd.Manager, decided: Decided, timings: dict[str, float]
) -> Work:
    """What there is to carry out of a decision."""
    world = decided.world
    judgement = decided.judgement
    return Work(
        app=world.app,
        scope=scope,
        manager=manager,
        plan=decided.plan,
        desired=world.desired,
        before=world.manifest,
        services=world.services,
        inputs=world.inputs,
        states=world.states,
        loaded=world.loaded,
        moves=tuple(judgement.moves.items()) if judgement else (),
        gone=judgement.gone if judgement else (),
        timings=timings,
    )


class Outcome(t.NamedTuple):
    """What a run left behind."""

    manifest: Manifest
    states: dict[str, State]
    details: dict[str, Details]
    failures: list[dict[str, t.Any]]
    health: t.Mapping[str, str] = types.MappingProxyType({})
