"""How much of the largest tests a run takes."""

from __future__ import annotations

import os

LONG = bool(os.environ.get("QUADLET_TEST_LONG"))
"""./test --long: all of everything."""

FAST = bool(os.environ.get("QUADLET_TEST_FAST"))
"""./test --fast: a sample, for the inner loop."""


def pick(*, long: int, usual: int, fast: int) -> int:
    """The number that this run takes."""
    return long if LONG else fast if FAST else usual
