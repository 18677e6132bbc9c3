# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Check mode on a host that lacks what an earlier task of the play would have provided."""

from __future__ import annotations

from ..errors import QuadletError


def unready_warning(error: QuadletError, ending: str) -> str:
    """What check mode could not look at, why, and what it takes for granted."""
    what = f"{error.where}: {error.what}" if error.where else error.what
    return f"{what.rstrip('.')}. Check mode goes on as if an earlier task had mended that: {ending}"
