# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""What a failed task returns where nobody but a person on the screen can read it.

Ansible's callbacks print all that a failed task returns, whatever the verbosity.  `msg` has the
cause; the data of it are for those who can read them: a task with `register`, `until` or
`failed_when`, in a block with `rescue` or `always`, or a person with `-v`.
"""

from __future__ import annotations

import typing as t

Result = dict[str, t.Any]

DETAILS: t.Final = frozenset(
    {
        *("attempt", "failures", "lint", "plan", "rollout", "services", "timings"),  # of an app
        *("apps", "undeclared"),  # of several
    }
)
"""Return values that say in data what `msg` says in words."""


def as_shown(result: Result, task: t.Any, verbosity: int) -> Result:
    """The result, of a failed task without what nobody reads."""
    if not result.get("failed") or verbosity > 0 or _has_reader(task):
        return result
    return {key: value for key, value in result.items() if key not in DETAILS}


def _has_reader(task: t.Any) -> bool:
    if task.register or task.until or task.failed_when:
        return True
    block = getattr(task, "_parent", None)
    while block is not None:
        if getattr(block, "rescue", None) or getattr(block, "always", None):
            return True
        block = getattr(block, "_parent", None)
    return False
