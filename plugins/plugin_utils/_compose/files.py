# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""The files that a project reads: only through one function, and only those in its directory."""

from __future__ import annotations

import posixpath
import typing as t

from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.causes import Causes
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.node import Node
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.options import (
    LoadOptions,
    Read,
)
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.text import decode

_MOST: t.Final = 200
_MISSING: t.Final = (FileNotFoundError, IsADirectoryError, NotADirectoryError)


class Files:
    """Reads files.  A path starts from the base, or from / where it leads elsewhere.

    given: texts that are there already, by their files' names.  sources: the files that were read.
    """

    def __init__(self, options: LoadOptions, causes: Causes, given: t.Mapping[str, str]) -> None:
        self.sources: list[str] = []
        self._base = posixpath.normpath(options.base) if options.base else ""
        self._options = options
        self._causes = causes
        self._given = {self.locate(name): text for name, text in given.items()}

    def locate(self, name: str, directory: str = "") -> str:
        """The path of a file that is named from a directory."""
        if is_remote(name):
            return name
        path = posixpath.normpath(posixpath.join(directory, name))
        prefix = f"{self._base.rstrip('/')}/"
        return path[len(prefix) :] if self._base and path.startswith(prefix) else path

    def text(self, path: str, place: Node | str, where: str) -> str | None:
        """The text of a file; None with a cause: it can't be read.  place, where: what names it."""
        if path in self._given:
            return self._given[path]
        refusal, remedy = self._refusal(path)
        read = self._options.read
        if read and not refusal:
            try:
                return self._read(read, path)
            except OSError as error:
                refusal = f"can't read {path}: {error.strerror or error}"
                remedy = "Put the file there, or name another one."
        self._causes.add(place, where, refusal, remedy)
        return None

    def text_if_there(self, path: str) -> str | None:
        """The text of a file that may be missing, such as .env."""
        read = self._options.read
        if read is None or not self._base:
            return None
        refusal, remedy = self._refusal(path)
        if not refusal:
            try:
                return self._read(read, path)
            except _MISSING:
                return None
            except OSError as error:
                refusal = f"can't read it: {error.strerror or error}"
                remedy = "Remove the file, or name others in env_files."
        self._causes.add(path, "", refusal, remedy)
        return None

    def _read(self, read: Read, path: str) -> str | None:
        data = read(path)
        self.sources.append(path)
        return decode(data, path, self._causes)

    def _refusal(self, path: str) -> tuple[str, str]:
        """Why a file is not read, and what to do; '' for one that is."""
        if is_remote(path):
            return f"{path} is no file here", "Fetch it, and name the file."
        if not self._base or self._options.read is None:
            what = f"it names the file {path}, and no directory is given to read it from"
            return what, "Give base, the directory of the Compose file."
        if len(self.sources) >= _MOST:
            return f"more than {_MOST} files belong to the project", "Merge some of them."
        if not self._options.outside and (path.startswith(("/", "../")) or path == ".."):
            what = f"{path} is not below {self._base}, and nothing else is read"
            return what, "Move the file, give a base above both, or allow files outside."
        return "", ""


def is_remote(name: str) -> bool:
    """Whether a name is that of a file elsewhere, which Compose would fetch."""
    return "://" in name or name.startswith("git@")
