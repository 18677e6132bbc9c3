# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Reads the files of a project from disk."""

from __future__ import annotations

import errno
import os
import stat
import typing as t

from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.options import Read

LARGEST: t.Final = 16 * 1024 * 1024
"""In bytes.  A file of an app that is longer belongs into a volume."""


def make_read(base: str, outside: bool = False) -> Read:
    """A function that reads regular files.  outside: those too that lie outside of base, be it
    by way of a symlink.
    """
    top = os.path.realpath(base)

    def read(path: str) -> bytes:
        real = os.path.realpath(path)
        if not outside and real != top and not real.startswith(top.rstrip("/") + "/"):
            raise OSError(errno.EACCES, f"it is {real}, which is not below {top}", path)
        return _read_regular(real)

    return read


def _read_regular(path: str) -> bytes:
    """The bytes of a file; a pipe or a device is none, and is not waited for."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with open(descriptor, "rb") as file:
        status = os.fstat(descriptor)
        if stat.S_ISDIR(status.st_mode):
            raise OSError(errno.EISDIR, os.strerror(errno.EISDIR), path)
        if not stat.S_ISREG(status.st_mode):
            raise OSError(errno.EINVAL, "it is no regular file", path)
        data = file.read(LARGEST + 1)
    if len(data) > LARGEST:
        raise OSError(errno.EFBIG, f"it has more than {LARGEST} bytes", path)
    return data
