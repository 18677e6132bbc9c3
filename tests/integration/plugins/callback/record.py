# Copyright (c) quadlet.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes each task's result as one line of JSON to the file that RECORD_FILE names."""

from __future__ import annotations

DOCUMENTATION = """
name: record
type: notification
short_description: Results as lines of JSON, for the tests
description: Each result of a task is one line with task, host, kind and result.
"""

import json
import os
import typing as t

from ansible.plugins.callback import CallbackBase


class CallbackModule(CallbackBase):
    """See DOCUMENTATION."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "record"

    def _record(self, kind: str, result: t.Any) -> None:
        row = {
            "kind": kind,
            "task": result._task.get_name(),
            "host": result._host.get_name(),
            "result": result._result,
        }
        with open(os.environ["RECORD_FILE"], "a", encoding="utf-8") as stream:
            stream.write(json.dumps(row, default=str) + "\n")

    def v2_runner_on_ok(self, result: t.Any) -> None:
        """A task that went well."""
        self._record("ok", result)

    def v2_runner_on_failed(self, result: t.Any, **_more: t.Any) -> None:
        """A task that failed."""
        self._record("failed", result)

    def v2_runner_on_unreachable(self, result: t.Any) -> None:
        """A host that could not be reached."""
        self._record("unreachable", result)
