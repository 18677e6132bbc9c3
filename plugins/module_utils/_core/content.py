# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Files of an app: their bytes, as data and as sent between processes."""

from __future__ import annotations

import dataclasses
import hashlib
import typing as t

LINK = 0o120000
"""The mode of a symbolic link, as in git; its data is its target."""


@dataclasses.dataclass(frozen=True)
class Blob:
    """The bytes of a file to install, its mode, and the action after a change (on_change)."""

    data: bytes
    mode: int = 0o644
    on_change: str = "restart"

    @property
    def is_link(self) -> bool:
        """Whether it is a symbolic link, from an instance to its template."""
        return self.mode == LINK

    @property
    def is_private(self) -> bool:
        """Whether it is a file that only its owner may read."""
        return not self.is_link and not self.mode & 0o077


def digest(data: bytes) -> str:
    """The digest that manifests hold."""
    return hashlib.sha256(data).hexdigest()


def text_of(blob: Blob) -> str:
    """A unit's text, or a link's target; bytes that are not UTF-8 survive."""
    return blob.data.decode("utf-8", "surrogateescape")


Wire = dict[str, list[t.Any]]
"""Files as sent between processes: path → [text with surrogates for bytes, mode]; for a link
its target and LINK."""


def from_wire(
    wire: t.Mapping[str, t.Sequence[t.Any]], on_change: t.Mapping[str, str]
) -> dict[str, Blob]:
    """Files that their owner's process sent.  on_change: by path, if it is recorded."""
    files = {}
    for path, (text, mode) in wire.items():
        data = str(text).encode("utf-8", "surrogateescape")
        files[path] = Blob(data, int(mode), on_change.get(path, "restart"))
    return files


def to_wire(content: t.Mapping[str, Blob], paths: t.Iterable[str]) -> Wire:
    """The named files, to be sent to their owner's process."""
    return {p: [content[p].data.decode("utf-8", "surrogateescape"), content[p].mode] for p in paths}


def file_record(blob: Blob) -> tuple[str, int, str]:
    """The manifest's row for a file."""
    return digest(blob.data), blob.mode, blob.on_change
