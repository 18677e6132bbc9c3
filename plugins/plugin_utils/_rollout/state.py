# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""A rollout from step to step: its state, which is plain data, and what a step makes of it.

A state has these keys.  id; resumed: it goes on where a run broke off.  hosts: by name their
groups, and a row for each app, see rows.py.  batches: name and hosts.  order, serial: the
hosts of the play with the batches, and their sizes.  batch: the one under way, with its waves,
the hosts that it has deployed to and those that have fallen since.  part: hosts that are part of
the rollout, the last ones first.  accept: hosts whose rollout is over; back, back_serial: those
that are to be taken back.  check: nothing is to be changed.  stopped, waiting: why it goes no
further.
"""

from __future__ import annotations

import typing as t

from ansible_collections.quadlet.fleet.plugins.plugin_utils._rollout.plan import (
    Host,
    RolloutError,
    Settings,
    count_of,
    make_batches,
    make_waves,
    sort_hosts,
)
from ansible_collections.quadlet.fleet.plugins.plugin_utils._rollout.rows import (
    BAD,
    DONE,
    DOWN,
    Row,
    Told,
    has,
    is_open,
    rows_asked,
    rows_deployed,
    rows_looked,
    rows_returned,
)

State = dict[str, t.Any]


class Looked(t.NamedTuple):
    """A host, and what the module told of its apps: None where it was not reached."""

    host: Host
    apps: list[Row] | None
    message: str = ""


def plan(looked: t.Sequence[Looked], settings: Settings, wanted_id: str, new_id: str) -> State:
    """The state of a rollout that has not begun.

    looked: every host as check mode saw it.  wanted_id: given by the user; without it that of a
    rollout which broke off, where hosts are found that it has brought to what is declared now;
    else new_id.
    """
    found = _broken_off(looked)
    ident = wanted_id or (max(found) if found else new_id)
    hosts = {
        one.host.name: {
            "groups": list(one.host.groups),
            "rows": rows_looked(one.apps, one.message, ident),
        }
        for one in looked
    }
    before = [name for name, told in hosts.items() if has(told, DONE)]
    members = [one.host for one in looked if has(hosts[one.host.name], {*DONE, "pending"})]
    batches = make_batches(sort_hosts(members, settings.order, ident), settings)
    state: State = {
        "id": ident,
        "resumed": ident in found,
        "hosts": hosts,
        "batches": [{"name": b.name, "hosts": list(b.hosts)} for b in batches],
        "part": before,
        "accept": [],
        "back": [],
        "back_serial": [],
        "batch": {"number": len(batches), "hosts": []},
        "stopped": "",
        "waiting": "",
    }
    state["stopped"] = _too_many_refused(state, settings)
    to_do = [[name for name in batch.hosts if has(hosts[name], {"pending"})] for batch in batches]
    state["order"] = [] if state["stopped"] else [name for names in to_do for name in names]
    state["serial"] = [len(names) for names in to_do if names]
    return _settle(state, settings)


def _broken_off(looked: t.Sequence[Looked]) -> set[str]:
    """Ids of rollouts under way, of apps that are as they are declared now."""
    return {
        app["rollout"]["id"]
        for one in looked
        for app in one.apps or ()
        if is_open(app) and not (app.get("changed") or app.get("failed"))
    }


def find_rollout(told: t.Mapping[str, t.Sequence[Row]], wanted: str) -> str:
    """The rollout to take back: the one that is wanted, or the only one that apps are part of.

    told: what module info says of each host's apps.
    """
    hosts: dict[str, set[str]] = {}
    for name, apps in told.items():
        for app in apps:
            if app.get("rollout"):
                hosts.setdefault(app["rollout"]["id"], set()).add(name)
    if wanted or len(hosts) == 1:
        return wanted or next(iter(hosts))
    known = "; ".join(f"{ident} on {_listed(sorted(names))}" for ident, names in hosts.items())
    raise RolloutError(
        f"which rollout is to be taken back? {known or 'the hosts are part of none'}. Name one "
        "with -e quadlet_rollout_id=ID, or use -e quadlet_rollout_generation=previous"
    )


def _names(state: State, results: t.Container[str]) -> list[str]:
    return [name for name, told in state["hosts"].items() if has(told, results)]


def _too_many_refused(state: State, settings: Settings) -> str:
    refused = _names(state, {"refused"})
    limit = count_of(settings.max_failures, len(state["hosts"]), "quadlet_rollout_max_failures")
    if len(refused) <= limit:
        return ""
    return f"nothing was begun: it is refused on {_listed(refused)}"


def _listed(names: t.Sequence[str]) -> str:
    more = f" and {len(names) - 5} more" if len(names) > 5 else ""
    return ", ".join(names[:5]) + more


def begin(state: State, names: t.Sequence[str], settings: Settings) -> State:
    """Before a batch: whether it may go on, and in which waves."""
    number = _batch_of(state, names)
    batch: State = {
        "number": number,
        "hosts": list(names),
        "waves": [],
        "wave": [],
        "deployed": [],
        "fallen": [],
        "ask": False,
        "first": not state["part"] and not any(has(h, DONE | BAD) for h in _others(state, names)),
        "go": not (state["stopped"] or state["waiting"]),
    }
    stopped = state["stopped"]
    if batch["go"]:
        try:
            batch["waves"] = _waves(state, names, settings)
            batch["ask"] = _asks(number, settings)
        except RolloutError as error:
            stopped, batch["go"] = str(error), False
    return {**state, "batch": batch, "stopped": stopped}


def _asks(number: int, settings: Settings) -> bool:
    if number <= settings.approved:
        return False
    return number > 1 if isinstance(settings.approval, bool) else number in settings.approval


def _others(state: State, names: t.Sequence[str]) -> list[t.Any]:
    return [told for name, told in state["hosts"].items() if name not in names]


def _batch_of(state: State, names: t.Sequence[str]) -> int:
    return next((n for n, batch in enumerate(state["batches"], 1) if names[0] in batch["hosts"]), 1)


def _waves(
    state: State, names: t.Sequence[str], settings: Settings, down_count: bool = True
) -> list[list[str]]:
    """The names in waves; down_count: whether hosts that are down use the budget up."""
    hosts = {name: Host(name, tuple(told["groups"])) for name, told in state["hosts"].items()}
    sizes = {g: sum(g in host.groups for host in hosts.values()) for g in settings.budget}
    lost = [hosts[name] for name in _names(state, DOWN) if down_count and name not in names]
    down = {group: sum(group in host.groups for host in lost) for group in settings.budget}
    return make_waves([hosts[name] for name in names], settings.budget, sizes, down)


def answer(state: State, said: str) -> State:
    """The state with a person's answer to whether the batch may begin."""
    if said.strip().lower() in ("y", "yes"):
        return state
    number = state["batch"]["number"]
    waiting = (
        f"batch {number} waits for an approval: run again with "
        f"-e quadlet_rollout_approved={number}, or answer yes"
    )
    return {**state, "waiting": waiting, "batch": {**state["batch"], "go": False}}


