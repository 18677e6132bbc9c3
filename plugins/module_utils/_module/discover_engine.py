# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""What one engine has in one scope, for the discover module."""

from __future__ import annotations

import pwd
import typing as t

from .._core.discover.content import Content, ids_outside
from .._core.discover.inspected import (
    Mounted,
    is_infra,
    labels_of,
    mounts_of,
    name_of,
    service_of,
    uncovered,
    without_words,
)
from .._core.discover.layer import MOST, find_lost
from .._core.discover.lost import would_lose
from .._core.discover.projects import Project, find_projects, read_label
from .._core.errors import QuadletError
from .._core.host.subordinate_ids import Range
from .._host import foreign
from .._host.engines import Engine
from .._host.owner import Apart, Owner

Row = dict[str, t.Any]

KINDS: t.Final = ("containers", "pods", "networks", "volumes", "images", "projects")
_OWN_NETWORKS = ("podman", "bridge", "host", "none")


def look_at_engine(
    engine: Engine, directories: t.Sequence[str], ranges: t.Sequence[t.Sequence[Range]]
) -> dict[str, list[Row]]:
    """Rows by kind; errors: what could not be read.

    directories: of units that replace generated ones.  ranges: of the user who is to run it.
    """
    every = _foreign(engine, engine.read_containers(), directories)
    rows = [row for row in every if not is_infra(row)]
    mounts = {name_of(row): mounts_of(row) for row in every}
    pods = engine.inspect("pod", _pods(every)) if _pods(every) else []
    images = engine.inspect("image", _images(rows))
    errors: list[Row] = []
    contents = _read_contents(engine, mounts, errors)
    containers = [_container(row, mounts[name_of(row)], pods) for row in rows]
    by_id = {_id(image): image for image in images}
    changes = _read_changes(engine, mounts, [row["name"] for row in containers], errors)
    for container, row in zip(containers, rows):
        image = by_id.get(str(row.get("Image")).rpartition(":")[2], {})
        _add_losses(container, image, contents, changes, ranges)
    return {
        "containers": containers,
        "pods": [{"name": name_of(row), "inspect": row} for row in pods],
        "networks": _objects(engine, "network", _networks(every)),
        "volumes": _objects(engine, "volume", [v.name for v in _volumes(mounts)]),
        "images": [{"name": _id(image), "inspect": image} for image in images],
        "projects": _projects(rows, engine.owner),
        "errors": errors,
    }


def _foreign(engine: Engine, rows: list[Row], directories: t.Sequence[str]) -> list[Row]:
    """The containers that are not of a service that the generator made."""
    services = sorted({service_of(row) for row in rows} - {""})
    runtime = engine.owner.runtime_dir if engine.owner.uid else "/run"
    ours = engine.owner.call(foreign.find_generated, runtime, directories, services)
    pods = {row.get("Pod") for row in rows if is_infra(row) and service_of(row) in ours}
    return [
        row
        for row in rows
        if service_of(row) not in ours and not (row.get("Pod") and row["Pod"] in pods)
    ]


def _id(row: t.Mapping[str, t.Any]) -> str:
    return str(row.get("Id")).rpartition(":")[2]


def _pods(rows: t.Iterable[Row]) -> list[str]:
    return sorted({str(row["Pod"]) for row in rows if row.get("Pod")})


def _images(rows: t.Iterable[Row]) -> list[str]:
    return sorted({str(row["Image"]) for row in rows if row.get("Image")})


def _networks(rows: t.Iterable[Row]) -> list[str]:
    """Names of networks that people have made."""
    names = {
        str(name)
        for row in rows
        for name in (row.get("NetworkSettings") or {}).get("Networks") or {}
    }
    return sorted(names.difference(_OWN_NETWORKS))


def _volumes(mounts: t.Mapping[str, list[Mounted]]) -> list[Mounted]:
    """The volumes, each once."""
    found = {m.name: m for every in mounts.values() for m in every if m.kind == "volume"}
    return [mount for name, mount in sorted(found.items()) if name]


def _objects(engine: Engine, kind: str, names: t.Sequence[str]) -> list[Row]:
    found = engine.inspect(kind, names) if names else []
    return [{"name": name_of(row), "inspect": row} for row in found]


