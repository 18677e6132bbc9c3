# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""What carries one run through its phases, and what became of it."""

from __future__ import annotations

import dataclasses
import types
import typing as t

from .._core.app.app import App
from .._core.content import Blob
from .._core.gate.failure import Failure
from .._core.plan.external import External
from .._core.plan.model import Plan, PlanInput, Pulled
from .._core.state.manifest import Manifest, ServiceRecord
from .._core.systemd_state import Details, State
from .._host.clock import Clock
from .._host.scope import Scope
from .._host.systemd import Manager
from .observe import Snapshot

if t.TYPE_CHECKING:
    from .directories import MadeDirectories
    from .validate import Validation


@dataclasses.dataclass(frozen=True)
class Run:
    """One call, whatever it finds.  timings: seconds by phase."""

    scope: Scope
    manager: Manager
    clock: Clock
    timings: dict[str, float]


@dataclasses.dataclass(frozen=True)
class Decision:
    """A plan, and what it was made from.  validation: None where no unit's text has changed.

    external: active units of others that will stop because of it; foreseen: they were asked for.
    confirmed: services that others have started were found to have the installed texts.
    """

    inputs: PlanInput
    plan: Plan
    validation: Validation | None
    snapshot: Snapshot
    lingers: bool
    external: tuple[External, ...] = ()
    foreseen: bool = False
    confirmed: bool = False

    @property
    def app(self) -> App:
        """The app as asked for."""
        return self.inputs.app

    @property
    def moves(self) -> dict[str, str]:
        """New paths of adopted units' drop-ins by old ones."""
        return self.validation.moves if self.validation else {}

    @property
    def gone(self) -> tuple[str, ...]:
        """Paths of adopted units, and of drop-ins that the app replaces."""
        return self.validation.gone if self.validation else ()

    @property
    def done(self) -> bool:
        """Whether nothing is left to do."""
        return self.plan.empty and self.lingers


@dataclasses.dataclass(frozen=True)
class Context:
    """A decision on its way to the host.  made: the run's directories of bind mounts, if any."""

    run: Run
    decision: Decision
    pulled: Pulled
    made: MadeDirectories | None = None

    @property
    def app(self) -> App:
        """The app as asked for."""
        return self.decision.inputs.app

    @property
    def scope(self) -> Scope:
        """Where it is deployed."""
        return self.run.scope

    @property
    def manager(self) -> Manager:
        """The scope's service manager."""
        return self.run.manager

    @property
    def plan(self) -> Plan:
        """What to do."""
        return self.decision.plan

    @property
    def desired(self) -> dict[str, Blob]:
        """The app's files as they will be."""
        return self.decision.inputs.desired

    @property
    def record(self) -> Manifest:
        """The app's record before this run."""
        return self.decision.inputs.manifest

    @property
    def services(self) -> dict[str, ServiceRecord]:
        """The app's services as they will be."""
        return self.decision.inputs.services

    @property
    def states(self) -> dict[str, State]:
        """States of services before this run."""
        return self.decision.inputs.states


_NONE: t.Final[t.Mapping[str, t.Any]] = types.MappingProxyType({})


class Outcome(t.NamedTuple):
    """What a run left behind.

    record: the app's as it is now.  pending: services that are still on their way.  services: the
    app's as they are now, where a failed run was undone.  attempt: what it had tried then, None
    where nothing was undone.  trouble: why the undo did not succeed.  ran: jobs that the run has
    begun.
    """

    record: Manifest
    states: t.Mapping[str, State] = _NONE
    details: t.Mapping[str, Details] = _NONE
    failures: tuple[Failure, ...] = ()
    health: t.Mapping[str, str] = _NONE
    pending: tuple[str, ...] = ()
    services: dict[str, ServiceRecord] | None = None
    attempt: dict[str, t.Any] | None = None
    trouble: str = ""
    warnings: tuple[str, ...] = ()
    ran: tuple[str, ...] = ()

    @property
    def came_to_start(self) -> bool:
        """Whether the run had begun to move services."""
        return bool(self.states) or any(failure.phase == "start" for failure in self.failures)


def make_context(run: Run, decision: Decision, pulled: Pulled) -> Context:
    """The context of what is left to do."""
    return Context(run, decision, pulled)
