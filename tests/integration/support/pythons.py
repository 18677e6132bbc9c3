"""Pythons of a managed node: its own, or a copy of one that this machine has."""

from __future__ import annotations

import shlex
import subprocess
import typing as t

from .playbooks import ROOT

_ASK = "import sys; print(sys.base_prefix)"
_WORKS = "import ctypes, json, ssl, sys; print('.'.join(map(str, sys.version_info[:3])))"
_LEFT_OUT = ("site-packages/*", "test", "idlelib", "tkinter", "turtledemo", "ensurepip", "config-*")
"""Of its library: what modules of a host must not need, and what is large."""


class Reached(t.Protocol):
    """The host."""

    def ssh(self, command: str, *, text: str | None = None) -> str:
        """Runs a shell line as root; what it printed."""

    def exists(self, path: str) -> bool:
        """Whether a path is there."""

    @property
    def command(self) -> list[str]:
        """The words that run a shell line there."""


class MissingPythonError(Exception):
    """Neither the host nor this machine has it."""


def provide_python(host: Reached, version: str) -> str:
    """The path on the host of a Python such as 3.9; copied to /opt where the host has none."""
    own, copied = f"/usr/bin/python{version}", f"/opt/python{version}/bin/python{version}"
    path = own if host.exists(own) else copied
    if not host.exists(path):
        _copy(host, version)
    told = host.ssh(f"cd / && {path} -c {shlex.quote(_WORKS)}")
    assert told.startswith(f"{version}."), f"{path} is Python {told}"
    return path


def _copy(host: Reached, version: str) -> None:
    searched = subprocess.run(
        [ROOT / "tests/find-python", "--debian", version],
        capture_output=True,
        text=True,
        check=False,
    )
    if searched.returncode:
        raise MissingPythonError(f"no Python {version} on the host or on this machine")
    asked = subprocess.run(
        [searched.stdout.strip(), "-c", _ASK], capture_output=True, text=True, check=True
    )
    # The bytecode goes along: a host need not compile what it may not keep.
    left_out = " ".join(f"--exclude=lib/python{version}/{shlex.quote(part)}" for part in _LEFT_OUT)
    # A shared libpython, or what Debian's brings.
    more = f"$(ls -d lib/libpython{version}*.so* brought 2>/dev/null)"
    parts = f"bin/python{version} lib/python{version} {more}"
    there, prefix = f"/opt/python{version}", asked.stdout.strip()
    take = f"mkdir -p {there} && tar -x --no-same-owner -C {there}"
    moved = f"sed -i 's|{prefix}|{there}|g' {there}/bin/python{version}"
    # A libpython is looked for where it was built, or where ldconfig has found it.
    found = f"echo {there}/lib >/etc/ld.so.conf.d/python{version}.conf && ldconfig"
    find = f"if test -e {there}/brought; then {moved}; else {found}; fi"
    packed = f"cd {shlex.quote(prefix)} && tar -c {left_out} {parts}"
    unpacked = f"{shlex.join(host.command)} {shlex.quote(f'{take} && {find}')}"
    subprocess.run(["bash", "-o", "pipefail", "-c", f"{packed} | {unpacked}"], check=True)
