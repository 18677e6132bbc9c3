# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Where an app's content lies on a host."""

from __future__ import annotations

import typing as t

from .kinds import is_companion

RESERVED_DIR = ".fleet.d"
"""Where new bytes wait inside an app's directory: `*.d` is never searched for units."""


class Layout(t.NamedTuple):
    """An app's own directory, and the one where systemd reads its companions."""

    app: str
    app_dir: str
    systemd_dir: str

    def real(self, path: str) -> str:
        """The real path of a path in the app."""
        return f"{self.systemd_dir if is_companion(path) else self.app_dir}/{path}"

    def waiting(self, path: str, number: int) -> str:
        """Where its new bytes wait: in the directory that they go to, since a rename does not
        leave a file system, under a name that neither the generator nor systemd reads.
        """
        if is_companion(path):
            return f"{self.waiting_companions}{number}"
        return f"{self.app_dir}/{RESERVED_DIR}/{number}"

    @property
    def waiting_companions(self) -> str:
        """How the paths of companions' waiting bytes begin."""
        return f"{self.systemd_dir}/.quadlet.fleet.{self.app}."
