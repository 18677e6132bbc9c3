# Copyright (c) quadlet.fleet contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One host: a root file system's overlay that systemd-nspawn boots."""

from __future__ import annotations

import contextlib
import json
import re
import shutil
import signal
import time
import uuid
from dataclasses import asdict, dataclass
from pathlib import Path

from . import cgroups, process, settings, ssh
from .errors import HostsError
from .network import Network, current
from .paths import Paths, write_text
from .releases import RELEASES
from .rootfs import ensure_tree
from .shell import run, succeeds

_BOOT_SECONDS = 90
# systemd gives a service 90 s to stop before it kills it.
_STOP_SECONDS = 120
_TERMINAL_CODES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|[^\n -~]")
# nspawn ends with 133 when the host rebooted itself: the loop boots it again, as a machine would.
_SUPERVISOR = (
    'if [ -n "$1" ]; then echo $$ > "$1"; fi; shift; while "$@"; [ $? -eq 133 ]; do :; done'
)
_NSPAWN_ENVIRONMENT = {
    # Podman 5 and later need cgroup v2, also where the outer machine still mounts v1.
    "SYSTEMD_NSPAWN_UNIFIED_HIERARCHY": "1",
    # The host's systemd sees its own cgroup as the root of the tree.
    "SYSTEMD_NSPAWN_USE_CGNS": "1",
}


@dataclass(frozen=True)
class Host:
    """What is remembered of a host; everything else follows from it."""

    name: str
    podman: str
    index: int
    network_online: bool
    machine_id: str
    bare: bool = False


class Machine:
    """A host's folder and what can be done with it; the caller holds the host's lock."""

    def __init__(self, paths: Paths, host: Host) -> None:
        self.paths = paths
        self.host = host
        self.folder = paths.hosts / host.name
        self.root = self.folder / "root"
        self.pidfile = self.folder / "pid"
        self.console = self.folder / "console.log"

    def is_running(self) -> bool:
        """Whether the host's supervisor lives."""
        return process.running_pid(self.pidfile) is not None

    def boot(self, network: Network) -> None:
        """Mount, configure and start the host, and wait for its ssh port; up already: nothing."""
        if self.is_running():
            return
        self._clear()
        self._mount()
        public_key = self.paths.key.with_suffix(".pub").read_text(encoding="ascii")
        host = self.host
        identity = settings.Identity(
            host.name,
            host.machine_id,
            network.address(host.index),
            host.network_online,
            host.podman,
            host.bare,
        )
        settings.apply(self.root, identity, network, public_key)
        settings.authorise_users(self.folder / "home", public_key)
        cgroup = (
            ""
            if cgroups.is_managed()
            else str(cgroups.create(self.paths, host.name) / "cgroup.procs")
        )
        argv = ["sh", "-c", _SUPERVISOR, "host", cgroup, *self._nspawn(network)]
        process.spawn(argv, pidfile=self.pidfile, log=self.console, env=_NSPAWN_ENVIRONMENT)
        if not ssh.wait_port(identity.address, self.is_running, timeout=_BOOT_SECONDS):
            raise HostsError(
                f"{host.name} did not boot", f"see {self.console} [{self._console_tail()}]"
            )

    def wait_ready(self, network: Network, *, whole: bool) -> str:
        """Wait until logins work (if whole: until all is started); return systemd's state."""
        wait = "systemctl is-system-running --wait" if whole else "systemctl is-system-running"
        # While /run/nologin is there, sshd turns away everyone but root.
        line = f"while [ -e /run/nologin ]; do sleep 0.05; done; {wait}"
        deadline = time.monotonic() + _BOOT_SECONDS
        while True:
            done = ssh.capture(
                self.paths, network.address(self.host.index), line, timeout=_BOOT_SECONDS
            )
            state = done.stdout.strip()
            if state and not (
                whole and state in ("offline", "initializing", "starting", "unknown")
            ):
                return state
            if time.monotonic() > deadline or not self.is_running():
                raise HostsError(
                    f"{self.host.name} has no ssh login ({state or done.stderr.strip()})",
                    f"see {self.console} [{self._console_tail()}]",
                )
            time.sleep(0.1)

    def stop(self) -> None:
        """Shut the host down cleanly and unmount it; its disk stays."""
        supervisor = process.running_pid(self.pidfile)
        if supervisor is not None:
            for child in process.children(supervisor):
                process.kill(child, signal.SIGTERM)
            if not process.wait_gone(self.pidfile, _STOP_SECONDS):
                self._kill()
                self._clear()
                raise HostsError(
                    f"{self.host.name} did not shut down in {_STOP_SECONDS} s and was switched off",
                    f"see {self.console}",
                )
        self._clear()

    def destroy(self) -> None:
        """Switch the host off and delete everything of it, whatever state it is in."""
        self._kill()
        self._clear()
        shutil.rmtree(self.folder)

    def _kill(self) -> None:
        supervisor = process.running_pid(self.pidfile)
        if supervisor is not None:
            nspawns = process.children(supervisor)
            # The supervisor first, so that it doesn't boot again. Then the host's own process 1:
            # nspawn notices and tidies up, which it can't when it is killed itself.
            process.kill(supervisor, signal.SIGKILL)
            for nspawn in nspawns:
                for init in process.children(nspawn):
                    process.kill(init, signal.SIGKILL)
                if not process.wait_pid(nspawn, 5):
                    process.kill(nspawn, signal.SIGKILL)
        cgroups.remove(self.paths, self.host.name)

    def _mount(self) -> None:
        for part in ("upper", "work", "root", "containers"):
            (self.folder / part).mkdir(exist_ok=True)
        tree = ensure_tree(self.paths, RELEASES[self.host.podman], bare=self.host.bare)
        if not (self.folder / "home").is_dir():
            run(
                ["cp", "-a", str(tree / "home"), str(self.folder / "home")],
                what="the home folders cannot be made",
            )
        if self.root.is_mount():
            return
        layers = f"lowerdir={tree},upperdir={self.folder / 'upper'},workdir={self.folder / 'work'}"
        run(
            [
                "mount",
                "-t",
                "overlay",
                "-o",
                layers,
                f"quadlet-fleet-{self.host.name}",
                str(self.root),
            ],
            what="the host's overlay cannot be mounted",
            remedy="set QUADLET_HOSTS_DIR to a folder on a plain disk, which an overlay isn't",
        )

    def _clear(self) -> None:
        """Remove what a boot left outside the host's folder: processes, mounts, the pid."""
        cgroups.remove(self.paths, self.host.name)
        # A killed nspawn leaves these; newer ones refuse to boot while the first is there.
        for part in ("unix-export", "propagate"):
            remains = Path("/run/systemd/nspawn", part, self.paths.machine_name(self.host.name))
            _detach(remains)
            with contextlib.suppress(OSError):
                remains.rmdir()
        _detach(self.root)
        self.pidfile.unlink(missing_ok=True)

    def _nspawn(self, network: Network) -> list[str]:
        return [
            "systemd-nspawn",
            "--boot",
            f"--directory={self.root}",
            # Unique on this machine: nspawn names the network interface after it.
            f"--machine={self.paths.machine_name(self.host.name)}",
            f"--hostname={self.host.name}",
            f"--network-bridge={network.bridge}",
            # Often there is no machined to register with, and ssh is the only way in anyway.
            "--register=no",
            *([] if cgroups.is_managed() else ["--keep-unit"]),
            # Podman mounts, makes namespaces and loads nftables rules and BPF programs.
            "--capability=all",
            "--system-call-filter=@known",
            # Podman's overlay driver can't put layers on an overlay: its storage is on the disk.
            f"--bind={self.folder / 'containers'}:/var/lib/containers",
            f"--bind={self.folder / 'home'}:/home",
            "--resolv-conf=off",
            "--timezone=off",
            "--link-journal=no",
            "--settings=no",
            "--console=read-only",
        ]

    def _console_tail(self, lines: int = 12) -> str:
        try:
            text = self.console.read_text(encoding="utf-8", errors="replace")
        except FileNotFoundError:
            return "no console output"
        plain = _TERMINAL_CODES.sub("", text).splitlines()[-lines:]
        return " | ".join(line.strip() for line in plain if line.strip())


