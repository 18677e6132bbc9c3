# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""What a run will do and why: decided from what is wanted, recorded and reported."""

from __future__ import annotations

import typing as t

from ..quadlet.kinds import is_unit
from ..state.manifest import Manifest, Parts, ServiceRecord
from ..systemd_state import State
from .model import Plan, PlanInput, Step, has_companions, kind_of_service, state_of
from .recreate import is_recreated, is_renamed, stale_resources, stays_old, why_recreated
from .start_order import stop_order

if t.TYPE_CHECKING:
    from ..content import Blob
    from .enabling import Enabling
    from .inputs import Inputs


def file_changes(
    desired: t.Mapping[str, Blob], current: t.Mapping[str, Blob], manifest: Manifest
) -> tuple[list[str], list[str]]:
    """(paths to write, paths to delete) so that the app's directory is as desired."""
    writes = [
        path
        for path, blob in desired.items()
        if path not in current or (blob.data, blob.mode) != (current[path].data, current[path].mode)
    ]
    deletes = [path for path in manifest.files if path not in desired and path in current]
    return writes, deletes


def make_plan(world: PlanInput) -> Plan:
    """The plan of one run."""
    writes, deletes = file_changes(world.desired, world.current, world.manifest)
    removed = [name for name in world.manifest.services if name not in world.services]
    reasons = {name: _why_now(world, name) for name in _selected(world)}
    actions = {name: action for name, (action, _why) in reasons.items() if action}
    why = {name: list(texts) for name, (_action, texts) in reasons.items()}
    stop_first = _follow(world, actions, why) if actions and world.app.state != "stopped" else ()
    enabling = _decide_enabling(world) if has_companions(world) else {}
    steps: list[Step] = []
    if removed or actions or enabling or writes or deletes:
        from .reasons import make_steps

        steps = make_steps(world, actions, why, removed, writes, deletes, enabling)
    chosen = {
        word: tuple(name for name, action in actions.items() if action == word)
        for word in ("start", "restart", "reload", "stop")
    }
    records = {**world.manifest.services, **world.services}
    goes = frozenset(chosen["stop"]) | frozenset(removed)
    return Plan(
        steps=tuple(steps),
        writes=tuple(writes),
        deletes=tuple(deletes),
        daemon_reload=world.loaded != world.manifest.loaded
        or any(map(is_unit, [*writes, *deletes]))
        or bool(enabling),
        enable=_named(enabling, "enable"),
        disable=_named(enabling, "disable"),
        stop=tuple(stop_order(records, [*removed, *chosen["stop"]])),
        stop_first=stop_first,
        start=chosen["start"],
        restart=chosen["restart"],
        reload=chosen["reload"],
        recreate=tuple(name for name in actions if is_recreated(world, name)),
        outdated=tuple(name for name in world.services if stays_old(world, name)),
        keep_active=tuple(n for n in world.services if _is_kept_up(world, n) and n not in goes),
        in_sync=tuple(name for name in world.services if _is_settled(world, name)),
        warnings=(*stale_resources(world), *_unused_secrets(world)),
    )


def _follow(
    world: PlanInput, actions: dict[str, str], why: dict[str, list[str]]
) -> tuple[str, ...]:
    """Adds what follows the services that something happens to; what has to be down meanwhile."""
    from .dependents import follow, paused, restart_whole_pods

    follow(world, actions, why)
    while restart_whole_pods(world, actions, why):
        follow(world, actions, why)
    return paused(world, actions)


def _decide_enabling(world: PlanInput) -> dict[str, Enabling]:
    from .enabling import decide_enabling

    return decide_enabling(world)


def _unused_secrets(world: PlanInput) -> list[str]:
    unused = [name for name in world.app.secrets or () if name not in world.secrets]
    return [
        f"no unit uses the secret {name}: it is not made. Write Secret={name} into the unit that "
        "is to have it, or leave it out."
        for name in (unused if world.desired else ())
    ]


def _named(enabling: t.Mapping[str, Enabling], verb: str) -> tuple[str, ...]:
    return tuple(name for name, one in enabling.items() if one.verb == verb)


def _is_kept_up(world: PlanInput, name: str) -> bool:
    """Whether a service that is active has to be so in the end: not one that comes and goes."""
    record = world.services[name]
    passes = record.triggered and (record.once or not kind_of_service(record).stops)
    return state_of(world, name).up and not passes


def _is_settled(world: PlanInput, name: str) -> bool:
    """Whether a service runs with what is wanted, or will when something starts it next."""
    record, up = world.services[name], state_of(world, name).up
    if record.triggered and not (up and _is_kept_up(world, name)):
        return True
    return up and not _changes(world, name, world.manifest.services.get(name))


