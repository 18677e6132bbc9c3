# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Pieces of one run side by side, each in a process of its own.

What one of them does to its own memory, its death too, the others do not notice.  None of
them outlives this process: it ends as this one does, wherever it is.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import selectors
import signal
import time
import typing as t

from .._core.errors import QuadletError
from .task import Answer, Instead, Task, run_task

_LIMIT = 256 * 1024 * 1024
_CHUNK = 1024 * 1024
_PR_SET_PDEATHSIG = 1


class _Child:
    """A task's process, and what it has said so far."""

    def __init__(self, number: int, task: Task) -> None:
        self.number = number
        self.began = time.perf_counter()
        self.said = bytearray()
        self.source, sink = os.pipe()
        parent = os.getpid()
        self.pid = os.fork()
        if self.pid == 0:
            _serve(task, sink, parent)
        os.close(sink)

    def listen(self) -> bool:
        """Reads what there is; False where nothing more will come."""
        chunk = os.read(self.source, _CHUNK)
        if len(self.said) <= _LIMIT:
            self.said += chunk
        return bool(chunk)

    def end(self) -> Answer:
        """Its answer, once it has ended."""
        os.close(self.source)
        _pid, status = os.waitpid(self.pid, 0)
        seconds = time.perf_counter() - self.began
        return _read_answer(bytes(self.said), status, seconds)

    def kill(self) -> None:
        """Ends it at once."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)
        self.end()


def run_side_by_side(
    tasks: t.Sequence[Task],
    waits: t.Sequence[t.Collection[int]],
    parallel: int,
    instead: Instead,
) -> dict[int, Answer]:
    """The answers by task's number."""
    answers: dict[int, Answer] = {}
    left = list(range(len(tasks)))
    running: set[_Child] = set()
    with selectors.DefaultSelector() as selector:
        try:
            while left or running:
                for number in [one for one in left if all(n in answers for n in waits[one])]:
                    if len(running) == parallel:
                        break
                    left.remove(number)
                    answer = instead(number, answers)
                    if answer:
                        answers[number] = answer
                        continue
                    child = _Child(number, tasks[number])
                    running.add(child)
                    selector.register(child.source, selectors.EVENT_READ, child)
                for key, _events in selector.select() if running else ():
                    child = key.data
                    if not child.listen():
                        selector.unregister(child.source)
                        running.discard(child)
                        answers[child.number] = child.end()
        finally:
            for child in running:
                child.kill()
    return answers


def _serve(task: Task, sink: int, parent: int) -> t.NoReturn:
    """The child's whole life."""
    status = 1
    try:
        _end_with(parent)
        nothing = os.open(os.devnull, os.O_RDWR)
        for descriptor, standard in ((nothing, 0), (nothing, 1), (sink, 3)):
            os.dup2(descriptor, standard)
        os.closerange(4, min(65536, os.sysconf("SC_OPEN_MAX")))
        answer = run_task(task)
        told = {"result": answer.result, "error": answer.error and answer.error.to_dict()}
        view = memoryview(json.dumps(told).encode())
        while view:
            view = view[os.write(3, view) :]
        status = 0
    finally:
        os._exit(status)


def _end_with(parent: int) -> None:
    """Has the kernel kill this process when its parent ends: alone, nobody would wait for it."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


def _read_answer(said: bytes, status: int, seconds: float) -> Answer:
    try:
        told = json.loads(said) if len(said) <= _LIMIT else None
    except ValueError:
        told = None
    if isinstance(told, dict) and isinstance(told.get("error"), dict):
        return Answer(None, QuadletError.from_dict(told["error"]), seconds)
    if isinstance(told, dict) and isinstance(told.get("result"), dict):
        return Answer(told["result"], None, seconds)
    how = f"signal {status & 127}" if status & 127 else f"status {status >> 8}"
    return Answer(
        None,
        QuadletError(
            f"its process ended by {how} before it was done",
            remedy="Run it again: the next run carries it forward.",
        ),
        seconds,
    )
