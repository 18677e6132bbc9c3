# Copyright (c) quadlet.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes the metrics of a host; runs on it as root, by quadlet-status.timer.

What is read, and what is made of it, is the code of module info and of module status, in engine.zip
beside this file; config.json says where the metrics go.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import pathlib
import shutil
import sys
import time
import traceback
import zipfile

HERE = pathlib.Path(__file__).resolve().parent


def unpack(archive: pathlib.Path) -> pathlib.Path:
    """The directory of the archive's content, made once: so Python keeps what it has compiled."""
    digest = hashlib.sha256(archive.read_bytes()).hexdigest()[:16]
    folder = archive.parent / f"engine-{digest}"
    if not folder.is_dir():
        waiting = archive.parent / f".{folder.name}.{os.getpid()}"
        with zipfile.ZipFile(archive) as opened:
            opened.extractall(waiting)
        for older in archive.parent.glob("engine-*/"):
            shutil.rmtree(older, ignore_errors=True)
        waiting.rename(folder)
    return folder


def read() -> tuple[str, str]:
    """(the metrics, why the host could not be read)."""
    from engine._core.status.metrics import make_metrics
    from engine._module.inventory import read_inventory

    try:
        return make_metrics(read_inventory(None, None), time.time()), ""
    except Exception:  # whatever it was: the metrics tell it
        return make_metrics(None, time.time()), traceback.format_exc()


def write(path: str, text: str) -> None:
    """Replaces the file by one rename; node_exporter reads no name that ends otherwise."""
    waiting = f"{path}.{os.getpid()}"
    try:
        descriptor = os.open(waiting, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o644)
        with open(descriptor, "w", encoding="utf-8") as stream:
            os.fchmod(descriptor, 0o644)
            stream.write(text)
            stream.flush()
            os.fsync(descriptor)
        os.replace(waiting, path)
    except OSError:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(waiting)
        raise


def main() -> None:
    """Ends with status 1 where the host could not be read; the metrics say so, too."""
    config = json.loads((HERE / "config.json").read_text(encoding="utf-8"))
    sys.path.insert(0, str(unpack(HERE / "engine.zip")))
    text, trouble = read()
    write(config["file"], text)
    if trouble:
        sys.exit(trouble)


if __name__ == "__main__":
    main()
