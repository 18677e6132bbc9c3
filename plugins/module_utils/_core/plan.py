# Copyright (c) quadlet.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""What a run will do and why: decided from what is wanted, recorded and reported."""

from __future__ import annotations

import dataclasses
import types
import typing as t

from .inputs import Inputs, changed_keys, is_unit, parse_leniently
from .kinds import KINDS, Kind, kind_of, split_drop_in
from .manifest import Manifest, ServiceRecord
from .spec import App, Blob
from .unitstate import State

_IDLE = State()


@dataclasses.dataclass(frozen=True)
class Step:
    """What happens to one unit or file.  action: write, adopt, start, restart, reload,
    stop, remove or linger.  service: None for a file that no service uses.
    """

    unit: str | None
    service: str | None
    action: str
    reasons: tuple[str, ...]

    def to_result(self) -> dict[str, t.Any]:
        """The step as the module returns it."""
        return {**dataclasses.asdict(self), "reasons": list(self.reasons)}


@dataclasses.dataclass(frozen=True)
class Plan:
    """steps: for people.  The rest: what to do, services in no particular order.

    revive: services that are active now and must be active afterwards, whatever stops
    in between.  load: whether the generator has to read anything anew.
    """

    steps: tuple[Step, ...] = ()
    writes: tuple[str, ...] = ()
    deletes: tuple[str, ...] = ()
    load: bool = False
    stop: tuple[str, ...] = ()
    start: tuple[str, ...] = ()
    restart: tuple[str, ...] = ()
    reload: tuple[str, ...] = ()
    revive: tuple[str, ...] = ()
    settled: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def empty(self) -> bool:
        """Whether there is nothing to do."""
        return not (self.steps or self.load)


class World(t.NamedTuple):
    """All that a plan is made from.

    desired: the app's files as they will be.  current: those paths, and all that the app
    owns, as they are.  services: the graph as the generator makes it, by service.  inputs
    by service.  states by service.  own_start: services that systemd started by itself
    after the last write.  adopted: old texts of units that are taken over.
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


def file_changes(world: World) -> tuple[list[str], list[str]]:
    """(paths to write, paths to delete) so that the app's directory is as desired."""
    writes = [
        path
        for path, blob in world.desired.items()
        if path not in world.current
        or (blob.data, blob.mode) != (world.current[path].data, world.current[path].mode)
    ]
    deletes = [p for p in world.manifest.files if p not in world.desired and p in world.current]
    return writes, deletes


def make_plan(world: World) -> Plan:
    """The plan of one run."""
    writes, deletes = file_changes(world)
    removed = [name for name in world.manifest.services if name not in world.services]
    reasons = {name: _why_now(world, name) for name in _selected(world)}
    actions = {name: action for name, (action, _why) in reasons.items() if action}
    why = {name: list(texts) for name, (_action, texts) in reasons.items()}
    if world.app.state != "stopped":
        _follow(world, actions, why)
        while _restart_whole_pods(world, actions, why):
            _follow(world, actions, why)
    steps = _steps(world, actions, why, removed, writes, deletes)
    chosen = {
        word: tuple(name for name, action in actions.items() if action == word)
        for word in ("start", "restart", "reload", "stop")
    }
    goes = frozenset(chosen["stop"]) | frozenset(removed)
    return Plan(
        steps=tuple(steps),
        writes=tuple(writes),
        deletes=tuple(deletes),
        load=world.loaded != world.manifest.loaded or any(map(is_unit, [*writes, *deletes])),
        stop=(*removed, *chosen["stop"]),
        start=chosen["start"],
        restart=chosen["restart"],
        reload=chosen["reload"],
        revive=tuple(n for n in world.services if _state(world, n).up and n not in goes),
        settled=tuple(
            name
            for name in world.services
            if _state(world, name).up
            and not _changes(world, name, world.manifest.services.get(name))
        ),
        warnings=tuple(_stale_resources(world)),
    )


def _selected(world: World) -> list[str]:
    """The services that this run decides on: all, or those of the one unit that is meant."""
    only = world.app.only
    return [n for n, record in world.services.items() if only is None or record.unit == only]


