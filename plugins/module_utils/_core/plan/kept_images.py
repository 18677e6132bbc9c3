# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Names under which the images of an app's generations are kept in Podman's storage.

`podman image prune` removes images without a name and a container.
"""

from __future__ import annotations

import typing as t

_NAME = "localhost/quadlet.fleet:"


def kept_name(app: str, ident: str) -> str:
    """The name for an image id: tags allow every character of an app's name."""
    return f"{_NAME}{app}.{ident[:12]}"


def parse_kept(app: str, names: t.Iterable[str]) -> list[str]:
    """The beginnings of ids that are kept for an app, from all names in the storage."""
    prefix = kept_name(app, "")
    return [name[len(prefix) :] for name in names if name.startswith(prefix)]


def to_keep(ids: t.Iterable[str], before: t.Iterable[str]) -> list[str]:
    """Ids that the last generation does not name yet."""
    known = frozenset(before)
    return sorted({ident for ident in ids if ident and ident not in known})
