# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""The steps of a plan, with the reason of each change in words."""

from __future__ import annotations

import typing as t

from ..effective import changed_keys, parse_leniently
from ..quadlet.kinds import is_unit, unit_of
from .model import Step

if t.TYPE_CHECKING:
    from ..content import Blob
    from ..state.manifest import Parts
    from .enabling import Enabling
    from .inputs import Inputs
    from .model import PlanInput


def unlike_before(inputs: PlanInput, wanted: Inputs) -> list[str]:
    """The differences from the files of a running service that has no record."""
    differs = []
    for path in [*wanted.restart, *wanted.reload]:
        new, old = inputs.desired.get(path), inputs.current.get(path)
        before = (
            old.data if old else inputs.adopted.get(path, "").encode("utf-8", "surrogateescape")
        )
        if new and new.data != before:
            differs.append(f"{path} differs from what it runs with")
    return differs


def describe(inputs: PlanInput, old: t.Mapping[str, str], new: t.Mapping[str, str]) -> list[str]:
    """The differences between two sets of digests by path, in words."""
    words = []
    for path in [*new, *(p for p in old if p not in new)]:
        if old.get(path) == new.get(path):
            continue
        if path not in new:
            words.append(f"{path} is gone or no longer used")
        elif path not in old:
            words.append(f"{path} is new")
        else:
            words += _how(inputs, path, f"{path} changed")
    return list(dict.fromkeys(words))


def why_pinned(before: Parts, wanted: Inputs) -> list[str]:
    """Why a declared reload is not enough for changed files."""
    return [
        f"{path} {why}"
        for path, why in wanted.pinned.items()
        if before.get(path) != wanted.restart[path]
    ]


def _how(inputs: PlanInput, path: str, changed: str) -> list[str]:
    """`web.container changed (Image, Exec)`, and the changed secrets of the unit."""
    old, new = inputs.current.get(path), inputs.desired.get(path)
    app, words = inputs.app.name, []
    if old and new and is_unit(path) and f".{app}-".encode() in old.data + new.data:
        from ..secrets.stored_names import change_in_words, declared_content

        words = change_in_words(path, old, new, app)
        old, new = (declared_content({path: blob}, app)[path] for blob in (old, new))
        if old.data == new.data and words:
            return words
    return [f"{changed}{_keys(path, old, new)}", *words]


def _keys(path: str, old: Blob | None, new: Blob | None) -> str:
    """` (Image, Exec)` if this run changes a unit's text and both texts can be parsed."""
    if old is None or new is None or old.data == new.data or not is_unit(path):
        return ""
    before, after = parse_leniently(path, old), parse_leniently(path, new)
    if before is None or after is None:
        return ""
    keys = changed_keys(before, after)
    return f" ({', '.join(keys)})" if keys else " (comments)"


def make_steps(
    inputs: PlanInput,
    actions: t.Mapping[str, str],
    why: t.Mapping[str, list[str]],
    removed: t.Sequence[str],
    writes: t.Sequence[str],
    deletes: t.Sequence[str],
    enabling: t.Mapping[str, Enabling],
) -> list[Step]:
    """The steps for all units, files and services that change."""
    steps = []
    covered: set[str] = set()
    gone = "state: absent" if inputs.app.state == "absent" else "is no longer declared"
    for name in removed:
        unit = inputs.manifest.services[name].unit
        steps.append(
            Step(
                unit,
                name,
                "remove",
                (gone if unit not in inputs.desired else "has another service name now",),
            )
        )
        covered.add(unit)
    for name, action in actions.items():
        unit = inputs.services[name].unit
        also = [enabling[name].reason] if name in enabling and enabling[name].reason else []
        steps.append(Step(unit, name, action, (*why[name], *also)))
        covered |= {unit, *inputs.digests[name].restart, *inputs.digests[name].reload}
    if inputs.desired and inputs.on_demand != inputs.manifest.on_demand:
        from .jobs import demand_changes

        regrouped = {n: text for n, text in demand_changes(inputs).items() if n not in actions}
        steps += [
            Step(inputs.services[n].unit, n, "regroup", (text,)) for n, text in regrouped.items()
        ]
    alone = {n: row for n, row in enabling.items() if row.reason and n not in covered}
    steps += [Step(name, name, row.verb, (row.reason,)) for name, row in alone.items()]
    covered |= set(alone)
    steps += [_write_step(inputs, path) for path in writes if path not in covered]
    steps += [Step(path, None, "remove", (gone,)) for path in deletes if path not in covered]
    return steps


def _write_step(inputs: PlanInput, path: str) -> Step:
    unit = unit_of(path)
    service = next((n for n, r in inputs.services.items() if r.unit == unit), None)
    old, new = inputs.current.get(path), inputs.desired[path]
    if path in inputs.adopted:
        return Step(path, service, "adopt", ("is taken over",))
    if old is None:
        reasons = ["is new"]
    elif old.data == new.data:
        reasons = [f"mode {old.mode:04o} becomes {new.mode:04o}"]
    else:
        reasons = _how(inputs, path, "changed")
    return Step(path, service, "write", tuple(reasons))
