# Copyright (c) quadlet.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A rollout from step to step, without hosts: what they tell goes in, who is next comes out."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.quadlet.fleet.plugins.plugin_utils._rollout import state as rollout
from ansible_collections.quadlet.fleet.plugins.plugin_utils._rollout.plan import (
    Host,
    RolloutError,
    Settings,
)
from ansible_collections.quadlet.fleet.plugins.plugin_utils._rollout.rows import HostResult
from ansible_collections.quadlet.fleet.plugins.plugin_utils._rollout.text import (
    make_table,
    plan_lines,
    report_lines,
)

State = dict[str, t.Any]
EIGHT = [f"h{n}" for n in range(1, 9)]
FOUR_BATCHES = Settings(batches=(1, "25%", "50%"))


def _app(changed: bool = True, **more: t.Any) -> State:
    return {
        "name": "shop", "user": None, "changed": changed, "failed": False, "generation": 1, **more
    }  # fmt: skip


OPEN = {"id": "r1", "from": 1, "under_way": True}
UNCHANGED = _app(changed=False)
DEPLOYED = _app(generation=2, seconds=1.5, rollout=OPEN)
RESTORED = _app(failed=True, rolled_back=True, failures=[], plan=[], msg="it broke\nmore")
WRECKED = _app(failed=True, rolled_back=False, failures=[], plan=[], msg="it broke", generation=2)
REFUSED = _app(failed=True, msg="bad key")


def _plan(
    apps: t.Mapping[str, State | None] | None = None,
    settings: Settings = FOUR_BATCHES,
    wanted: str = "",
) -> State:
    known = apps or {}
    looked = []
    for name in EIGHT:
        app = known.get(name, _app())
        looked.append(rollout.Looked(Host(name, ("all",)), None if app is None else [app], "lost"))
    return rollout.plan(looked, settings, wanted, "new")


def _run(
    state: State, becomes: t.Mapping[str, State | HostResult], settings: Settings = FOUR_BATCHES
) -> State:
    """The batches as the plays go through them, all hosts of one that may go on deployed to."""
    left = list(state["order"])
    for size in state["serial"]:
        names, left = left[:size], left[size:]
        state = rollout.begin(state, names, settings)
        for wave in state["batch"]["waves"]:
            state = rollout.start_wave(state, wave, settings)
            told = {name: _told(becomes.get(name, DEPLOYED)) for name in state["batch"]["wave"]}
            state = rollout.judge(state, told, settings)
    return state


def _told(what: State | HostResult) -> HostResult:
    return what if isinstance(what, HostResult) else HostResult([what])


def _results(state: State) -> dict[str, str]:
    return {row["host"]: row["result"] for row in rollout.summary(state)["rows"]}


def test_a_plan() -> None:
    state = _plan()
    assert [batch["hosts"] for batch in state["batches"]] == [
        ["h1"], ["h2", "h3"], ["h4", "h5", "h6", "h7"], ["h8"]
    ]  # fmt: skip
    assert state["order"] == EIGHT
    assert state["serial"] == [1, 2, 4, 1]
    assert state["id"] == "new"
    assert not state["resumed"]
    assert "batch 2 (25%): h2, h3" in plan_lines(state)


def test_an_unchanged_fleet() -> None:
    state = _plan(dict.fromkeys(EIGHT, UNCHANGED))
    assert (state["order"], state["serial"], state["accept"]) == ([], [], [])
    assert set(_results(state).values()) == {"unchanged"}
    assert "unchanged: h1, h2, h3, h4, h5, h6, h7, h8" in plan_lines(state)


def test_only_hosts_that_change_come_into_batches() -> None:
    state = _plan({"h1": UNCHANGED, "h2": UNCHANGED})
    assert [len(batch["hosts"]) for batch in state["batches"]] == [1, 1, 3, 1]
    assert state["order"] == EIGHT[2:]


def test_all_goes_well() -> None:
    state = _run(_plan(), {})
    assert set(_results(state).values()) == {"deployed"}
    assert state["accept"] == EIGHT
    assert state["back"] == []
    assert rollout.summary(state)["failed"] == {}


