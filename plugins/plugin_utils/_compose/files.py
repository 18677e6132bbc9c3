# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""The files that a project reads: only through one function, and only those in its directory."""

from __future__ import annotations

import posixpath
import typing as t

from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.causes import Causes
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.node import Node
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.options import LoadOptions
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.text import decode

_MOST: t.Final = 200
_MISSING: t.Final = (FileNotFoundError, IsADirectoryError, NotADirectoryError)


class Files:
    """Reads files.  sources: those that were read, by their names."""

    def __init__(self, options: LoadOptions, causes: Causes) -> None:
        self.sources: list[str] = []
        self.base = posixpath.normpath(options.base) if options.base else ""
        self._options = options
        self._causes = causes

    def locate(self, name: str, directory: str) -> str:
        """The path of a file that is named from a directory."""
        if "://" in name or name.startswith("git@"):
            return name
        return posixpath.normpath(posixpath.join(directory or self.base, name))

    def shown(self, path: str) -> str:
        """A path as causes and the report name it: from base, where it is below it."""
        prefix = self.base.rstrip("/") + "/"
        return path.removeprefix(prefix)

    def text(self, path: str, place: Node | str, where: str) -> str | None:
        """The text of a file; None with a cause: it can't be read.  place, where: what names it."""
        data = self.data(path, place, where)
        return None if data is None else decode(data, self.shown(path), self._causes)

    def data(self, path: str, place: Node | str, where: str) -> bytes | None:
        """The bytes of a file, as text()."""
        refusal, remedy = self._refusal(path)
        if not refusal:
            try:
                assert self._options.read is not None
                data = self._options.read(path)
            except OSError as error:
                refusal = f"can't read {self.shown(path)}: {error.strerror or error}"
                remedy = "Put the file there, or name another one."
            else:
                self.sources.append(self.shown(path))
                return data
        self._causes.add(place, where, refusal, remedy)
        return None

    def text_if_there(self, path: str) -> str | None:
        """The text of a file that may be missing, such as .env."""
        if not self.base or self._options.read is None:
            return None
        try:
            self._options.read(path)
        except _MISSING:
            return None
        except OSError:
            pass
        return self.text(path, self.shown(path), "")

    def _refusal(self, path: str) -> tuple[str, str]:
        if not self.base or self._options.read is None:
            what = f"it names the file {path}, and no directory is given to read it from"
            return what, "Give base, the directory of the Compose file."
        if "://" in path or path.startswith("git@"):
            return f"{path} is no file here", "Fetch it, and name the file."
        if len(self.sources) >= _MOST:
            return f"more than {_MOST} files belong to the project", "Merge some of them."
        prefix = self.base.rstrip("/") + "/"
        if not path.startswith(prefix) and not self._options.outside:
            what = f"{path} is not below {self.base}, and nothing else is read"
            return what, "Move the file, give a base above both, or allow files outside."
        return "", ""
