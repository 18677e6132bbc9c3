# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""The engine (all of module_utils) that is kept on the host, and loaded from there.

A module names the engine that it needs by the digest of its sources.  A host that does not
have it says so, and gets the sources with a second call.  Compiled, it is one file per
digest and Python, which is verified before it is loaded: a file and directories that nobody
but root and the user who runs this can have written.
"""

from __future__ import annotations

import base64
import grp
import hashlib
import importlib.machinery
import importlib.util
import json
import marshal
import os
import pwd
import stat
import sys
import typing as t
import zlib

if t.TYPE_CHECKING:
    import types

PACKAGE = __name__.rpartition("._module.")[0]
OPTION = "_engine"
"""What the action plugin sends beside a task's options, and a module answers that lacks it."""
MISSING = "missing"

_HEAD = b"quadlet.fleet engine 1\n" + importlib.util.MAGIC_NUMBER
_LIMIT = 64 * 1024 * 1024
_WRITABLE = stat.S_IWGRP | stat.S_IWOTH
_MOST_LINKS = 40

Codes = dict[str, bytes]
"""Compiled modules by full name; a package is empty."""


def make_digest(sources: t.Mapping[str, str]) -> str:
    """The name of an engine, from its sources by path."""
    made = hashlib.sha256()
    for path, text in sorted(sources.items()):
        data = text.encode()
        made.update(f"{path}\0{len(data)}\0".encode() + data)
    return made.hexdigest()


def pack(sources: t.Mapping[str, str]) -> str:
    """An engine's sources as text, for one transfer."""
    return base64.b64encode(zlib.compress(json.dumps(sources).encode())).decode()


def unpack(content: str, digest: str) -> dict[str, str]:
    """The sources; ValueError unless they are those of this digest."""
    try:
        sources: dict[str, str] = json.loads(zlib.decompress(base64.b64decode(content)))
    except zlib.error as error:
        raise ValueError(str(error)) from error
    if make_digest(sources) != digest:
        raise ValueError("its digest is another one")
    return sources


def compile_engine(sources: t.Mapping[str, str]) -> Codes:
    """Every module, and the packages around them."""
    codes: Codes = {}
    for path, text in sources.items():
        *folders, stem = path.removesuffix(".py").split("/")
        for depth in range(1, len(folders) + 1):
            codes.setdefault(".".join([PACKAGE, *folders[:depth]]), b"")
        name = ".".join([PACKAGE, *folders, stem])
        codes[name] = marshal.dumps(compile(text, path, "exec", dont_inherit=True))
    return codes


class _Loader(importlib.machinery.SourcelessFileLoader):
    """Loads a module from its code in memory: a child that has become another user can, too."""

    def __init__(self, name: str, code: bytes) -> None:
        super().__init__(name, name)
        self._code = code

    def get_code(self, fullname: str) -> types.CodeType | None:
        """The module's code; called once."""
        return marshal.loads(self._code) if self._code else compile("", fullname, "exec")


class _Finder:
    """Finds the modules of an engine, before what Ansible has packed."""

    def __init__(self, codes: Codes) -> None:
        self._codes = codes

    def find_spec(
        self, name: str, _path: t.Sequence[str] | None = None, _target: object = None
    ) -> importlib.machinery.ModuleSpec | None:
        """Called by the import system."""
        code = self._codes.get(name)
        if code is None:
            return None
        return importlib.machinery.ModuleSpec(name, _Loader(name, code), is_package=not code)


def install(codes: Codes) -> None:
    """Has imports find this engine; what Ansible has packed of it is the same and may stay."""
    sys.meta_path[:] = [found for found in sys.meta_path if not isinstance(found, _Finder)]
    sys.meta_path.insert(0, _Finder(codes))


def find_folder() -> str:
    """Where engines of the user who runs this are kept."""
    uid = os.geteuid()
    if uid == 0:
        return "/var/lib/quadlet.fleet/engine"
    try:
        return f"{pwd.getpwuid(uid).pw_dir}/.local/state/quadlet.fleet/engine"
    except KeyError:
        return ""


