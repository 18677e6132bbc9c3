# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Makes the plan of a run from the desired files, the record and the states."""

from __future__ import annotations

import typing as t

from ..quadlet.kinds import is_unit
from ..state.manifest import Manifest, Parts, ServiceRecord
from ..systemd_state import State
from .model import Plan, PlanInput, Step, has_companions, is_literal, kind_of_service, state_of
from .recreate import (
    is_as_declared,
    is_outdated,
    is_recreated,
    is_renamed,
    outdated_warnings,
    unclear_warnings,
    why_recreated,
)
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


def make_plan(inputs: PlanInput) -> Plan:
    """The plan of one run."""
    writes, deletes = file_changes(inputs.desired, inputs.current, inputs.manifest)
    removed = [name for name in inputs.manifest.services if name not in inputs.services]
    reasons = {name: _why_now(inputs, name) for name in _selected(inputs)}
    actions = {name: action for name, (action, _why) in reasons.items() if action}
    why = {name: list(texts) for name, (_action, texts) in reasons.items()}
    stop_first = (
        _add_dependents(inputs, actions, why) if actions and inputs.app.state != "stopped" else ()
    )
    run = _add_jobs(inputs, actions, why) if inputs.app.run else ()
    enabling = _decide_enabling(inputs) if has_companions(inputs) else {}
    steps: list[Step] = []
    if removed or actions or enabling or writes or deletes or run or _is_regrouped(inputs):
        from .reasons import make_steps

        moves = {**actions, **dict.fromkeys(run, "run")}
        steps = make_steps(inputs, moves, why, removed, writes, deletes, enabling)
    left = {name: _changes_of_running_job(inputs, name) for name in inputs.services}
    chosen = {word: _chosen(actions, word) for word in ("start", "restart", "reload", "stop")}
    records = {**inputs.manifest.services, **inputs.services}
    stopping = frozenset(chosen["stop"]) | frozenset(removed)
    return Plan(
        steps=tuple(steps),
        writes=tuple(writes),
        deletes=tuple(deletes),
        daemon_reload=_needs_reload(inputs, [*writes, *deletes], actions) or bool(enabling),
        enable=_named(enabling, "enable"),
        disable=_named(enabling, "disable"),
        stop=tuple(stop_order(records, [*removed, *chosen["stop"]])),
        stop_first=stop_first,
        start=chosen["start"],
        restart=chosen["restart"],
        reload=chosen["reload"],
        recreate=tuple(name for name in actions if is_recreated(inputs, name)),
        outdated=tuple(name for name in inputs.services if is_outdated(inputs, name)),
        keep_active=tuple(
            n for n in inputs.services if _is_kept_up(inputs, n) and n not in stopping
        ),
        run=run,
        in_sync=tuple(n for n in inputs.services if not left[n] and _is_in_sync(inputs, n)),
        warnings=(*_object_warnings(inputs), *_unused_secrets(inputs), *_left_running(left)),
    )


def _object_warnings(inputs: PlanInput) -> list[str]:
    return [*outdated_warnings(inputs), *unclear_warnings(inputs)]


def _needs_reload(inputs: PlanInput, moved: t.Sequence[str], actions: t.Collection[str]) -> bool:
    """Whether systemd may have loaded other texts than those that the run leaves."""
    if inputs.loaded != inputs.manifest.loaded or any(map(is_unit, moved)):
        return True
    return not inputs.other_text.isdisjoint(actions)


def _chosen(actions: t.Mapping[str, str], word: str) -> tuple[str, ...]:
    return tuple(name for name, action in actions.items() if action == word)


def _add_jobs(
    inputs: PlanInput, actions: dict[str, str], why: dict[str, list[str]]
) -> tuple[str, ...]:
    from .jobs import add_jobs

    return add_jobs(inputs, actions, why)


def _is_regrouped(inputs: PlanInput) -> bool:
    """Whether the option on_demand names other units than before."""
    return bool(inputs.desired) and inputs.on_demand != inputs.manifest.on_demand


def _changes_of_running_job(inputs: PlanInput, name: str) -> list[str]:
    """How the text of a job that runs on differs from what it was started with."""
    record, known = inputs.services[name], inputs.manifest.services.get(name)
    if not (record.waits and record.job and known and known.started_with):
        return []
    return _changes(inputs, name, known) if state_of(inputs, name).up else []


def _left_running(changes: t.Mapping[str, list[str]]) -> list[str]:
    found = {name: texts for name, texts in changes.items() if texts}
    if not found:
        return []
    from .jobs import running_warning

    return [running_warning(name, texts) for name, texts in found.items()]


def _add_dependents(
    inputs: PlanInput, actions: dict[str, str], why: dict[str, list[str]]
) -> tuple[str, ...]:
    """Adds restarts of dependents; returns what must be down when sockets start."""
    from .dependents import add_dependents, find_stop_first, restart_whole_pods

    add_dependents(inputs, actions, why)
    while restart_whole_pods(inputs, actions, why):
        add_dependents(inputs, actions, why)
    return find_stop_first(inputs, actions)


def _decide_enabling(inputs: PlanInput) -> dict[str, Enabling]:
    from .enabling import decide_enabling

    return decide_enabling(inputs)


def _unused_secrets(inputs: PlanInput) -> list[str]:
    unused = [name for name in inputs.app.secrets or () if name not in inputs.secrets]
    return [
        f"no unit uses the secret {name}: it is not created. Write Secret={name} into the unit "
        "that needs it, or leave it out."
        for name in (unused if inputs.desired else ())
    ]


