# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Pieces of one run: each has an answer, and a bug in one is its own failure."""

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


def run_tasks(
    tasks: t.Sequence[Task],
    waits: t.Sequence[t.Collection[int]],
    parallel: int,
    instead: Instead,
) -> list[Answer]:
    """Runs all tasks, `parallel` at once, none before those that it waits for.

    One at a time needs no process.  instead: what becomes of a task that is not to run, by the
    answers there are.
    """
    if min(parallel, len(tasks)) <= 1:
        answers: dict[int, Answer] = {}
        for number, task in enumerate(tasks):
            answers[number] = instead(number, answers) or run_task(task)
    else:
        from .workers import run_side_by_side

        answers = run_side_by_side(tasks, waits, parallel, instead)
    return [answers[number] for number in range(len(tasks))]


def run_task(task: Task) -> Answer:
    """A task in this process; a bug in it is its failure, not everyone's."""
    began = time.perf_counter()
    try:
        result, error = task(), None
    except Exception as fault:
        result, error = None, to_quadlet_error(fault)
    return Answer(result, error, time.perf_counter() - began)
