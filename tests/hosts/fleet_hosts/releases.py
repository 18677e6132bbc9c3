# Copyright (c) quadlet.fleet contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which Debian release carries which Podman, and what a host's root file system contains."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Release:
    """One Podman version and the Debian suites that it is installed from."""

    podman: str
    suite: str
    extra_suite: str = ""

    @property
    def suites(self) -> tuple[str, ...]:
        """All suites to read, the one to boot first."""
        return (self.suite, self.extra_suite) if self.extra_suite else (self.suite,)

    def pin(self, package: str) -> str:
        """The package as apt-get should be asked for it: from the extra suite when there is one."""
        return f"{package}/{self.extra_suite}" if self.extra_suite else package


RELEASES = {
    release.podman: release
    for release in (
        Release("5.4", "trixie"),
        Release("5.8", "forky"),
        Release("6.1", "sid", "experimental"),
    )
}
DEFAULT_PODMAN = "5.4"

# package: why a host needs it. Recommended packages are not installed, so all are named.
HOST_PACKAGES = {
    "systemd": "the service manager under test",
    "systemd-sysv": "provides /sbin/init, which is what gets booted",
    "dbus": "systemctl and loginctl talk over it",
    "dbus-user-session": "a bus for each user: systemctl --user needs it",
    "libpam-systemd": "logins start user managers and set XDG_RUNTIME_DIR",
    "polkitd": "loginctl enable-linger asks it",
    "openssh-server": "the only way in, as on a real host",
    "python3": "Ansible modules",
    "python3-apt": "ansible.builtin.apt",
    "sudo": "become",
    "crun": "OCI runtime",
    "aardvark-dns": "container names on Podman networks",
    "nftables": "netavark runs nft",
    "passt": "pasta, the rootless network",
    "uidmap": "newuidmap and newgidmap for rootless containers",
    "fuse-overlayfs": "rootless storage where native overlay is refused",
    "catatonit": "--init containers and pods' infra process",
    "ca-certificates": "https clients",
    "curl": "probes",
    "iproute2": "ip and ss for diagnosis",
    "procps": "ps and pkill for diagnosis",
    "less": "systemctl and journalctl page through it",
}
# What a minimal server has. No python3-apt: Ansible brings it when it is needed.
BARE_PACKAGES = (
    "systemd",
    "systemd-sysv",
    "dbus",
    "libpam-systemd",
    "openssh-server",
    "python3",
    "sudo",
    "ca-certificates",
    "iproute2",
    "procps",
    "less",
)
# These follow the Podman version under test.
PODMAN_PACKAGES = ("podman", "netavark")