def _state(world: World, name: str) -> State:
    return world.states.get(name, _IDLE)


def _kind(record: ServiceRecord) -> Kind:
    kind = kind_of(record.unit)
    return kind or KINDS["container"]


class _Case(t.NamedTuple):
    """One service to decide on."""

    world: World
    name: str
    record: ServiceRecord
    state: State


Decision = tuple[t.Optional[str], list[str]]
"""(action or None, reasons)."""


def _why_now(world: World, name: str) -> Decision:
    """The decision on one service, for itself alone."""
    decide = _BY_STATE.get(world.app.state)
    if decide is None:
        return None, []
    return decide(_Case(world, name, world.services[name], _state(world, name)))


def _decide_started(case: _Case) -> Decision:
    world, record, state = case.world, case.record, case.state
    known = world.manifest.services.get(case.name)
    changes = _changes(world, case.name, known)
    if state.crashing:
        return "restart", ["keeps crashing", *changes]
    if not state.up:
        if record.once and not state.failed and known and known.started_with and not changes:
            return None, []
        if record.once and changes and not state.failed:
            return "start", changes
        return "start", [_why_down(known, state), *changes]
    if not changes or world.app.restart == "never":
        return None, []
    if changes == [_RELOAD]:
        return _decide_reload(case)
    if not _kind(record).runs and not _kind(record).remade:
        return None, []
    return "restart", [text for text in changes if text != _RELOAD]


def _why_down(known: ServiceRecord | None, state: State) -> str:
    if known is None:
        return "is new"
    return "has failed" if state.failed else "is not running"


def _decide_reload(case: _Case) -> Decision:
    known = case.world.manifest.services[case.name]
    wanted = case.world.inputs[case.name].reload
    reasons = _describe(case.world, known.reload_with or {}, wanted)
    if case.record.can_reload:
        return "reload", reasons
    return "restart", [*reasons, "has no ReloadCmd, ReloadSignal or ExecReload"]


def _decide_restarted(case: _Case) -> Decision:
    if _kind(case.record).runs and (case.state.up or case.state.crashing):
        return "restart", ["state: restarted"]
    return _decide_started(case)


def _decide_stopped(case: _Case) -> Decision:
    if _kind(case.record).runs and (case.state.up or case.state.crashing):
        return "stop", ["state: stopped"]
    return None, []


_BY_STATE: dict[str, t.Callable[[_Case], Decision]] = {
    "started": _decide_started,
    "restarted": _decide_restarted,
    "stopped": _decide_stopped,
}
"""The other states leave services alone."""

_RELOAD = "(reload)"


def _changes(world: World, name: str, known: ServiceRecord | None) -> list[str]:
    """What differs from what the service was last started with, in words."""
    if name in world.own_start:
        return []
    wanted = world.inputs[name]
    if known is None:
        return _unlike_before(world, wanted) if _state(world, name).up else []
    if known.started_with is None:
        return ["its last start did not succeed"]
    changes = _describe(world, known.started_with, wanted.restart)
    if (known.reload_with or {}) != wanted.reload:
        changes.append(_RELOAD)
    return changes


def _unlike_before(world: World, wanted: Inputs) -> list[str]:
    """What differs from the files that a service without a record of ours runs with."""
    differs = []
    for path in [*wanted.restart, *wanted.reload]:
        new, old = world.desired.get(path), world.current.get(path)
        before = old.data if old else world.adopted.get(path, "").encode("utf-8", "surrogateescape")
        if new and new.data != before:
            differs.append(f"{path} differs from what it runs with")
    return differs


def _describe(world: World, old: t.Mapping[str, str], new: t.Mapping[str, str]) -> list[str]:
    words = []
    for path in [*new, *(p for p in old if p not in new)]:
        if old.get(path) == new.get(path):
            continue
        if path not in new:
            words.append(f"{path} is gone or no longer used")
        elif path not in old:
            words.append(f"{path} is new")
        else:
            words.append(f"{path} changed{_keys(world, path)}")
    return words