POLICIES: dict[str, tuple[str, list[str]]] = {
    "stop": ("stop", []),
    "revert_batch": ("revert_batch", ["h7", "h4"]),
    "revert_all": ("revert_all", ["h7", "h4", "h3", "h2", "h1"]),
}


@pytest.mark.parametrize("case", POLICIES.values(), ids=POLICIES)
def test_a_release_that_breaks_on_two_hosts_of_batch_3(case: tuple[str, list[str]]) -> None:
    settings = Settings(batches=FOUR_BATCHES.batches, on_failure=case[0])
    state = _run(_plan(settings=settings), {"h5": RESTORED, "h6": RESTORED}, settings)
    assert state["stopped"] == "batch 3 has 2 failed hosts: h5, h6"
    assert state["back"] == case[1]
    assert sum(state["back_serial"]) == len(case[1])
    assert state["accept"] == []
    back = dict.fromkeys(case[1], HostResult([_app(generation=1, seconds=1.0)]))
    state = rollout.taken_back(state, back, settings)
    expected = dict.fromkeys(EIGHT[:4], "deployed") | {"h7": "deployed", "h8": "untouched"}
    expected |= {"h5": "restored", "h6": "restored"} | dict.fromkeys(case[1], "taken back")
    assert _results(state) == expected
    assert state["back"] == []
    assert rollout.summary(state)["failed"]["h5"] == "it broke"


def test_failures_within_the_limit() -> None:
    settings = Settings(batches=FOUR_BATCHES.batches, max_failures="50%", on_failure="revert_all")
    state = _run(_plan(settings=settings), {"h5": RESTORED, "h6": RESTORED}, settings)
    assert state["stopped"] == ""
    assert _results(state)["h8"] == "deployed"
    assert state["accept"] == ["h1", "h2", "h3", "h4", "h7", "h8"]
    assert set(rollout.summary(state)["failed"]) == {"h5", "h6"}


def test_failures_in_all() -> None:
    settings = Settings(batches=(2, 2, 2), max_failures=1, max_failures_total=1)
    state = _run(_plan(settings=settings), {"h1": RESTORED, "h3": RESTORED}, settings)
    assert state["stopped"] == "the rollout has 2 failed hosts: h1, h3"
    assert _results(state)["h5"] == "untouched"


def test_a_host_that_is_not_reached() -> None:
    settings = Settings(batches=FOUR_BATCHES.batches, max_failures=1)
    lost = HostResult(None, unreachable=True, trouble="no route")
    state = _plan({"h2": None}, settings)
    assert state["order"] == EIGHT
    state = _run(state, {"h2": lost}, settings)
    assert _results(state)["h2"] == "unreachable"
    assert state["stopped"] == ""
    assert rollout.summary(state)["failed"] == {"h2": "no route"}


def test_a_host_that_comes_back_in_time() -> None:
    state = _run(_plan({"h2": None}), {})
    assert _results(state)["h2"] == "deployed"
    assert state["stopped"] == ""


def test_what_is_refused_is_not_begun() -> None:
    state = _plan({"h3": REFUSED})
    assert state["stopped"] == "nothing was begun: it is refused on h3"
    assert state["order"] == []
    assert _results(state) == dict.fromkeys(EIGHT, "untouched") | {"h3": "refused"}


def test_what_is_refused_within_the_limit_stays_out() -> None:
    settings = Settings(max_failures=1)
    state = _run(_plan({"h3": REFUSED}, settings), {}, settings)
    assert "h3" not in state["order"]
    assert _results(state)["h3"] == "refused"
    assert "h3" not in state["part"]


def test_a_run_that_broke_off_is_resumed() -> None:
    done = {**DEPLOYED, "changed": False}
    state = _plan({"h1": done, "h2": done})
    assert (state["id"], state["resumed"]) == ("r1", True)
    assert [batch["hosts"] for batch in state["batches"]][1] == ["h2", "h3"]
    assert state["order"] == EIGHT[2:]
    assert state["serial"] == [1, 4, 1]
    assert "batch 2 (25%): h3; done before: 1" in plan_lines(state)
    settings = Settings(batches=FOUR_BATCHES.batches, on_failure="revert_all")
    state = _run(state, {"h5": RESTORED}, settings)
    assert state["back"] == ["h7", "h6", "h4", "h3", "h1", "h2"]
    assert _results(state)["h1"] == "deployed before"


