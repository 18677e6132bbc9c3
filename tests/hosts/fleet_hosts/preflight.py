# Copyright (c) quadlet.fleet contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What this machine must offer before a host can boot; each gap with its remedy."""

from __future__ import annotations

import os
import shutil
import typing as t
from pathlib import Path

from . import apt
from .errors import HostsError
from .paths import Paths
from .shell import succeeds

# command: the Debian and Ubuntu package that brings it.
COMMANDS = {
    "mmdebstrap": "mmdebstrap",
    "systemd-nspawn": "systemd-container",
    "newuidmap": "uidmap",
    "ssh": "openssh-client",
    "ssh-keygen": "openssh-client",
    "ip": "iproute2",
    "mount": "mount",
}
_PROBE_BRIDGE = "qfprobe0"


def missing_packages() -> list[str]:
    """The packages to install before the first host, sorted."""
    missing = {package for command, package in COMMANDS.items() if not shutil.which(command)}
    if not apt.KEYRING.is_file():
        missing.add("debian-archive-keyring")
    return sorted(missing)


def require_root() -> None:
    """Fail unless root: booting systemd needs mounts, a bridge and cgroups."""
    if os.geteuid() != 0:
        raise HostsError(
            "the test hosts need root (mounts, a bridge, cgroups)", "run this with sudo"
        )


def require_apt() -> None:
    """Fail unless this is Debian or Ubuntu."""
    if not shutil.which("apt-get") or not shutil.which("dpkg"):
        raise HostsError(
            "no apt-get here",
            "the test hosts are built on Debian or Ubuntu only: use such a machine",
        )


def require_overlay() -> None:
    """Fail unless the kernel has overlayfs."""
    if "\toverlay\n" in Path("/proc/filesystems").read_text(encoding="ascii"):
        return
    if not succeeds(["modprobe", "overlay"]):
        raise HostsError(
            "the kernel has no overlayfs",
            "load the overlay module on the machine that runs this kernel",
        )


def require_network() -> None:
    """Fail unless network namespaces and bridges can be made here."""
    if not succeeds(["unshare", "--net", "true"]):
        raise HostsError(
            "no network namespace can be made here",
            "run on a machine or container with CAP_SYS_ADMIN",
        )
    made = succeeds(["ip", "link", "add", _PROBE_BRIDGE, "type", "bridge"])
    if not succeeds(["ip", "link", "delete", _PROBE_BRIDGE]) or not made:
        raise HostsError(
            "no network bridge can be made here",
            "run with CAP_NET_ADMIN and the bridge kernel module",
        )


def require_space(folder: Path, needed_gb: float) -> None:
    """Fail unless the disk under folder has needed_gb free."""
    while not folder.exists():
        folder = folder.parent
    free_gb = shutil.disk_usage(folder).free / 1e9
    if free_gb < needed_gb:
        raise HostsError(
            f"{free_gb:.1f} GB are free under {folder}, {needed_gb:.1f} GB are needed",
            "make room, or set QUADLET_HOSTS_DIR to a folder on a larger disk",
        )


def prepare(paths: Paths) -> None:
    """Check what can't be installed, then install what can; returns once hosts can boot."""
    require_root()
    require_apt()
    require_overlay()
    if missing_packages():
        with paths.lock("machine"):
            apt.install(missing_packages())


def problems(folder: Path, needed_gb: float = 3.0) -> list[str]:
    """What is missing here, a sentence each; packages count, although `up` installs them."""
    checks: list[t.Callable[[], object]] = [require_root, require_apt, require_overlay]
    checks.append(lambda: require_space(folder, needed_gb))
    if shutil.which("ip"):
        checks.append(require_network)
    if shutil.which("apt-get"):
        checks.append(apt.debian_mirror)
    found = [problem for problem in map(_problem, checks) if problem]
    packages = missing_packages()
    if packages:
        found.append(
            f"packages missing (installed by the first `up`): apt-get install {' '.join(packages)}"
        )
    return found


def _problem(check: t.Callable[[], object]) -> str:
    try:
        check()
    except HostsError as error:
        return str(error)
    return ""
