# Copyright (c) quadlet.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Action of quadlet.fleet.info: of declared apps, it sends what tells which ones they are."""

from __future__ import annotations

from ansible_collections.quadlet.fleet.plugins.plugin_utils._engine.action import Args, EngineAction

_TELLING = ("name", "user", "location")


class ActionModule(EngineAction):
    """Leaves content and secrets of declared apps on the controller."""

    def work(self, variables: Args) -> Args:
        """One module run."""
        args = dict(self._task.args)
        declared = args.get("declared")
        if isinstance(declared, list):
            args["declared"] = [
                {key: item[key] for key in _TELLING if key in item}
                if isinstance(item, dict)
                else item
                for item in declared
            ]
        return self.call_module(args, variables)
