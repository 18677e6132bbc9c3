# Copyright (c) quadlet.fleet contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Real Quadlet generators, without booting anything."""

from __future__ import annotations

import shutil
from pathlib import Path

from . import apt
from .errors import HostsError
from .paths import Paths
from .progress import step
from .releases import Release

_BINARY = Path("usr/libexec/podman/quadlet")


def ensure_generator(paths: Paths, release: Release) -> Path:
    """The path of this release's generator binary, fetched once.

    The same binary serves both scopes: with the flag -user, or under a name that
    contains "user", it reads the user's directories.
    """
    final = paths.generators / release.podman / "quadlet"
    if final.exists():
        return final
    with paths.lock(f"generator-{release.podman}"):
        if not final.exists():
            with step(f"fetching the Quadlet generator of Podman {release.podman}"):
                _fetch(paths, release, final)
    return final


def _fetch(paths: Paths, release: Release, final: Path) -> None:
    unpacked = paths.generators / f".{release.podman}"
    shutil.rmtree(unpacked, ignore_errors=True)
    apt.download(paths, release.suites, [release.pin("podman")], unpacked)
    if not (unpacked / _BINARY).is_file():
        raise HostsError(
            f"Debian's podman package of {release.suites[-1]} has no {_BINARY}",
            "look where it went",
        )
    final.parent.mkdir(parents=True, exist_ok=True)
    (unpacked / _BINARY).replace(final)
    shutil.rmtree(unpacked)
