# Copyright (c) quadlet.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Packs what a host needs of this collection; runs on the controller.

pack.py COLLECTION ARCHIVE: the same files give the same bytes, so that the role changes nothing
on a host that has them.
"""

from __future__ import annotations

import gzip
import io
import os
import pathlib
import sys
import tarfile

PARTS = ("galaxy.yml", "MANIFEST.json", "meta", "playbooks", "plugins", "roles")


def pack(collection: pathlib.Path) -> bytes:
    """The archive."""
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


def main(collection: str, archive: str) -> None:
    """Writes it by one rename: other runs may read it now."""
    path = pathlib.Path(archive)
    path.parent.mkdir(parents=True, exist_ok=True)
    waiting = path.with_name(f"{path.name}.{os.getpid()}")
    waiting.write_bytes(pack(pathlib.Path(collection)))
    waiting.replace(path)


if __name__ == "__main__":
    main(*sys.argv[1:])