def name_file(digest: str) -> str:
    """The file of an engine; Python's releases differ in what they can load."""
    return f"{digest}.{sys.implementation.cache_tag}"


def dump_engine(digest: str, codes: Codes) -> bytes:
    """The bytes of its file."""
    body = marshal.dumps(codes)
    return _HEAD + bytes.fromhex(digest) + hashlib.sha256(body).digest() + body


def parse_engine(data: bytes, digest: str) -> Codes:
    """What dump_engine() wrote; ValueError for anything else."""
    head = _HEAD + bytes.fromhex(digest)
    start = len(head) + hashlib.sha256().digest_size
    body = data[start:]
    if data[:start] != head + hashlib.sha256(body).digest():
        raise ValueError("it is not whole, or of another engine or Python")
    codes: Codes = marshal.loads(body)
    return codes


def read_engine(folder: str, digest: str) -> Codes | None:
    """The engine that is kept; None where there is none that can be trusted."""
    try:
        above = open_folder(folder)
        try:
            return parse_engine(_read_own(name_file(digest), above), digest)
        finally:
            os.close(above)
    except (OSError, ValueError, EOFError, TypeError):
        return None


def _read_own(name: str, folder: int) -> bytes:
    """A file that only this user can have written."""
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    with open(os.open(name, flags, dir_fd=folder), "rb") as stream:
        found = os.fstat(stream.fileno())
        if not stat.S_ISREG(found.st_mode) or found.st_uid != os.geteuid():
            raise ValueError("it is not a file of this user")
        if found.st_mode & _WRITABLE or found.st_size > _LIMIT:
            raise ValueError("others can write it, or it is too large")
        return stream.read()


def open_folder(path: str) -> int:
    """A descriptor of this user's directory; ValueError where another one could replace it.

    Every directory and link on the way belongs to root or to this user, and in none can others
    replace what is there.
    """
    if not path.startswith("/"):
        raise ValueError("the user has no home")
    todo, links = path.split("/"), 0
    here = _enter("/")
    try:
        while todo:
            part = todo.pop(0) or "."
            target = _read_link(part, here)
            if target:
                links += 1
                todo = [*target.split("/"), *todo]
                part = "/" if target.startswith("/") else "."
            if links > _MOST_LINKS:
                raise ValueError("its links lead in a circle")
            there = _enter(part, here)
            os.close(here)
            here = there
        found = os.fstat(here)
        if found.st_uid != os.geteuid() or found.st_mode & _WRITABLE:
            raise ValueError("it is another user's, or others can write there")
    except (OSError, ValueError):
        os.close(here)
        raise
    return here


def _read_link(part: str, folder: int) -> str:
    """Where a link leads; '' for what is none."""
    found = os.stat(part, dir_fd=folder, follow_symlinks=False)
    if not stat.S_ISLNK(found.st_mode):
        return ""
    if found.st_uid not in (0, os.geteuid()):
        raise ValueError("it is another user's link")
    return os.readlink(part, dir_fd=folder)


def _enter(part: str, folder: int | None = None) -> int:
    flags = os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
    entered = os.open(part, flags, dir_fd=folder)
    if not _is_safe(os.fstat(entered)):
        os.close(entered)
        raise ValueError("others can replace what is in it")
    return entered


def _is_safe(found: os.stat_result) -> bool:
    """Whether in a directory nobody but root and this user can replace what is theirs."""
    if found.st_uid not in (0, os.geteuid()):
        return False
    if found.st_mode & stat.S_ISVTX or not found.st_mode & _WRITABLE:
        return True
    private = found.st_uid == os.geteuid() and _is_private(found.st_gid)
    return private and not found.st_mode & stat.S_IWOTH


def _is_private(gid: int) -> bool:
    """Whether a group is this user's alone: with such groups a umask of 002 is usual."""
    try:
        user, group = pwd.getpwuid(os.geteuid()), grp.getgrgid(gid)
    except KeyError:
        return False
    own = user.pw_uid != 0 and user.pw_gid == gid and user.pw_name == group.gr_name
    return own and set(group.gr_mem) <= {user.pw_name}
