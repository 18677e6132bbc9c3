# Copyright (c) quadlet.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""A step of a rollout: reads what the hosts told, and keeps the rollout's state as a fact."""

from __future__ import annotations

import dataclasses
import time
import typing as t

from ansible.plugins.action import ActionBase

from ansible_collections.quadlet.fleet.plugins.plugin_utils._engine.failure import action_failure
from ansible_collections.quadlet.fleet.plugins.plugin_utils._rollout import state as rollout
from ansible_collections.quadlet.fleet.plugins.plugin_utils._rollout.plan import (
    Host,
    RolloutError,
    Settings,
    check_groups,
    parse_settings,
)
from ansible_collections.quadlet.fleet.plugins.plugin_utils._rollout.rows import HostResult
from ansible_collections.quadlet.fleet.plugins.plugin_utils._rollout.text import (
    plan_lines,
    report_lines,
)

FACT = "quadlet_rollout_state"
_NAMES = [field.name for field in dataclasses.fields(Settings)]

State = dict[str, t.Any]


class ActionModule(ActionBase):
    """Runs on the controller alone; the decisions are in plugin_utils/_rollout/."""

    TRANSFERS_FILES = False
    _requires_connection = False

    def run(
        self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None
    ) -> dict[str, t.Any]:
        """The step's result, with the state after it as a fact."""
        self._vars = task_vars or {}
        result: dict[str, t.Any] = super().run(tmp, task_vars)
        step = self._task.args.get("step")
        if step not in _STEPS:
            raise action_failure(f"step: {step!r} is none of {', '.join(_STEPS)} [option-value]")
        try:
            state, more = _STEPS[step](self)
        except RolloutError as error:
            raise action_failure(str(error)) from error
        for line in more.get("lines", ()):
            self._display.display(line)
        facts = {"ansible_facts": {FACT: state}} if state else {}
        return {**result, "changed": False, **facts, **more}

    @property
    def _state(self) -> State:
        return dict(self._vars["hostvars"]["localhost"]["ansible_facts"][FACT])

    def _settings(self) -> Settings:
        names = {name: f"quadlet_rollout_{name}" for name in _NAMES}
        return parse_settings(
            {name: self._templar.template(self._vars.get(full)) for name, full in names.items()}
        )

    def plan(self) -> tuple[State, State]:
        """Before anything is touched: who comes when."""
        settings, groups = self._settings(), self._vars["groups"]
        names = self._vars["ansible_play_hosts_all"]
        check_groups(settings, {*groups, *names})
        now = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
        looked = [self._look(name, settings.order) for name in names]
        state = rollout.plan(looked, settings, str(self._task.args.get("id") or ""), now)
        if self._task.check_mode:
            state.update(order=[], accept=[], check=True)
        if state["order"] or state["accept"] or not rollout.is_well(state):
            return {**state, "tell": list(names)}, {"lines": plan_lines(state)}
        told = _report(state)  # it ends here, and the plays that follow have nobody to ask
        plan = plan_lines(state) if self._task.check_mode else []
        return {"tell": []}, {**told, "lines": [*plan, *told["lines"]]}

    def _look(self, name: str, order: str) -> rollout.Looked:
        known = self._vars["hostvars"][name]
        groups = ("all", *known.get("group_names", ()))
        sort = known.get(order, (known.get("ansible_facts") or {}).get(order))
        result = known.get("quadlet_rollout_preview") or {}
        apps, message = result.get("apps"), str(result.get("msg") or "")
        if apps is None and not result.get("unreachable"):
            apps = [{"name": "", "failed": True, "msg": message or "the module gave no answer"}]
        return rollout.Looked(Host(name, tuple(groups), sort), apps, message)

    def find(self) -> tuple[State, State]:
        """The rollout that is to be taken back."""
        told = {name: self._info(name) for name in self._vars["ansible_play_hosts_all"]}
        ident = str(self._task.args.get("id") or "")
        return {"id": rollout.find_rollout(told, ident)}, {}

    def _info(self, name: str) -> list[State]:
        return list(
            (self._vars["hostvars"][name].get("quadlet_rollout_info") or {}).get("apps") or ()
        )

    def begin(self) -> tuple[State, State]:
        """Before a batch."""
        return rollout.begin(self._state, self._vars["ansible_play_batch"], self._settings()), {}

    def answer(self) -> tuple[State, State]:
        """After a person was asked."""
        return rollout.answer(self._state, str(self._task.args.get("answer") or "")), {}

    def wave(self) -> tuple[State, State]:
        """Before a wave of a batch."""
        state = rollout.start_wave(self._state, self._task.args["hosts"], self._settings())
        return state, {"msg": state["stopped"]}

    def deployed(self) -> tuple[State, State]:
        """After a wave."""
        told = self._told(self._state["batch"]["wave"], "quadlet_rollout_deployed", "deploy")
        state = rollout.judge(self._state, told, self._settings())
        return state, {"msg": state["stopped"]}

    def asked(self) -> tuple[State, State]:
        """After gates were asked again."""
        told = self._told(self._task.args["hosts"], "quadlet_rollout_gate", "gate")
        state = rollout.judge_again(self._state, told, self._settings())
        return state, {"msg": state["stopped"]}

    def accepted(self) -> tuple[State, State]:
        """After every gate was asked once more."""
        told = self._told(self._task.args["hosts"], "quadlet_rollout_gate", "gate")
        state = rollout.judge_all(self._state, told, self._settings())
        return state, {"msg": state["stopped"]}

    def returned(self) -> tuple[State, State]:
        """After hosts were taken back."""
        told = self._told(self._task.args["hosts"], "quadlet_rollout_returned", "back")
        return rollout.taken_back(self._state, told, self._settings()), {}

    def report(self) -> tuple[State, State]:
        """How it ended."""
        return {}, _report(self._state)

    def _told(self, names: t.Iterable[str], variable: str, phase: str) -> dict[str, HostResult]:
        return {name: _read_told(self._vars["hostvars"][name], variable, phase) for name in names}


_STEPS: dict[str, t.Callable[[ActionModule], tuple[State, State]]] = {
    "find": ActionModule.find,
    "plan": ActionModule.plan,
    "begin": ActionModule.begin,
    "answer": ActionModule.answer,
    "wave": ActionModule.wave,
    "deployed": ActionModule.deployed,
    "asked": ActionModule.asked,
    "accepted": ActionModule.accepted,
    "returned": ActionModule.returned,
    "report": ActionModule.report,
}


def _report(state: State) -> State:
    """The table, for people and for what comes after the run."""
    found = rollout.summary(state)
    stats = {"data": {"quadlet_rollout": found}, "per_host": False, "aggregate": True}
    return {"summary": found, "lines": report_lines(found), "ansible_stats": stats}


def _read_told(known: t.Mapping[str, t.Any], variable: str, phase: str) -> HostResult:
    """What a host told in a phase; the troubles of other phases do not count."""
    result = known.get(variable) or {}
    hook = known.get("quadlet_rollout_failure") or {}
    trouble = f"{hook['task']}: {hook['msg']}" if hook.get("phase") == phase else ""
    if not (result or trouble):
        return HostResult(None, unreachable=True, trouble="it was lost in a hook")
    if not trouble and not result.get("apps"):
        trouble = str(result.get("msg") or "the module gave no answer")
    return HostResult(result.get("apps"), bool(result.get("unreachable")), trouble)
