# Copyright (c) quadlet.fleet contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the commands do with several hosts at once."""

from __future__ import annotations

import contextlib
import re
import time
import typing as t
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from . import locked, machine, network, preflight, proxy, registry, ssh
from .errors import HostsError
from .machine import Host, Machine
from .network import Network
from .paths import Paths
from .progress import say
from .releases import DEFAULT_PODMAN, RELEASES
from .rootfs import ensure_tree

# A host name, and a part of file, cgroup and interface names.
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,30}")
# An overlay of a test run; more comes with its images.
_NEEDED_GB = 1.0
_INOTIFY = Path("/proc/sys/fs/inotify/max_user_instances")
_INOTIFY_INSTANCES = 1024


def up(
    paths: Paths,
    names: t.Sequence[str],
    podman: str,
    *,
    network_online: bool = True,
    bare: bool = False,
) -> None:
    """Create and boot the hosts that aren't up; returns when all can be used."""
    # To pull the target in is part of what makes a bare host ready.
    network_online = network_online and not bare
    for name in names:
        _check_new(paths, name, (podman, network_online, bare))
    preflight.prepare(paths)
    preflight.require_space(paths.base, _NEEDED_GB)
    ssh.ensure_key(paths)
    ensure_tree(paths, RELEASES[podman], bare=bare)
    for name in names:
        with paths.lock(f"host-{name}"):
            if machine.read_host(paths, name) is None:
                machine.allocate(paths, name, podman, network_online=network_online, bare=bare)
    start(paths, names)


def prepare(paths: Paths) -> None:
    """Build every tree, and run the registry with its images; what is there is left as it is."""
    preflight.prepare(paths)
    ssh.ensure_key(paths)

    def build_trees() -> None:
        for release in RELEASES.values():
            ensure_tree(paths, release)  # and the bare one below it

    def run_registry() -> None:
        registry.up(paths)

    def call(action: t.Callable[[], None]) -> None:
        action()

    _each([build_trees, run_registry], call)


def start(paths: Paths, names: t.Sequence[str]) -> None:
    """Boot hosts that are there."""
    preflight.prepare(paths)
    hosts = [existing(paths, name) for name in names]
    _raise_kernel_limits()
    # After the hosts are recorded: another process that destroys its last one leaves the bridge.
    joined = network.ensure(paths)

    def bring(host: Host) -> None:
        with paths.lock(f"host-{host.name}"):
            _boot(Machine(paths, host), joined, whole=True)

    _each(hosts, bring)


def stop(paths: Paths, names: t.Sequence[str]) -> None:
    """Shut hosts down cleanly, disks kept."""
    preflight.require_root()
    _each([existing(paths, name) for name in names], lambda host: _stop(paths, host))


def reboot(paths: Paths, names: t.Sequence[str]) -> None:
    """Shut hosts down and boot them; returns once each lets users in, whatever still starts."""
    preflight.require_root()
    hosts = [existing(paths, name) for name in names]
    joined = network.ensure(paths)

    def again(host: Host) -> None:
        with paths.lock(f"host-{host.name}"):
            one = Machine(paths, host)
            start = time.monotonic()
            one.stop()
            say(f"{host.name}: shut down in {time.monotonic() - start:.1f} s")
            _boot(one, joined, whole=False)

    _each(hosts, again)


def destroy(paths: Paths, names: t.Sequence[str]) -> None:
    """Delete hosts in whatever state they are, and the bridge with the last one."""
    preflight.require_root()
    _each(names, lambda name: _destroy(paths, name))
    release_network(paths)


def release_network(paths: Paths) -> None:
    """Delete the bridge when neither a host nor the registry nor the proxy needs it."""
    with paths.lock("registry-process"), paths.lock("hosts"):
        served = any(one.is_running(paths) for one in (registry, locked, proxy))
        if not served and not machine.read_hosts(paths):
            network.remove(paths)


def existing(paths: Paths, name: str) -> Host:
    """The host of this name; there is none: an error that names those that are."""
    host = machine.read_host(paths, name)
    if host is None:
        known = ", ".join(other.name for other in machine.read_hosts(paths)) or "none"
        raise HostsError(f"there is no host {name} (there are: {known})", f"hosts up {name}")
    return host


def all_names(paths: Paths) -> list[str]:
    """Every host's name, half-made ones too."""
    return sorted(entry.name for entry in paths.hosts.glob("*") if entry.is_dir())


def _check_new(paths: Paths, name: str, wish: tuple[str, bool, bool]) -> None:
    """Fail unless the name is one, and the host of that name is like the wish or not there."""
    if not _NAME.fullmatch(name):
        raise HostsError(f"{name!r} is no host name", "use up to 31 of a-z, 0-9 and -")
    host = machine.read_host(paths, name)
    if host and (host.podman, host.network_online, host.bare) != wish:
        online = "with" if host.network_online else "without"
        like = f"bare, for Podman {host.podman}" if host.bare else f"with Podman {host.podman}"
        raise HostsError(
            f"{name} exists {like}, {online} network-online.target",
            f"hosts destroy {name} first, or `hosts start {name}` to boot it as it is",
        )


def _boot(one: Machine, joined: Network, *, whole: bool) -> None:
    start = time.monotonic()
    if one.is_running():
        state = "was up"
    else:
        one.boot(joined)
        state = "up"
    system = one.wait_ready(joined, whole=whole)
    address = joined.address(one.host.index)
    note = "" if system == "running" or not whole else f", systemd {system}"
    took = f"{time.monotonic() - start:.1f} s{note}"
    print(f"{one.host.name} {address} podman {one.host.podman} {state} ({took})", flush=True)


def _stop(paths: Paths, host: Host) -> None:
    with paths.lock(f"host-{host.name}"):
        start = time.monotonic()
        Machine(paths, host).stop()
        print(f"{host.name} stopped ({time.monotonic() - start:.1f} s)", flush=True)


def _destroy(paths: Paths, name: str) -> None:
    with paths.lock(f"host-{name}"):
        if not (paths.hosts / name).is_dir():
            return
        # Only the name matters from here on: a host whose record is broken goes the same way.
        host = machine.read_host(paths, name) or Host(name, DEFAULT_PODMAN, 0, True, "")
        Machine(paths, host).destroy()
        print(f"{name} destroyed", flush=True)


def _raise_kernel_limits() -> None:
    """Raise the inotify limit, which all hosts' users of one uid share here, as far as allowed.

    The default of 128 is used up by a few hosts' systemds; in a container it can't be changed.
    """
    with contextlib.suppress(OSError), _INOTIFY.open("r+", encoding="ascii") as handle:
        if int(handle.read()) < _INOTIFY_INSTANCES:
            handle.seek(0)
            handle.write(str(_INOTIFY_INSTANCES))


Item = t.TypeVar("Item")


def _each(items: t.Sequence[Item], action: t.Callable[[Item], None]) -> None:
    """Run action on all items at once; every one is tried, then failures are raised as one."""
    with ThreadPoolExecutor(max_workers=max(1, len(items))) as pool:
        futures = [pool.submit(action, item) for item in items]
    errors = [error for error in (future.exception() for future in futures) if error]
    for error in errors:
        if not isinstance(error, HostsError):
            raise error
    if errors:
        raise HostsError("; ".join(str(error) for error in errors))