def _detach(path: Path) -> None:
    """Unmount a folder; while something still looks at it, the kernel finishes that later."""
    if not path.is_mount() or succeeds(["umount", str(path)]):
        return
    # It may also have gone by itself in this moment, with the nspawn that made it.
    if not succeeds(["umount", "--lazy", str(path)]) and path.is_mount():
        raise HostsError(f"{path} cannot be unmounted", "see `mount` for what is there")


def read_host(paths: Paths, name: str) -> Host | None:
    """The remembered host of this name; a half-made one is none."""
    try:
        return Host(**json.loads((paths.hosts / name / "host.json").read_text(encoding="utf-8")))
    except (FileNotFoundError, ValueError, TypeError):
        return None


def read_hosts(paths: Paths) -> list[Host]:
    """All remembered hosts by name; a folder without a record (a half-made host) is none."""
    names = sorted(entry.parent.name for entry in paths.hosts.glob("*/host.json"))
    return [host for host in (read_host(paths, name) for name in names) if host]


def allocate(paths: Paths, name: str, podman: str, *, network_online: bool, bare: bool) -> Host:
    """Record a new host with the lowest free address."""
    with paths.lock("hosts"):
        network = current(paths)
        used = {host.index for host in read_hosts(paths)}
        free = next((index for index in network.indexes if index not in used), None)
        if free is None:
            raise HostsError(
                f"no address is free in {network.subnet}", "destroy hosts that nobody needs"
            )
        host = Host(name, podman, free, network_online, uuid.uuid4().hex, bare)
        write_text(paths.hosts / name / "host.json", json.dumps(asdict(host)) + "\n")
        return host
