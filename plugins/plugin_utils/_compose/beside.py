# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""The files beside a Compose file, as far as a conversion may read them."""

from __future__ import annotations

import errno
import os
import posixpath
import stat
import typing as t

LONGEST_FILE: t.Final = 1024 * 1024
"""In bytes: longer ones are no text that a conversion reads."""

Kind = t.Literal["file", "directory", "other", ""]


class Files(t.Protocol):
    """Files by their path from the base.  OSError: a path can't be read, or is not allowed."""

    def kind(self, path: str) -> Kind:
        """What is there; '' for nothing."""

    def read(self, path: str) -> bytes:
        """The bytes of a file."""

    def below(self, path: str, limit: int) -> list[str]:
        """The files below a directory, relative to it, at most limit and one more."""

    def source(self, path: str) -> str:
        """The path that a task on the controller takes."""

    def mode(self, path: str) -> str:
        """Its mode as octal digits, as the app has it: see mode_of."""


def mode_of(mode: int) -> str:
    """A file's mode in an app: whether it is executed, and whether its owner alone may read it,
    stays as it is; nobody but the app's owner writes it.
    """
    if mode & 0o100:
        return "0755" if mode & 0o077 else "0700"
    return "0644" if mode & 0o077 else "0600"


class NotAllowedError(OSError):
    """A path outside of the base."""


class DiskFiles:
    """Files on the controller's disk.  Nothing outside of the base is read, whatever links say."""

    def __init__(self, base: str, outside: bool = False) -> None:
        self._base = os.path.realpath(base)
        self._outside = outside

    def source(self, path: str) -> str:
        """The path below the base, with its links resolved."""
        found = os.path.realpath(os.path.join(self._base, path))
        inside = found == self._base or found.startswith(self._base.rstrip("/") + "/")
        if not (inside or self._outside):
            raise NotAllowedError(errno.EACCES, f"{path} is outside of {self._base}", path)
        return found

    def mode(self, path: str) -> str:
        """Its mode as octal digits, as the app has it."""
        return mode_of(os.stat(self.source(path)).st_mode)

    def kind(self, path: str) -> Kind:
        """What is there; '' for nothing."""
        found = self.source(path)
        if os.path.isfile(found):
            return "file"
        if os.path.isdir(found):
            return "directory"
        return "other" if os.path.lexists(found) else ""

    def read(self, path: str) -> bytes:
        """The bytes of a regular file of limited length."""
        descriptor = os.open(self.source(path), os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with open(descriptor, "rb") as stream:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise OSError(errno.EINVAL, "it is no regular file", path)
            data = stream.read(LONGEST_FILE + 1)
        if len(data) > LONGEST_FILE:
            raise OSError(errno.EFBIG, f"it is longer than {LONGEST_FILE} bytes", path)
        return data

    def below(self, path: str, limit: int) -> list[str]:
        """The files below a directory, but for those of .git."""
        top = self.source(path)
        found: list[str] = []
        for directory, names, files in os.walk(top):
            names[:] = sorted(set(names) - {".git"})
            inner = os.path.relpath(directory, top)
            found += [posixpath.normpath(posixpath.join(inner, name)) for name in sorted(files)]
            if len(found) > limit:
                break
        return found[: limit + 1]
