# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Reads archives of images."""

from __future__ import annotations

import tarfile
import zlib

from .._core.errors import QuadletError
from .._core.plan.archives import images_in
from .reading import open_regular

_LIMIT = 16 * 1024 * 1024


def read_archive(path: str) -> dict[str, str]:
    """Ids by name of an archive's images; only its headers and indexes are read."""
    try:
        with open(open_regular(path), "rb") as file, tarfile.open(fileobj=file) as tar:
            return images_in(lambda name: _read(tar, name))
    except (tarfile.TarError, EOFError, ValueError, RecursionError, zlib.error) as error:
        raise QuadletError(
            f"it can't be read as an archive of images: {error}",
            where=path,
            remedy="Make it with: podman save -o FILE IMAGE",
        ) from None


def _read(tar: tarfile.TarFile, name: str) -> bytes | None:
    try:
        member = tar.getmember(name)
    except KeyError:
        return None
    if member.size > _LIMIT:
        raise ValueError(f"its {name} is larger than {_LIMIT} bytes")
    stream = tar.extractfile(member)
    return stream.read() if stream else None
