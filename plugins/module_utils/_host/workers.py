# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""The tasks of a run side by side, each in a process of its own.

A task that dies or spoils its memory harms no other.  No task outlives this process: the kernel
kills it when this process ends.  What a task does has limits of its own; one that is stopped, or
goes on for hours, is killed.
"""

from __future__ import annotations

import ctypes
import json
import os
import selectors
import signal
import time
import typing as t

from .._core.errors import QuadletError
from . import heard
from .child import MOST, start
from .owner import read_reply
from .stuck import is_stopped
from .task import Answer, Instead, Task, run_task

_CHUNK = 1024 * 1024
_LOOK = 5.0
_LONGEST = 6 * 3600.0
_ANSWER = 3
_PR_SET_PDEATHSIG = 1


class _Worker:
    """A task's process, and its output so far."""

    def __init__(self, number: int, task: Task) -> None:
        self.number = number
        self.began = time.perf_counter()
        self._output = bytearray()
        self._was_stopped = False
        parent = os.getpid()
        self._child = start(lambda: _serve(task, parent), (_ANSWER,))
        [self.source] = self._child.outputs

    def listen(self) -> bool:
        """Reads available output; False at its end."""
        chunk = os.read(self.source, _CHUNK)
        if len(self._output) <= MOST:
            self._output += chunk
        return bool(chunk)

    def end(self) -> Answer:
        """Its answer, at the end of its output."""
        return _read_answer(bytes(self._output), self._child.finish(), self._seconds)

    def find_fault(self) -> str:
        """Why it has to be killed."""
        before, self._was_stopped = self._was_stopped, is_stopped(self._child.pid)
        if before and self._was_stopped:
            return "its process was stopped by a signal, and killed"
        if self._seconds > _LONGEST:
            return f"its process was killed after {_LONGEST / 3600:g} hours"
        return ""

    def kill(self, why: str = "") -> Answer:
        """Ends it at once."""
        self._child.kill()
        self._child.finish()
        return Answer(None, QuadletError(why, remedy=_AGAIN, topic="owner-process"), self._seconds)

    @property
    def _seconds(self) -> float:
        return time.perf_counter() - self.began


def run_side_by_side(
    tasks: t.Sequence[Task],
    waits: t.Sequence[t.Collection[int]],
    parallel: int,
    instead: Instead,
) -> dict[int, Answer]:
    """The answers by task's number."""
    answers: dict[int, Answer] = {}
    left = list(range(len(tasks)))
    running: dict[int, _Worker] = {}
    with selectors.DefaultSelector() as selector:
        try:
            while left or running:
                for number in [n for n in left if all(other in answers for other in waits[n])]:
                    if len(running) == parallel:
                        break
                    left.remove(number)
                    answer = instead(number, answers)
                    if answer:
                        answers[number] = answer
                        continue
                    worker = _Worker(number, tasks[number])
                    running[worker.source] = worker
                    selector.register(worker.source, selectors.EVENT_READ)
                for source, ended in _wait(selector, running):
                    selector.unregister(source)
                    answers[running.pop(source).number] = ended
        finally:
            for worker in running.values():
                worker.kill()
    return answers


def _wait(
    selector: selectors.BaseSelector, running: t.Mapping[int, _Worker]
) -> list[tuple[int, Answer]]:
    """The answers of those that have ended, by the pipe of each."""
    ready = selector.select(_LOOK) if running else []
    ended = [key.fd for key, _events in ready if not running[key.fd].listen()]
    answers = [(source, running[source].end()) for source in ended]
    if not ready:
        faults = {source: worker.find_fault() for source, worker in running.items()}
        answers += [(source, running[source].kill(why)) for source, why in faults.items() if why]
    return answers


def _serve(task: Task, parent: int) -> None:
    """The child: runs the task, writes the answer."""
    _end_with(parent)
    heard.forget_words()
    answer = run_task(task)
    error = answer.error and answer.error.to_dict()
    notes = heard.dump_notes(shows=bool(error or (answer.result or {}).get("diff")))
    reply = {"result": answer.result, "error": error, "heard": notes}
    view = memoryview(json.dumps(reply).encode())
    while view:
        view = view[os.write(_ANSWER, view) :]


def _end_with(parent: int) -> None:
    """Has the kernel kill this process when its parent ends."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


_AGAIN = "Run it again: the next run carries it forward."


def _read_answer(output: bytes, status: int, seconds: float) -> Answer:
    reply = read_reply(output) or {}
    if "heard" in reply:
        heard.add_notes(reply["heard"])
    if isinstance(reply.get("error"), dict):
        return Answer(None, QuadletError.from_dict(reply["error"]), seconds)
    if isinstance(reply.get("result"), dict):
        return Answer(reply["result"], None, seconds)
    how = f"signal {-status}" if status < 0 else f"status {status}"
    error = QuadletError(
        f"its process ended by {how} before it was done", remedy=_AGAIN, topic="owner-process"
    )
    return Answer(None, error, seconds)
