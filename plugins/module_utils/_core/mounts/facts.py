# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""What is known of a host where containers are given paths to write."""

from __future__ import annotations

import posixpath
import types
import typing as t

SYSTEM_UNITS = "/etc/containers/systemd"

_NOTHING: t.Final[t.Mapping[str, t.Any]] = types.MappingProxyType({})


class Facts(t.NamedTuple):
    """What a run knows beside the units.

    files: the app's other files, None if they are not known.  texts: of some of them, by path in
    the app, and of files of the host, by absolute path.  environment: the manager's, None if it was
    not asked.  names: other names of a path on the host, where links and bind mounts lead.
    specifiers: values that only the host knows, by letter.
    regular: paths that are regular files there.  linked: where links in the directories of units
    lead to.
    """

    user: str = ""
    uid: int | None = None
    files: t.Collection[str] | None = None
    texts: t.Mapping[str, str] = _NOTHING
    environment: t.Mapping[str, str] | None = None
    names: t.Mapping[str, t.Sequence[str]] = _NOTHING
    regular: frozenset[str] = frozenset()
    linked: tuple[str, ...] = ()
    specifiers: t.Mapping[str, str] = _NOTHING


class Ground(t.NamedTuple):
    """The place of an app: its directory, that of units, the value of `%h`, and the facts.

    others: names of units outside of the texts, links to templates among them.
    """

    app_dir: str
    unit_dir: str
    home: str
    others: frozenset[str]
    facts: Facts

    @property
    def rootless(self) -> bool:
        """Whether it is a user's scope."""
        return self.unit_dir != SYSTEM_UNITS

    @property
    def runtime_dir(self) -> str:
        """The value of `%t`."""
        uid = self.facts.uid
        return f"/run/user/{UNKNOWN if uid is None else uid}" if self.rootless else "/run"

    def text(self, path: str) -> str | None:
        """The text of a file by its absolute path, None if it is not known."""
        return self.facts.texts.get(self._in_app(path))

    def is_file(self, path: str) -> bool:
        """Whether a path is known to be a regular file."""
        return path in self.facts.regular or self._in_app(path) in (self.facts.files or ())

    def _in_app(self, path: str) -> str:
        path = posixpath.normpath(path)
        return path[len(self.app_dir) + 1 :] if path.startswith(f"{self.app_dir}/") else path


UNKNOWN = "\x00"
"""Stands in a path for what is not known and has no slash in it."""

ANYTHING = "\x01"
"""Stands in a path for what is not known at all."""
