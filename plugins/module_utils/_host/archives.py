# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Reads archives of images."""

from __future__ import annotations

import tarfile
import time
import typing as t
import zlib

from .._core.errors import QuadletError
from .._core.plan.archives import images_in
from .reading import open_regular

_LIMIT = 16 * 1024 * 1024
HERE = 12.0
"""Seconds for an archive on a host; later its reader would be killed, and could not say why."""

_COMPRESSED: t.Final = {b"\x1f\x8b": "gz", b"BZh": "bz2", b"\xfd7zXZ\0": "xz"}
"""Beginnings of files by which tarfile has to unpack; it would try each with the whole file."""


def read_archive(path: str, seconds: float = float("inf")) -> dict[str, str]:
    """Ids by name of an archive's images; only its headers and indexes are read.

    Those of a compressed one are found by unpacking it, for which there are so many seconds.
    """
    try:
        with open(open_regular(path), "rb") as file:
            begin = file.read(6)
            file.seek(0)
            kind = next(
                (name for magic, name in _COMPRESSED.items() if begin[: len(magic)] == magic), ""
            )
            timed: t.Any = _Timed(file, time.monotonic() + seconds)
            mode: t.Any = f"r:{kind}"
            with tarfile.open(fileobj=timed, mode=mode) as tar:
                return images_in(lambda name: _read(tar, name))
    except _LateError:
        raise QuadletError(
            f"it is compressed, and can't be looked through within {seconds:g} s",
            where=path,
            remedy="Unpack it (gunzip, unxz): of an archive as it is only headers are read.",
            topic="unreadable-archive",
        ) from None
    except (tarfile.TarError, EOFError, ValueError, RecursionError, zlib.error) as error:
        raise QuadletError(
            f"it can't be read as an archive of images: {error}",
            where=path,
            remedy="Make it with: podman save -o FILE IMAGE",
            topic="unreadable-archive",
        ) from None


class _LateError(Exception):
    """The time is over."""


class _Timed:
    """A file that is read until a time (of the monotonic clock)."""

    def __init__(self, file: t.IO[bytes], end: float) -> None:
        self._file = file
        self._end = end

    def __getattr__(self, name: str) -> t.Any:
        return getattr(self._file, name)

    def read(self, size: int = -1) -> bytes:
        """The next bytes."""
        if time.monotonic() > self._end:
            raise _LateError
        return self._file.read(size)


def _read(tar: tarfile.TarFile, name: str) -> bytes | None:
    try:
        member = tar.getmember(name)
    except KeyError:
        return None
    if member.size > _LIMIT:
        raise ValueError(f"its {name} is larger than {_LIMIT} bytes")
    stream = tar.extractfile(member)
    return stream.read() if stream else None
