# Copyright (c) quadlet.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""The eight kinds of Quadlet units, one row each, and what their names mean."""

from __future__ import annotations

import typing as t

from .keys import Version


class Kind(t.NamedTuple):
    """What a kind of unit is to Podman and to systemd.

    runs: it has processes that live as long as the service is active; the others
    make an object once and then read `active (exited)`.
    remade: a restart of its service acts on a changed definition (a pull, a
    build).  `podman volume create --ignore` and its network twin leave an object
    that exists as it was, so a restart would only stop the containers on it.
    """

    suffix: str
    section: str
    since: Version
    service_suffix: str
    runs: bool
    remade: bool


KINDS: t.Final[dict[str, Kind]] = {
    kind.suffix: kind
    for kind in (
        Kind("container", "Container", (4, 4), "", True, True),
        Kind("pod", "Pod", (5, 0), "-pod", True, True),
        Kind("kube", "Kube", (4, 4), "", True, True),
        Kind("network", "Network", (4, 4), "-network", False, False),
        Kind("volume", "Volume", (4, 4), "-volume", False, False),
        Kind("image", "Image", (4, 8), "-image", False, True),
        Kind("build", "Build", (5, 2), "-build", False, True),
        Kind("artifact", "Artifact", (5, 7), "-artifact", False, True),
    )
}

OLDEST: Version = (4, 7)
"""The oldest Podman that reads subdirectories, where an app lives."""

DROP_INS_SINCE: Version = (5, 0)


def kind_of(name: str) -> Kind | None:
    """The kind of a unit file's name, or None: the suffix decides, case counts."""
    stem, dot, suffix = name.rpartition(".")
    return KINDS.get(suffix) if dot and stem else None


def is_template(name: str) -> bool:
    """Whether a unit is a template (`w@.container`): it makes no service to start."""
    return name.rpartition(".")[0].endswith("@")


def split_drop_in(path: str) -> tuple[str, str] | None:
    """(`web.container`, `10-x.conf`) of a drop-in's path, or None if it is none."""
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
