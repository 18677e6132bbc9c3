# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Writes an app's directory on the controller, and nothing over what others have written.

A list of what was written, with digests, lies beside it: a file that is there and is not as the
list says is somebody's own.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import stat
import tempfile
import typing as t

from ansible_collections.quadlet.fleet.plugins.module_utils._core.errors import QuadletError
from ansible_collections.quadlet.fleet.plugins.plugin_utils._faces.layout import PRIVATE, Entry

LIST: t.Final = ".quadlet.fleet.json"
_FORMAT = 1


class Change(t.NamedTuple):
    """A change of a file.  before, after: its bytes, None where there is none.  mode: after."""

    path: str
    before: bytes | None
    after: bytes | None
    mode: int = PRIVATE

    @property
    def is_private(self) -> bool:
        """Whether others may not see it."""
        return not self.mode & 0o077


def plan_changes(
    dest: str, files: t.Mapping[str, Entry], stays: t.Collection[str] = ()
) -> list[Change]:
    """What has to change.  stays: files that are never removed.  QuadletError: it would replace
    files that somebody else has written.
    """
    known = _read_list(dest)
    contents = {path: _content(entry) for path, entry in files.items()}
    changes, foreign = [], []
    for path, after in contents.items():
        before, mode = _read(f"{dest}/{path}")
        if before is not None and before != after and _digest(before) != known.get(path):
            foreign.append(path)
        if before != after or mode != files[path].mode:
            changes.append(Change(path, before, after, files[path].mode))
    for path, digest in known.items():
        before, _mode = _read(f"{dest}/{path}")
        if path in stays or path in contents or before is None:
            continue
        if _digest(before) == digest:
            changes.append(Change(path, before, None))
    if foreign:
        raise QuadletError(
            f"{', '.join(sorted(foreign))} would be replaced, and is not as it was written",
            where=dest,
            remedy="Write to another directory and compare, or remove what is not needed.",
            topic="edited-since",
        )
    listed = {path: digest for path, digest in known.items() if path in stays}
    listed.update({path: _digest(after) for path, after in contents.items()})
    before, mode = _read(f"{dest}/{LIST}")
    rendered = _render_list(listed)
    if before != rendered or mode != PRIVATE:
        changes.append(Change(LIST, before, rendered))
    return changes


def apply_changes(dest: str, changes: t.Sequence[Change]) -> None:
    """Writes and removes files; the list goes last."""
    for change in changes:
        path = f"{dest}/{change.path}"
        if change.after is None:
            os.unlink(path)
            _remove_empty(dest, os.path.dirname(change.path))
        else:
            os.makedirs(os.path.dirname(path), exist_ok=True)
            _write(path, change.after, change.mode)


def _remove_empty(dest: str, folder: str) -> None:
    """Removes a directory below dest, and those above it, as far as nothing is in them."""
    with contextlib.suppress(OSError):
        while folder:
            os.rmdir(f"{dest}/{folder}")
            folder = os.path.dirname(folder)


def _content(entry: Entry) -> bytes:
    if entry.source:
        with open(entry.source, "rb") as stream:
            return stream.read()
    return entry.content if isinstance(entry.content, bytes) else entry.content.encode()


def _read(path: str) -> tuple[bytes | None, int]:
    """A file's bytes and mode; None for a missing one.  QuadletError: it is no regular file."""
    try:
        mode = os.lstat(path).st_mode
    except (FileNotFoundError, NotADirectoryError):
        return None, 0
    if not stat.S_ISREG(mode):
        raise QuadletError(
            "no regular file is where one is to be written",
            where=path,
            remedy="Move it away.",
            topic="no-plain-file",
        )
    with open(path, "rb") as stream:
        return stream.read(), stat.S_IMODE(mode)


def _write(path: str, content: bytes, mode: int) -> None:
    """Writes a file whole; nobody else can read it before it has its mode."""
    descriptor, fresh = tempfile.mkstemp(dir=os.path.dirname(path), prefix=".convert.")
    try:
        with open(descriptor, "wb") as stream:
            stream.write(content)
            os.fchmod(stream.fileno(), mode)
        os.replace(fresh, path)
    except OSError:
        os.unlink(fresh)
        raise


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _read_list(dest: str) -> dict[str, str]:
    content, _mode = _read(f"{dest}/{LIST}")
    if content is None:
        return {}
    try:
        files = json.loads(content)["files"]
        return {str(path): str(digest) for path, digest in files.items() if _is_inner(str(path))}
    except (ValueError, LookupError, TypeError, AttributeError):
        raise QuadletError(
            "the list of what was written is damaged",
            where=f"{dest}/{LIST}",
            remedy="Remove it.",
            topic="damaged-record",
        ) from None


def _is_inner(path: str) -> bool:
    return not path.startswith("/") and ".." not in path.split("/")


def _render_list(files: t.Mapping[str, str]) -> bytes:
    rows = {"format": _FORMAT, "files": dict(sorted(files.items()))}
    return f"{json.dumps(rows, indent=2)}\n".encode()
