# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Contexts of Docker's client: which engine each of them asks."""

from __future__ import annotations

import json
import typing as t

_LOCAL: t.Final = "unix://"


def parse_context_socket(text: str) -> str:
    """The socket of this host that a context names (~/.docker/contexts/meta/ID/meta.json); '' for
    one of another host, and for a text that is no context.
    """
    try:
        host = json.loads(text)["Endpoints"]["docker"]["Host"]
    except (ValueError, RecursionError, KeyError, TypeError):
        return ""
    is_local = isinstance(host, str) and host.startswith(f"{_LOCAL}/")
    return host.removeprefix(_LOCAL) if is_local else ""
