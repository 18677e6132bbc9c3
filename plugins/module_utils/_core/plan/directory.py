# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""A directory that a run makes or corrects."""

from __future__ import annotations

import dataclasses


@dataclasses.dataclass(frozen=True)
class Change:
    """A directory to make or correct.  mode, uid, gid: as they will be, ids of the host.
    made: directories that come with it, outermost first, itself among them.  before: (mode, uid,
    gid) of one that is there.  inside: only the user's namespace can do it.
    """

    path: str
    real: str
    mode: int
    uid: int
    gid: int
    made: tuple[str, ...] = ()
    before: tuple[int, int, int] | None = None
    inside: bool = False
    reasons: tuple[str, ...] = ()

    def diff(self) -> dict[str, str]:
        """The entry for Ansible's diff."""
        old = _line(*self.before) if self.before else ""
        return {
            "before_header": f"{self.path} ({'directory' if old else 'absent'})",
            "after_header": f"{self.path} (directory)",
            "before": old,
            "after": _line(self.mode, self.uid, self.gid),
        }


def _line(mode: int, uid: int, gid: int) -> str:
    return f"mode {mode:04o}, owner {uid}, group {gid} (ids of the host)\n"
