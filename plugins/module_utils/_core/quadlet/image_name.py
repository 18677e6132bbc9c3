# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Names of images, in one grammar: REGISTRY/PATH:TAG@DIGEST.

The first part is a registry if it has a dot, a colon or a capital, or is localhost (the grammar
of Docker's distribution/reference, which Podman shares).  On docker.io a name without a folder
is in library/.
"""

from __future__ import annotations

import typing as t

_HUB = "docker.io"
_HUBS = frozenset({_HUB, "index.docker.io"})
_UNKNOWN = frozenset("%${}")


class ImageName(t.NamedTuple):
    """registry: '' for a short name.  tag, digest: '' if missing."""

    registry: str
    path: str
    tag: str
    digest: str

    @property
    def is_full(self) -> bool:
        """Whether it names its registry."""
        return bool(self.registry)


def parse_image_name(name: str) -> ImageName:
    """The parts of a name, as written."""
    rest, _at, digest = name.partition("@")
    registry, slash, path = rest.partition("/")
    if not (slash and _is_registry(registry)):
        registry, path = "", rest
    folder, slash, last = path.rpartition("/")
    last, _colon, tag = last.partition(":")
    return ImageName(registry, f"{folder}{slash}{last}", tag, digest)


def _is_registry(part: str) -> bool:
    return part == "localhost" or bool(set(".:") & set(part)) or part != part.lower()


def full_name(name: str) -> str:
    """A name as Podman's storage has it, with registry and tag; a short one is from docker.io.

    It is its own full name.
    """
    parts = parse_image_name(name)
    registry, path = parts.registry or _HUB, parts.path
    if registry in _HUBS:
        registry, path = _HUB, path if "/" in path else f"library/{path}"
    tag = parts.tag or ("" if parts.digest else "latest")
    tag = f":{tag}" if tag else ""
    digest = f"@{parts.digest}" if parts.digest else ""
    return f"{registry}/{path}{tag}{digest}"


def stored_name(name: str) -> str:
    """The full name; '' for a short name, or one with specifiers or variables."""
    if _UNKNOWN & set(name) or not parse_image_name(name).is_full:
        return ""
    return full_name(name)