def needed_objects(world: PlanInput, plan: Plan) -> dict[str, ServiceRecord]:
    """Services whose network or volume has to be there: active ones that something which the
    plan starts needs, and those that are down and would find one of another definition.
    """
    needs = {need for name in plan.start for need in world.services[name].needs}
    return {
        name: record
        for name, record in world.services.items()
        if record.makes and name in (needs if state_of(world, name).up else plan.outdated)
    }


def _selected(world: PlanInput) -> list[str]:
    """The services that this run decides on: all, or those of the one unit that is meant."""
    only = world.app.only
    return [n for n, record in world.services.items() if only is None or record.unit == only]


class _Case(t.NamedTuple):
    """One service to decide on."""

    world: PlanInput
    name: str
    record: ServiceRecord
    state: State


Verdict = tuple[t.Optional[str], list[str]]
"""(action or None, reasons)."""


def _why_now(world: PlanInput, name: str) -> Verdict:
    """The decision on one service, for itself alone."""
    decide = _BY_STATE.get(world.app.state)
    if decide is None:
        return None, []
    return decide(_Case(world, name, world.services[name], state_of(world, name)))


def _decide_started(case: _Case) -> Verdict:
    world, record, state = case.world, case.record, case.state
    known = world.manifest.services.get(case.name)
    if _waits(case):
        return None, []
    changes = _changes(world, case.name, known)
    if is_recreated(world, case.name):
        changes = [*changes, why_recreated(world, case.name)]
        return ("restart", changes) if state.up else _decide_down(case, known, changes)
    if case.name in world.vanished and state.up:
        return "restart", [f"{record.makes} is gone"]
    if state.crashing:
        return "restart", ["keeps crashing", *changes]
    if not state.up:
        return _decide_down(case, known, changes)
    if case.name in world.renewed:
        changes = [*changes, "its image changed"]
    if not changes or world.app.restart == "never":
        return None, []
    if changes == [_RELOAD]:
        return _decide_reload(case)
    reasons = [text for text in changes if text != _RELOAD]
    verb = kind_of_service(record).on_change or (is_renamed(record, known) and "restart")
    return (verb, reasons) if verb else (None, [])


def _decide_down(case: _Case, known: ServiceRecord | None, changes: list[str]) -> Verdict:
    record, state = case.record, case.state
    if record.once and not state.failed and known and known.started_with and not changes:
        return None, []
    if record.once and changes and not state.failed:
        return "start", changes
    return "start", [_why_down(known, state), *changes]


def _waits(case: _Case) -> bool:
    """Whether a service is left to what starts it: one that ends by itself even while it runs."""
    return case.record.triggered and (
        case.record.once or not (case.state.up or case.state.crashing)
    )


def _why_down(known: ServiceRecord | None, state: State) -> str:
    if known is None:
        return "is new"
    return "has failed" if state.failed else "is not running"


def _decide_reload(case: _Case) -> Verdict:
    known = case.world.manifest.services[case.name]
    wanted = case.world.inputs[case.name].reload
    from .reasons import describe

    reasons = describe(case.world, known.reload_with or {}, wanted)
    if case.record.can_reload:
        return "reload", reasons
    return "restart", [*reasons, "has no ReloadCmd, ReloadSignal or ExecReload"]


def _decide_restarted(case: _Case) -> Verdict:
    runs = kind_of_service(case.record).runs and not _waits(case)
    if runs and (case.state.up or case.state.crashing):
        return "restart", ["state: restarted"]
    return _decide_started(case)


def _decide_stopped(case: _Case) -> Verdict:
    if kind_of_service(case.record).stops and (case.state.up or case.state.crashing):
        return "stop", ["state: stopped"]
    return None, []


_BY_STATE: dict[str, t.Callable[[_Case], Verdict]] = {
    "started": _decide_started,
    "restarted": _decide_restarted,
    "stopped": _decide_stopped,
}
"""The other states leave services alone."""

_RELOAD = "(reload)"


def _changes(world: PlanInput, name: str, known: ServiceRecord | None) -> list[str]:
    """What differs from what the service was last started with, in words."""
    if name in world.own_start:
        return []
    wanted = world.inputs[name]
    if known is None:
        return _unlike_before(world, wanted) if state_of(world, name).up else []
    if known.started_with is None:
        return ["its last start did not succeed"]
    same = known.started_with == wanted.restart
    changes = [] if same else _describe(world, known.started_with, wanted)
    if (known.reload_with or {}) != wanted.reload:
        changes.append(_RELOAD)
    return changes


def _describe(world: PlanInput, before: Parts, wanted: Inputs) -> list[str]:
    from .reasons import describe, why_pinned

    return [*describe(world, before, wanted.restart), *why_pinned(before, wanted)]


def _unlike_before(world: PlanInput, wanted: Inputs) -> list[str]:
    from .reasons import unlike_before

    return unlike_before(world, wanted)
