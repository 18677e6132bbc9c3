# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""One task of a run and its answer: a bug in it is its own failure, not everyone's."""

from __future__ import annotations

import time
import typing as t

from .._core.errors import QuadletError
from .owner import to_quadlet_error

Task = t.Callable[[], dict[str, t.Any]]


class Answer(t.NamedTuple):
    """What became of a task, its result or its error, and how long that took."""

    result: dict[str, t.Any] | None
    error: QuadletError | None
    seconds: float = 0.0


Instead = t.Callable[[int, t.Mapping[int, Answer]], t.Optional[Answer]]
"""What becomes of a task that is not to run, by the answers there are; None: it runs."""


def run_task(task: Task) -> Answer:
    """A task in this process; a bug in it is its failure, not everyone's."""
    began = time.perf_counter()
    try:
        result, error = task(), None
    except Exception as fault:
        result, error = None, to_quadlet_error(fault)
    return Answer(result, error, time.perf_counter() - began)
