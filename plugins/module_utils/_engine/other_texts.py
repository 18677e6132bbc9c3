# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Whether services that others started since the last run were started with other texts.

Times tell of files that were changed behind a start, and of texts that systemd has loaded since.
Where a text may have come and gone before it, a drop-in or a unit that was put back, what systemd
has loaded tells, if that was before the start; or else the container: Podman keeps the command that
it was created with.  Where nothing can tell, the start does not count.
"""

from __future__ import annotations

import re
import typing as t

from .._core.effective import whole_text
from .._core.mounts.facts import Facts, Ground
from .._core.plan.model import PlanInput, kind_of_service
from .._core.plan.own_starts import (
    LOADED,
    OTHER,
    OURS,
    UNCLEAR,
    Edits,
    Times,
    Traits,
    judge_starts,
)
from .._core.plan.start_command import WAYS, Command, declared_command, is_command, is_text
from .._core.quadlet.kinds import kind_of
from .._core.systemd_state import Details
from .._core.validate.drop_ins import is_foreign
from .._host import podman, state
from .._host.changes import changed_at
from .._host.scope import Scope
from .validate_installed import installed_verdict

_RELABELS = re.compile(r"[:,][zZU]\b|relabel=|U=true|chown=")


class OtherTexts(t.NamedTuple):
    """The services; and whether all others that were started since have the installed texts."""

    names: frozenset[str]
    clear: bool


def find_other_texts(
    inputs: PlanInput,
    scope: Scope,
    edits: t.Mapping[str, Edits],
    details: t.Mapping[str, Details],
    times: Times,
) -> OtherTexts:
    """What times, systemd and containers tell of the services in details."""
    traits = {name: _traits(inputs, name) for name in details}
    found = judge_starts(edits, details, traits, times)
    asked = {name: details[name] for name, how in found.items() if how in (LOADED, UNCLEAR)}
    if asked:
        found.update(_Asked(inputs, scope, times, asked).judge(found))
    calm = not any(row.restarts for row in details.values())
    other = frozenset(name for name, how in found.items() if how == OTHER)
    return OtherTexts(other, calm and all(how == OURS for how in found.values()))


def _traits(inputs: PlanInput, name: str) -> Traits:
    record = inputs.services[name]
    texts = whole_text(record.unit, inputs.desired) if record.unit in inputs.desired else []
    values = [entry.value for text in texts if text for entry in text.entries]
    return Traits(
        generated=kind_of(record.unit) is not None,
        tells=kind_of_service(record).suffix in WAYS,
        makes=bool(record.makes),
        relabels=any(map(_RELABELS.search, values)),
    )


class _Asked:
    """Services whose start systemd or Podman has to tell of."""

    def __init__(
        self, inputs: PlanInput, scope: Scope, times: Times, details: t.Mapping[str, Details]
    ) -> None:
        self._inputs, self._scope, self._times, self._details = inputs, scope, times, details
        self._verdict = installed_verdict(scope)
        self._generator_at = podman.generator_changed_at(system=scope.is_system)

    def judge(self, found: t.Mapping[str, str]) -> dict[str, str]:
        """What each was started with; still unclear where that can't be told."""
        judged = {n: self._judge_loaded(n) for n in self._details if found[n] == LOADED}
        unclear = [n for n in self._details if judged.get(n, UNCLEAR) == UNCLEAR]
        return {**judged, **self._judge_commands(unclear)}

    def _judge_loaded(self, name: str) -> str:
        """By the texts that systemd has loaded, and not again since the start."""
        row, loads = self._details[name], self._times.loads
        drop_ins = [path for path in row.drop_ins if is_foreign(path)]
        changes = self._scope.manager.call(_changes, drop_ins)
        if any(at is None or at > max(loads.last, self._times.recorded) for at in changes):
            return OTHER
        if kind_of(self._inputs.services[name].unit) is None:
            return OURS
        wanted = self._verdict.text_of(name)
        loaded = self._scope.manager.call(state.read_text, row.fragment) if row.fragment else None
        if not wanted or not loaded:
            return UNCLEAR
        if is_text(wanted, str(loaded)):
            return OURS
        return UNCLEAR if self._generator_at > loads.last else OTHER

    def _judge_commands(self, names: t.Sequence[str]) -> dict[str, str]:
        """By the commands of containers and pods.

        A generator that was replaced since the start may write another one.
        """
        kinds = {name: kind_of_service(self._inputs.services[name]).suffix for name in names}
        kinds = {
            name: suffix
            for name, suffix in kinds.items()
            if suffix in WAYS and self._details[name].begun_at > self._generator_at
        }
        scope, home = self._scope, self._scope.manager.home
        facts = Facts(scope.manager.name, scope.manager.uid)
        app_dir = scope.app_dir(self._inputs.app.name)
        ground = Ground(app_dir, scope.unit_dir, home, frozenset(), facts)
        declared = {
            name: declared_command(suffix, name, self._verdict.text_of(name), ground)
            for name, suffix in kinds.items()
        }
        found: dict[str, str] = {}
        for suffix in {*kinds.values()}:
            commands = {n: c for n, c in declared.items() if c and kinds[n] == suffix}
            found.update(_compare_kind(scope, suffix, commands))
        return found


def _changes(paths: t.Sequence[str]) -> list[float | None]:
    """When files were changed; None for what is not there."""
    return [changed_at(path) or None for path in paths]


def _compare_kind(scope: Scope, suffix: str, commands: dict[str, Command]) -> dict[str, str]:
    way, names = WAYS[suffix], [command.name for command in commands.values()]
    kept = podman.read_create_commands(scope.manager, way.inspect, way.shown, names)
    return {
        name: OURS if is_command(command, kept[command.name]) else OTHER
        for name, command in commands.items()
        if command.name in kept
    }