def _container(row: Row, mounts: t.Sequence[Mounted], pods: t.Iterable[Row]) -> Row:
    """A container's row, without what would be lost."""
    labels = labels_of(row)
    names = {str(pod.get("Id")): name_of(pod) for pod in pods}
    config = row.get("Config") or {}
    return {
        "name": name_of(row),
        "id": str(row.get("Id")),
        "image": str(row.get("ImageName") or config.get("Image") or ""),
        "state": str((row.get("State") or {}).get("Status") or ""),
        "pod": names.get(str(row.get("Pod") or "")),
        "project": read_label(labels, "project") or None,
        "service": read_label(labels, "service") or None,
        "unit": service_of(row) or None,
        "mounts": mounts,
        "inspect": without_words(row),
    }


def _read_contents(
    engine: Engine, mounts: t.Mapping[str, list[Mounted]], errors: list[Row]
) -> dict[str, Content]:
    """What is in the volumes, by name."""
    volumes = [volume for volume in _volumes(mounts) if volume.source.startswith("/")]
    contents = engine.read_contents([volume.source for volume in volumes])
    if contents is None:
        errors.append({"msg": "the volumes could not be listed: their sizes are not known"})
        return {}
    return {volume.name: content for volume, content in zip(volumes, contents)}


def _read_changes(
    engine: Engine,
    mounts: t.Mapping[str, list[Mounted]],
    containers: t.Iterable[str],
    errors: list[Row],
) -> dict[str, list[Row]]:
    """The changed files of the containers, by name; what holds it up ends it."""
    found: dict[str, list[Row]] = {}
    try:
        for name in containers:
            changes = engine.read_changes(name)
            if changes is None:
                errors.append({"msg": f"container {name}: its changed files are not known"})
                continue
            lost = find_lost(changes, [mount.target for mount in mounts[name]])
            found[name] = [change._asdict() for change in lost]
    except QuadletError as error:
        errors.append({"msg": f"changed files of containers are not known: {error}"})
    return found


def _add_losses(
    container: Row,
    image: Row,
    contents: t.Mapping[str, Content],
    changes: t.Mapping[str, list[Row]],
    ranges: t.Sequence[t.Sequence[Range]],
) -> None:
    mounts: list[Mounted] = container.pop("mounts")
    changed = changes.get(container["name"])
    container["changed_files"] = None if changed is None else changed[:MOST]
    container["changed_count"] = None if changed is None else len(changed)
    container["volumes"] = [
        _volume(mount, contents.get(mount.name), ranges)
        for mount in mounts
        if mount.kind == "volume"
    ]
    container["uncovered_volumes"] = uncovered(image, mounts)
    container["lost"] = would_lose(container)


def _volume(mount: Mounted, content: Content | None, ranges: t.Sequence[t.Sequence[Range]]) -> Row:
    ids = (content.uids, content.gids) if content else ()
    outside = [number for numbers, own in zip(ids, ranges) for number in ids_outside(numbers, own)]
    return {
        "name": mount.name,
        "target": mount.target,
        "anonymous": mount.is_anonymous,
        "bytes": content.bytes if content else None,
        "files": content.files if content else None,
        "ids_outside": sorted(set(outside)),
    }


def _projects(rows: t.Iterable[Row], owner: Owner) -> list[Row]:
    found = find_projects({name_of(row): labels_of(row) for row in rows})
    return [_project(project, owner) for project in found]


def _project(project: Project, owner: Owner) -> Row:
    """A project with the texts of its files, read as the one whose directory it is."""
    files: Row = {"texts": {}, "missing": {}}
    try:
        reader = _reader(project.directory, owner) if project.directory else owner
        files = reader.call(
            foreign.read_project, project.directory, list(project.files), list(project.env_files)
        )
    except QuadletError as error:
        files["missing"] = dict.fromkeys(project.files or [project.directory], str(error))
    return {
        "name": project.name,
        "directory": project.directory,
        "files": list(project.files),
        "env_files": list(project.env_files),
        "containers": project.services,
        **files,
    }


def _reader(directory: str, owner: Owner) -> Owner:
    """Root reads in a directory of somebody else's as that one, and nowhere without an end."""
    if owner.uid or not owner.is_self:
        return owner
    apart = Apart(pwd.getpwuid(0))
    uid = apart.call(foreign.owner_of, directory)
    try:
        return Owner(pwd.getpwuid(uid)) if uid else apart
    except KeyError:
        return apart
