# Copyright (c) quadlet.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Packs what a host needs to read itself: module_utils of this collection; runs on the controller.

pack.py COLLECTION ARCHIVE: the same files give the same bytes, so that the role changes nothing
on a host that has them.
"""

from __future__ import annotations

import io
import os
import pathlib
import sys
import zipfile

TOP = "engine"
_DAY = (1980, 1, 1, 0, 0, 0)


def pack(collection: pathlib.Path) -> bytes:
    """The archive: a package named `engine`."""
    top = collection / "plugins/module_utils"
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(top.rglob("*.py")):
            name = f"{TOP}/{path.relative_to(top).as_posix()}"
            entry = zipfile.ZipInfo(name, _DAY)
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, path.read_bytes())
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
