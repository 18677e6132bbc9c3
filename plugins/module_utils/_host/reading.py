# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Opening and reading files of whoever: nothing here waits for another process.

A FIFO, a device, a file under a lease or one without an end, planted where a file belongs, is an
error that names it.  All other code opens files by these functions: a test reads that from it.
"""

from __future__ import annotations

import os
import stat
import typing as t

from .._core.errors import QuadletError

MOST = 64 * 1024 * 1024
"""Bytes: far more than any file of an app, or record, has."""
_NULL = os.makedev(1, 3)
_CHUNK = 64 * 1024
_FLAGS = os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
_KINDS: t.Final = {
    stat.S_IFIFO: "a named pipe (FIFO)",
    stat.S_IFSOCK: "a socket",
    stat.S_IFDIR: "a directory",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


class NotRegularError(QuadletError):
    """Something else is where a file belongs."""


def kind_name(mode: int) -> str:
    """What a path is that is no regular file, in words; '' for a regular file."""
    return "" if stat.S_ISREG(mode) else _KINDS.get(stat.S_IFMT(mode), "no regular file")


def open_regular(path: str, *, follow: bool = True) -> int:
    """A descriptor of a regular file, to read it; OSError as of C(open).

    follow: links too.  A device is not opened: that alone can have an effect.
    """
    _require(path, os.stat(path, follow_symlinks=follow))
    flags = _FLAGS if follow else _FLAGS | os.O_NOFOLLOW
    descriptor = _open(path, flags)
    try:
        _require(path, os.fstat(descriptor))
    except QuadletError:
        os.close(descriptor)
        raise
    return descriptor


def open_synced(path: str) -> int:
    """A descriptor of a file or directory, to have it synced."""
    return _open(path, _FLAGS)


def read_bytes(path: str, most: int = MOST, *, follow: bool = True) -> bytes:
    """A regular file's content; OSError as of C(open), QuadletError for more than most bytes."""
    data = read_start(path, most + 1, follow=follow)
    if len(data) > most:
        raise NotRegularError(
            f"it has more than {most >> 20} MiB, far more than it can need",
            where=path,
            remedy="Move it away.",
        )
    return data


def read_start(path: str, size: int, *, follow: bool = True) -> bytes:
    """The first bytes of a regular file."""
    data = bytearray()
    with open(open_regular(path, follow=follow), "rb", buffering=0) as stream:
        while len(data) < size:
            chunk = stream.read(min(size - len(data), max(_CHUNK, len(data))))
            if not chunk:
                break
            data += chunk
    return bytes(data)


def read_text(path: str, *, errors: str = "surrogateescape") -> str:
    """A regular file's text, with line ends as Python has them."""
    text = read_bytes(path).decode("utf-8", errors)
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def _open(path: str, flags: int) -> int:
    try:
        return os.open(path, flags)
    except BlockingIOError:
        raise QuadletError(
            "a process has a lease on it, and would let nobody read it",
            where=path,
            remedy=f"End that process: fuser -v {path}",
            topic="no-plain-file",
        ) from None


def _require(path: str, found: os.stat_result) -> None:
    kind = kind_name(found.st_mode)
    if kind and found.st_rdev != _NULL:  # a link to /dev/null is an empty file, on purpose
        raise NotRegularError(
            f"{kind} is where a file belongs", where=path, remedy="Remove it, or move it away."
        )
