# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""The kinds of units, Quadlet's and systemd's own, with their names, files and drop-ins."""

from __future__ import annotations

import typing as t

if t.TYPE_CHECKING:
    from .keys import Version


class Kind(t.NamedTuple):
    """A kind of Quadlet unit.

    runs: it has processes while the service is active; the others make an object once
    and are `active (exited)` then.
    remade: a restart of its service applies a changed definition (a pull, a build).
    `podman volume create --ignore` and `podman network create --ignore` keep an existing object,
    so a restart would only stop its containers.
    order: smaller numbers start earlier; see Companion, too.
    object_name: the default name of its object, with `{stem}` for the file's stem (`%N` is the
    stem of the service, which ServiceName= changes); name_key: the key that sets another name.
    Both are empty if the object has no name, or no default name.
    """

    suffix: str
    section: str
    since: Version
    service_suffix: str
    runs: bool
    remade: bool
    order: int
    object_name: str
    name_key: str

    @property
    def on_change(self) -> str:
        """The verb that applies a changed definition: restart, or '' if nothing does."""
        return "restart" if self.runs or self.remade else ""

    @property
    def stops(self) -> bool:
        """Whether state: stopped stops it."""
        return self.runs


_BY_SERVICE, _BY_FILE = "systemd-%N", "systemd-{stem}"

KINDS: t.Final[dict[str, Kind]] = {
    kind.suffix: kind
    for kind in (
        Kind("container", "Container", (4, 4), "", True, True, 5, _BY_SERVICE, "ContainerName"),
        Kind("pod", "Pod", (5, 0), "-pod", True, True, 4, _BY_FILE, "PodName"),
        Kind("kube", "Kube", (4, 4), "", True, True, 5, "", ""),
        Kind("network", "Network", (4, 4), "-network", False, False, 1, _BY_FILE, "NetworkName"),
        Kind("volume", "Volume", (4, 4), "-volume", False, False, 1, _BY_FILE, "VolumeName"),
        Kind("image", "Image", (4, 8), "-image", False, True, 0, "", ""),
        Kind("build", "Build", (5, 2), "-build", False, True, 2, "", ""),
        Kind("artifact", "Artifact", (5, 7), "-artifact", False, True, 0, "", ""),
    )
}


class Companion(t.NamedTuple):
    """A type of native systemd units that an app may have beside its Quadlets.

    section: of its type; required: a unit must have it.
    started: always, installed (those with [Install]), never, or untriggered (always but where
    another companion starts it); order: as in Kind, sockets before the services that they listen
    for, mounts before all that may use them.
    runs: a changed unit is restarted; a target is only started again.
    trigger_key: the key that names the unit that it starts, by default the service of its stem;
    starts: the suffix of the unit of its stem that it starts, where no key names it.
    of_path: its name is that of a path, and only the system's manager has it.
    """

    suffix: str
    section: str
    required: bool
    started: str
    order: int
    runs: bool
    trigger_key: str
    starts: str = ""
    of_path: bool = False

    @property
    def on_change(self) -> str:
        """The verb that applies a changed definition: restart, start, or '' (only a reload)."""
        return "restart" if self.runs else "start" if self.stops else ""

    @property
    def stops(self) -> bool:
        """Whether state: stopped stops it."""
        return self.started != "never"


COMPANIONS: t.Final[dict[str, Companion]] = {
    row.suffix: row
    for row in (
        Companion("socket", "Socket", True, "always", 3, True, "Service"),
        Companion("service", "Service", True, "installed", 5, True, ""),
        Companion("target", "", False, "installed", 6, False, ""),
        Companion("path", "Path", True, "always", 7, True, "Unit"),
        Companion("timer", "Timer", True, "always", 7, True, "Unit"),
        Companion("slice", "Slice", False, "never", 8, False, ""),
        Companion("mount", "Mount", True, "untriggered", 0, True, "", of_path=True),
        Companion("automount", "Automount", True, "always", 0, True, "", "mount", of_path=True),
    )
}

OLDEST: Version = (4, 7)
"""The oldest Podman that reads subdirectories, which apps are in."""