def test_one_that_has_ended_is_not_resumed() -> None:
    ended = {**UNCHANGED, "rollout": {**OPEN, "under_way": False}}
    state = _plan(dict.fromkeys(EIGHT[:4], ended))
    assert (state["id"], state["resumed"], state["part"]) == ("new", False, [])


def test_another_release_is_another_rollout() -> None:
    state = _plan({"h1": {**DEPLOYED, "changed": True}})
    assert (state["id"], state["resumed"]) == ("new", False)
    assert "h1" in state["order"]


def test_a_host_that_went_on_by_itself() -> None:
    done = {**DEPLOYED, "changed": False}
    state = _run(_plan({"h1": done}), {"h2": done})
    assert _results(state)["h2"] == "deployed before"
    assert "h2" in state["part"]


def test_the_id_that_is_given() -> None:
    assert _plan(wanted="v2")["id"] == "v2"


def test_a_wreck_uses_the_budget_up() -> None:
    settings = Settings(batches=(4,), budget={"all": 1}, max_failures=3)
    state = _run(_plan(settings=settings), {"h2": WRECKED}, settings)
    assert state["stopped"].startswith(
        "the budget of group all is used up: 1 of its hosts are down"
    )
    assert _results(state)["h3"] == "untouched"


def test_a_host_that_was_not_reached_uses_the_budget_up_before_its_batch() -> None:
    settings = Settings(batches=(4,), budget={"all": 1}, max_failures=3)
    state = _run(_plan({"h8": None}, settings), {}, settings)
    assert "1 of its hosts are down" in state["stopped"]
    assert _results(state)["h1"] == "untouched"
    settings = Settings(batches=(4,), budget={"all": 2}, max_failures=3)
    batch = rollout.begin(_plan({"h8": None}, settings), EIGHT[:4], settings)["batch"]
    assert batch["waves"] == [["h1"], ["h2"], ["h3"], ["h4"]]


def test_hosts_that_are_down_come_first_on_the_way_back() -> None:
    settings = Settings(batches=(4,), budget={"all": 2}, on_failure="revert_all")
    state = _run(_plan(settings=settings), {"h3": WRECKED}, settings)
    assert state["back"] == ["h3", "h4", "h2", "h1"]
    assert state["back_serial"] == [2, 2]


def test_a_gate_that_fails_later() -> None:
    state = _run(_plan(settings=Settings(batches=(8,))), {})
    asked = {name: HostResult([{"name": "shop", "user": None, "passed": True}]) for name in EIGHT}
    asked["h4"] = HostResult([{"name": "shop", "user": None, "passed": False, "msg": "it fell"}])
    settings = Settings(max_failures=1)
    state = rollout.judge_again(state, asked, settings)
    assert (state["batch"]["fallen"], state["stopped"]) == (["h4"], "")
    state = rollout.taken_back(state, {"h4": HostResult([_app(generation=1)])}, settings)
    assert _results(state)["h4"] == "taken back"
    assert rollout.summary(state)["failed"] == {"h4": "it fell"}


def test_an_app_that_is_not_to_run_has_no_gate() -> None:
    gone = {**DEPLOYED, "name": "old"}
    state = _run(_plan({"h1": gone}, settings=Settings()), {"h1": gone}, Settings())
    shop = {"name": "shop", "user": None, "passed": True}
    state = rollout.judge_all(state, {name: HostResult([shop]) for name in EIGHT}, Settings())
    assert _results(state)["h1"] == "deployed"
    assert state["stopped"] == ""


