# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Argument specification of the module status, which runs on the controller alone."""

from __future__ import annotations

import typing as t

from .options import Spec

STATUS: t.Final[Spec] = {
    "dest": {"type": "path"},
    "formats": {
        "type": "list",
        "elements": "str",
        "choices": ["page", "data", "metrics"],
        "default": ["page", "data"],
    },
    "registered": {"type": "str", "default": "quadlet_status_info"},
    "hosts": {"type": "list", "elements": "str"},
}
