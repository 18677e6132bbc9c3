# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Names under which the images of an app's generations are kept in Podman's storage.

An image without a name and a container goes with the next `podman image prune`.
"""

from __future__ import annotations

import typing as t

_NAME = "localhost/quadlet.fleet:"


def kept_name(app: str, ident: str) -> str:
    """The name of an image of that id: a tag takes every character of an app's name."""
    return f"{_NAME}{app}.{ident[:12]}"


def parse_kept(app: str, names: t.Iterable[str]) -> list[str]:
    """The beginnings of ids that are kept for an app, of all names in the storage."""
    prefix = kept_name(app, "")
    return [name[len(prefix) :] for name in names if name.startswith(prefix)]


def to_keep(ids: t.Iterable[str], before: t.Iterable[str]) -> list[str]:
    """Ids that the last generation had not named yet."""
    known = frozenset(before)
    return sorted({ident for ident in ids if ident and ident not in known})