def start_wave(state: State, wave: t.Sequence[str], settings: Settings) -> State:
    """The state with the hosts that are next; none where the rollout has stopped."""
    stopped = state["stopped"]
    if not stopped:
        try:
            if len(_waves(state, wave, settings)) > 1:
                stopped = "hosts are down, and with this wave they were more than the budget allows"
        except RolloutError as error:
            stopped = str(error)
    wave = [] if stopped else list(wave)
    return {**state, "stopped": stopped, "batch": {**state["batch"], "wave": wave}}


def judge(state: State, told: t.Mapping[str, Told], settings: Settings) -> State:
    """The state after the hosts of a wave were deployed to."""
    hosts = dict(state["hosts"])
    for name, one in told.items():
        hosts[name] = {**hosts[name], "rows": rows_deployed(hosts[name]["rows"], one, state["id"])}
    done = [name for name in told if has(hosts[name], DONE | {"failed", "unreachable"})]
    fine = [name for name in told if has(hosts[name], DONE)]
    state = {
        **state,
        "hosts": hosts,
        "part": [*reversed(done), *_without(state["part"], done)],
        "batch": {**state["batch"], "deployed": [*state["batch"]["deployed"], *fine]},
    }
    return _settle(_stop_at_limit(state, settings), settings)


def _without(names: t.Sequence[str], gone: t.Container[str]) -> list[str]:
    return [name for name in names if name not in gone]


