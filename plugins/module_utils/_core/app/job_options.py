# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""The options on_demand and run: units that no run starts, and jobs that this one does."""

from __future__ import annotations

import typing as t

from ..errors import QuadletError

RUNNING = ("started", "restarted", "rolled_back")
"""States in which the app is up at the end, so that a job can run."""


def parse_on_demand(given: t.Sequence[str] | None, state: str) -> tuple[str, ...] | None:
    """The units that no run starts; None: those of the installed set."""
    if given is not None and state == "rolled_back":
        raise QuadletError(
            "on_demand is given with state: rolled_back, which brings its own",
            where="on_demand",
            remedy="Leave it out, or use another state.",
            topic="options-exclude",
        )
    return None if given is None else tuple(dict.fromkeys(given))


def parse_run(given: t.Sequence[str] | None, state: str) -> tuple[str, ...]:
    """The jobs to run, in their order."""
    names = tuple(given or ())
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice:
        raise QuadletError(
            f"{twice!r} is named twice",
            where="run",
            remedy="Each job runs once in a call.",
            topic="declared-twice",
        )
    if names and state not in RUNNING:
        raise QuadletError(
            f"a job runs once the app is up, and state is {state}",
            where="run",
            remedy=f"Leave it out, or use state: {RUNNING[0]}.",
            topic="options-exclude",
        )
    return names
