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

    def v2_runner_on_ok(self, result: t.Any) -> None:
        """A task; of those that go well only the role's deploys apps."""
        if "apps" in result._result:
            self._keep(result)

    def v2_runner_on_failed(self, result: t.Any, ignore_errors: bool = False) -> None:
        """A task that failed."""
        del ignore_errors
        self._keep(result, failed=True)

    def v2_runner_on_unreachable(self, result: t.Any) -> None:
        """A host without connection."""
        self._keep(result, failed=True)

    def _keep(self, result: t.Any, *, failed: bool = False) -> None:
        """A line for each app, the first one with the warnings of all; or one for the task."""
        whole = result._result
        rows = list(whole.get("apps") or [{**whole, "failed": failed}])
        rows[0] = {**rows[0], "warnings": whole.get("warnings", [])}
        with open(os.environ["DEMO_RESULTS"], "a", encoding="utf-8") as stream:
            for row in rows:
                status = "failed" if row.get("failed") else "ok"
                line = {"host": result._host.get_name(), "status": status, "result": row}
                stream.write(json.dumps(line, default=str) + "\n")
