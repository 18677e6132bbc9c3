# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Argument specifications: blocks of options that modules share.

Every byte of it is sent at each run: it imports nothing of the engine.
"""

from __future__ import annotations

import typing as t

STATES = ("started", "present", "stopped", "restarted", "absent", "rolled_back")

Spec = dict[str, dict[str, t.Any]]

SCOPE: Spec = {
    "user": {"type": "str"},
    "location": {"type": "str", "choices": ["home", "admin"], "default": "home"},
}

COMPAT: Spec = {"compat": {"type": "str", "choices": ["refuse", "args"], "default": "refuse"}}

CONTENT: Spec = {
    "units": {"type": "dict"},
    "files": {"type": "dict"},
    "src": {"type": "path"},  # the action plugin replaces it by units and files
}

LINT: Spec = {
    "lint_ignore": {"type": "list", "elements": "str", "default": []},
}

LINT_RUN: Spec = {
    "src": {"type": "path", "required": True},
    "format": {"type": "str", "choices": ["text", "json", "sarif"], "default": "text"},
    "output": {"type": "path"},
    "podman": {"type": "str"},
    "rootless": {"type": "bool"},
    "others": {"type": "list", "elements": "str", "default": []},
    "ignore": {"type": "list", "elements": "str", "default": []},
    "level": {"type": "str", "choices": ["error", "warning", "note"], "default": "error"},
}

ARCHIVES: Spec = {
    "archives": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": {
            "path": {"type": "path"},
            "src": {"type": "str"},
            "_images": {"type": "dict"},  # of src: ids by name, from the action plugin
        },
        "required_one_of": [("path", "src")],
    },
}

_PROBE: Spec = {
    "http": {"type": "str"},
    "status": {"type": "list", "elements": "int"},
    "body": {"type": "str"},
    "tcp": {"type": "str"},
    "command": {"type": "list", "elements": "str"},
    "container": {"type": "str"},
    "retries": {"type": "int"},
    "interval": {"type": "float"},
}

RUN: Spec = {
    "linger": {"type": "bool", "default": True},
    "restart": {"type": "str", "choices": ["auto", "never"], "default": "auto"},
    "adopt": {"type": "bool", "default": False},
    "pull": {
        "type": "str",
        "choices": ["missing", "always", "newer", "never"],
        "default": "missing",
    },
    "authfile": {"type": "json", "no_log": True},
    "cert_dir": {"type": "path"},
    "gate": {
        "type": "dict",
        "default": {},
        "options": {
            "timeout": {"type": "float"},
            "stable": {"type": "float"},
            "healthy": {"type": "str", "choices": ["auto", "never"]},
            "probes": {"type": "list", "elements": "dict", "options": _PROBE},
        },
    },
}

GENERATIONS: Spec = {
    "on_failure": {"type": "str", "choices": ["rollback", "keep"], "default": "rollback"},
    "generations": {"type": "int", "default": 5},
}

STATE: Spec = {
    "state": {
        "type": "str",
        "choices": list(STATES),
        "default": "started",
    },
}

UNIT_STATE: Spec = {
    "state": {**STATE["state"], "choices": [one for one in STATES if one != "rolled_back"]},
}

APP: Spec = {
    "name": {"type": "str", "required": True},
    "prune": {"type": "bool", "default": True},
    "recreate": {"type": "list", "elements": "str", "default": []},
    "on_demand": {"type": "list", "elements": "str"},
    "run": {"type": "list", "elements": "str", "default": []},
    "directories": {"type": "dict"},
    **STATE,
    **SCOPE,
    **CONTENT,
    **COMPAT,
    **LINT,
    **RUN,
    **ARCHIVES,
    **GENERATIONS,
    "generation": {"type": "int"},
    "rollout": {"type": "str"},
    "secrets": {"type": "dict", "no_log": True},
}
"""What module app takes, and each item of apps."""
