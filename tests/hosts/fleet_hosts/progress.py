# Copyright (c) quadlet.fleet contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Progress lines on standard error, so that standard output stays parsable."""

from __future__ import annotations

import contextlib
import sys
import time
import typing as t


def say(text: str) -> None:
    """Print one progress line at once."""
    print(text, file=sys.stderr, flush=True)


@contextlib.contextmanager
def step(label: str) -> t.Iterator[None]:
    """Announce a long step, and say how many seconds it took once it succeeded."""
    say(f"{label} ...")
    start = time.monotonic()
    yield
    say(f"{label}: {time.monotonic() - start:.1f} s")
