# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""The action plugin that modules with a directory as source share."""

from __future__ import annotations

from ansible_collections.quadlet.fleet.plugins.plugin_utils._content.source import gather_content
from ansible_collections.quadlet.fleet.plugins.plugin_utils._engine.action import Args, EngineAction


class ContentAction(EngineAction):
    """Passes the content on to the module of the same name; decides nothing."""

    tells = True

    def work(self, variables: Args) -> Args:
        """One module run with everything that it needs in its arguments; archives of images are
        sent, for a second one, where the host lacks them.
        """
        arguments = gather_content(self, self._task.args, variables)

        def call(args: Args) -> Args:
            return self.call_module(args, variables)

        if arguments.get("archives"):
            from ansible_collections.quadlet.fleet.plugins.plugin_utils._content.archives import (
                call_with_archives,
            )

            return call_with_archives(self, arguments, call)
        return call(arguments)
