"""The files of a host, as they are kept and compared."""

from __future__ import annotations

import os
import shutil

Files = dict[str, tuple[bytes, int]]
"""Contents and modes by path; of a link and of a directory the mode is LINK or FOLDER."""

LINK, FOLDER = -1, -2


def read_tree(top: str) -> Files:
    """All files, links and directories below a directory."""
    found: Files = {}
    for folder, folders, names in os.walk(top):
        inside = folder[len(top) + 1 :]
        for name in [*names, *folders]:
            path, key = f"{folder}/{name}", f"{inside}/{name}".lstrip("/")
            if os.path.islink(path):
                found[key] = (os.readlink(path).encode(), LINK)
            elif name in folders:
                found[key] = (b"", FOLDER)
            elif not os.path.isfile(path):
                continue  # a test has planted it
            else:
                with open(path, "rb") as stream:
                    found[key] = (stream.read(), os.fstat(stream.fileno()).st_mode & 0o777)
    return found


def write_tree(top: str, files: Files) -> None:
    """Makes a directory hold just these."""
    shutil.rmtree(top)
    os.mkdir(top)
    for path, (data, mode) in sorted(files.items()):
        if mode == FOLDER:
            os.mkdir(f"{top}/{path}")
        elif mode == LINK:
            os.symlink(data.decode(), f"{top}/{path}")
        else:
            descriptor = os.open(f"{top}/{path}", os.O_WRONLY | os.O_CREAT, mode)
            os.write(descriptor, data)
            os.fchmod(descriptor, mode)
            os.close(descriptor)