def _stop_at_limit(state: State, settings: Settings) -> State:
    batch, bad = state["batch"], _names(state, BAD)
    of_batch = [name for name in bad if name in batch["hosts"]]
    what = f"batch {batch['number']}" if batch["number"] else "the rollout"
    whole = sum(len(touched["hosts"]) for touched in _touched(state, batch["hosts"]))
    limits = [
        (of_batch, settings.max_failures, whole, what),
        (bad, settings.max_failures_total, len(state["hosts"]), "the rollout"),
    ]
    for names, limit, all_of_them, where in limits:
        allowed = count_of(limit or 0, all_of_them, "quadlet_rollout_max_failures")
        if limit is not None and len(names) > allowed:
            some = f"{len(names)} failed host{'s' * (len(names) > 1)}"
            stopped = f"{where} has {some}: {_listed(names)}"
            return _to_take_back({**state, "stopped": stopped}, of_batch, settings)
    return state


def _touched(state: State, names: t.Collection[str]) -> list[State]:
    """The batches that hosts are of."""
    return [batch for batch in state["batches"] if any(name in names for name in batch["hosts"])]


def _to_take_back(state: State, failed: t.Collection[str], settings: Settings) -> State:
    """The state with the hosts that the policy for failures takes back, the last ones first."""
    batches = _touched(state, failed) or _touched(state, state["batch"]["hosts"])
    same = {name for batch in batches for name in batch["hosts"]}
    names = {
        "stop": [],
        "revert_batch": [name for name in state["part"] if name in same],
        "revert_all": state["part"],
    }[settings.on_failure]
    return {**state, "back": [*state["back"], *_without(names, state["back"])]}


def judge_again(state: State, told: t.Mapping[str, Told], settings: Settings) -> State:
    """The state after gates were asked again: hosts that do not pass fail, and are taken back."""
    hosts, failed = dict(state["hosts"]), []
    for name, one in told.items():
        hosts[name] = {**hosts[name], "rows": rows_asked(hosts[name]["rows"], one)}
        if has(hosts[name], {"failed"}):
            failed.append(name)
    state = {
        **state,
        "hosts": hosts,
        "back": [*state["back"], *_without(failed, state["back"])],
        "batch": {**state["batch"], "fallen": failed},
    }
    return _settle(_stop_at_limit(state, settings), settings)


def judge_all(state: State, told: t.Mapping[str, Told], settings: Settings) -> State:
    """The same after the last batch, for hosts of every batch."""
    batch = {"number": 0, "hosts": list(told)}
    return judge_again({**state, "batch": batch}, told, settings)


def _settle(state: State, settings: Settings) -> State:
    """The state with the hosts to accept, once all went well, and those to take back, in waves
    that keep the budget; hosts that are down first.
    """
    open_ends = state["stopped"] or state["waiting"] or _names(state, {"pending"})
    fine = [] if open_ends else [n for n in state["part"] if has(state["hosts"][n], DONE)]
    back = sorted(state["back"], key=lambda name: not has(state["hosts"][name], DOWN))
    waves = _waves(state, back, settings, down_count=False)
    return {
        **state,
        "accept": fine[::-1],
        "back": [name for wave in waves for name in wave],
        "back_serial": [len(wave) for wave in waves],
    }


def taken_back(state: State, told: t.Mapping[str, Told], settings: Settings) -> State:
    """The state after hosts returned to what ran before the rollout."""
    hosts = dict(state["hosts"])
    for name, one in told.items():
        hosts[name] = {**hosts[name], "rows": rows_returned(hosts[name]["rows"], one)}
    fallen = _without(state["batch"].get("fallen", ()), told)
    left = _without(state["back"], told)
    batch = {**state["batch"], "fallen": fallen}
    return _settle({**state, "hosts": hosts, "back": left, "batch": batch}, settings)


def is_well(state: State) -> bool:
    """Whether no host has failed."""
    return not (state["stopped"] or _names(state, BAD))


def summary(state: State) -> Row:
    """How it ended: failed hosts with their reasons, whether all is well, and the table's rows."""
    rows = [{"host": name, **row} for name, told in state["hosts"].items() for row in told["rows"]]
    not_begun = "planned" if state.get("check") else "untouched"
    left = {"pending": "waiting" if state["waiting"] else not_begun}
    rows = [{**row, "result": left.get(row["result"], row["result"])} for row in rows]
    failed = {
        name: next(row["reason"] for row in told["rows"] if row["result"] in BAD)
        for name, told in state["hosts"].items()
        if has(told, BAD)
    }
    return {
        "id": state["id"],
        "resumed": state["resumed"],
        "stopped": state["stopped"],
        "waiting": state["waiting"],
        "failed": failed,
        "rows": rows,
    }
