# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""One task of a run and its answer: a bug in a task fails that task alone."""

from __future__ import annotations

import time
import typing as t

from .._core.errors import QuadletError
from .owner import to_quadlet_error

Task = t.Callable[[], dict[str, t.Any]]


class Answer(t.NamedTuple):
    """The result of a task or its error, and how long it took."""

    result: dict[str, t.Any] | None
    error: QuadletError | None
    seconds: float = 0.0


Instead = t.Callable[[int, t.Mapping[int, Answer]], t.Optional[Answer]]
"""The answer of a task that must not run, from the answers so far; None: the task runs."""


def run_task(task: Task) -> Answer:
    """Runs a task in this process; a bug in it fails that task alone."""
    began = time.perf_counter()
    try:
        result, error = task(), None
    except Exception as fault:
        result, error = None, to_quadlet_error(fault)
    return Answer(result, error, time.perf_counter() - began)
