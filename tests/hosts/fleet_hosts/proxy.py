# Copyright (c) quadlet.fleet contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A forward proxy on the bridge that leads to the Debian mirror and nowhere else."""

from __future__ import annotations

import re
import shutil
import typing as t
from pathlib import Path
from urllib.parse import urlsplit

from . import apt, network, preflight, process
from .errors import HostsError
from .network import Network
from .paths import Paths, write_text
from .progress import step

PORT = 3128
# Its program needs no more than libc, and that of an older release runs on every newer one.
_SUITE = "bookworm"
_APT_PROXY = re.compile(r'Acquire::http::Proxy(?:::(?P<host>[^ ]+))? "(?P<url>[^"]*)";')


def up(paths: Paths) -> str:
    """Run the proxy; return its URL."""
    preflight.prepare(paths)
    with paths.lock("registry-process"):
        joined = network.ensure(paths)
        if not is_running(paths):
            program = _ensure_program(paths)
            hosts = [urlsplit(apt.debian_mirror()).hostname or ""]
            folder = paths.base / "proxy"
            write_text(folder / "filter", allowed(hosts))
            write_text(folder / "config", config(folder, joined, upstream(apt.proxy_options())))
            argv = [str(program), "-d", "-c", str(folder / "config")]
            process.spawn(argv, pidfile=_pidfile(paths), log=folder / "log")
        if not process.wait_port(joined.gateway, PORT, pidfile=_pidfile(paths)):
            log = paths.base / "proxy" / "log"
            raise HostsError(f"no proxy answers on {url(joined)}", f"see {log}")
        return url(joined)


def down(paths: Paths) -> None:
    """Stop the proxy."""
    preflight.require_root()
    with paths.lock("registry-process"):
        process.end(_pidfile(paths))


def is_running(paths: Paths) -> bool:
    """Whether the proxy's process lives."""
    return process.running_pid(_pidfile(paths)) is not None


def url(joined: Network) -> str:
    """Where hosts find it, whether it runs or not."""
    return f"http://{joined.gateway}:{PORT}"


def allowed(hosts: t.Iterable[str]) -> str:
    """The filter: one expression a line, each for one whole host name."""
    return "".join(f"^{re.escape(host)}$\n" for host in hosts)


def upstream(options: t.Iterable[str]) -> str:
    """HOST:PORT of the proxy that this machine's apt itself goes through; "" when it needs none."""
    for line in options:
        found = _APT_PROXY.fullmatch(line.strip())
        if found and not found["host"] and urlsplit(found["url"]).hostname:
            parts = urlsplit(found["url"])
            return f"{parts.hostname}:{parts.port or 80}"
    return ""


def config(folder: Path, joined: Network, through: str) -> str:
    """The proxy's configuration."""
    lines = [
        f"Port {PORT}",
        f"Listen {joined.gateway}",
        f"Allow {joined.subnet}",
        "Timeout 120",
        "MaxClients 200",
        "LogLevel Warning",
        "DisableViaHeader Yes",
        "ConnectPort 443",
        f'Filter "{folder / "filter"}"',
        "FilterDefaultDeny Yes",
        "FilterExtended On",
        *([f"Upstream http {through}"] if through else []),
    ]
    return "\n".join(lines) + "\n"


def _pidfile(paths: Paths) -> Path:
    return paths.base / "proxy" / "pid"


def _ensure_program(paths: Paths) -> Path:
    """Debian's tinyproxy, unpacked, not installed: its package would start a service of its own."""
    final = paths.base / "proxy" / "program"
    if not final.exists():
        half = paths.base / "proxy" / ".program"
        shutil.rmtree(half, ignore_errors=True)
        with step("fetching the proxy's program"):
            apt.download(paths, [_SUITE], ["tinyproxy-bin"], half)
        half.rename(final)
    return final / "usr/bin/tinyproxy"