def test_waves_of_those_that_are_left_to_take_back() -> None:
    settings = Settings(batches=(8,), budget={"all": 2}, on_failure="revert_all")
    state = _run(_plan(settings=settings), {}, settings)
    asked = {
        name: HostResult([{"name": "shop", "user": None, "passed": name != "h4"}]) for name in EIGHT
    }
    state = rollout.judge_again(state, asked, settings)
    assert (state["batch"]["fallen"], state["back_serial"]) == (["h4"], [2, 2, 2, 2])
    state = rollout.taken_back(state, {"h4": HostResult([_app(generation=1)])}, settings)
    assert state["back"] == ["h8", "h7", "h6", "h5", "h3", "h2", "h1"]
    assert state["back_serial"] == [2, 2, 2, 1]


def test_a_gate_that_fails_in_the_end() -> None:
    settings = Settings(batches=FOUR_BATCHES.batches, on_failure="revert_batch")
    state = _run(_plan(settings=settings), {}, settings)
    asked = {
        name: HostResult([{"name": "shop", "user": None, "passed": name != "h2"}]) for name in EIGHT
    }
    state = rollout.judge_all(state, asked, settings)
    assert state["stopped"] == "the rollout has 1 failed host: h2"
    assert sorted(state["back"]) == ["h2", "h3"]


def test_a_host_lost_while_its_gate_is_asked() -> None:
    state = _run(_plan(), {})
    asked = {name: HostResult([{"name": "shop", "user": None, "passed": True}]) for name in EIGHT}
    asked["h8"] = HostResult(None, unreachable=True, trouble="no route")
    state = rollout.judge_all(state, asked, FOUR_BATCHES)
    assert _results(state)["h8"] == "unreachable"


def test_a_host_that_can_not_be_taken_back() -> None:
    settings = Settings(batches=(8,), on_failure="revert_all")
    state = _run(_plan(settings=settings), {"h1": RESTORED}, settings)
    back = {name: HostResult([_app(generation=1)]) for name in state["back"]}
    back["h2"] = HostResult(None, unreachable=True, trouble="no route")
    state = rollout.taken_back(state, back, settings)
    assert _results(state)["h2"] == "not taken back"
    assert rollout.summary(state)["failed"]["h2"] == "no route"


APPROVALS: list[tuple[t.Any, int, list[int]]] = [
    ((), 0, []),
    ((2,), 0, [2]),
    ((2,), 2, []),
    (True, 0, [2, 3, 4]),
    (True, 3, [4]),
]


@pytest.mark.parametrize(("approval", "approved", "asked"), APPROVALS)
def test_approvals(approval: t.Any, approved: int, asked: list[int]) -> None:
    settings = Settings(batches=FOUR_BATCHES.batches, approval=approval, approved=approved)
    state = _plan(settings=settings)
    batches = [batch["hosts"] for batch in state["batches"]]
    found = [rollout.begin(state, names, settings)["batch"] for names in batches]
    assert [batch["number"] for batch in found if batch["ask"]] == asked


@pytest.mark.parametrize("said", ["yes", " Y\n"])
def test_a_batch_that_is_approved(said: str) -> None:
    state = rollout.begin(_plan(), ["h2", "h3"], FOUR_BATCHES)
    assert rollout.answer(state, said) == state


@pytest.mark.parametrize("said", ["", "no", "yesterday"])
def test_a_batch_that_waits(said: str) -> None:
    state = _plan(settings=FOUR_BATCHES)
    state = rollout.answer(rollout.begin(state, ["h1"], FOUR_BATCHES), said)
    assert not state["batch"]["go"]
    assert not rollout.begin(state, ["h2", "h3"], FOUR_BATCHES)["batch"]["go"]
    assert "quadlet_rollout_approved=1" in state["waiting"]
    assert set(_results(state).values()) == {"waiting"}
    assert rollout.summary(state)["failed"] == {}


def test_a_hook_that_fails() -> None:
    before = HostResult(None, trouble="Run what comes before: no")
    after = HostResult([DEPLOYED], trouble="Run what comes after: no")
    settings = Settings(batches=(8,), max_failures=3)
    state = _run(_plan(settings=settings), {"h1": before, "h2": after}, settings)
    assert (_results(state)["h1"], _results(state)["h2"]) == ("failed", "failed")
    assert rollout.summary(state)["failed"]["h1"] == "Run what comes before: no"
    assert {"h1", "h2"} <= set(state["part"])


