# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""The clock of a run: all its waits and timestamps go through it, so that a test can set it."""

from __future__ import annotations

import time
import typing as t


class Clock(t.Protocol):
    """What tells the time, and lets it pass; all in seconds."""

    def time(self) -> float:
        """Since the epoch."""

    def monotonic(self) -> float:
        """For spans."""

    def sleep(self, seconds: float, /) -> None:
        """Waits."""


class SystemClock:
    """The host's own."""

    def time(self) -> float:
        """Seconds since the epoch."""
        return time.time()

    def monotonic(self) -> float:
        """Seconds since some moment; no change of the date moves it."""
        return time.monotonic()

    def sleep(self, seconds: float, /) -> None:
        """Waits."""
        time.sleep(seconds)


SYSTEM_CLOCK: t.Final = SystemClock()


def wait_until(ready: t.Callable[[], bool], timeout: float, clock: Clock) -> bool:
    """Whether it became ready; asked again after 50 ms at first, then less often."""
    end, pause = clock.monotonic() + timeout, 0.05
    while not ready():
        if clock.monotonic() >= end:
            return False
        clock.sleep(pause)
        pause = min(pause * 1.5, 0.5)
    return True
