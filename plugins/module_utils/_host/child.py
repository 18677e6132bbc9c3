# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Child processes that can't hold up this one: each wait has an end.

A user may stop or kill what runs as that user at any moment, keep its pipes open, or have it wait
for a FIFO or a file system that does not answer.  What is not done in time is killed with all of
its session; one that not even that ends is left behind.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import mmap
import os
import selectors
import signal
import subprocess
import time
import typing as t

from .process import Process
from .stuck import Cause, find_cause


class Limit(float):
    """Seconds for what ends soon unless somebody holds it up.

    most: for one that is not seen to wait for what will not come by itself; 0: the same.
    """

    most: float = 0.0


ASK, READ, RUN, CHANGE = Limit(15), Limit(20), Limit(30), Limit(40)
"""For a question to a user's manager, for reading files, for a command, for a change: far more than
they take.  A run that is held up is to end within a minute, however many hold it up: once one was
used up the next has a quarter of its own, and each further one half of that, down to a moment that
gets shorter with their number: a hundred together have little more time than thirty."""

MOST = 256 * 1024 * 1024
_CHUNK = 1024 * 1024
_LOOK, _CHECK = 1.0, 5.0
_LAST = 2.0
_HIGH = 64
_SHORTEST, _SHORTEST_BUSY = 0.25, 1.5
_LEAST, _ALL_WAIT, _ALL_BUSY = 0.1, 10.0, 0.3
"""The n-th that uses up its time has _ALL_WAIT / n seconds, and one that is not seen to wait that
part of its limit, by n; none has less than _LEAST.
"""
_LOST = mmap.mmap(-1, 1)
"""How many children of this run, and of its tasks, have used up their time."""


def limit_of(seconds: float) -> float:
    """The limit of a child, as things are."""
    lost = _LOST[0]
    if not (lost and isinstance(seconds, Limit)):
        return seconds
    shortest = max(_LEAST, min(_SHORTEST, _ALL_WAIT / lost))
    limit = Limit(max(seconds / 4 / 2 ** (lost - 1), shortest))
    limit.most = max(limit, min(_SHORTEST_BUSY, seconds / 4, seconds * _ALL_BUSY / lost))
    return limit


class Ended(t.NamedTuple):
    """How a child ended.  status: negative for a signal.  killed: why it was killed, else "".
    path: what it waited for.
    """

    status: int
    outputs: list[bytes]
    killed: str = ""
    path: str = ""


class Child:
    """A process with pipes, one for each of outputs; feed: the one that it reads, or -1."""

    def __init__(self, pid: int, outputs: t.Sequence[int], feed: int = -1) -> None:
        self.pid, self.outputs = pid, tuple(outputs)
        self._feed = feed
        self._texts = {source: bytearray() for source in outputs}
        self._cause: Cause | None = None
        self._status: int | None = None
        self._left_at = 0.0
        self._counts = False

    def wait(self, seconds: float, given: bytes = b"") -> Ended:
        """Feeds it, reads what it writes, waits for its end, and sees to it that there is one."""
        now = time.monotonic()
        end, check, killed = now + seconds, now + _CHECK, ""
        self._counts = isinstance(seconds, Limit)
        last = now + max(getattr(seconds, "most", 0.0), seconds)
        with selectors.DefaultSelector() as selector:
            view = self._register(selector, given)
            while selector.get_map() and not killed and not self._has_left(now):
                for key, _events in selector.select(max(0.0, min(_LOOK, end - now))):
                    view = self._move(selector, key.fd, view)
                now = time.monotonic()
                if now >= end and now < last and not self._waits():
                    end = min(now + _SHORTEST, last)
                elif now >= end:
                    killed = self._lose(_no_answer(seconds))
                elif now >= check:
                    check, killed = now + _CHECK, self._check()
                elif sum(map(len, self._texts.values())) > MOST:
                    killed = f"it answers with more than {MOST >> 20} MiB"
        self._close()
        if not killed and not self._reap(max(end, now + _LAST)):
            killed = self._lose(_no_answer(seconds))
        status = self.kill() if killed or self._status is None else self._status
        path = self._cause.path if killed and self._cause else ""
        return Ended(status, list(map(bytes, self._texts.values())), killed, path)

    def _register(self, selector: selectors.BaseSelector, given: bytes) -> memoryview:
        for source in self._texts:
            selector.register(source, selectors.EVENT_READ)
        if self._feed >= 0:
            os.set_blocking(self._feed, False)
            selector.register(self._feed, selectors.EVENT_WRITE)
        return memoryview(given)

    def _move(self, selector: selectors.BaseSelector, source: int, view: memoryview) -> memoryview:
        """Reads or writes what there is; returns what is left to be written."""
        if source != self._feed:
            chunk = os.read(source, _CHUNK)
            self._texts[source] += chunk
            if not chunk:
                selector.unregister(source)
            return view
        with contextlib.suppress(BlockingIOError):
            try:
                view = view[os.write(source, view[:_CHUNK]) :] if view else view
            except BrokenPipeError:
                view = view[:0]
        if not view:
            selector.unregister(source)
            os.close(source)
            self._feed = -1
        return view

    def _waits(self) -> bool:
        """Whether it was found twice to wait for what will not come by itself."""
        before, self._cause = self._cause, find_cause(self.pid)
        return bool(self._cause and self._cause.sure and self._cause == before)

    def _check(self) -> str:
        """Why it will never end, if that was found twice."""
        before, self._cause = self._cause, find_cause(self.pid)
        if self._cause and self._cause.sure and self._cause == before:
            return self._lose("it does not go on")
        return ""

    def _lose(self, why: str) -> str:
        """Its time is lost, and the others of the run have less."""
        if self._counts:
            _LOST[0] = min(_LOST[0] + 1, 255)
        self._cause = find_cause(self.pid) or self._cause
        return f"{why}: {self._cause.text}" if self._cause else why

    def _has_left(self, now: float) -> bool:
        """Whether it has ended for a while; others that it has started still hold its pipes."""
        with contextlib.suppress(ChildProcessError):
            if not os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT):
                return False
        self._left_at = self._left_at or now
        return now - self._left_at >= _LOOK

    def _close(self) -> None:
        for descriptor in (*self.outputs, self._feed):
            if descriptor >= 0:
                os.close(descriptor)
        self.outputs, self._feed = (), -1

    def finish(self) -> int:
        """Its status, soon: what has closed its pipe has nothing more to do."""
        self._close()
        self._reap(time.monotonic() + _LAST)
        return self.kill() if self._status is None else self._status

    def kill(self) -> int:
        """Kills it with its group, and waits a moment for its end; its status."""
        for kill in (os.killpg, os.kill):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                kill(self.pid, signal.SIGKILL)
        self._reap(time.monotonic() + _LAST)
        return -signal.SIGKILL if self._status is None else self._status

    def _reap(self, end: float) -> bool:
        pause = 0.0001
        while self._status is None:
            try:
                pid, status = os.waitpid(self.pid, os.WNOHANG)
            except ChildProcessError:
                pid, status = self.pid, 0
            if pid:
                self._status = os.waitstatus_to_exitcode(status)
            elif time.monotonic() >= end:
                return False
            else:
                time.sleep(pause)
                pause = min(pause * 2, 0.05)
        return True


