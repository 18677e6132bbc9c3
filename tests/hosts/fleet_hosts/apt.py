# Copyright (c) quadlet.fleet contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Debian packages: the mirror, this machine's packages, and downloads that install nothing."""

from __future__ import annotations

import os
import shlex
import shutil
import typing as t
from pathlib import Path

from .errors import HostsError
from .paths import Paths, write_text
from .progress import step
from .shell import run, succeeds

KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
MIRROR_VARIABLE = "QUADLET_HOSTS_MIRROR"
# A mirror's copy of a testing release can be some days older than the release file allows.
STALE_OK = 'Acquire::Check-Valid-Until "false";'


def debian_mirror() -> str:
    """The Debian mirror to use: the environment's, else the one this machine's apt uses."""
    own = os.environ.get(MIRROR_VARIABLE)
    if own:
        return own
    sites = _debian_sites()
    if not sites:
        run(["apt-get", "update", "-qq"], what="apt-get update failed")
        sites = _debian_sites()
    if not sites:
        raise HostsError(
            "this machine's apt knows no Debian mirror",
            f"set {MIRROR_VARIABLE} to the URL of one, and install debian-archive-keyring",
        )
    return sites[0]


def _debian_sites() -> list[str]:
    query = [
        "apt-get",
        "indextargets",
        "--format",
        "$(SITE)",
        "Created-By: Packages",
        "Label: Debian",
    ]
    return run(query, what="apt-get cannot list its sources").split()


def require_keyring() -> None:
    """Fail unless the keys that sign Debian's releases are here."""
    if not KEYRING.is_file():
        raise HostsError(
            f"the keys of Debian's archive are missing ({KEYRING})",
            "install debian-archive-keyring",
        )


def sources(suites: t.Iterable[str]) -> str:
    """A sources list for these suites of the mirror, trusted by Debian's own keys alone."""
    require_keyring()
    mirror = debian_mirror()
    return "".join(f"deb [signed-by={KEYRING}] {mirror} {suite} main\n" for suite in suites)


def proxy_options() -> list[str]:
    """This machine's apt proxy settings, as lines for another apt configuration."""
    dump = run(["apt-config", "dump"], what="apt-config cannot be read")
    return [
        line for line in dump.splitlines() if line.startswith("Acquire::http") and "::Proxy" in line
    ]


def install(packages: t.Sequence[str]) -> None:
    """Install packages on this machine, with a progress line; nothing to install: no call."""
    if not packages:
        return
    with step(f"installing {' '.join(packages)}"):
        # Wait for another apt-get, such as a new machine's own first update.
        options = ["-y", "-qq", "--no-install-recommends", "-o", "DPkg::Lock::Timeout=120"]
        command = ["apt-get", "install", *options, *packages]
        if succeeds(command):
            return
        # A machine that never ran it has no package lists, or lists of files that are gone.
        run(["apt-get", "update", "-qq"], what="apt-get update failed")
        run(
            command,
            what=f"apt-get cannot install {' '.join(packages)}",
            remedy="see apt's last lines",
        )


def _private_apt(paths: Paths, suites: t.Sequence[str]) -> Path:
    """Make an apt configuration with its own sources and state; the machine's stays untouched."""
    folder = paths.apt / suites[0]
    for part in ("state/lists/partial", "cache/archives/partial"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    (folder / "state/status").touch()
    write_text(folder / "sources.list", sources(suites))
    options = {
        "Dir::Etc::SourceList": folder / "sources.list",
        "Dir::Etc::SourceParts": "/dev/null",
        "Dir::State": folder / "state",
        "Dir::State::status": folder / "state/status",
        "Dir::Cache": folder / "cache",
        # Without this, apt runs as _apt, which can't write into root's cache folder.
        "APT::Sandbox::User": "root",
    }
    text = "".join(f'{name} "{value}";\n' for name, value in options.items())
    write_text(folder / "apt.conf", text + STALE_OK + "\n")
    return folder


def download(
    paths: Paths, suites: t.Sequence[str], packages: t.Sequence[str], target: Path
) -> None:
    """Unpack packages (not what they depend on) of these suites into target; install nothing."""
    with paths.lock(f"apt-{suites[0]}"):
        folder = _private_apt(paths, suites)
        env = {"APT_CONFIG": str(folder / "apt.conf")}
        run(["apt-get", "update", "-qq"], env=env, what=f"apt-get update of {suites[0]} failed")
        work = folder / "download"
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir()
        names = shlex.join(packages)
        run(
            ["apt-get", "download", "-qq", *packages],
            env=env,
            cwd=work,
            what=f"apt-get cannot download {names}",
        )
        target.mkdir(parents=True, exist_ok=True)
        for package in sorted(work.glob("*.deb")):
            run(
                ["dpkg", "-x", str(package), str(target)], what=f"dpkg cannot unpack {package.name}"
            )
        shutil.rmtree(work)
