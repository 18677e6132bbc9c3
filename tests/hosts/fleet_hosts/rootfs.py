# Copyright (c) quadlet.fleet contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Root file systems: built once per Podman version and recipe, then only read.

The bare tree of a release is what the other one is built on.
"""

from __future__ import annotations

import hashlib
import json
import shlex
import shutil
from pathlib import Path

from . import apt
from .errors import HostsError
from .paths import Paths, write_text
from .preflight import require_space
from .progress import step
from .releases import BARE_PACKAGES, HOST_PACKAGES, PODMAN_PACKAGES, Release
from .shell import run

# name, uid, whether it has subordinate ids: norange is the user whom rootless Podman refuses.
USERS = (("alice", 1000, True), ("bob", 1001, True), ("norange", 1002, False))
_FIRST_SUBID = 100000
_SUBIDS = 65536
# Unpacked trees take under 0.5 GB each, their build twice that; images and containers follow.
_NEEDED_GB = 3.0


def packages(release: Release, *, bare: bool = False) -> list[str]:
    """What the tree of this release contains, sorted so that its digest is stable."""
    if bare:
        return sorted(BARE_PACKAGES)
    return sorted(HOST_PACKAGES) + [release.pin(name) for name in PODMAN_PACKAGES]


def user_commands() -> list[str]:
    """The shell commands that create the users inside a tree."""
    commands = []
    for position, (name, uid, has_range) in enumerate(USERS):
        commands.append(f"useradd --create-home --uid {uid} --user-group --shell /bin/bash {name}")
        # useradd hands out ranges by itself or not, depending on login.defs: fixed here instead.
        commands.append(f"sed -i '/^{name}:/d' /etc/subuid /etc/subgid")
        if has_range:
            first = _FIRST_SUBID + position * _SUBIDS
            commands.append(f"echo {name}:{first}:{_SUBIDS} | tee -a /etc/subuid >> /etc/subgid")
    return commands


def tree_path(paths: Paths, release: Release, *, bare: bool = False) -> Path:
    """Where this release's finished tree is or will be; another recipe gives another name."""
    bases = [] if bare else [tree_path(paths, release, bare=True).name]
    commands = [] if bare else user_commands()
    recipe = json.dumps([release.suites, packages(release, bare=bare), commands, *bases])
    digest = hashlib.sha256(recipe.encode()).hexdigest()[:12]
    return paths.rootfs / f"{release.podman}{'-bare' if bare else ''}-{digest}"


def ensure_tree(paths: Paths, release: Release, *, bare: bool = False) -> Path:
    """Return this release's tree, building it first when it isn't there."""
    tree = tree_path(paths, release, bare=bare)
    if not tree.is_dir():
        with paths.lock(f"rootfs-{release.podman}{'-bare' if bare else ''}"):
            if not tree.is_dir():
                _build(paths, release, tree, bare=bare)
    return tree


def _build(paths: Paths, release: Release, tree: Path, *, bare: bool) -> None:
    base = None if bare else ensure_tree(paths, release, bare=True)
    require_space(paths.base, _NEEDED_GB)
    half = tree.with_name(f".half-{tree.name}")
    shutil.rmtree(half, ignore_errors=True)
    sources = tree.with_name(f".{tree.name}.list")
    write_text(sources, apt.sources(release.suites))
    with step(
        f"building the root file system {'for' if bare else 'with'} Podman {release.podman}"
        f" (Debian {release.suite})"
    ):
        run(
            [
                "mmdebstrap",
                *(f"--aptopt={option}" for option in (apt.STALE_OK, *apt.proxy_options())),
                *(_on_base(release, base) if base else _from_nothing(release)),
                str(half),
                str(sources),
            ],
            what=f"mmdebstrap cannot build Debian {release.suite}",
        )
    if not bare:
        _check_podman(half, release)
    sources.unlink()
    # The rename is the last step: a tree under its final name is a whole one.
    half.rename(tree)


def _from_nothing(release: Release) -> list[str]:
    included = ",".join(packages(release, bare=True))
    return ["--variant=minbase", f"--include={included}", release.suite]


def _on_base(release: Release, base: Path) -> list[str]:
    """Arguments as mmdebstrap(1) has them for a tree on another one."""
    options = ["--yes", "-qq", "--no-install-recommends"]
    install = shlex.join(["apt-get", "install", *options, *packages(release)])
    inside = [install, *(command.replace("'", '"') for command in user_commands())]
    left = "--exclude=./dev --exclude=./etc/apt/sources.list.d"  # mmdebstrap has made its own
    copy = f"tar -C {shlex.quote(str(base))} --xattrs {left} -c ."
    return [
        "--variant=custom",
        f'--setup-hook={copy} | tar -C "$1" --xattrs --xattrs-include="*" -x',
        *(f"--customize-hook=chroot \"$1\" sh -c '{command}'" for command in inside),
        "",
    ]


def _check_podman(tree: Path, release: Release) -> None:
    """Debian's moving suites get a new Podman one day; say so instead of testing another one."""
    query = [
        "dpkg-query",
        f"--admindir={tree}/var/lib/dpkg",
        "--show",
        "--showformat=${Version}",
        "podman",
    ]
    version = run(query, what="the tree has no podman package")
    if not version.startswith(f"{release.podman}."):
        raise HostsError(
            f"the mirror's {release.suites[-1]} carries Podman {version}, not {release.podman}",
            "name its suite in fleet_hosts/releases.py, or use a mirror of an older day",
        )
