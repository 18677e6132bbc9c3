# Copyright (c) quadlet.fleet contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A cgroup of its own per host.

nspawn puts its payload into a child of the cgroup that it was started in. Two hosts started in
the same one would share a tree, and each host's systemd would kill the other's processes.
"""

from __future__ import annotations

import contextlib
import os
import time
from pathlib import Path

from .errors import HostsError
from .paths import Paths
from .shell import succeeds


def is_managed() -> bool:
    """Whether systemd runs this machine: then nspawn gets a delegated scope from it by itself."""
    return Path("/run/systemd/system").is_dir()


def path(paths: Paths, name: str) -> Path:
    """The host's cgroup; only used where is_managed is false."""
    return _mount() / f"quadlet-fleet-{paths.identity}" / name


def create(paths: Paths, name: str) -> Path:
    """Make the host's cgroup, empty of what an earlier boot left."""
    remove(paths, name)
    folder = path(paths, name)
    try:
        folder.mkdir(parents=True)
    except OSError as error:
        raise HostsError(
            f"no cgroup can be made here ({error})", "run where cgroup v2 is mounted writable"
        ) from error
    return folder


def remove(paths: Paths, name: str) -> None:
    """Kill whatever still runs in the host's cgroup and delete it with all below."""
    if is_managed():
        scope = f"{paths.machine_name(name)}.scope"
        if succeeds(["systemctl", "kill", "--signal=KILL", scope]):
            succeeds(["systemctl", "stop", scope])
        return
    folder = path(paths, name)
    if not folder.is_dir():
        return
    killer = folder / "cgroup.kill"
    if killer.exists():
        killer.write_text("1", encoding="ascii")
    for _try in range(40):
        if _delete_tree(folder):
            break
        time.sleep(0.05)
    with contextlib.suppress(OSError):  # another host's is still there
        folder.parent.rmdir()


def _delete_tree(folder: Path) -> bool:
    """rmdir from the leaves up, the only way a cgroup can go; False when one is still busy."""
    try:
        for current, _folders, _files in os.walk(folder, topdown=False):
            os.rmdir(current)
    except OSError:
        return False
    return True


def _mount() -> Path:
    for line in Path("/proc/self/mounts").read_text(encoding="utf-8").splitlines():
        _device, target, kind = line.split()[:3]
        if kind == "cgroup2":
            return Path(target)
    raise HostsError(
        "no cgroup v2 tree is mounted here",
        "mount one: mount -t cgroup2 none /sys/fs/cgroup/unified",
    )
