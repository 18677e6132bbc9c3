# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""One entry of `failures`."""

from __future__ import annotations

import typing as t


def make_failure(phase: str, reason: str, **known: t.Any) -> dict[str, t.Any]:
    """A failure with all that is known of it; what is not is null."""
    unknown = dict.fromkeys(
        ("unit", "service", "job", "exit_code", "restarts", "health_log", "hint")
    )
    return {**unknown, "phase": phase, "reason": reason, "journal": [], **known}
