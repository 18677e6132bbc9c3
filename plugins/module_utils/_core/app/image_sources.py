# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Registry login, CA directory and local image archives."""

from __future__ import annotations

import dataclasses
import json
import typing as t

from ..errors import QuadletError


class Archive(t.NamedTuple):
    """An archive of images.  label: its name in the task.  path: its path on the host, None
    while only the controller has it.  sent: path is a copy for this run.  images: ids by full
    name, '' for an unknown id; None: the archive was not read yet.
    """

    label: str
    path: str | None
    sent: bool = False
    images: t.Mapping[str, str] | None = None


@dataclasses.dataclass(frozen=True)
class ImageSources:
    """auth: the text of an auth.json.  archives: loaded instead of a pull."""

    auth: str | None = dataclasses.field(default=None, repr=False)
    cert_dir: str | None = None
    archives: tuple[Archive, ...] = ()


def parse_image_sources(params: t.Mapping[str, t.Any]) -> ImageSources:
    """The options authfile, cert_dir and archives."""
    auth, cert_dir = params.get("authfile") or None, params.get("cert_dir") or None
    if auth and not _is_auth(auth):
        raise QuadletError(
            "it is not the text of an auth.json",
            where="authfile",
            remedy='Give what podman login writes: {"auths": {"REGISTRY": {"auth": '
            '"base64 of USER:PASSWORD"}}}.',
            topic="authfile",
        )
    if cert_dir and not cert_dir.startswith("/"):
        raise QuadletError(
            f"{cert_dir!r} is not an absolute path",
            where="cert_dir",
            remedy="Give the directory of the host that has the CA's certificate.",
            topic="absolute-path",
        )
    return ImageSources(auth, cert_dir, tuple(map(_parse_archive, params.get("archives") or ())))


def _is_auth(text: str) -> bool:
    try:
        data = json.loads(text)
    except ValueError:
        return False
    return isinstance(data, dict) and any(
        isinstance(data.get(key), dict) for key in ("auths", "credHelpers")
    )


def _parse_archive(item: t.Mapping[str, t.Any]) -> Archive:
    src, path = item.get("src"), item.get("path")
    if path and not path.startswith("/"):
        raise QuadletError(
            f"{path!r} is not an absolute path",
            where="archives",
            remedy="Write src for a file of the controller.",
            topic="absolute-path",
        )
    if not src:
        return Archive(path or "", path)
    return Archive(src, path, sent=bool(path), images=dict(item.get("_images") or {}))
