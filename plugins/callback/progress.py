# Copyright (c) quadlet.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""See DOCUMENTATION."""

from __future__ import annotations

DOCUMENTATION = r"""
name: progress
type: notification
short_description: Show deployments while they go on
version_added: 0.1.0
author:
  - quadlet.fleet contributors (@quadlet-fleet)
description:
  - Shows for each host and app what its deployment is at, and for how long - validation, pull with
    the images that are under way, write, reload, start, gate with the services, health checks or
    probes that it waits for, jobs, an undo - and the batch of a rollout.
  - On a terminal these are lines below what Ansible prints, drawn anew as things change. Elsewhere,
    in a log or under ansible-runner and AWX, a plain line a host every few seconds, one for all
    hosts that wait for the same.
  - While a module runs its task asks the host every two seconds over a connection of its own, with
    the rights that the module has. Modules that end sooner are not asked. A task with C(no_log) or
    C(async), and check mode, show only that they run.
  - Without this callback nothing of that happens.
requirements:
  - It has to be enabled, with C(callbacks_enabled=quadlet.fleet.progress) in C(ansible.cfg) or in
    E(ANSIBLE_CALLBACKS_ENABLED).
options:
  interval:
    description: Seconds between two plain lines of a host.
    type: float
    default: 4
    env:
      - name: QUADLET_PROGRESS_INTERVAL
    ini:
      - section: callback_quadlet_progress
        key: interval
  live:
    description:
      - Whether lines are drawn on the terminal (V(auto), where there is one) or plain lines are
        printed (V(never)).
    type: str
    choices: [auto, never]
    default: auto
    env:
      - name: QUADLET_PROGRESS_LIVE
    ini:
      - section: callback_quadlet_progress
        key: live
"""

import atexit
import os
import sys
import typing as t

from ansible.plugins.callback import CallbackBase
from ansible.utils import color

from ansible_collections.quadlet.fleet.plugins.plugin_utils._progress import terminal
from ansible_collections.quadlet.fleet.plugins.plugin_utils._progress.watcher import Watcher

_FACT = "quadlet_rollout_state"


class CallbackModule(CallbackBase):
    """Hands what Ansible tells to the watcher, in the process that prints."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "quadlet.fleet.progress"
    CALLBACK_NEEDS_ENABLED = True

    _watcher: Watcher | None = None

    def v2_playbook_on_play_start(self, play: t.Any) -> None:
        """Before the first process of a play is forked."""
        if self._watcher is None:
            option = t.cast(t.Any, self).get_option
            live = option("live") == "auto" and terminal.is_terminal(os.environ)
            self._watcher = Watcher(
                self._say,
                terminal.Screen() if live else None,
                every=max(1.0, float(option("interval"))),
                colour=bool(color.ANSIBLE_COLOR),
            )
            self._watcher.start()
            atexit.register(self._end)
        self._watcher.begin_play(in_batches=bool(play.serial))

    def _say(self, line: str) -> None:
        """Prints a line at once: Ansible leaves the buffer of a pipe until it is full."""
        self._display.display(line)
        sys.stdout.flush()

    def _end(self) -> None:
        """Once, however Ansible ends."""
        watcher, self._watcher = self._watcher, None
        if watcher:
            watcher.stop()

    def v2_playbook_on_stats(self, stats: t.Any) -> None:
        """At the end of a playbook."""
        del stats
        self._end()

    def _ended(self, result: t.Any, *, failed: bool = False) -> None:
        told = {**(result._result if isinstance(result._result, dict) else {}), "failed": failed}
        if self._watcher:
            state = (told.get("ansible_facts") or {}).get(_FACT)
            if isinstance(state, dict):
                self._watcher.begin_batch(state)
            self._watcher.end(result._host.get_name(), told)

    def v2_runner_on_ok(self, result: t.Any) -> None:
        """A task that went well."""
        self._ended(result)

    def v2_runner_on_failed(self, result: t.Any, ignore_errors: bool = False) -> None:
        """A task that failed."""
        del ignore_errors
        self._ended(result, failed=True)

    def v2_runner_on_unreachable(self, result: t.Any) -> None:
        """A host without connection."""
        self._ended(result, failed=True)

    def v2_runner_on_skipped(self, result: t.Any) -> None:
        """A task that was left out."""
        self._ended(result)
