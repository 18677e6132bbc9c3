# Copyright (c) quadlet.fleet contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""ssh into hosts: the only way in once they are booted, as on real ones."""

from __future__ import annotations

import os
import socket
import subprocess
import time
import typing as t

from .errors import HostsError
from .paths import Paths
from .shell import run

# Hosts come and go under the same addresses: host keys say nothing here.
HOST_KEY_OPTIONS = (
    "-o",
    "StrictHostKeyChecking=no",
    "-o",
    "UserKnownHostsFile=/dev/null",
    "-o",
    "LogLevel=ERROR",
    # A developer's agent with many keys would use up the server's tries.
    "-o",
    "IdentitiesOnly=yes",
)


def ensure_key(paths: Paths) -> None:
    """Make the key pair once; it is good for these hosts only."""
    with paths.lock("ssh"):
        if not paths.key.exists():
            paths.key.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            argv = [
                "ssh-keygen",
                "-q",
                "-t",
                "ed25519",
                "-N",
                "",
                "-C",
                "quadlet.fleet test hosts",
                "-f",
                str(paths.key),
            ]
            run(argv, what="ssh-keygen cannot make a key")


def command(
    paths: Paths, address: str, remote: t.Sequence[str], *, user: str = "root"
) -> list[str]:
    """The ssh command line that runs remote (or a shell) there, the user's ssh_config aside."""
    argv = ["ssh", "-F", os.devnull, "-i", str(paths.key), *HOST_KEY_OPTIONS]
    if remote:
        argv += ["-o", "BatchMode=yes"]
    return [*argv, f"{user}@{address}", *remote]


def capture(
    paths: Paths, address: str, remote: str, *, user: str = "root", timeout: float = 120
) -> subprocess.CompletedProcess[str]:
    """Run one shell line there; return its output and exit status (255: no connection)."""
    try:
        return subprocess.run(
            command(paths, address, [remote], user=user),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=timeout,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise HostsError(
            f"'{remote}' on {address} took longer than {timeout:.0f} s",
            "look at it with `hosts ssh`",
        ) from error


def wait_port(
    address: str, is_alive: t.Callable[[], bool], *, timeout: float, port: int = 22
) -> bool:
    """Wait until something listens there; False when is_alive turned false or the time is over."""
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline and is_alive():
        with socket.socket() as probe:
            probe.settimeout(1)
            if probe.connect_ex((address, port)) == 0:
                return True
        time.sleep(0.05)
    return False
