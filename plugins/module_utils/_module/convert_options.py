# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Argument specification of the module convert, which runs on the controller alone."""

from __future__ import annotations

import typing as t

from .options import Spec

CONVERSION: t.Final[Spec] = {
    "name": {"type": "str", "default": ""},
    "boot": {"type": "bool", "default": True},
    "capabilities": {"type": "str", "choices": ["podman", "docker"], "default": "podman"},
    "data": {"type": "str", "default": ""},
    "env": {"type": "dict", "default": {}},
    "env_files": {"type": "list", "elements": "str"},
    "healthy": {"type": "str", "choices": ["requires", "wants"], "default": "requires"},
    "names": {"type": "str", "choices": ["service", "compose"], "default": "service"},
    "outside": {"type": "bool", "default": False},
    "pod": {"type": "bool", "default": False},
    "podman": {"type": "str", "default": ""},
    "profiles": {"type": "list", "elements": "str", "default": []},
    "report": {"type": "str", "choices": ["notable", "all"], "default": "notable"},
    "secrets": {"type": "str", "choices": ["auto", "keep"], "default": "auto"},
    "selinux": {
        "type": "str",
        "choices": ["keep", "share", "private", "disable"],
        "default": "share",
    },
    "strict": {"type": "bool", "default": False},
    "unset": {"type": "str", "choices": ["refuse", "empty", "keep"], "default": "refuse"},
}
"""What all conversions take, or some of them."""

CONVERT: t.Final[Spec] = {
    "src": {"type": "path", "required": True},
    "dest": {"type": "path", "required": True},
    "from": {"type": "str", "choices": ["compose", "run", "systemd", "inspect"]},
    "user": {"type": "str"},
    "values": {"type": "bool", "default": False},
    "format": {"type": "str", "choices": ["text", "json", "sarif"], "default": "text"},
    "output": {"type": "path"},
    "level": {
        "type": "str",
        "choices": ["refused", "dropped", "approximated", "moved"],
        "default": "refused",
    },
    **CONVERSION,
}