def test_the_start_comes_once() -> None:
    state = _plan()
    assert rollout.begin(state, ["h1"], FOUR_BATCHES)["batch"]["first"]
    state = _run(state, {})
    assert not rollout.begin(state, ["h8"], FOUR_BATCHES)["batch"]["first"]
    resumed = _plan({"h1": {**DEPLOYED, "changed": False}})
    assert not rollout.begin(resumed, ["h2"], FOUR_BATCHES)["batch"]["first"]


def _member(text: str) -> State:
    """An app of a rollout, as info has it, of `r1 1`: its id and when it was deployed; `open`."""
    ident, day, *under_way = text.split()
    made = {"made_at": f"2026-01-0{day}T12:00:00Z", "current": True}
    mark = {"id": ident, "from": 1, "under_way": bool(under_way)}
    return {"rollout": mark, "generations": [{**made, "made_at": "", "current": False}, made]}


FOUND: dict[str, tuple[dict[str, list[str]], str, str]] = {
    "the only one": ({"h1": ["r1 1"], "h2": ["r1 1"], "h3": []}, "", "r1"),
    "the one that is named": ({"h1": ["r1 1"], "h2": ["r2 2"]}, "r2", "r2"),
    "one that nobody knows": ({}, "r9", "r9"),
    "the last one": ({"h1": ["r1 1", "r2 2"], "h2": ["r2 2", "r1 1"]}, "", "r2"),
    "the last one of those that it came to": ({"h1": ["r1 1", "r2 2"], "h2": ["r2 2"]}, "", "r2"),
    "the one under way": ({"h1": ["r1 1", "r2 2 open"], "h2": ["r1 3"]}, "", "r2"),
}


@pytest.mark.parametrize("case", FOUND.values(), ids=FOUND)
def test_which_rollout_is_taken_back(case: tuple[dict[str, list[str]], str, str]) -> None:
    ids, wanted, expected = case
    told = {name: [_member(one) for one in found] for name, found in ids.items()}
    assert rollout.find_rollout(told, wanted) == expected


def test_which_rollout_is_not_known() -> None:
    told = {"h1": [_member("r1 1")], "h2": [_member("r2 2")]}
    with pytest.raises(RolloutError, match=r"r1 on h1; r2 on h2\. Name one"):
        rollout.find_rollout(told, "")
    with pytest.raises(RolloutError, match="the hosts are part of none"):
        rollout.find_rollout({"h1": [{"rollout": None}]}, "")


def test_a_return_is_told_as_one() -> None:
    state = _plan({name: _app(generation=3) for name in EIGHT})
    state = _run(state, dict.fromkeys(EIGHT, _app(generation=2)))
    assert set(_results(state).values()) == {"returned"}


def test_a_plan_that_is_only_shown() -> None:
    assert set(_results({**_plan(), "check": True}).values()) == {"planned"}


def test_whether_all_is_well() -> None:
    assert rollout.is_well(_plan())
    assert not rollout.is_well(_plan({"h1": REFUSED}, Settings(max_failures=1)))
    assert not rollout.is_well({**_plan(), "stopped": "no"})


def test_the_report() -> None:
    state = _run(_plan(), {"h2": RESTORED})
    lines = report_lines(rollout.summary(state))
    assert lines[0] == "rollout new: batch 2 has 1 failed host: h2"
    assert lines[1].split() == ["host", "app", "from", "to", "result", "time", "reason"]
    assert lines[2].split() == ["h1", "shop", "1", "2", "deployed", "1.5", "s", "-"]
    assert lines[3].split()[-2:] == ["it", "broke"]


def test_a_table() -> None:
    assert make_table(("a", "b"), [("x" * 3, None), (1.25, "y" * 200)]) == [
        "a    b", "xxx  -", f"1.2  {'y' * 99}…"
    ]  # fmt: skip
