# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Archives of images: their images, and which of them a run loads."""

from __future__ import annotations

import json
import typing as t

from ..app.image_sources import Archive
from ..errors import QuadletError
from ..quadlet.image_name import full_name

Reader = t.Callable[[str], t.Optional[bytes]]
"""The content of a file in an archive, None without such a file."""


def images_in(read: Reader) -> dict[str, str]:
    """Ids by full name of the images of a docker-archive or oci-archive."""
    manifest, index = read("manifest.json"), read("index.json")
    if manifest is None and index is None:
        raise ValueError("it has neither manifest.json nor index.json")
    images = _docker_images(manifest) if manifest is not None else _oci_images(index or b"", read)
    names = {full_name(name): id_ for name, id_ in images if isinstance(name, str) and name}
    if not names:
        raise ValueError("its images have no names: save them by name, not by id")
    return names


def _docker_images(manifest: bytes) -> list[tuple[t.Any, str]]:
    return [
        (name, str(row.get("Config", "")).rpartition("/")[2].partition(".")[0])
        for row in _rows(json.loads(manifest))
        for name in row.get("RepoTags") or ()
    ]


_NAMES = ("io.containerd.image.name", "org.opencontainers.image.ref.name")


def _oci_images(index: bytes, read: Reader) -> list[tuple[t.Any, str]]:
    images: list[tuple[t.Any, str]] = []
    for row in _rows(_dict(json.loads(index)).get("manifests")):
        notes = _dict(row.get("annotations"))
        name = next((notes[key] for key in _NAMES if notes.get(key)), None)
        blob = read(f"blobs/{str(row.get('digest')).replace(':', '/', 1)}")
        config = _dict(_dict(json.loads(blob or b"{}")).get("config"))
        images.append((name, str(config.get("digest", "")).rpartition(":")[2]))
    return images


def _rows(data: t.Any) -> list[dict[str, t.Any]]:
    return [row for row in data if isinstance(row, dict)] if isinstance(data, list) else []


def _dict(data: t.Any) -> dict[str, t.Any]:
    return data if isinstance(data, dict) else {}


def find_offers(archives: t.Iterable[Archive], names: t.Iterable[str]) -> dict[str, Archive]:
    """The first archive with each image; images without an archive are left out."""
    offers: dict[str, Archive] = {}
    known = list(archives)
    for name in names:
        full = full_name(name)
        archive = next((a for a in known if full in (a.images or ())), None)
        if archive:
            offers[name] = archive
    return offers


LOADED = "image {} is not on the host, and is loaded from "
NEWER = "image {} is another one in "
UNKNOWN = "image {} is loaded, unless it is on the host, from "


def why_loaded(
    offers: t.Mapping[str, Archive], present: t.Mapping[str, str], *, renew: bool
) -> dict[str, str]:
    """Why images are loaded from archives.  present: ids of the host's images.
    renew: an archive takes the place of the registry: its image replaces the host's.
    """
    reasons = {}
    for name, archive in offers.items():
        id_ = (archive.images or {}).get(full_name(name))
        if name not in present:
            reasons[name] = with_label(LOADED, archive)
        elif renew and id_ and id_ != present[name]:
            reasons[name] = with_label(NEWER, archive)
    return reasons


def with_label(reason: str, archive: Archive) -> str:
    """A reason with the archive's label; the image's name is formatted into it later."""
    return reason + archive.label.replace("{", "{{").replace("}", "}}")


def missing_archives(
    archives: t.Sequence[Archive], needed: t.Iterable[Archive]
) -> QuadletError | None:
    """The error that asks the action plugin to send archives to the host, or None."""
    numbers = sorted({archives.index(archive) for archive in needed if archive.path is None})
    if not numbers:
        return None
    labels = ", ".join(archives[number].label for number in numbers)
    return QuadletError(
        f"the controller has not sent {labels}",
        where="archives",
        data={"send_archives": numbers},
        topic="archive-not-sent",
    )
