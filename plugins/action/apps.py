# Copyright (c) quadlet.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Action of quadlet.fleet.apps: as that of app, for each of several."""

from __future__ import annotations

import typing as t

from ansible.plugins.action import ActionBase

from ansible_collections.quadlet.fleet.plugins.plugin_utils._content.many import (
    call_for_all,
    read_items,
)


class ActionModule(ActionBase):
    """Passes the content of all apps on to the module; decides nothing."""

    _supports_async = True

    def run(
        self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None
    ) -> dict[str, t.Any]:
        """One module run, and another one where archives have to be sent."""
        variables = task_vars or {}
        result: dict[str, t.Any] = super().run(tmp, variables)
        items, arguments = read_items(self, self._task.args, variables)

        def call(apps: list[dict[str, t.Any]], hidden: list[dict[str, t.Any]]) -> dict[str, t.Any]:
            answer: dict[str, t.Any] = self._execute_module(
                module_args={**arguments, "apps": apps, "_confidential": hidden},
                task_vars=variables,
                wrap_async=self._task.async_val,
            )
            return answer

        result.update(call_for_all(items, call) if items else {"changed": False, "apps": []})
        return result