DROP_INS_SINCE: Version = (5, 0)
TEMPLATES_SINCE: Version = (5, 0)


def kind_of(name: str) -> Kind | None:
    """The kind of a Quadlet unit's name, or None: the suffix decides, case counts."""
    return KINDS.get(_suffix(name))


def companion_of(name: str) -> Companion | None:
    """The type of a companion's name, or None."""
    return COMPANIONS.get(_suffix(name))


def _suffix(name: str) -> str:
    stem, dot, suffix = name.rpartition(".")
    return suffix if dot and stem else ""


def object_name(unit: str) -> str:
    """The default name of a unit's object in Podman, or ''."""
    stem, _dot, suffix = unit.rpartition(".")
    kind = KINDS[suffix]
    return kind.object_name.format(stem=stem).replace("%N", stem)


def is_quadlet(path: str) -> bool:
    """Whether a path in an app is a Quadlet unit or a drop-in of one."""
    return _unit_name(path, KINDS)


def is_companion(path: str) -> bool:
    """Whether a path in an app is a companion or a drop-in of one."""
    return _unit_name(path, COMPANIONS)


def holds_units(path: str) -> bool:
    """Whether a text of that name contains several units."""
    return path.endswith(".quadlets") and "/" not in path


def is_unit(path: str) -> bool:
    """Whether a path in an app is a unit or a unit's drop-in, Quadlet's or systemd's."""
    return is_quadlet(path) or is_companion(path)


def unit_of(path: str) -> str:
    """The unit that a unit's or a drop-in's path belongs to."""
    drop_in = split_drop_in(path)
    return drop_in[0] if drop_in else path


def _unit_name(path: str, table: t.Mapping[str, t.Any]) -> bool:
    name = unit_of(path)
    return "/" not in name and _suffix(name) in table


def is_template(name: str) -> bool:
    """Whether a unit is a template (`w@.container`): it makes no service to start."""
    return name.rpartition(".")[0].endswith("@")


def template_of(name: str) -> str | None:
    """`w@.container` for the instance `w@1.container`; None for other units."""
    stem, _dot, suffix = name.rpartition(".")
    prefix, at, instance = stem.partition("@")
    return f"{prefix}@.{suffix}" if at and prefix and instance else None


def split_drop_in(path: str) -> tuple[str, str] | None:
    """(`web.container`, `10-x.conf`) of a drop-in's path; None for other paths."""
    folder, slash, name = path.rpartition("/")
    if not slash or "/" in folder or not folder.endswith(".d") or not name.endswith(".conf"):
        return None
    return folder[: -len(".d")], name


def drop_in_dirs(unit: str) -> list[str]:
    """Directories whose `*.conf` the generator applies to a unit, nearest first.

    `foo-bar.container`: `foo-bar.container.d`, `foo-.container.d`, `container.d`;
    of an instance also its template's (unitdirs.go).
    """
    stem, _dot, suffix = unit.rpartition(".")
    names = [stem]
    if "@" in stem and not stem.endswith("@"):
        names.append(stem.partition("@")[0] + "@")
    base = stem.partition("@")[0]
    parts = base.split("-")
    names.extend("-".join(parts[:n]) + "-" for n in range(len(parts) - 1, 0, -1))
    return [f"{name}.{suffix}.d" for name in names] + [f"{suffix}.d"]


def by_folder(paths: t.Iterable[str]) -> dict[str, list[str]]:
    """Drop-ins by the name of their directory."""
    folders: dict[str, list[str]] = {}
    for path in paths:
        folders.setdefault(path.split("/")[-2], []).append(path)
    return folders


def drop_ins_of(unit: str, folders: t.Mapping[str, t.Sequence[str]]) -> list[str]:
    """A unit's drop-ins, sorted by file name; of equal names only the nearest directory's.

    folders: of by_folder().
    """
    nearest: dict[str, str] = {}
    for folder in drop_in_dirs(unit):
        for path in folders.get(folder, ()):
            nearest.setdefault(path.rpartition("/")[2], path)
    return [nearest[name] for name in sorted(nearest)]
