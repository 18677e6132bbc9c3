# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""What the host's Podman and its generator are, and which names its containers have."""

from __future__ import annotations

import json
import os
import re
import typing as t

from .._core.conflicts import Container
from .._core.errors import QuadletError
from .._core.keys import Version
from .owner import Owner, Ran

_LINKS = {
    True: "/usr/lib/systemd/system-generators/podman-system-generator",
    False: "/usr/lib/systemd/user-generators/podman-user-generator",
}
_BINARIES = ("/usr/libexec/podman/quadlet", "/usr/lib/podman/quadlet")


def read_version(owner: Owner) -> tuple[Version | None, str]:
    """(the three numbers, what was found in words)."""
    ran = owner.run(["podman", "--version"])
    match = re.search(r"(\d+)\.(\d+)(?:\.(\d+))?", ran.out)
    if ran.status != 0 or not match:
        return None, ran.err.strip() or ran.out.strip() or f"podman --version: status {ran.status}"
    return tuple(int(number or 0) for number in match.groups()), match.group(0)


def find_generator(*, system: bool) -> list[str]:
    """The command of the host's own generator, without -dryrun."""
    if os.access(_LINKS[system], os.X_OK):
        return [_LINKS[system]]
    for path in _BINARIES:
        if os.access(path, os.X_OK):
            return [path] if system else [path, "-user"]
    raise QuadletError(
        f"Podman's systemd generator is not on the host: neither {_LINKS[system]} "
        f"nor {' nor '.join(_BINARIES)}",
        remedy="Install the package of Podman that has Quadlet.",
    )


def read_containers(owner: Owner) -> list[Container]:
    """All containers in the owner's storage, running or not."""
    ran = owner.run(["podman", "ps", "--all", "--pod", "--format", "json"])
    if ran.status != 0:
        raise QuadletError(f"podman ps failed: {ran.err.strip()}")
    return [_parse_container(row) for row in json.loads(ran.out or "[]") or []]


def read_images(owner: Owner) -> dict[str, str]:
    """Ids of the images in the owner's storage, by each of their names and digests."""
    ran = owner.run(["podman", "images", "--format", "json"])
    if ran.status != 0:
        raise QuadletError(f"podman images failed: {ran.err.strip()}")
    return {
        name: row["Id"]
        for row in json.loads(ran.out or "[]") or []
        for name in (*(row.get("Names") or ()), *(row.get("RepoDigests") or ()))
    }


def read_names(owner: Owner, kind: str) -> frozenset[str]:
    """The names of all networks or volumes in the owner's storage."""
    ran = owner.run(["podman", kind, "ls", "--format", "{{.Name}}"])
    if ran.status != 0:
        raise QuadletError(f"podman {kind} ls failed: {ran.err.strip()}")
    return frozenset(ran.out.split())


def read_image_ids(owner: Owner, images: t.Sequence[str]) -> dict[str, str]:
    """Ids of those images that are in the owner's storage, as Podman resolves their names."""
    from .._core.images import parse_ids

    ran = owner.run(["podman", "image", "inspect", "--format", "{{.Id}}", *images])
    found = parse_ids(images, ran.out, ran.err)
    if found is None:
        raise QuadletError(f"podman image inspect failed: {ran.err.strip()}")
    return found


_PULLS_AT_ONCE = 4
_PULL_TIMEOUT = 1800.0


def pull_images(owner: Owner, images: t.Sequence[str]) -> dict[str, Ran]:
    """Asks the registries for images; how each pull ended.

    The option --policy of podman pull is too new: without it a pull always asks, and fetches
    only what the storage lacks.
    """
    from concurrent.futures import ThreadPoolExecutor

    def pull(image: str) -> Ran:
        return owner.run(["podman", "pull", "--quiet", image], timeout=_PULL_TIMEOUT)

    with ThreadPoolExecutor(_PULLS_AT_ONCE) as pool:
        return dict(zip(images, pool.map(pull, images)))


def _parse_container(row: t.Mapping[str, t.Any]) -> Container:
    labels = row.get("Labels") or {}
    health = re.search(r"\((healthy|unhealthy|starting)\)", row.get("Status", ""))
    return Container(
        name=(row.get("Names") or [""])[0],
        service=labels.get("PODMAN_SYSTEMD_UNIT", ""),
        pod=row.get("PodName", "") if row.get("IsInfra") else "",
        image=row.get("Image", ""),
        image_id=row.get("ImageID", ""),
        health=health.group(1) if health else None,
    )
