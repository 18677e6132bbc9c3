# Copyright (c) quadlet.fleet contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A Python of one of the hosts' Debian releases that runs anywhere, as it brings its libraries."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from .errors import HostsError
from .paths import Paths, write_text
from .progress import step
from .releases import RELEASES
from .rootfs import ensure_tree
from .shell import run

# Its loader looks into its own libraries first, and hands no variable on to what Python starts.
WRAPPER = """\
#!/bin/sh
exec {top}/brought/{loader} --library-path {top}/brought --argv0 "$0" {top}/brought/python "$@"
"""
# Packages whose libraries compiled packages of Python need beside Python's own.
_RUNTIME = ("libc6", "libgcc-s1")


def ensure_python(paths: Paths, version: str) -> Path:
    """The path of this Python (3.14, say), made once of the first release that has it."""
    top = paths.base / "pythons" / version
    final = top / "bin" / f"python{version}"
    if not final.exists():
        with paths.lock(f"python-{version}"):
            if not final.exists():
                with step(f"copying Debian's Python {version}"):
                    _copy(_find_tree(paths, version), top, version)
    return final


def _find_tree(paths: Paths, version: str) -> Path:
    for release in RELEASES.values():
        tree = ensure_tree(paths, release)
        if (tree / f"usr/bin/python{version}").exists():
            return tree
    raise HostsError(
        f"no Debian release of the test hosts has Python {version}",
        f"put a python{version} on PATH",
    )


def _copy(tree: Path, top: Path, version: str) -> None:
    shutil.rmtree(top, ignore_errors=True)
    library = f"usr/lib/python{version}"
    shutil.copytree(tree / library, top / "lib" / f"python{version}", symlinks=True)
    (top / "lib" / f"python{version}" / "EXTERNALLY-MANAGED").unlink(missing_ok=True)
    (top / "brought").mkdir()
    shutil.copy2(tree / f"usr/bin/python{version}", top / "brought" / "python")
    names, loader = _libraries(tree, version)
    for name in names:
        # The tree's links may be absolute: they are followed inside of it.
        path = run(["chroot", str(tree), "realpath", name], what=f"no {name} in the tree").strip()
        shutil.copy2(tree / path.lstrip("/"), top / "brought" / Path(name).name)
    text = WRAPPER.format(top=top, loader=loader)
    write_text(top / "bin" / f"python{version}", text, 0o755)


def _libraries(tree: Path, version: str) -> tuple[set[str], str]:
    """Paths of the shared libraries that it loads, as the tree has them; the loader's name."""
    modules = sorted((tree / f"usr/lib/python{version}/lib-dynload").glob("*.so"))
    files = [f"/usr/bin/python{version}", *(f"/{path.relative_to(tree)}" for path in modules)]
    needed = run(["chroot", str(tree), "ldd", *files], what=f"Python {version} can't be examined")
    names = set(re.findall(r"=> (/\S+)", needed))
    loaders = set(re.findall(r"^\s+(/\S+) \(", needed, re.MULTILINE))
    if len(loaders) != 1:
        raise HostsError(f"Python {version} has no single loader: {sorted(loaders)}", "see ldd")
    owned = run(["chroot", str(tree), "dpkg", "-L", *_RUNTIME], what="the tree has no libc6")
    names |= set(re.findall(r"^/\S*/lib[^/\s]+\.so\.\d\S*$", owned, re.MULTILINE))
    [loader] = loaders
    return names | loaders, Path(loader).name
