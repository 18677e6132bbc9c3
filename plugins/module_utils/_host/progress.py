# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""The port by which a run tells where it is, while it goes on.

Nobody listens unless a person watches: then a call of it returns at once.  Names of apps, units,
images and phases, and counts may be told, and nothing else.  A name that is unchanged is not told
once more.
"""

from __future__ import annotations

import contextlib
import threading
import time
import typing as t

Facts = dict[str, t.Any]
Sink = t.Callable[[Facts], None]


class _Port:
    """sink: who listens.  last: what was told last."""

    sink: Sink | None = None
    last: t.ClassVar[Facts] = {}


def listen(sink: Sink | None) -> None:
    """Has a sink be told everything from now on; None: nobody."""
    _Port.sink, _Port.last = sink, {}


def is_on() -> bool:
    """Whether somebody listens, for those who would have to look up what they tell."""
    return _Port.sink is not None


@contextlib.contextmanager
def of_app(app: str, user: str | None) -> t.Iterator[None]:
    """What is told inside is about this app."""
    _tell({"app": app, "user": user or "", "since": time.time()})
    try:
        yield
    finally:
        enter("end")


def enter(phase: str) -> None:
    """A phase begins."""
    if _Port.sink is not None:
        _tell({**_known("app", "user"), "phase": phase, "since": time.time()})


def tell(step: str, what: t.Iterable[str] = (), done: int = 0, of: int = 0) -> None:
    """What the phase does or waits for.  what: names."""
    if _Port.sink is None:
        return
    since = _Port.last.get("since", 0.0) if _Port.last.get("step") == step else time.time()
    facts = {"step": step, "what": list(what), "done": done, "of": of, "since": since}
    _tell({**_known("app", "user", "phase"), **facts})


def _known(*keys: str) -> Facts:
    return {key: _Port.last[key] for key in keys if key in _Port.last}


def _tell(facts: Facts) -> None:
    if _Port.sink is None or facts == _Port.last:
        return
    _Port.last = facts
    _Port.sink(facts)


class SideBySide:
    """Things that are done at once, by threads: which are under way, and how many are done."""

    def __init__(self, step: str, of: int) -> None:
        self._step, self._of, self._done = step, of, 0
        self._names: list[str] = []
        self._lock = threading.Lock()

    @contextlib.contextmanager
    def under_way(self, name: str) -> t.Iterator[None]:
        """While one of them is."""
        with self._lock:
            self._names.append(name)
            tell(self._step, self._names, self._done, self._of)
        try:
            yield
        finally:
            with self._lock:
                self._names.remove(name)
                self._done += 1
                tell(self._step, self._names, self._done, self._of)
