# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Modes that files of the controller have on a host: no wider than at their source."""

from __future__ import annotations

import os
import stat

_VAULTED = b"$ANSIBLE_VAULT"
_OWNER, _READ, _EXECUTE = 0o700, 0o444, 0o111


def deployed_mode(mode: int, *, vaulted: bool) -> int:
    """The mode on the host, from that of the source.

    Its owner may read and write it.  Group and others may read it if they may read the source, and
    it was not vaulted; nobody else may write.  What anybody may execute at the source, all that
    may read it can execute.
    """
    readers = 0o400 | (mode & _READ)
    if vaulted:
        readers &= _OWNER
    return 0o200 | readers | (readers >> 2 if mode & _EXECUTE else 0)


def read_mode(source: str, depth: int = 0) -> int:
    """The mode on the host of a file of the controller.

    depth: how many directories above it are deployed too; who may not enter one reads none there.
    """
    with open(source, "rb") as stream:
        vaulted = stream.read(len(_VAULTED)) == _VAULTED
        mode = stat.S_IMODE(os.fstat(stream.fileno()).st_mode)
    folder = os.path.dirname(source)
    for _directory in range(depth):
        enters = stat.S_IMODE(os.stat(folder).st_mode) & _EXECUTE
        mode &= _OWNER | enters * 0o7
        folder = os.path.dirname(folder)
    return deployed_mode(mode, vaulted=vaulted)
