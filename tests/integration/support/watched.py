"""A run of ansible-playbook with its output as it comes, and a registry that takes its time."""

from __future__ import annotations

import contextlib
import fcntl
import http.server
import os
import pty
import struct
import subprocess
import termios
import threading
import time
import typing as t
import urllib.request

from tests.unit.support.terminal import Terminal

from .hosts import Host
from .playbooks import ROOT

Line = tuple[float, str]


class Watched:
    """A run that goes on.  lines: of its output, with the seconds after its begin."""

    def __init__(self, argv: t.Sequence[str], environment: t.Mapping[str, str]) -> None:
        self.began = time.monotonic()
        self.lines: list[Line] = []
        self._process = subprocess.Popen(
            list(argv),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={**os.environ, **environment},
            cwd=ROOT,
            text=True,
        )
        self._thread = threading.Thread(target=self._read)
        self._thread.start()

    def _read(self) -> None:
        assert self._process.stdout
        for line in self._process.stdout:
            self.lines.append((time.monotonic() - self.began, line.rstrip("\n")))

    def wait(self) -> int:
        """Its status, at its end."""
        self._thread.join()
        assert self._process.stdout
        self._process.stdout.close()
        return self._process.wait()

    @property
    def output(self) -> str:
        """All of it."""
        return "\n".join(line for _at, line in self.lines)


class OnTerminal:
    """A run on a terminal.  screens: what was to be seen each time something was written."""

    def __init__(
        self, argv: t.Sequence[str], environment: t.Mapping[str, str], width: int, height: int
    ) -> None:
        self.terminal = Terminal(width, height)
        self.screens: list[tuple[str, ...]] = []
        self._main, other = pty.openpty()
        fcntl.ioctl(other, termios.TIOCSWINSZ, struct.pack("HHHH", height, width, 0, 0))
        self._process = subprocess.Popen(
            list(argv),
            stdin=subprocess.DEVNULL,
            stdout=other,
            stderr=other,
            env={**os.environ, "TERM": "xterm", **environment},
            cwd=ROOT,
        )
        os.close(other)
        self._thread = threading.Thread(target=self._read)
        self._thread.start()

    def _read(self) -> None:
        with contextlib.suppress(OSError):  # at its end
            while data := os.read(self._main, 65536):
                self.terminal.write(data)
                self.screens.append(tuple(self.terminal.shown))

    def wait(self) -> int:
        """Its status, at its end."""
        self._thread.join()
        os.close(self._main)
        return self._process.wait()


class _Slow(http.server.BaseHTTPRequestHandler):
    """Hands requests on to the registry; layers and their like come late."""

    protocol_version = "HTTP/1.1"
    seconds = 0.0
    registry = ""

    def do_GET(self) -> None:
        """A request of Podman's."""
        if "/blobs/" in self.path:
            time.sleep(self.seconds)
        accepted = ", ".join(self.headers.get_all("Accept") or [])
        asked = urllib.request.Request(f"{self.registry}{self.path}", headers={"Accept": accepted})
        with urllib.request.urlopen(asked, timeout=60) as answer:
            body = answer.read()
            self.send_response(answer.status)
            for name in ("Content-Type", "Docker-Content-Digest"):
                if answer.headers.get(name):
                    self.send_header(name, answer.headers[name])
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_words: t.Any) -> None:
        """Nothing."""


@contextlib.contextmanager
def slow_registry(hosts: t.Sequence[Host], seconds: float) -> t.Iterator[str]:
    """HOST:PORT of a registry with the images of the tests, which hosts may use."""
    address = hosts[0].ssh("getent hosts registry.test").split()[0]
    given = {"seconds": seconds, "registry": f"http://{address}:5000"}
    handler = type("Slow", (_Slow,), given)
    with http.server.ThreadingHTTPServer((address, 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        name = f"registry.test:{server.server_port}"
        path = "/etc/containers/registries.conf.d/slow.conf"
        try:
            for host in hosts:
                host.write(path, f'[[registry]]\nlocation = "{name}"\ninsecure = true\n')
            yield name
        finally:
            for host in hosts:
                host.ssh(f"rm -f {path}")
            server.shutdown()
            thread.join()


def let_sudo(host: Host) -> None:
    """Lets alice in by ssh, and become root."""
    host.ssh(
        "install -d -o alice -g alice -m 700 /home/alice/.ssh && "
        "install -o alice -g alice -m 600 /root/.ssh/authorized_keys /home/alice/.ssh/"
    )
    host.write("/etc/sudoers.d/alice", "alice ALL=(ALL) NOPASSWD: ALL\n", mode="0440")
