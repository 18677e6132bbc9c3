# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Jobs that failed when something started them: no run starts them again."""

from __future__ import annotations

import typing as t

if t.TYPE_CHECKING:
    from ..state.manifest import ServiceRecord
    from ..systemd_state import State


def find_failed_jobs(
    services: t.Mapping[str, ServiceRecord], states: t.Mapping[str, State], user: str | None
) -> list[str]:
    """A message for each job that waits for others and has failed."""
    return [
        describe_failed_job(name, user)
        for name, record in services.items()
        if record.job and record.waits and name in states and states[name].active == "failed"
    ]


def describe_failed_job(name: str, user: str | None) -> str:
    """That a job has failed, how to see why, and how to run it again."""
    flags, unit, who = ("--user ", "--user-unit", f"as user {user}, ") if user else ("", "-u", "")
    return (
        f"{name} has failed when it ran last: {who}journalctl {unit} {name} tells why, "
        f"systemctl {flags}start {name} runs it again"
    )
