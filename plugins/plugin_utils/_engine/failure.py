# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""How an action plugin says what it can't do."""

from __future__ import annotations

from ansible.errors import AnsibleActionFail


def action_failure(message: str) -> AnsibleActionFail:
    """The error to raise: the message alone.

    ansible-core before 2.19 adds a traceback to a failed action, of which its callback then says
    that an exception occurred.
    """
    error = AnsibleActionFail(message)
    error.result.pop("exception", None)
    return error