def _keys(world: World, path: str) -> str:
    """C( (Image, Exec)) where this run changes a unit's text and both texts can be read."""
    old, new = world.current.get(path), world.desired.get(path)
    if old is None or new is None or old.data == new.data or not is_unit(path):
        return ""
    before, after = parse_leniently(path, old), parse_leniently(path, new)
    if before is None or after is None:
        return ""
    keys = changed_keys(before, after)
    return f" ({', '.join(keys)})" if keys else " (comments)"


def _follow(world: World, actions: dict[str, str], why: dict[str, list[str]]) -> None:
    """Adds what must follow: active services that need, or are part of, one that restarts.

    A build ends by itself, so it is started and not restarted; who uses its image follows too.
    """
    queue = [
        name
        for name, action in actions.items()
        if action == "restart" or (action == "start" and _makes_anew(world, name))
    ]
    while queue:
        leader = queue.pop()
        for name, record in world.services.items():
            if leader in record.follows and _state(world, name).up:
                if actions.get(name) != "restart":
                    actions[name] = "restart"
                    why[name] = []
                    queue.append(name)
                if f"follows {leader}" not in why[name]:
                    why[name].append(f"follows {leader}")


def _makes_anew(world: World, name: str) -> bool:
    record = world.services[name]
    return record.once and not _kind(record).runs


def _restart_whole_pods(world: World, actions: dict[str, str], why: dict[str, list[str]]) -> bool:
    """A pod stops when its last container does: where all restart, the pod does.

    Whether there is such a pod that did not restart yet.
    """
    found = False
    for pod, record in world.services.items():
        members = [
            name
            for name, other in world.services.items()
            if pod in other.needs and _kind(record).suffix == "pod" and _state(world, name).up
        ]
        idle = pod not in actions and _state(world, pod).up
        if members and idle and all(actions.get(name) == "restart" for name in members):
            actions[pod] = "restart"
            why[pod] = ["all its running containers restart"]
            found = True
    return found


def _steps(
    world: World,
    actions: t.Mapping[str, str],
    why: t.Mapping[str, list[str]],
    removed: t.Sequence[str],
    writes: t.Sequence[str],
    deletes: t.Sequence[str],
) -> list[Step]:
    steps = []
    told: set[str] = set()
    gone = "state: absent" if world.app.state == "absent" else "is no longer declared"
    for name in removed:
        unit = world.manifest.services[name].unit
        steps.append(
            Step(
                unit,
                name,
                "remove",
                (gone if unit not in world.desired else "has another service name now",),
            )
        )
        told.add(unit)
    for name, action in actions.items():
        unit = world.services[name].unit
        steps.append(Step(unit, name, action, tuple(why[name])))
        told |= {unit, *world.inputs[name].restart, *world.inputs[name].reload}
    steps += [_write_step(world, path) for path in writes if path not in told]
    steps += [Step(path, None, "remove", (gone,)) for path in deletes if path not in told]
    return steps


def _write_step(world: World, path: str) -> Step:
    unit = (split_drop_in(path) or (path,))[0]
    service = next((n for n, r in world.services.items() if r.unit == unit), None)
    old, new = world.current.get(path), world.desired[path]
    if path in world.adopted:
        return Step(path, service, "adopt", ("is taken over",))
    if old is None:
        reason = "is new"
    elif old.data == new.data:
        reason = f"mode {old.mode:04o} becomes {new.mode:04o}"
    else:
        reason = f"changed{_keys(world, path)}"
    return Step(path, service, "write", (reason,))


def _stale_resources(world: World) -> list[str]:
    """Networks and volumes that were made from another text than the one that is wanted."""
    return [
        f"{record.unit} changed since {name} made its {_kind(record).suffix}, which stays as it "
        f"was: a {_kind(record).suffix} is not made again by itself, since that would need its "
        "containers stopped, and lose a volume's data."
        for name, record in world.services.items()
        if _is_stale(world, name, record)
    ]


def _is_stale(world: World, name: str, record: ServiceRecord) -> bool:
    kind, known = _kind(record), world.manifest.services.get(name)
    if kind.runs or kind.remade or known is None or not _state(world, name).up:
        return False
    changed = known.started_with not in (None, world.inputs[name].restart)
    return changed and name not in world.own_start
