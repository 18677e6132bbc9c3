# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""The tasks of a run: each has an answer, and a bug in a task fails that task alone."""

from __future__ import annotations

import typing as t

from .task import Answer, Instead, Task, run_task


def run_tasks(
    tasks: t.Sequence[Task],
    waits: t.Sequence[t.Collection[int]],
    parallel: int,
    instead: Instead,
) -> list[Answer]:
    """Runs all tasks, `parallel` at once, none before those that it waits for.

    One at a time needs no process.  instead: the answer of a task that must not run.
    """
    if min(parallel, len(tasks)) <= 1:
        answers: dict[int, Answer] = {}
        left = list(range(len(tasks)))
        while left:
            number = next(n for n in left if all(other in answers for other in waits[n]))
            left.remove(number)
            answers[number] = instead(number, answers) or run_task(tasks[number])
    else:
        from .workers import run_side_by_side

        answers = run_side_by_side(tasks, waits, parallel, instead)
    return [answers[number] for number in range(len(tasks))]
