# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Seconds that the phases of a run take; each is told as it begins."""

from __future__ import annotations

import contextlib
import time
import typing as t

from .._host import progress


@contextlib.contextmanager
def timed(timings: dict[str, float], phase: str) -> t.Iterator[None]:
    """Adds the seconds that a phase takes to the run's timings."""
    progress.enter(phase)
    start = time.perf_counter()
    try:
        yield
    finally:
        timings[phase] = round(timings.get(phase, 0.0) + time.perf_counter() - start, 3)
