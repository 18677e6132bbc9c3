# Copyright (c) quadlet.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Action of quadlet.fleet.discover: converts what the host has told."""

from __future__ import annotations

from ansible_collections.quadlet.fleet.plugins.plugin_utils._engine.action import Args, EngineAction
from ansible_collections.quadlet.fleet.plugins.plugin_utils._faces.discovered import find_apps
from ansible_collections.quadlet.fleet.plugins.plugin_utils._faces.filters import plain, untrusted


class ActionModule(EngineAction):
    """Has the host looked at, and adds the apps."""

    def work(self, variables: Args) -> Args:
        """One module run."""
        answer = self.call_module(self._task.args, variables)
        if answer.get("failed") or "containers" not in answer:
            return answer
        target = plain(self._task.args.get("target"))
        apps = find_apps(plain(answer), None if target is None else str(target))
        return {**answer, "apps": untrusted(apps)}
