# Copyright (c) quadlet.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Action of quadlet.fleet.status: writes what the hosts of a play told, for people and programs."""

from __future__ import annotations

import os
import time
import typing as t

from ansible.plugins.action import ActionBase

from ansible_collections.quadlet.fleet.plugins.module_utils._module.status_options import STATUS
from ansible_collections.quadlet.fleet.plugins.plugin_utils._engine.failure import action_failure
from ansible_collections.quadlet.fleet.plugins.plugin_utils._status import files
from ansible_collections.quadlet.fleet.plugins.plugin_utils._status.document import make_document
from ansible_collections.quadlet.fleet.plugins.plugin_utils._status.text import summary_lines

Args = dict[str, t.Any]


class ActionModule(ActionBase):
    """Runs on the controller alone; no host is asked."""

    TRANSFERS_FILES = False
    _requires_connection = False
    _supports_check_mode = True

    def run(self, tmp: str | None = None, task_vars: Args | None = None) -> Args:
        """The table, and what was written."""
        variables = task_vars or {}
        result: Args = super().run(tmp, variables)
        args = _arguments(self)
        hosts = args["hosts"]
        told = {
            name: variables["hostvars"][name].get(args["registered"])
            for name in (variables["ansible_play_hosts_all"] if hosts is None else hosts)
            if name in variables["hostvars"]
        }
        document = make_document(told, time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()))
        lines = summary_lines(document)
        for line in lines:
            self._display.display(line)
        try:
            written = self._write(args, document, told)
        except OSError as why:
            raise action_failure(
                f"dest {why.filename or args['dest']!r}: it can't be written: {why.strerror}. "
                "Give a directory of the controller that you may write to. [no-dest]"
            ) from None  # the text has it
        return {**result, **written, "lines": lines, "summary": document["summary"]}

    def _write(self, args: Args, document: Args, told: Args) -> Args:
        if args["dest"] is None:
            return {"changed": False, "files": [], "diff": []}
        texts = files.make_files(args["formats"], document, told)
        paths = {os.path.join(args["dest"], name): text for name, text in texts.items()}
        before = {path: files.read_present(path) for path in paths}
        changes = {path: text for path, text in paths.items() if text != before[path]}
        if not self._task.check_mode:
            for path, text in changes.items():
                files.write_file(path, text)
        diff = [_diff(path, before[path], text) for path, text in changes.items()]
        return {
            "changed": bool(changes),
            "files": list(paths),
            "diff": diff if self._task.diff else [],
        }


def _arguments(action: ActionBase) -> Args:
    _valid, arguments = action.validate_argument_spec(argument_spec=STATUS)
    return dict(arguments)


def _diff(path: str, before: str | None, after: str) -> dict[str, str]:
    """A page is no text for people: of it the diff has the name alone."""
    texts = {"before": before or "", "after": after}
    if path.endswith(".html"):
        texts = {"before": f"(a page of {len(before)} characters)\n" if before else ""}
        texts["after"] = f"(a page of {len(after)} characters)\n"
    return {"before_header": path, "after_header": path, **texts}
