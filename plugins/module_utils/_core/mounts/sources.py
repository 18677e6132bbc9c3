# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Sources of bind mounts, without which Podman starts no container.

Source: podman-run(1) on --volume: unlike other engines Podman makes no missing directory.
"""

from __future__ import annotations

import typing as t

from ..quadlet.unitfile import UnitText
from .command import Line
from .survey import Survey, is_known

MISSING = "does not exist on the host"
_AT_RUNTIME = ("/run/", "/var/run/", "/dev/", "/proc/", "/sys/")


class Source(t.NamedTuple):
    """A path that a line needs to be there.  unit: whose line it is.  doubt: what may make it in
    time, in words, or ''.  kind: what has to be there, or ''.  either: one of those of its line is
    enough, since %S and %L of a user differ between releases of systemd.
    """

    unit: str
    line: Line
    path: str
    doubt: str = ""
    either: bool = False
    kind: str = ""

    @property
    def place(self) -> tuple[str, str]:
        """What the host is asked for."""
        return self.path, self.kind


def find_sources(
    survey: Survey,
    *,
    files: t.Collection[str],
    directories: t.Iterable[str],
    mounts: t.Mapping[str, UnitText],
) -> list[Source]:
    """The sources that nothing of the app is known to bring.

    files: the app's, as paths in its directory.  directories: that the run makes, absolute.
    mounts: the app's mount units.
    """
    grants = survey.grants
    needed = [g for g in grants if g.given.source and not g.given.glob and is_known(g.path)]
    if not needed:
        return []
    made, commands, points = survey.directories, survey.commands, _mount_points(mounts)
    app_dir = survey.ground.app_dir
    brought = [f"{app_dir}/{path}" for path in files] + [*directories, *made]
    shared = {g.path for g in grants if g.given.writable and is_known(g.path)}
    found, enough = list[Source](), set[tuple[str, Line]]()
    for grant in needed:
        path, place = grant.path, (grant.unit, grant.line)
        either = survey.ground.rootless and any(s in grant.line[1].value for s in ("%S", "%L"))
        if path == app_dir or any(f"{one}/".startswith(f"{path}/") for one in brought):
            enough |= {place} if either else set()
            continue
        doubt = _doubt(path, grant.unit, commands, {*shared, *made} - {path}, points)
        found.append(Source(grant.unit, grant.line, path, doubt, either, grant.given.kind))
    return [row for row in dict.fromkeys(found) if (row.unit, row.line) not in enough]


def missing_of(
    sources: t.Sequence[Source], wrong: t.Mapping[tuple[str, str], str]
) -> t.Iterator[tuple[Source, str]]:
    """The sources that can't be used, with the reason.  wrong: reasons by path and kind."""
    fine = {(row.unit, row.line) for row in sources if row.either and row.place not in wrong}
    told = set[tuple[str, Line]]()
    for row in sources:
        place = (row.unit, row.line)
        if row.place not in wrong or (row.either and place in fine | told):
            continue
        told |= {place} if row.either else set()
        yield row, wrong[row.place]


def _mount_points(units: t.Mapping[str, UnitText]) -> set[str]:
    """Where mount units mount."""
    return {
        entry.value.rstrip("/")
        for unit in units.values()
        for entry in unit.entries
        if entry.section in ("Mount", "Automount") and entry.key == "Where" and entry.value
    }


def _doubt(
    path: str,
    unit: str,
    commands: t.Mapping[str, t.Sequence[str]],
    writers: t.Collection[str],
    points: t.Collection[str],
) -> str:
    """What may make a path before it is needed, or ''."""
    if path.startswith(_AT_RUNTIME):
        return "something makes it while the host runs"
    if "/containers/storage/" in path:
        return "Podman makes it"
    if any(f"{path}/".startswith(f"{point}/") for point in points):
        return "a mount unit brings it"
    if any(path.startswith(f"{folder}/") for folder in writers):
        return "another unit can make it"
    if any(path in word for words in commands.values() for word in words):
        return "a command of a unit names it"
    return "commands of the unit come before it" if commands.get(unit) else ""
