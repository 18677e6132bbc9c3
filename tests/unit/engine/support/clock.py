"""A clock that moves only when it is asked to: nothing waits for real."""

from __future__ import annotations

import time
import typing as t

START = 1_800_000_000.25
SINCE_BOOT = 5_000.0


class Clock:
    """Stands for the module `time` in the engine."""

    def __init__(self) -> None:
        self.passed = 0.0
        self.perf_counter = time.perf_counter

    def time(self) -> float:
        """Seconds since the epoch."""
        return START + self.passed

    def monotonic(self) -> float:
        """Seconds since boot."""
        return SINCE_BOOT + self.passed

    def sleep(self, seconds: float) -> None:
        """Lets time pass."""
        self.passed += max(0.0, seconds)


Event = tuple[float, t.Callable[[], None]]
"""When something happens by itself, in seconds passed, and what that is."""
