# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""The action plugin that modules with a directory as source share."""

from __future__ import annotations

import typing as t

from ansible.plugins.action import ActionBase

from ansible_collections.quadlet.fleet.plugins.plugin_utils._content.archives import (
    call_with_archives,
)
from ansible_collections.quadlet.fleet.plugins.plugin_utils._content.source import gather_content


class ContentAction(ActionBase):
    """Passes the content on to the module of the same name; decides nothing."""

    _supports_async = True

    def run(
        self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None
    ) -> dict[str, t.Any]:
        """One module run with everything that it needs in its arguments; archives of images are
        sent, for a second one, where the host lacks them.
        """
        variables = task_vars or {}
        result: dict[str, t.Any] = super().run(tmp, variables)
        arguments = gather_content(self, self._task.args, variables)

        def call(args: dict[str, t.Any]) -> dict[str, t.Any]:
            answer: dict[str, t.Any] = self._execute_module(
                module_args=args, task_vars=variables, wrap_async=self._task.async_val
            )
            return answer

        if arguments.get("archives"):
            result.update(call_with_archives(self, arguments, call))
        else:
            result.update(call(arguments))
        return result
