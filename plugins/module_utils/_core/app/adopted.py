# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Units that an app takes over from outside its directory."""

from __future__ import annotations

import typing as t


class Adopted(t.NamedTuple):
    """Where a unit was before, and its text."""

    path: str
    text: str


def find_moves(
    adopted: t.Mapping[str, Adopted],
    drop_ins: t.Iterable[str],
    desired: t.Container[str],
    app_dir: str,
) -> tuple[dict[str, str], tuple[str, ...]]:
    """(new path by old path of the units' drop-ins that move, old paths of those that go).

    adopted: by unit.  drop_ins: paths of all drop-ins that apply to the app.  desired: the app's
    own files; a drop-in that the app declares itself replaces the old one.
    """
    moves = {
        path: f"{app_dir}/{name}.d/{path.rpartition('/')[2]}"
        for name, old in adopted.items()
        for path in drop_ins
        if path.rpartition("/")[0] == f"{old.path}.d"
    }
    replaced = tuple(path for path, new in moves.items() if new[len(app_dir) + 1 :] in desired)
    return {path: new for path, new in moves.items() if path not in replaced}, replaced
