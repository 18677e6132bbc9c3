# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Packs what a host needs of this collection.  Roles run it on the controller, by its path:

    pack.py COLLECTION ARCHIVE

A .tar.gz has all that ansible-pull needs, a .zip the package `engine`, which is module_utils.  The
same files give the same bytes, so that a role changes nothing on a host that has them.
"""

from __future__ import annotations

import gzip
import io
import os
import pathlib
import sys
import tarfile
import zipfile

PARTS = ("galaxy.yml", "MANIFEST.json", "meta", "playbooks", "plugins", "roles")
TOP = "engine"
_DAY = (1980, 1, 1, 0, 0, 0)


def pack_collection(collection: pathlib.Path) -> bytes:
    """The archive of all."""
    buffer = io.BytesIO()
    zipped = gzip.GzipFile(fileobj=buffer, mode="wb", mtime=0)
    with zipped, tarfile.open(fileobj=zipped, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for part in PARTS:
            top = collection / part
            for path in sorted([top, *top.rglob("*")]):
                if path.is_file() and path.suffix != ".pyc":
                    entry = tarfile.TarInfo(path.relative_to(collection).as_posix())
                    entry.size, entry.mode = path.stat().st_size, 0o644
                    archive.addfile(entry, io.BytesIO(path.read_bytes()))
    return buffer.getvalue()


def pack_engine(collection: pathlib.Path) -> bytes:
    """The archive of what reads a host without Ansible."""
    top = collection / "plugins/module_utils"
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(top.rglob("*.py")):
            name = f"{TOP}/{path.relative_to(top).as_posix()}"
            entry = zipfile.ZipInfo(name, _DAY)
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, path.read_bytes())
    return buffer.getvalue()


PACKERS = {".gz": pack_collection, ".zip": pack_engine}
"""By the suffix of the archive."""


def main(collection: str, archive: str) -> None:
    """Writes it by one rename: other runs may read it now."""
    path = pathlib.Path(archive)
    path.parent.mkdir(parents=True, exist_ok=True)
    waiting = path.with_name(f"{path.name}.{os.getpid()}")
    waiting.write_bytes(PACKERS[path.suffix](pathlib.Path(collection)))
    waiting.replace(path)


if __name__ == "__main__":
    main(*sys.argv[1:])
