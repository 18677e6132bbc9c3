# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""One plan with all that carrying it out needs, and what became of it."""

from __future__ import annotations

import dataclasses
import types
import typing as t

from .._core.app.app import App
from .._core.content import Blob
from .._core.plan.inputs import Inputs
from .._core.plan.model import Plan, Pulled, World
from .._core.state.intent import Intent
from .._core.state.manifest import Manifest, ServiceRecord
from .._core.systemd_state import Details, State
from .._host import systemd
from .._host.scope import Scope

if t.TYPE_CHECKING:
    from .decide import Decided


@dataclasses.dataclass(frozen=True)
class Work:
    """One plan with all that carrying it out needs.

    moves: (source, target) of adopted units' drop-ins.  gone: paths of adopted units, and
    of drop-ins that the app replaces.  died: the intent of the run before, where it did not end.
    new_key: what names of secrets come from, where the scope has none yet.  mask: hides values of
    secrets in a text.
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
    world: World
    moves: tuple[tuple[str, str], ...] = ()
    gone: tuple[str, ...] = ()
    timings: dict[str, float] = dataclasses.field(default_factory=dict)
    died: Intent | None = None
    pulled: Pulled = dataclasses.field(default_factory=Pulled)
    new_key: str = dataclasses.field(default="", repr=False)
    mask: t.Callable[[str], str] = str


def make_work(
    scope: Scope,
    manager: systemd.Manager,
    decided: Decided,
    pulled: Pulled,
    timings: dict[str, float],
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
        world=world,
        moves=tuple(judgement.moves.items()) if judgement else (),
        gone=judgement.gone if judgement else (),
        timings=timings,
        died=decided.snapshot.died,
        pulled=pulled,
        new_key=decided.snapshot.new_key,
        mask=_mask_of(world.app),
    )


def _mask_of(app: App) -> t.Callable[[str], str]:
    if not app.secrets:
        return str
    from .._core.secrets.masking import make_mask

    return make_mask(app.secrets.values())


class Outcome(t.NamedTuple):
    """What a run left behind.

    services: the app's as they are now, where a failed run was undone.  attempt: what it had
    tried then, None where nothing was undone.  trouble: why that did not succeed.
    """

    manifest: Manifest
    states: dict[str, State]
    details: dict[str, Details]
    failures: list[dict[str, t.Any]]
    health: t.Mapping[str, str] = types.MappingProxyType({})
    pending: tuple[str, ...] = ()
    services: dict[str, ServiceRecord] | None = None
    attempt: dict[str, t.Any] | None = None
    trouble: str = ""
    warnings: tuple[str, ...] = ()
