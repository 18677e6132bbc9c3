# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""The engine as it lies on the controller."""

from __future__ import annotations

import functools
import os

from ansible_collections.quadlet.fleet.plugins.module_utils._module.kept_engine import (
    make_digest,
    pack,
)

_TOP = os.path.join(os.path.dirname(__file__), "..", "..", "module_utils")


@functools.cache
def read_sources() -> dict[str, str]:
    """All files of module_utils by path."""
    sources = {}
    for folder, _dirs, names in os.walk(_TOP):
        for name in names:
            if name.endswith(".py"):
                path = os.path.join(folder, name)
                with open(path, encoding="utf-8", newline="") as stream:
                    sources[os.path.relpath(path, _TOP)] = stream.read()
    return sources


@functools.cache
def digest() -> str:
    """The engine's name."""
    return make_digest(read_sources())


@functools.cache
def content() -> str:
    """The engine as it is sent."""
    return pack(read_sources())
