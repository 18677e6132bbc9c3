# Copyright (c) quadlet.fleet contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The files that turn a plain Debian tree into a test host, each with its reason."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from . import proxy
from .network import Network
from .paths import write_text
from .releases import PODMAN_PACKAGES, RELEASES
from .rootfs import USERS

REGISTRY = "registry.test:5000"
_REGISTRIES = "etc/containers/registries.conf.d/10-test-registry.conf"
_WANTS = "etc/systemd/system/multi-user.target.wants"

# Units that can't work or only disturb here.
MASKED = {
    "systemd-modules-load.service": "the kernel is this machine's; the unit would fail",
    "systemd-networkd-wait-online.service": "one static address: nothing to wait for",
    "console-getty.service": "nobody is at the console; ssh is the way in",
    "getty@tty1.service": "no such terminal",
    "apt-daily.timer": "no mirror to ask",
    "apt-daily-upgrade.timer": "no mirror to ask",
    "dpkg-db-backup.timer": "only disturbs measurements",
    "fstrim.timer": "the disk is this machine's",
    "e2scrub_all.timer": "the disk is this machine's",
    "netavark-firewalld-reload.service": "no firewalld",
}

# systemd runs every generator at each reload. These find nothing in a container, and cost as much
# time as all the rest of a reload.
MASKED_GENERATORS = (
    "debug",
    "fstab",
    "getty",
    "gpt-auto",
    "hibernate-resume",
    "rc-local",
    "run",
    "ssh",
    "system-update",
    "sysv",
    "tpm2",
)

FILES = {
    # The outer machine often has no pids controller in its cgroup v2 tree; Podman's default limit
    # would make every container fail. A keyring per container would run into the kernel's quota,
    # which all hosts' users of the same uid share.
    "etc/containers/containers.conf.d/10-test-host.conf": (
        "[containers]\npids_limit = 0\nkeyring = false\n"
    ),
    # The registry speaks plain http.
    _REGISTRIES: f'[[registry]]\nlocation = "{REGISTRY}"\ninsecure = true\n',
    # nspawn's /dev has neither: pasta needs tun, fuse-overlayfs fuse, both as any user.
    "etc/tmpfiles.d/test-host.conf": (
        "d /dev/net 0755 - - -\nc! /dev/net/tun 0666 - - - 10:200\nc! /dev/fuse 0666 - - - 10:229\n"
    ),
    # Ansible with many forks opens many connections at once; sshd would drop them at random.
    "etc/ssh/sshd_config.d/10-test-host.conf": "MaxStartups 200\nMaxSessions 100\n",
    # The disk of a throwaway host may lose what a crash would take.
    "etc/dpkg/dpkg.cfg.d/10-test-host": "force-unsafe-io\n",
    # PAM reads it at each login (as /etc/default/locale) and complains when it is missing.
    "etc/locale.conf": "LANG=C.UTF-8\n",
    # At a shutdown, rootless Podman's pause process is stopped along with the services, and their
    # ExecStop can fail (seen with 6.1). A process that ignores SIGTERM then waits for systemd's
    # timeout: 15 s instead of 90 s, still above the 10 s that Podman itself gives a container.
    "etc/systemd/user.conf.d/10-test-host.conf": "[Manager]\nDefaultTimeoutStopSec=15s\n",
}


@dataclass(frozen=True)
class Identity:
    """What tells one host from another."""

    name: str
    machine_id: str
    address: str
    network_online: bool
    podman: str
    bare: bool


def apply(root: Path, host: Identity, network: Network, public_key: str) -> None:
    """Write all settings into the host's tree; run before every boot, same input, same tree."""
    files = {**FILES, **_own_files(host, network)}
    if host.bare:
        # To be told of registries is part of what makes such a host ready.
        del files[_REGISTRIES]
    for name, text in files.items():
        write_text(root / name, text)
    for unit in MASKED:
        _link(root / "etc/systemd/system" / unit, "/dev/null")
    for name in MASKED_GENERATORS:
        _link(root / f"etc/systemd/system-generators/systemd-{name}-generator", "/dev/null")
    for unit in ("systemd-networkd.service", "ssh.service"):
        _link(root / _WANTS / unit, f"/usr/lib/systemd/system/{unit}")
    # Rootless Quadlets wait up to 90 s for this target when nothing pulls it in.
    online = root / _WANTS / "network-online.target"
    if host.network_online:
        _link(online, "/usr/lib/systemd/system/network-online.target")
    elif not host.bare:
        online.unlink(missing_ok=True)
    _authorise(root / "root", 0, public_key)


def _own_files(host: Identity, network: Network) -> dict[str, str]:
    return {
        "etc/hostname": f"{host.name}\n",
        # With an id there, systemd takes no boot for the first one and applies no presets.
        "etc/machine-id": f"{host.machine_id}\n",
        "etc/hosts": (
            f"127.0.0.1 localhost\n::1 localhost\n{host.address} {host.name}\n"
            f"{network.gateway} {REGISTRY.partition(':')[0]}\n"
        ),
        # Nothing answers DNS there, which is refused at once; a far server would be waited for.
        "etc/resolv.conf": f"nameserver {network.gateway}\noptions timeout:1 attempts:1\n",
        "etc/apt/preferences.d/test-host": _preferences(host.podman),
        # Packages come through `hosts proxy up` alone; while that does not run, apt fails at once.
        # Last of all names: mmdebstrap leaves the machine's own proxy in another.
        "etc/apt/apt.conf.d/zz-test-host": f'Acquire::http::Proxy "{proxy.url(network)}";\n',
        "etc/systemd/network/10-test-host.network": (
            f"[Match]\nName=host0\n[Network]\nAddress={host.address}/{network.subnet.prefixlen}\n"
            f"Gateway={network.gateway}\nLinkLocalAddressing=no\nIPv6AcceptRA=no\n"
        ),
    }


def _preferences(podman: str) -> str:
    """Lets apt take from the extra suite what the trees take from it; "" where there is none."""
    release = RELEASES[podman]
    packages = " ".join(PODMAN_PACKAGES)
    pin = f"Package: {packages}\nPin: release a={release.extra_suite}\nPin-Priority: 990\n"
    return pin if release.extra_suite else ""


def authorise_users(home: Path, public_key: str) -> None:
    """Let the same key in as every user that the tree brought a home folder for."""
    for name, uid, _has_range in USERS:
        if (home / name).is_dir():
            _authorise(home / name, uid, public_key)


def _authorise(home: Path, uid: int, public_key: str) -> None:
    folder = home / ".ssh"
    folder.mkdir(mode=0o700, exist_ok=True)
    write_text(folder / "authorized_keys", public_key, 0o600)
    for path in (folder, folder / "authorized_keys"):
        shutil.chown(path, uid, uid)


def _link(path: Path, target: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    path.symlink_to(target)
