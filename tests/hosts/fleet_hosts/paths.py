# Copyright (c) quadlet.fleet contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where everything that the test hosts need is kept."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import typing as t
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Paths:
    """The cache folder and its parts; nothing is created by asking for a path."""

    base: Path

    @property
    def key(self) -> Path:
        """The private ssh key that every host trusts."""
        return self.base / "ssh" / "id_ed25519"

    @property
    def rootfs(self) -> Path:
        """Finished root file systems, one folder per Podman version and recipe."""
        return self.base / "rootfs"

    @property
    def apt(self) -> Path:
        """Private apt state and downloaded packages, one folder per suite."""
        return self.base / "apt"

    @property
    def generators(self) -> Path:
        """Quadlet generator binaries, one folder per Podman version."""
        return self.base / "generators"

    @property
    def registry(self) -> Path:
        """The registry's program, storage, log and pid."""
        return self.base / "registry"

    @property
    def hosts(self) -> Path:
        """One folder per host."""
        return self.base / "hosts"

    @property
    def identity(self) -> str:
        """Eight hex digits that tell this cache folder's bridge and cgroups from another's."""
        return hashlib.sha256(os.fsencode(self.base)).hexdigest()[:8]

    def machine_name(self, host: str) -> str:
        """The host's name for nspawn, which also names its network interface and systemd scope."""
        return f"qf{self.identity}-{host}"

    @contextlib.contextmanager
    def lock(self, name: str) -> t.Iterator[None]:
        """Hold the named lock against every other process that uses this cache folder."""
        folder = self.base / "locks"
        folder.mkdir(parents=True, exist_ok=True)
        with open(folder / name, "w", encoding="ascii") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield


def default_paths() -> Paths:
    """The folder that QUADLET_HOSTS_DIR names, or one in the user's cache."""
    own = os.environ.get("QUADLET_HOSTS_DIR")
    if own:
        return Paths(Path(own).resolve())
    cache = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Paths((Path(cache) / "quadlet-fleet").resolve())


def write_text(path: Path, text: str, mode: int = 0o644) -> None:
    """Write a small file whole, with its folders; a reader never sees half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.new")
    fresh.write_text(text, encoding="utf-8")
    fresh.chmod(mode)
    fresh.replace(path)