def _no_answer(seconds: float) -> str:
    return f"no answer within {seconds:g} s"


def start(
    work: t.Callable[[], object], outputs: t.Collection[int], stdin: int | None = None
) -> Child:
    """Starts work in a child that leads a session of its own, with these descriptors as pipes and
    no others; 0 to 2 are /dev/null where they are none of them.

    stdin: a descriptor to read; -1: what Child.wait() is given; None: nothing.
    """
    pipes = {number: os.pipe() for number in outputs}
    feed = os.pipe() if stdin == -1 else None
    nothing = os.open(os.devnull, os.O_RDWR | os.O_CLOEXEC)
    layout = dict.fromkeys(range(3), nothing)
    layout.update({number: sink for number, (_source, sink) in pipes.items()})
    if feed or stdin is not None:
        layout[0] = feed[0] if feed else t.cast(int, stdin)
    try:
        pid = os.fork()
        if pid == 0:
            _serve(work, layout)
    finally:
        theirs = [nothing, *(sink for _source, sink in pipes.values()), *(feed[:1] if feed else ())]
        for descriptor in theirs:
            os.close(descriptor)
    return Child(pid, [source for source, _sink in pipes.values()], feed[1] if feed else -1)


def spawn(argv: t.Sequence[str], environment: t.Mapping[str, str], stdin: int | None) -> Child:
    """Starts a command as this process' own user, which is faster than start().

    It waits until the command runs: one of another user could be stopped before.
    """
    process = Process(
        list(argv),
        stdin={None: subprocess.DEVNULL, -1: subprocess.PIPE}.get(stdin, stdin),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd="/",
        env=environment,
        start_new_session=True,
    )
    process.returncode = 0  # it is not asked any more
    descriptors = []
    for stream in filter(None, (process.stdout, process.stderr, process.stdin)):
        descriptors.append(os.dup(stream.fileno()))
        stream.close()
    return Child(process.pid, descriptors[:2], descriptors[2] if stdin == -1 else -1)


def _serve(work: t.Callable[[], object], layout: t.Mapping[int, int]) -> t.NoReturn:
    """The child."""
    status = 1
    try:
        os.setsid()
        high = {number: fcntl.fcntl(one, fcntl.F_DUPFD, _HIGH) for number, one in layout.items()}
        for number, descriptor in high.items():
            os.dup2(descriptor, number)
        os.closerange(max(layout) + 1, min(65536, os.sysconf("SC_OPEN_MAX")))
        os.chdir("/")
        work()
        status = 0
    finally:
        os._exit(status)


def execute(argv: t.Sequence[str], environment: t.Mapping[str, str]) -> t.NoReturn:
    """Becomes a command; as a shell it ends with 127 where there is none, with 126 otherwise."""
    for number in (signal.SIGPIPE, signal.SIGXFSZ):
        signal.signal(number, signal.SIG_DFL)
    try:
        os.execvpe(argv[0], list(argv), dict(environment))
    except OSError as error:
        missing = error.errno in (errno.ENOENT, errno.ENOTDIR)
        reason = "not found" if missing else error.strerror
        os.write(2, f"{argv[0]}: {reason}".encode())
        os._exit(127 if missing else 126)
