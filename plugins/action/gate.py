# Copyright (c) quadlet.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Action of quadlet.fleet.gate: names the engine that the module needs."""

from __future__ import annotations

from ansible_collections.quadlet.fleet.plugins.plugin_utils._engine.action import EngineAction


class ActionModule(EngineAction):
    """See EngineAction."""

    tells = True
