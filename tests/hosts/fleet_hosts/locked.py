# Copyright (c) quadlet.fleet contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A second door to the registry's images: TLS with a CA of its own, and a password is asked for."""

from __future__ import annotations

import base64
import json
import shutil
from pathlib import Path

from . import network, preflight, process, registry
from .errors import HostsError
from .paths import Paths, write_text
from .shell import run

PORT = 5001
ADDRESS = f"registry.test:{PORT}"
USER, PASSWORD = "fleet", "open-sesame-5001"
# The password's hash, as htpasswd -B writes it.
_HASH = "$2y$05$quadletfleettests1234uFsw6gBF.EFH8ob5VVcbmHuVltvAcAJq"
_DAYS = "7300"


def up(paths: Paths) -> None:
    """Run it beside the registry, with the same images, which it only gives out."""
    preflight.prepare(paths)
    with paths.lock("registry-process"):
        joined = network.ensure(paths)
        if process.running_pid(_pidfile(paths)) is None:
            folder = _folder(paths)
            _make_certificates(folder)
            write_text(folder / "htpasswd", f"{USER}:{_HASH}\n")
            config = folder / "config.yml"
            write_text(config, _config(paths, f"{joined.gateway}:{PORT}"))
            program = str(registry.ensure_program(paths))
            process.spawn(
                [program, "serve", str(config)], pidfile=_pidfile(paths), log=folder / "log"
            )
        if not process.wait_port(joined.gateway, PORT, pidfile=_pidfile(paths)):
            log = _folder(paths) / "log"
            raise HostsError(f"nothing answers on {joined.gateway}:{PORT}", f"see {log}")


def down(paths: Paths) -> None:
    """Stop it; the registry itself goes on."""
    preflight.require_root()
    with paths.lock("registry-process"):
        process.end(_pidfile(paths))


def is_running(paths: Paths) -> bool:
    """Whether its process lives."""
    return process.running_pid(_pidfile(paths)) is not None


def certificate(paths: Paths) -> Path:
    """Its CA's certificate, which no host knows."""
    path = _folder(paths) / "ca.crt"
    if not path.exists():
        raise HostsError("the registry with a password was never run", "hosts registry up --auth")
    return path


def login(user: str, password: str) -> str:
    """The auth.json that `podman login` writes for it."""
    word = base64.b64encode(f"{user}:{password}".encode()).decode()
    return json.dumps({"auths": {ADDRESS: {"auth": word}}}, indent="\t")


def _folder(paths: Paths) -> Path:
    return paths.registry / "locked"


def _pidfile(paths: Paths) -> Path:
    return _folder(paths) / "pid"


def _config(paths: Paths, address: str) -> str:
    folder = _folder(paths)
    return json.dumps(
        {
            "version": 0.1,
            "log": {"level": "warn"},
            "storage": {
                "filesystem": {"rootdirectory": str(paths.registry / "storage")},
                "maintenance": {"readonly": {"enabled": True}},
            },
            "auth": {"htpasswd": {"realm": "tests", "path": str(folder / "htpasswd")}},
            "http": {
                "addr": address,
                "tls": {
                    "certificate": str(folder / "server.crt"),
                    "key": str(folder / "server.key"),
                },
            },
        },
        indent=2,
    )


def _make_certificates(folder: Path) -> None:
    """The CA's and the server's, made once; the server's comes last."""
    if (folder / "server.crt").exists():
        return
    shutil.rmtree(folder, ignore_errors=True)
    write_text(folder / "server.ext", "subjectAltName=DNS:registry.test\n")
    new = ["openssl", "req", "-newkey", "rsa:2048", "-nodes", "-keyout"]
    ca = [*new, "ca.key", "-x509", "-days", _DAYS, "-subj", "/CN=CA of the tests", "-out", "ca.crt"]
    asked = [*new, "server.key", "-subj", "/CN=registry.test", "-out", "server.csr"]
    signer = ["-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial", "-days", _DAYS]
    words = ["openssl", "x509", "-req", "-in", "server.csr", *signer, "-extfile", "server.ext"]
    for argv in (ca, asked, [*words, "-out", "server.crt"]):
        run(argv, what="openssl can't make certificates", cwd=folder)
