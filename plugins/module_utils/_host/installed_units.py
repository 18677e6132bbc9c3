# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Reads the installed units of several apps, before any app runs."""

from __future__ import annotations

import contextlib
import glob
import os
import typing as t

from .._core.errors import QuadletError
from .._core.quadlet.kinds import is_unit
from .reading import read_start

_LIMIT = 256 * 1024


def read_units(unit_dir: str, apps: t.Sequence[str]) -> dict[str, dict[str, str]]:
    """Texts by path of each app's units; the app's own run reports unreadable files."""
    units: dict[str, dict[str, str]] = {}
    for app in apps:
        texts = units.setdefault(app, {})
        top = f"{glob.escape(unit_dir)}/{app}/"
        for file in [*glob.glob(f"{top}*"), *glob.glob(f"{top}*.d/*.conf")]:
            path = os.path.relpath(file, f"{unit_dir}/{app}")
            if is_unit(path):
                with contextlib.suppress(OSError, QuadletError):
                    texts[path] = read_start(file, _LIMIT).decode("utf-8", "replace")
    return units
