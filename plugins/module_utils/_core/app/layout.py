# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Where an app's files are on a host, and where a run keeps old and new bytes."""

from __future__ import annotations

import typing as t

from ..quadlet.kinds import is_companion

RESERVED_DIR = ".fleet.d"
"""Where a run keeps new and old bytes inside an app's directory; generators never read `*.d`."""


class Layout(t.NamedTuple):
    """An app's own directory, and the directory where systemd reads its companions."""

    app: str
    app_dir: str
    systemd_dir: str

    def real(self, path: str) -> str:
        """The real path of a path in the app."""
        return f"{self.systemd_dir if is_companion(path) else self.app_dir}/{path}"

    def beside(self, target: str, word: str, number: int) -> str:
        """Where new bytes of a real path wait (word: new) or old ones are kept (old).

        It is on the same file system, so that a rename works, under a name that neither the
        generator nor systemd reads.
        """
        if target.startswith(f"{self.systemd_dir}/"):
            return f"{self.beside_companions}{word}.{number}"
        return f"{self.app_dir}/{RESERVED_DIR}/{word}/{number}"

    @property
    def beside_companions(self) -> str:
        """The beginning of all paths of bytes beside companions."""
        return f"{self.systemd_dir}/.quadlet.fleet.{self.app}."


class Swap(t.NamedTuple):
    """One real path that a run changes.  waiting: where its new bytes wait, '' if it is removed.
    kept: where to keep its old bytes, '' if there were none.  source: a file that moves here, or
    ''.  again: a run that died has kept the bytes there, unless they are in their place again.
    """

    target: str
    waiting: str = ""
    kept: str = ""
    source: str = ""
    again: bool = False


def plan_swaps(
    layout: Layout,
    *,
    writes: t.Iterable[str],
    deletes: t.Iterable[str],
    moves: t.Mapping[str, str],
    gone: t.Iterable[str],
    kept: t.Mapping[str, str],
) -> tuple[Swap, ...]:
    """Every real path that a run changes, with the places of its new and old bytes.

    writes, deletes: paths in the app.  moves: new real paths by old ones.  gone: other real paths
    that are removed.  kept: where a run that died has kept old bytes, by real path.
    """
    sources = {target: source for source, target in moves.items()}
    targets = [*map(layout.real, writes), *sources]
    removed = [*map(layout.real, deletes), *moves, *gone]
    swaps = []
    for number, target in enumerate(dict.fromkeys((*targets, *removed))):
        new = layout.beside(target, "new", number) if target in targets else ""
        old = kept.get(target, layout.beside(target, "old", len(kept) + number))
        swaps.append(Swap(target, new, old, sources.get(target, ""), again=target in kept))
    return tuple(swaps)
