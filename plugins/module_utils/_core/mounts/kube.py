# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Reads what YAML for `podman kube play` has pods write on the host, and needs to be there.

Go's JSON, behind Podman's YAML, takes the names of fields in any case.
Source of what a type of hostPath needs: pkg/specgen/generate/kube/volume.go, Podman 4.7 to 6.1.
"""

from __future__ import annotations

import posixpath
import re
import typing as t

from .options import FromContainer, Given
from .yaml_subset import parse_documents

_DEVICE = "volume.podman.io/device"
_VOLUMES_FROM = "io.podman.annotations.volumes-from"
_HINT = re.compile(r"hostpath|volume\.podman\.io/device|\\[xuU/\n]")


def read_kube(text: str) -> list[Given | FromContainer] | None:
    """The paths of hostPath volumes and bound devices; None where they can't be read."""
    if not _HINT.search(text.casefold()) and _VOLUMES_FROM not in text:
        return []
    documents = parse_documents(text)
    if documents is None:
        return None
    found: list[Given | FromContainer] = []
    for document in documents:
        mounts = [mount for mapping in _mappings(document) for mount in _mounts(mapping)]
        for mapping in _mappings(document):
            found += _read_mapping(mapping, mounts)
        found += _needed(document)
    return found


_PODS: t.Final[dict[str, tuple[str, ...]]] = {
    "Pod": ("spec",),
    **dict.fromkeys(("Deployment", "DaemonSet", "Job"), ("spec", "template", "spec")),
}
"""Where the pod is, by the kind of a document; Podman plays no others."""

SOCKET, BLOCK, CHARACTER = "socket", "block device", "character device"
_KINDS: t.Final[dict[str, str]] = {
    **dict.fromkeys(("", "null", "~", "Directory", "File"), ""),
    "Socket": SOCKET,
    "BlockDevice": BLOCK,
    "CharDevice": CHARACTER,
}
"""What has to be at a path, by the type of a hostPath: of a directory and a file Podman only
checks that something is there.
"""


def _needed(document: t.Any) -> t.Iterator[Given]:
    """What has to be there before Podman makes a pod, whether a container mounts it or not."""
    pod = document
    for name in _PODS.get(_text(document, "kind"), ("",)):
        pod = _get(pod, name) if isinstance(pod, dict) else None
    volumes = _get(pod, "volumes") if isinstance(pod, dict) else None
    for volume in volumes if isinstance(volumes, list) else ():
        source = _get(volume, "hostPath") if isinstance(volume, dict) else None
        path, kind = _text(source, "path"), _text(source, "type")
        if not path.startswith("/"):
            continue
        if kind == "FileOrCreate":
            yield Given(posixpath.dirname(posixpath.normpath(path)), writable=False, source=True)
        elif kind in _KINDS:
            yield Given(path, writable=False, source=True, kind=_KINDS[kind])


def _text(mapping: t.Any, key: str) -> str:
    value = _get(mapping, key) if isinstance(mapping, dict) else None
    return value if isinstance(value, str) else ""


Mapping = t.Mapping[str, t.Any]


def _read_mapping(mapping: Mapping, mounts: t.Sequence[Mapping]) -> list[Given | FromContainer]:
    found: list[Given | FromContainer] = []
    for key, value in mapping.items():
        if key.casefold() == "hostpath":
            found += _host_path(mapping, value, mounts)
        elif key == _DEVICE and isinstance(value, str):
            found.append(Given(value))
        elif key.startswith(_VOLUMES_FROM) and isinstance(value, str):
            name, colon, options = value.partition(":")
            found.append(FromContainer(name, bool(colon) and "ro" not in options.split(",")))
    return found


def _host_path(volume: Mapping, value: t.Any, mounts: t.Sequence[Mapping]) -> list[Given]:
    path = _get(value, "path") if isinstance(value, dict) else None
    if not isinstance(path, str):
        return []
    name = _get(volume, "name")
    users = [mount for mount in mounts if _get(mount, "name") == name]
    return [_as_mounted(path, mount) for mount in users] or [Given(path)]


def _as_mounted(path: str, mount: Mapping) -> Given:
    part = _get(mount, "subPath")
    read_only = _get(mount, "readOnly")
    writable = not (isinstance(read_only, str) and read_only in ("true", "True", "TRUE"))
    return Given(f"{path}/{part}" if isinstance(part, str) else path, writable)


def _mounts(mapping: Mapping) -> t.Iterator[Mapping]:
    rows = _get(mapping, "volumeMounts")
    yield from (row for row in rows if isinstance(row, dict)) if isinstance(rows, list) else ()


def _get(mapping: Mapping, key: str) -> t.Any:
    """The last field of that name, in any case."""
    found = [value for name, value in mapping.items() if name.casefold() == key.casefold()]
    return found[-1] if found else None


def _mappings(node: t.Any) -> t.Iterator[Mapping]:
    """All mappings in a document; no alias makes it endless."""
    stack, seen = [node], set()
    while stack:
        node = stack.pop()
        if not isinstance(node, (dict, list)) or id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, dict):
            yield node
        stack.extend(node.values() if isinstance(node, dict) else node)
