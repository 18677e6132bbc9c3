# Copyright (c) quadlet.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Action of quadlet.fleet.apps: as that of app, for each of several."""

from __future__ import annotations

from ansible_collections.quadlet.fleet.plugins.plugin_utils._content.many import (
    call_for_all,
    read_items,
)
from ansible_collections.quadlet.fleet.plugins.plugin_utils._engine.action import Args, EngineAction


class ActionModule(EngineAction):
    """Passes the content of all apps on to the module; decides nothing."""

    def work(self, variables: Args) -> Args:
        """One module run, and another one where archives have to be sent."""
        items, arguments = read_items(self, self._task.args, variables)

        def call(apps: list[Args], hidden: list[Args]) -> Args:
            return self.call_module({**arguments, "apps": apps, "_confidential": hidden}, variables)

        return call_for_all(items, call) if items else {"changed": False, "apps": []}
