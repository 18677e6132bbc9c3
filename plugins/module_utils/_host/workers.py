# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""The tasks of a run side by side, each in a process of its own.

A task that dies or spoils its memory harms no other.  No task outlives this process: the kernel
kills it when this process ends.
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
    """A task's process, and its output so far."""

    def __init__(self, number: int, task: Task) -> None:
        self.number = number
        self.began = time.perf_counter()
        self.output = bytearray()
        self.source, sink = os.pipe()
        parent = os.getpid()
        self.pid = os.fork()
        if self.pid == 0:
            _serve(task, sink, parent)
        os.close(sink)

    def listen(self) -> bool:
        """Reads available output; False at its end."""
        chunk = os.read(self.source, _CHUNK)
        if len(self.output) <= _LIMIT:
            self.output += chunk
        return bool(chunk)

    def end(self) -> Answer:
        """Waits for its end; returns its answer."""
        os.close(self.source)
        _pid, status = os.waitpid(self.pid, 0)
        seconds = time.perf_counter() - self.began
        return _read_answer(bytes(self.output), status, seconds)

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
                for number in [n for n in left if all(other in answers for other in waits[n])]:
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
    """The child: runs the task, writes the answer, ends."""
    status = 1
    try:
        _end_with(parent)
        nothing = os.open(os.devnull, os.O_RDWR)
        for descriptor, standard in ((nothing, 0), (nothing, 1), (sink, 3)):
            os.dup2(descriptor, standard)
        os.closerange(4, min(65536, os.sysconf("SC_OPEN_MAX")))
        answer = run_task(task)
        reply = {"result": answer.result, "error": answer.error and answer.error.to_dict()}
        view = memoryview(json.dumps(reply).encode())
        while view:
            view = view[os.write(3, view) :]
        status = 0
    finally:
        os._exit(status)


def _end_with(parent: int) -> None:
    """Has the kernel kill this process when its parent ends."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


def _read_answer(output: bytes, status: int, seconds: float) -> Answer:
    try:
        reply = json.loads(output) if len(output) <= _LIMIT else None
    except ValueError:
        reply = None
    if isinstance(reply, dict) and isinstance(reply.get("error"), dict):
        return Answer(None, QuadletError.from_dict(reply["error"]), seconds)
    if isinstance(reply, dict) and isinstance(reply.get("result"), dict):
        return Answer(reply["result"], None, seconds)
    how = f"signal {status & 127}" if status & 127 else f"status {status >> 8}"
    return Answer(
        None,
        QuadletError(
            f"its process ended by {how} before it was done",
            remedy="Run it again: the next run carries it forward.",
        ),
        seconds,
    )
