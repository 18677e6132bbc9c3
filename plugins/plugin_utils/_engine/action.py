# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""The action plugin of every module that works on a host: it sends the engine where it lacks."""

from __future__ import annotations

import contextlib
import sys
import typing as t

from ansible.plugins.action import ActionBase

from ansible_collections.quadlet.fleet.plugins.module_utils._module.kept_engine import (
    MISSING,
    OPTION,
)
from ansible_collections.quadlet.fleet.plugins.plugin_utils._engine.shown import as_shown
from ansible_collections.quadlet.fleet.plugins.plugin_utils._engine.sources import content, digest

Args = dict[str, t.Any]

_CHANNEL = "ansible_collections.quadlet.fleet.plugins.plugin_utils._progress.channel"
"""The callback that shows progress loads it before this process is forked; nothing else does."""


class EngineAction(ActionBase):
    """Runs the module of the same name; decides nothing.

    tells: whether the module tells its progress to the callback that shows it.
    """

    tells = False

    _supports_async = True
    _supports_check_mode = True
    _sends = False

    def run(self, tmp: str | None = None, task_vars: Args | None = None) -> Args:
        """The module's result."""
        variables = task_vars or {}
        result: Args = super().run(tmp, variables)
        result.update(self.work(variables))
        return as_shown(result, self._task, self._display.verbosity)

    def work(self, variables: Args) -> Args:
        """What the task does; a module with more to prepare than its arguments has its own."""
        return self.call_module(self._task.args, variables)

    def call_module(self, args: t.Mapping[str, t.Any], variables: Args) -> Args:
        """One run of the module, and another one with the engine where the host asks for it.

        With async nobody is there to answer, so that it is sent in any case.
        """
        self._sends = self._sends or bool(self._task.async_val)
        answer = self._call(args, variables)
        if answer.get(OPTION) == MISSING and not self._sends:
            self._sends = True
            answer = self._call(args, variables)
        return answer

    def _watched(self, variables: Args) -> contextlib.AbstractContextManager[dict[str, str]]:
        """While the module runs; gives what the module has to be told of who watches."""
        if _CHANNEL not in sys.modules:
            return contextlib.nullcontext({})
        from ansible_collections.quadlet.fleet.plugins.plugin_utils._progress.follow import followed

        return followed(self, variables, tells=self.tells)

    def _call(self, args: t.Mapping[str, t.Any], variables: Args) -> Args:
        engine = {"digest": digest(), **({"content": content()} if self._sends else {})}
        with self._watched(variables) as told:
            answer: Args = self._execute_module(
                module_args={**args, OPTION: {**engine, **told}},
                task_vars=variables,
                wrap_async=self._task.async_val,
            )
        return answer
