# Copyright (c) quadlet.fleet contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ansible callback of ./demo: writes each result as a line of JSON to $DEMO_RESULTS."""

from __future__ import annotations

DOCUMENTATION = r"""
name: results
type: notification
short_description: Results as lines of JSON
description: Writes each result as a line of JSON to the file that E(DEMO_RESULTS) names.
"""

import json
import os
import typing as t

from ansible.plugins.callback import CallbackBase


class CallbackModule(CallbackBase):
    """See DOCUMENTATION."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "results"
    CALLBACK_NEEDS_ENABLED = True

    def v2_runner_item_on_ok(self, result: t.Any) -> None:
        """One app of the role's loop."""
        self._keep("ok", result)

    def v2_runner_item_on_failed(self, result: t.Any) -> None:
        """One app of the role's loop."""
        self._keep("failed", result)

    def v2_runner_on_failed(self, result: t.Any, ignore_errors: bool = False) -> None:
        """A task; that of the loop says no more than its items."""
        del ignore_errors
        if "results" not in result._result:
            self._keep("failed", result)

    def v2_runner_on_unreachable(self, result: t.Any) -> None:
        """A host without connection."""
        self._keep("failed", result)

    def _keep(self, status: str, result: t.Any) -> None:
        line = {"host": result._host.get_name(), "status": status, "result": result._result}
        with open(os.environ["DEMO_RESULTS"], "a", encoding="utf-8") as stream:
            stream.write(json.dumps(line, default=str) + "\n")
