# Copyright (c) quadlet.fleet contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Small file trees for images: packages unpacked but not installed, less what nothing runs."""

from __future__ import annotations

import shutil
import subprocess
import typing as t
from pathlib import Path

from . import apt
from .errors import HostsError
from .images import COMMON, DROP, Image
from .paths import write_text
from .shell import run

SUITE = "trixie"
# Where a merged /usr keeps what programs look for at the top.
_LINKS = {"bin": "usr/bin", "sbin": "usr/sbin", "lib": "usr/lib", "lib64": "usr/lib64"}
# Made by hand, since no package's script runs.
_FOLDERS = ("root", "run", "tmp", "var/tmp")


def make_tree(image: Image, tree: Path, sources: Path) -> None:
    """Make the tree of the image's first layer."""
    shutil.rmtree(tree, ignore_errors=True)
    write_text(sources, apt.sources([SUITE]))
    run(
        [
            "mmdebstrap",
            # Only the packages named and what they depend on; no script of theirs is run.
            "--variant=extract",
            *(f"--aptopt={option}" for option in (apt.STALE_OK, *apt.proxy_options())),
            f"--include={','.join(('busybox-static', *image.packages))}",
            SUITE,
            str(tree),
            str(sources),
        ],
        what=f"mmdebstrap cannot unpack the packages of {image.reference}",
    )
    _drop(tree, (*DROP, *image.drop))
    for link, target in _LINKS.items():
        if (tree / target).is_dir() and not (tree / link).exists():
            (tree / link).symlink_to(target)
    _link_applets(tree)
    for folder in (*_FOLDERS, *image.folders):
        (tree / folder).mkdir(parents=True, exist_ok=True)
    if not (tree / "var/run").exists():
        (tree / "var/run").symlink_to("../run")
    for folder in ("tmp", "var/tmp"):
        (tree / folder).chmod(0o1777)
    write_files(tree, {**COMMON, **image.files})


def write_files(tree: Path, files: t.Mapping[str, str]) -> None:
    """Write an image's own files into a tree."""
    for name, text in files.items():
        write_text(tree / name, text, 0o755 if text.startswith("#!") else 0o644)


def _drop(tree: Path, globs: t.Iterable[str]) -> None:
    for pattern in globs:
        for path in tree.glob(pattern):
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)


def _link_applets(tree: Path) -> None:
    """Give busybox's tools their names, unless a package brought the real one."""
    busybox = tree / "usr/bin/busybox"
    try:
        listed = subprocess.run([busybox, "--list"], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise HostsError(
            f"Debian's busybox does not run here ({error})", "see its package"
        ) from error
    taken = {path.name for path in tree.glob("usr/*bin/*")}
    for applet in listed.stdout.split():
        if applet not in taken:
            (tree / "usr/bin" / applet).symlink_to("busybox")
