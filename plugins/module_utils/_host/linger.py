# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Linger: a user's manager runs from boot on, without a login."""

from __future__ import annotations

import os

from .._core.errors import QuadletError
from .clock import wait_until
from .owner import own_process
from .scope import Scope
from .systemd import Manager

BUS_TIMEOUT = 40.0
ONLINE = "network-online.target"


def is_lingering(user: str) -> bool:
    """Whether linger is on; logind keeps an empty file for it."""
    return os.path.exists(f"/var/lib/systemd/linger/{user}")


def set_linger(user: str, *, on: bool) -> None:
    """Turns linger on or off as the calling user; root may for everyone."""
    verb = "enable-linger" if on else "disable-linger"
    ran = own_process().run(["loginctl", verb, "--", user])
    if ran.status != 0:
        raise QuadletError(
            f"loginctl {verb} {user} failed: {(ran.err or ran.out).strip()}",
            where="linger",
            remedy=f"As root run: loginctl {verb} {user}"
            + (
                " — or set linger: false, and the services end with the user's last session."
                if on
                else ""
            ),
            topic="linger-failed",
        )


def ensure_manager(scope: Scope, manager: Manager, timeout: float = BUS_TIMEOUT) -> None:
    """Waits until a lingering user's manager and bus really answer, starting it if need be."""
    if manager.answers():
        return
    unit = f"user@{scope.manager.uid}.service"
    if os.geteuid() == 0:
        own_process().run(["systemctl", "start", "--no-block", unit])
    if not wait_until(manager.answers, timeout, manager.clock):
        raise QuadletError(
            f"the service manager of user {scope.user} did not answer within {timeout:.0f} s",
            where=unit,
            remedy=f"Look at: journalctl -b -u {unit}",
            topic="no-manager",
        )


def online_warning(system: Manager) -> list[str]:
    """Why every start of a user's container waits 90 seconds on this host, if it does.

    Podman 5.3+ makes user units wait for the system's network-online.target, which is
    reached only where some unit wants it (containers/podman issue 24796).
    """
    try:
        state = system.read_states([ONLINE]).get(ONLINE)
    except QuadletError:  # the run has ended well, whatever the system says of itself
        return []
    if state is None or state.active == "active":
        return []
    warning = (
        f"{ONLINE} is not active on this host, and a rootless container waits up to 90 s for it "
        "at each start. Have a unit want it, once, as root: systemctl add-wants "
        f"multi-user.target {ONLINE} && systemctl start {ONLINE}; or write "
        "DefaultDependencies=false under [Quadlet] in units that need no network at start."
    )
    return [warning]


def read_lingering_users() -> list[str]:
    """The names of users for whom linger is on."""
    try:
        return sorted(os.listdir("/var/lib/systemd/linger"))
    except FileNotFoundError:
        return []
