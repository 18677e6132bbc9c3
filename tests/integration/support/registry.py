"""The registry that wants a password and has a CA of its own: logins, and whether it runs."""

from __future__ import annotations

import json
import pathlib

from .hosts import Host, run_cli

LOCKED = "registry.test:5001"
CA_DIR = "/srv/ca-of-the-tests"
PASSWORD = "open-sesame-5001"


def start() -> None:
    """Runs it; what runs already goes on."""
    run_cli("registry", "up", "--auth")


def stop() -> None:
    """Stops it, and not the open registry, which other tests use."""
    run_cli("registry", "down", "--auth")


def login(password: str = PASSWORD) -> str:
    """An auth.json for it; with another password it is a wrong one."""
    return run_cli("registry", "login", "--password", password)


def words() -> list[str]:
    """What is secret of a right login, in both of its forms."""
    (entry,) = json.loads(login())["auths"].values()
    return [PASSWORD, entry["auth"]]


def put_certificate(host: Host) -> None:
    """Makes CA_DIR on a host, which trusts the CA only where it is told to look there."""
    path = pathlib.Path(run_cli("registry", "ca").strip())
    host.write(f"{CA_DIR}/ca.crt", path.read_text(encoding="ascii"))