def _named(enabling: t.Mapping[str, Enabling], verb: str) -> tuple[str, ...]:
    return tuple(name for name, row in enabling.items() if row.verb == verb)


def _is_kept_up(inputs: PlanInput, name: str) -> bool:
    """Whether a service must stay active: it is, and is no job that others start."""
    record = inputs.services[name]
    passes = record.waits and (record.job or not kind_of_service(record).stops)
    return state_of(inputs, name).up and not passes


def _is_in_sync(inputs: PlanInput, name: str) -> bool:
    """Whether a service runs with the desired files, or will when something starts it next."""
    record, up = inputs.services[name], state_of(inputs, name).up
    if record.waits and not (up and _is_kept_up(inputs, name)):
        return True
    if up and record.makes and is_as_declared(inputs, name):
        return True
    return up and not _changes(inputs, name, inputs.manifest.services.get(name))


def needed_objects(inputs: PlanInput, plan: Plan) -> dict[str, ServiceRecord]:
    """Services whose network or volume must exist: active services that a started service needs,
    and outdated services that are down.
    """
    starts = (*plan.start, *plan.run)
    needs = {need for name in starts for need in inputs.services[name].needs}
    return {
        name: record
        for name, record in inputs.services.items()
        if is_literal(record.makes)
        and name in (needs if state_of(inputs, name).up else plan.outdated)
    }


def _selected(inputs: PlanInput) -> list[str]:
    """The services that this run decides on: all, or those of the unit in app.only."""
    only = inputs.app.only
    return [n for n, record in inputs.services.items() if only is None or record.unit == only]


class _Case(t.NamedTuple):
    """A service to decide on."""

    inputs: PlanInput
    name: str
    record: ServiceRecord
    state: State


Verdict = tuple[t.Optional[str], list[str]]
"""(action or None, reasons)."""


def _why_now(inputs: PlanInput, name: str) -> Verdict:
    """The decision on a service, without its dependencies."""
    decide = _BY_STATE.get(inputs.app.state)
    if decide is None:
        return None, []
    return decide(_Case(inputs, name, inputs.services[name], state_of(inputs, name)))


def _decide_started(case: _Case) -> Verdict:
    inputs, record, state = case.inputs, case.record, case.state
    known = inputs.manifest.services.get(case.name)
    if _waits(case):
        return None, []
    changes = _changes(inputs, case.name, known)
    if is_recreated(inputs, case.name):
        changes = [*changes, why_recreated(inputs, case.name)]
        return ("restart", changes) if state.up else _decide_down(case, known, changes)
    if case.name in inputs.vanished and state.up:
        return "restart", [f"{record.makes} is gone"]
    if state.crashing:
        return "restart", ["keeps crashing", *changes]
    if not state.up:
        return _decide_down(case, known, changes)
    if case.name in inputs.renewed:
        changes = [*changes, "its image changed"]
    if not changes or inputs.app.restart == "never":
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
    """Whether no run starts this service: a job even while it runs, others while down."""
    return case.record.waits and (case.record.job or not (case.state.up or case.state.crashing))


def _why_down(known: ServiceRecord | None, state: State) -> str:
    if known is None:
        return "is new"
    return "has failed" if state.failed else "is not running"


def _decide_reload(case: _Case) -> Verdict:
    known = case.inputs.manifest.services[case.name]
    wanted = case.inputs.digests[case.name].reload
    from .reasons import describe

    reasons = describe(case.inputs, known.reload_with or {}, wanted)
    if case.record.can_reload:
        return "reload", reasons
    return "restart", [*reasons, "has no ReloadCmd, ReloadSignal or ExecReload"]


def _decide_restarted(case: _Case) -> Verdict:
    runs = kind_of_service(case.record).runs and not _waits(case)
    if runs and (case.state.up or case.state.crashing):
        return "restart", ["state: restarted"]
    return _decide_started(case)


def _decide_stopped(case: _Case) -> Verdict:
    if not kind_of_service(case.record).stops:
        return None, []
    if case.state.up or case.state.crashing:
        return "stop", ["state: stopped"]
    if case.state.failed and not case.record.waits:  # so that it no longer reads as failed
        return "stop", ["state: stopped", "has failed"]
    return None, []


_BY_STATE: dict[str, t.Callable[[_Case], Verdict]] = {
    "started": _decide_started,
    "restarted": _decide_restarted,
    "stopped": _decide_stopped,
}
"""The other states leave services alone."""

_RELOAD = "(reload)"


def _changes(inputs: PlanInput, name: str, known: ServiceRecord | None) -> list[str]:
    """The differences from what the service was last started with, in words."""
    if name in inputs.own_start:
        return []
    wanted = inputs.digests[name]
    if known is None:
        return _unlike_before(inputs, wanted) if state_of(inputs, name).up else []
    if known.started_with is None:
        return ["its last start did not succeed"]
    same = known.started_with == wanted.restart
    changes = [] if same else _describe(inputs, known.started_with, wanted)
    if name in inputs.other_text:
        changes.append("was started with other texts than are installed")
    if (known.reload_with or {}) != wanted.reload:
        changes.append(_RELOAD)
    return changes


def _describe(inputs: PlanInput, before: Parts, wanted: Inputs) -> list[str]:
    from .reasons import describe, why_pinned

    return [*describe(inputs, before, wanted.restart), *why_pinned(before, wanted)]


def _unlike_before(inputs: PlanInput, wanted: Inputs) -> list[str]:
    from .reasons import unlike_before

    return unlike_before(inputs, wanted)
