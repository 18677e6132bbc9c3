"""Throwaway hosts of the tests: booted, reached over ssh, looked at."""

from __future__ import annotations

import concurrent.futures
import json
import os
import pathlib
import shlex
import subprocess
import time
import typing as t

from . import kept
from .playbooks import ROOT
from .pythons import provide_python

CLI = ROOT / "tests" / "hosts" / "hosts"
PROBE = pathlib.Path(__file__).with_name("probe.py")
COMPILED = pathlib.Path(__file__).with_name("compiled.py")
IMAGE = "registry.test:5000/busybox:1"
QUICK = "GOGC=400"
"""For Podman, started thousands of times: most of its processes end before Go collects garbage."""


def run_cli(*words: str) -> str:
    """Runs tests/hosts/hosts; its last words are the reason when it fails."""
    done = subprocess.run(
        [str(CLI), *words], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"hosts {' '.join(words)}: {done.stderr[-2000:]}"
    return done.stdout


class Host:
    """One running host."""

    def __init__(self, name: str, podman: str, folder: pathlib.Path) -> None:
        self.name = name
        self.podman = podman
        self.python = "/usr/bin/python3"
        self.inventory = folder / f"{name}.json"
        data = json.loads(run_cli("inventory", name, "--json"))
        self.inventory.write_text(json.dumps(data), encoding="utf-8")
        variables = data["all"]["vars"]
        self.address: str = data["all"]["hosts"][name]["ansible_host"]
        self._ssh = [
            "ssh",
            *shlex.split(variables["ansible_ssh_common_args"]),
            *("-i", variables["ansible_ssh_private_key_file"], "-o", "BatchMode=yes"),
            *("-o", "ControlMaster=auto", "-o", "ControlPersist=60"),
            *("-o", f"ControlPath={folder}/m-%C", f"root@{self.address}"),
        ]

    @property
    def command(self) -> list[str]:
        """The words that run a shell line there as root."""
        return list(self._ssh)

    def use_python(self, version: str) -> None:
        """Has Ansible run modules by this Python."""
        self.python = provide_python(self, version)
        self.set_variable("ansible_python_interpreter", self.python)

    def set_variable(self, name: str, value: t.Any) -> None:
        """Gives the host this variable in its inventory."""
        data = json.loads(self.inventory.read_text(encoding="utf-8"))
        data["all"]["vars"][name] = value
        self.inventory.write_text(json.dumps(data), encoding="utf-8")

    def try_ssh(
        self, command: str, *, text: str | None = None, timeout: float = 120
    ) -> subprocess.CompletedProcess[str]:
        """One shell line as root, whatever its exit status."""
        return subprocess.run(
            [*self._ssh, command],
            input=text or "",
            capture_output=True,
            text=True,
            errors="replace",
            timeout=timeout,
            check=False,
        )

    def ssh(self, command: str, *, text: str | None = None) -> str:
        """One shell line as root; what it printed."""
        done = self.try_ssh(command, text=text)
        assert done.returncode == 0, (
            f"{command}: status {done.returncode}\n{done.stdout}{done.stderr}"
        )
        return done.stdout.strip()

    def write(self, path: str, text: str, *, owner: str = "root", mode: str = "0644") -> None:
        """Puts a file on the host, as a colleague with an editor would."""
        folder = shlex.quote(path.rpartition("/")[0])
        self.ssh(
            f"runuser -u {owner} -- mkdir -p {folder} && "
            f"install -o {owner} -g {owner} -m {mode} /dev/stdin {shlex.quote(path)}",
            text=text,
        )

    def exists(self, path: str) -> bool:
        """Whether a path is there; a link that leads nowhere is."""
        quoted = shlex.quote(path)
        return self.try_ssh(f"test -e {quoted} || test -L {quoted}").returncode == 0

    def read(self, path: str) -> str:
        """A file's text."""
        return self.try_ssh(f"cat {shlex.quote(path)}").stdout

    def fetch(self, port: int, path: str = "/", *, timeout: float = 10) -> str:
        """The page that a service answers with; asked again while nothing listens yet."""
        ask = f"curl -sSf --max-time 5 http://127.0.0.1:{port}{path}"
        # curl's own --retry waits a second at least.
        done = self.try_ssh(
            f"end=$(($(date +%s) + {timeout:.0f})); until {ask} 2>/dev/null; do "
            f"[ $(date +%s) -lt $end ] || exec {ask}; sleep 0.1; done",
            timeout=timeout + 60,
        )
        assert done.returncode == 0, f"{done.stderr}\n{self.tell()}"
        return done.stdout.strip()

    def tell(self) -> str:
        """What the host's managers say of themselves, for the message of a failed test."""
        return self.try_ssh(
            "systemctl --no-pager list-jobs; systemctl --no-pager --failed; "
            "systemctl --no-pager --user --machine=alice@ --failed; "
            "journalctl --no-pager --boot --lines 60 --priority info"
        ).stdout

    def look(self) -> dict[str, t.Any]:
        """All that a run must leave alone when it changes nothing; see probe.py."""
        found: dict[str, t.Any] = json.loads(
            self.ssh("python3 -", text=PROBE.read_text(encoding="utf-8"))
        )
        return found

    def wait(self, command: str, *, timeout: float = 20) -> None:
        """Until a shell line succeeds."""
        end = time.monotonic() + timeout
        while self.try_ssh(command).returncode != 0:
            assert time.monotonic() < end, f"not within {timeout:g} s: {command}"
            time.sleep(0.1)

    def disconnect(self) -> None:
        """Ends the shared connection, as before a reboot."""
        subprocess.run(
            [*self._ssh[:-1], "-O", "exit", self._ssh[-1]], capture_output=True, check=False
        )


def differences(before: t.Mapping[str, t.Any], after: t.Mapping[str, t.Any]) -> list[str]:
    """What two looks at a host differ in, in words."""
    return [
        f"{part} {key}: {before[part].get(key)} -> {after[part].get(key)}"
        for part in before
        for key in sorted({*before[part], *after[part]})
        if before[part].get(key) != after[part].get(key)
    ]


class Fleet:
    """The hosts of one test session, each booted when it is first asked for.

    QUADLET_TEST_HOSTS=PREFIX keeps them for the next session under names with that prefix.
    QUADLET_TEST_PYTHON=3.9 has modules run by that Python.
    """

    def __init__(self, folder: pathlib.Path) -> None:
        self._folder = folder
        self._keep = bool(os.environ.get("QUADLET_TEST_HOSTS"))
        worker = os.environ.get("PYTEST_XDIST_WORKER", "")
        self._prefix = (os.environ.get("QUADLET_TEST_HOSTS") or f"it{os.getpid()}") + worker
        self._hosts: dict[tuple[str, str], Host] = {}
        self._registry = False

    def get(self, podman: str = "5.4", role: str = "a") -> Host:
        """The host with this Podman; another role is another host."""
        key = (podman, role)
        if key not in self._hosts:
            self._hosts[key] = self._boot(podman, role)
        return self._hosts[key]

    def get_all(self, wanted: t.Sequence[tuple[str, str]]) -> list[Host]:
        """Several of them, booted at once where they are not up."""
        self.get(*wanted[0])  # the registry, and what the first one builds, once
        with concurrent.futures.ThreadPoolExecutor(len(wanted)) as pool:
            return list(pool.map(lambda key: self.get(*key), wanted))

    def bare(self, podman: str = "5.4") -> Host:
        """A host without Podman, which can install it."""
        key = (podman, "bare")
        if key not in self._hosts:
            self._run_registry()
            run_cli("proxy", "up")
            name = f"{self._prefix}-{podman.replace('.', '')}bare"
            run_cli("up", name, "--podman", podman, "--bare")
            self._hosts[key] = Host(name, podman, self._folder)
        return self._hosts[key]

    def _run_registry(self) -> None:
        if not self._registry:
            run_cli("registry", "up")
            self._registry = True

    def _boot(self, podman: str, role: str) -> Host:
        self._run_registry()
        name = f"{self._prefix}-{podman.replace('.', '')}{role}"
        run_cli("up", name, "--podman", podman)
        host = Host(name, podman, self._folder)
        try:
            _prepare(host)
        except BaseException:
            run_cli("destroy", name)
            raise
        return host

    def close(self) -> None:
        """Destroys the hosts."""
        names = [host.name for host in self._hosts.values()]
        for host in self._hosts.values():
            host.disconnect()
        if names and not self._keep:
            run_cli("destroy", *names)


def _prepare(host: Host) -> None:
    """What tests expect of a host that has booted."""
    host.ssh(f"echo {QUICK} >>/etc/environment && systemctl set-environment {QUICK}")
    host.disconnect()
    # Pulled once, so that no test waits for it; alice's manager is up from here on.
    pull = f"podman image exists {IMAGE} || podman pull -q {IMAGE}"
    host.ssh(pull)
    packages = "/usr/lib/python3/dist-packages"
    host.write(f"{packages}/compiled.py", COMPILED.read_text(encoding="utf-8"))
    host.write(f"{packages}/compiled.pth", "import compiled\n")  # at each start of Python
    if os.environ.get("QUADLET_TEST_PYTHON"):
        host.use_python(os.environ["QUADLET_TEST_PYTHON"])
    else:
        kept.install(host)
        host.set_variable("ansible_python_interpreter", kept.INTERPRETER)
    host.ssh("loginctl enable-linger alice")
    host.wait("test -S /run/user/1000/bus")
    as_alice = "runuser -u alice -- env --chdir=/ HOME=/home/alice XDG_RUNTIME_DIR=/run/user/1000"
    host.ssh(f"{as_alice} sh -ec 'systemctl --user set-environment {QUICK}; {pull}'")
