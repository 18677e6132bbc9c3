# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""The variables of a project: those given, then those of its dotenv files."""

from __future__ import annotations

import typing as t

from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.causes import Causes
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.dotenv import (
    DotenvError,
    parse_dotenv,
)
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.files import Files
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.node import Node
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.options import LoadOptions
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.template import Expanded, Keep

Variables = dict[str, Expanded]


def read_environment(options: LoadOptions, files: Files, keep: Keep, causes: Causes) -> Variables:
    """The variables of a project.  Those of later files win over those of earlier ones."""
    given = {
        name: Expanded(_to_text(value)) for name, value in options.env.items() if value is not None
    }
    env_files = EnvFiles(files, keep, causes)
    if options.env_files is None:
        return env_files.add_default(given, "")
    paths = [files.locate(name) for name in options.env_files]
    return env_files.add_files(given, paths)


def _to_text(value: object) -> str:
    """A variable as text, also where it is given as a number, true or false."""
    return str(value).lower() if isinstance(value, bool) else str(value)


class EnvFiles:
    """Reads dotenv files."""

    def __init__(self, files: Files, keep: Keep, causes: Causes) -> None:
        self._files = files
        self._keep = keep
        self._causes = causes

    def add_default(self, given: Variables, directory: str) -> Variables:
        """The given variables with those of a directory's .env, if there is one."""
        path = self._files.locate(".env", directory)
        text = self._files.text_if_there(path)
        return given if text is None else {**self._parse(text, path, given, {}), **given}

    def add_files(
        self, given: Variables, paths: t.Sequence[str], place: Node | str = "", where: str = ""
    ) -> Variables:
        """The given variables with those of files; the given ones win.  place, where: what
        names the files.
        """
        found: Variables = {}
        for path in paths:
            text = self._files.text(path, place, where)
            if text is not None:
                found.update(self._parse(text, path, given, found))
        return {**found, **given}

    def _parse(self, text: str, path: str, given: Variables, found: Variables) -> Variables:
        try:
            assignments = parse_dotenv(text, given.get, self._keep, found)
        except DotenvError as error:
            place = f"{path}:{error.line}"
            self._causes.add(place, "", str(error), "Write NAME=VALUE.")
            return {}
        return {name: item.value for name, item in assignments.items() if item.value}
