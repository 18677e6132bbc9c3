# Copyright (c) quadlet.fleet contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""OCI images as data: layers, configuration and manifest, the same bytes for the same input."""

from __future__ import annotations

import hashlib
import io
import json
import os
import platform
import tarfile
import typing as t
from dataclasses import dataclass
from pathlib import Path

MANIFEST_TYPE = "application/vnd.oci.image.manifest.v1+json"
_CONFIG_TYPE = "application/vnd.oci.image.config.v1+json"
# Not compressed: no time lost at both ends of a local bridge, and no digest that depends on zlib.
_LAYER_TYPE = "application/vnd.oci.image.layer.v1.tar"
_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64", "ppc64le": "ppc64le", "s390x": "s390x"}
_CHUNK = 1 << 20


@dataclass(frozen=True)
class Layer:
    """One layer's file and what manifests say of it."""

    path: Path
    digest: str
    size: int

    @property
    def descriptor(self) -> dict[str, t.Any]:
        """The layer as a manifest names it."""
        return {"mediaType": _LAYER_TYPE, "digest": self.digest, "size": self.size}


def digest_of(data: bytes) -> str:
    """The content's address in a registry."""
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def read_layer(path: Path) -> Layer:
    """Take a tar file as a layer."""
    checksum = hashlib.sha256()
    with path.open("rb") as handle:
        while chunk := handle.read(_CHUNK):
            checksum.update(chunk)
    return Layer(path, f"sha256:{checksum.hexdigest()}", path.stat().st_size)


def write_layer(tree: Path, target: Path, *, skip: t.Container[str] = ()) -> Layer:
    """Pack a tree (less the top folders in skip) into a tar: sorted, root's, without times."""
    half = target.with_name(f".{target.name}")
    with tarfile.open(half, "w", format=tarfile.PAX_FORMAT) as tar:
        for path in _sorted_paths(tree):
            name = path.relative_to(tree).as_posix()
            if name.partition("/")[0] not in skip:
                _add(tar, path, name)
    half.replace(target)
    return read_layer(target)


def make_config(layers: t.Sequence[Layer], settings: t.Mapping[str, t.Any]) -> bytes:
    """The image's configuration; uncompressed layers are their own diff ids."""
    return _to_json(
        {
            "architecture": _ARCHITECTURES.get(platform.machine(), platform.machine()),
            "os": "linux",
            "created": "1970-01-01T00:00:00Z",
            "config": settings,
            "rootfs": {"type": "layers", "diff_ids": [layer.digest for layer in layers]},
            "history": [{"created_by": "quadlet.fleet tests"} for _layer in layers],
        }
    )


def make_manifest(layers: t.Sequence[Layer], config: bytes) -> bytes:
    """The manifest that ties the configuration and the layers together."""
    described = {"mediaType": _CONFIG_TYPE, "digest": digest_of(config), "size": len(config)}
    return _to_json(
        {
            "schemaVersion": 2,
            "mediaType": MANIFEST_TYPE,
            "config": described,
            "layers": [layer.descriptor for layer in layers],
        }
    )


def _to_json(data: object) -> bytes:
    return json.dumps(data, sort_keys=True, separators=(",", ":")).encode()


def _sorted_paths(tree: Path) -> t.Iterator[Path]:
    for folder, folders, files in os.walk(tree):
        folders.sort()
        for name in sorted(folders + files):
            yield Path(folder, name)


def _add(tar: tarfile.TarFile, path: Path, name: str) -> None:
    info = tar.gettarinfo(path, name)
    # Hard links depend on the order of visits; every name gets its own content instead.
    if info.islnk():
        info.type, info.linkname, info.size = tarfile.REGTYPE, "", path.stat().st_size
    info.uid = info.gid = info.mtime = 0
    info.uname = info.gname = ""
    if info.isreg():
        with path.open("rb") as content:
            tar.addfile(info, content)
    elif info.isdir() or info.issym():
        tar.addfile(info, io.BytesIO())
