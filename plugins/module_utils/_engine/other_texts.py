# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Whether services that others started since the last run were started with other texts.

Times tell of files that were changed behind a start.  Where a text may have come and gone before
it, a drop-in or a unit that was put back without a reload, the container tells: Podman keeps the
command that it was created with.
"""

from __future__ import annotations

import re
import typing as t

from .._core.effective import whole_text
from .._core.mounts.facts import Facts, Ground
from .._core.plan.model import PlanInput, kind_of_service
from .._core.plan.own_starts import Edits, judge_starts
from .._core.plan.start_command import WAYS, Command, declared_command, is_command
from .._core.systemd_state import Details
from .._host import podman
from .._host.scope import Scope
from .validate_installed import installed_verdict

_RELABELS = re.compile(r"[:,][zZU]\b|relabel=|U=true|chown=")
_PACKAGED = "/usr/"


class OtherTexts(t.NamedTuple):
    """The services; and whether all others that were started since have the installed texts."""

    names: frozenset[str]
    clear: bool


def find_other_texts(
    inputs: PlanInput,
    scope: Scope,
    edits: t.Mapping[str, Edits],
    details: t.Mapping[str, Details],
    recorded_at: float,
) -> OtherTexts:
    """What times and containers tell of the services in details."""
    relabelling = [name for name in details if _relabels(inputs, name)]
    starts = judge_starts(edits, details, recorded_at, relabelling)
    lasts = {n: details[n] for n in starts.unclear if not inputs.manifest.services[n].makes}
    same = _compare(inputs, scope, lasts)
    other = starts.other | {
        name for name in lasts if same.get(name) is False or (name not in same and edits[name].unit)
    }
    calm = not any(row.restarts for row in details.values())
    return OtherTexts(other, calm and not other and same.keys() >= lasts.keys())


def _relabels(inputs: PlanInput, name: str) -> bool:
    unit = inputs.services[name].unit
    texts = whole_text(unit, inputs.desired) if unit in inputs.desired else []
    values = [entry.value for text in texts if text for entry in text.entries]
    return any(map(_RELABELS.search, values))


def _compare(inputs: PlanInput, scope: Scope, details: t.Mapping[str, Details]) -> dict[str, bool]:
    """Whether each container or pod was created as its unit says; only those that can be told.

    Drop-ins of systemd's own may change the command; a generator that was replaced since the start
    may write another one.
    """
    told = {
        name: kind_of_service(inputs.services[name]).suffix
        for name, row in details.items()
        if all(path.startswith(_PACKAGED) for path in row.drop_ins)
    }
    replaced_at = podman.generator_changed_at(system=scope.is_system)
    told = {
        name: suffix
        for name, suffix in told.items()
        if suffix in WAYS and details[name].begun_at > replaced_at
    }
    if not told:
        return {}
    verdict = installed_verdict(scope)
    facts, home = Facts(scope.manager.name, scope.manager.uid), scope.manager.home
    app_dir = scope.app_dir(inputs.app.name)
    ground = Ground(app_dir, scope.unit_dir, home, frozenset(), facts)
    declared = {
        name: declared_command(suffix, name, verdict.text_of(name), ground)
        for name, suffix in told.items()
    }
    same = {}
    for suffix in {*told.values()}:
        commands = {n: c for n, c in declared.items() if c and told[n] == suffix}
        same.update(_compare_kind(scope, suffix, commands))
    return same


def _compare_kind(scope: Scope, suffix: str, commands: dict[str, Command]) -> dict[str, bool]:
    way, names = WAYS[suffix], [command.name for command in commands.values()]
    kept = podman.read_create_commands(scope.manager, way.inspect, way.shown, names)
    return {
        name: is_command(command, kept[command.name])
        for name, command in commands.items()
        if command.name in kept
    }
