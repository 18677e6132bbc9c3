# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""The state of a rollout, which is plain data, and its steps.

A state has these keys.  id; resumed: it continues an interrupted run.  hosts: by name their
groups, and a row for each app, see rows.py.  batches: name and hosts.  order, serial: the
hosts of the play with the batches, and their sizes.  batch: the batch under way, with its waves,
the hosts that it has deployed to and those that have failed since.  part: hosts that are part of
the rollout, latest first.  accept: hosts whose rollout is over; back, back_serial: hosts that
must be taken back.  check: check mode.  stopped, waiting: why it does not continue.
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
    HostResult,
    Row,
    has,
    is_down,
    is_open,
    rows_asked,
    rows_deployed,
    rows_looked,
    rows_returned,
)

State = dict[str, t.Any]


class Looked(t.NamedTuple):
    """A host with its apps in check mode; apps: None if the host was not reached."""

    host: Host
    apps: list[Row] | None
    message: str = ""


def plan(looked: t.Sequence[Looked], settings: Settings, wanted_id: str, new_id: str) -> State:
    """The state of a rollout before its first batch.

    looked: all hosts in check mode.  wanted_id: given by the user; otherwise the id of an
    interrupted rollout that has deployed the current declaration to hosts, or new_id.
    """
    interrupted = _interrupted(looked)
    ident = wanted_id or (max(interrupted) if interrupted else new_id)
    hosts = {
        preview.host.name: {
            "groups": list(preview.host.groups),
            "rows": rows_looked(preview.apps, preview.message, ident),
        }
        for preview in looked
    }
    before = [name for name, host in hosts.items() if has(host, DONE)]
    members = [p.host for p in looked if has(hosts[p.host.name], {*DONE, "pending"})]
    batches = make_batches(sort_hosts(members, settings.order, ident), settings)
    state: State = {
        "id": ident,
        "resumed": ident in interrupted,
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


def _interrupted(looked: t.Sequence[Looked]) -> set[str]:
    """Ids of rollouts under way, of apps that are deployed as declared."""
    return {
        app["rollout"]["id"]
        for preview in looked
        for app in preview.apps or ()
        if is_open(app) and not (app.get("changed") or app.get("failed"))
    }


def find_rollout(infos: t.Mapping[str, t.Sequence[Row]], wanted: str) -> str:
    """The rollout to take back: the wanted id, or the last one of the hosts.

    It is the only one that is under way, or the one that each host was part of last.
    infos: apps by host, from module info.
    """
    hosts: dict[str, set[str]] = {}
    last: set[str] = set()
    for name, apps in infos.items():
        ours = [app for app in apps if app.get("rollout")]
        for app in ours:
            hosts.setdefault(app["rollout"]["id"], set()).add(name)
        if ours:
            last.add(str(max(ours, key=_deployed_at)["rollout"]["id"]))
    open_ones = [app for apps in infos.values() for app in apps if is_open(app)]
    under_way = {str(app["rollout"]["id"]) for app in open_ones}
    for idents in ({wanted} if wanted else set(), under_way, last):
        if len(idents) == 1:
            return next(iter(idents))
    known = "; ".join(f"{ident} on {_listed(sorted(names))}" for ident, names in hosts.items())
    raise RolloutError(
        f"which rollout is to be taken back? {known or 'the hosts are part of none'}. Name one "
        "with -e quadlet_rollout_id=ID, or use -e quadlet_rollout_generation=previous "
        "[rollout-unclear]"
    )


def _deployed_at(app: Row) -> str:
    """When its deployed generation was made; '' where that is not kept."""
    made = (row["made_at"] for row in app.get("generations") or () if row["current"])
    return str(next(made, ""))


def _names(state: State, results: t.Container[str]) -> list[str]:
    return [name for name, host in state["hosts"].items() if has(host, results)]


def _too_many_refused(state: State, settings: Settings) -> str:
    refused = _names(state, {"refused"})
    limit = count_of(settings.max_failures, len(state["hosts"]), "quadlet_rollout_max_failures")
    if len(refused) <= limit:
        return ""
    return f"nothing was begun: it is refused on {_listed(refused)}"


def _listed(names: t.Sequence[str]) -> str:
    rest = f" and {len(names) - 5} more" if len(names) > 5 else ""
    return ", ".join(names[:5]) + rest


def begin(state: State, names: t.Sequence[str], settings: Settings) -> State:
    """The state before a batch: whether it may begin, and its waves."""
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
    return [host for name, host in state["hosts"].items() if name not in names]


def _batch_of(state: State, names: t.Sequence[str]) -> int:
    return next((n for n, batch in enumerate(state["batches"], 1) if names[0] in batch["hosts"]), 1)


def _waves(
    state: State, names: t.Sequence[str], settings: Settings, down_count: bool = True
) -> list[list[str]]:
    """The names in waves.  down_count: whether hosts that are down count against the budget."""
    hosts = {name: Host(name, tuple(host["groups"])) for name, host in state["hosts"].items()}
    sizes = {g: sum(g in host.groups for host in hosts.values()) for g in settings.budget}
    lost = [
        hosts[name]
        for name, host in state["hosts"].items()
        if down_count and name not in names and is_down(host)
    ]
    down = {group: sum(group in host.groups for host in lost) for group in settings.budget}
    return make_waves([hosts[name] for name in names], settings.budget, sizes, down)


def answer(state: State, text: str) -> State:
    """The state after a person's answer to the question for approval."""
    if text.strip().lower() in ("y", "yes"):
        return state
    number = state["batch"]["number"]
    waiting = (
        f"batch {number} waits for an approval: run again with "
        f"-e quadlet_rollout_approved={number}, or answer yes"
    )
    return {**state, "waiting": waiting, "batch": {**state["batch"], "go": False}}


def start_wave(state: State, wave: t.Sequence[str], settings: Settings) -> State:
    """The state with the hosts of the next wave; none if the rollout has stopped."""
    stopped = state["stopped"]
    if not stopped:
        try:
            if len(_waves(state, wave, settings)) > 1:
                stopped = "hosts are down, and with this wave they were more than the budget allows"
        except RolloutError as error:
            stopped = str(error)
    wave = [] if stopped else list(wave)
    return {**state, "stopped": stopped, "batch": {**state["batch"], "wave": wave}}


def judge(state: State, results: t.Mapping[str, HostResult], settings: Settings) -> State:
    """The state after the deployment of a wave."""
    hosts = dict(state["hosts"])
    for name, result in results.items():
        rows = rows_deployed(hosts[name]["rows"], result, state["id"])
        hosts[name] = {**hosts[name], "rows": rows}
    done = [name for name in results if has(hosts[name], DONE | {"failed", "unreachable"})]
    fine = [name for name in results if has(hosts[name], DONE)]
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
    """The batches of these hosts."""
    return [batch for batch in state["batches"] if any(name in names for name in batch["hosts"])]


def _to_take_back(state: State, failed: t.Collection[str], settings: Settings) -> State:
    """The state with the hosts that the policy for failures takes back, latest first."""
    batches = _touched(state, failed) or _touched(state, state["batch"]["hosts"])
    same = {name for batch in batches for name in batch["hosts"]}
    names = [] if settings.on_failure == "stop" else state["part"]
    if settings.on_failure == "revert_batch":
        names = [name for name in names if name in same]
    return {**state, "back": [*state["back"], *_without(names, state["back"])]}


def judge_again(state: State, results: t.Mapping[str, HostResult], settings: Settings) -> State:
    """The state after another check of gates: hosts that do not pass fail, and are taken back."""
    hosts, failed = dict(state["hosts"]), []
    for name, result in results.items():
        hosts[name] = {**hosts[name], "rows": rows_asked(hosts[name]["rows"], result)}
        if has(hosts[name], {"failed"}):
            failed.append(name)
    state = {
        **state,
        "hosts": hosts,
        "back": [*state["back"], *_without(failed, state["back"])],
        "batch": {**state["batch"], "fallen": failed},
    }
    return _settle(_stop_at_limit(state, settings), settings)


def judge_all(state: State, results: t.Mapping[str, HostResult], settings: Settings) -> State:
    """As judge_again(), after the last batch, for hosts of all batches."""
    batch = {"number": 0, "hosts": list(results)}
    return judge_again({**state, "batch": batch}, results, settings)


def _settle(state: State, settings: Settings) -> State:
    """The state with the hosts to accept, if all have succeeded, and the hosts to take back, in
    waves within the budget; hosts that are down first.
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


def taken_back(state: State, results: t.Mapping[str, HostResult], settings: Settings) -> State:
    """The state after the rollback of hosts."""
    hosts = dict(state["hosts"])
    for name, result in results.items():
        hosts[name] = {**hosts[name], "rows": rows_returned(hosts[name]["rows"], result)}
    fallen = _without(state["batch"].get("fallen", ()), results)
    left = _without(state["back"], results)
    batch = {**state["batch"], "fallen": fallen}
    return _settle({**state, "hosts": hosts, "back": left, "batch": batch}, settings)


def is_well(state: State) -> bool:
    """Whether no host has failed."""
    return not (state["stopped"] or _names(state, BAD))


def summary(state: State) -> Row:
    """The end of a rollout: failed hosts with their reasons, and the rows of the report."""
    rows = [{"host": name, **row} for name, host in state["hosts"].items() for row in host["rows"]]
    not_begun = "planned" if state.get("check") else "untouched"
    left = {"pending": "waiting" if state["waiting"] else not_begun}
    rows = [{**row, "result": left.get(row["result"], row["result"])} for row in rows]
    failed = {
        name: next(row["reason"] for row in host["rows"] if row["result"] in BAD)
        for name, host in state["hosts"].items()
        if has(host, BAD)
    }
    return {
        "id": state["id"],
        "resumed": state["resumed"],
        "stopped": state["stopped"],
        "waiting": state["waiting"],
        "failed": failed,
        "rows": rows,
    }
