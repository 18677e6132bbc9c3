"""Services whose podman is a stub on a host: it writes down which arguments systemd gave it."""

from __future__ import annotations

import base64
import io
import tarfile
import typing as t

from .hosts import Host

STUB = "/usr/local/bin/recording-podman"
RECORDS = "/run/recording-podman"
UNITS = "/run/systemd/system"
PREFIX = "recorded-"
"""How the names of these services begin."""

# The number of arguments, then each; a NUL ends each of them, as none can hold one.
SCRIPT = f"""#!/bin/sh
printf '%s\\0' "$#" "$@" >>"{RECORDS}/$RECORD"
"""


def install(host: Host, services: t.Mapping[str, bytes]) -> None:
    """Puts the stub and the services on the host, and lets its systemd read them."""
    host.write(STUB, SCRIPT, mode="0755")
    host.ssh(
        f"rm -rf {RECORDS} && mkdir {RECORDS} && base64 -d | tar x -C {UNITS}"
        " && systemctl daemon-reload",
        text=base64.b64encode(_packed(services)).decode(),
    )


def start(host: Host) -> str:
    """Starts all of them in one call; what systemctl said."""
    done = host.try_ssh(f"cd {UNITS} && systemctl start {PREFIX}*.service", timeout=600)
    lines = (done.stdout + done.stderr).splitlines()
    # Each of them has its source elsewhere, so systemd thinks that it changed.
    return "\n".join(line for line in lines if not line.startswith("Warning: The unit file"))


def read(host: Host) -> dict[str, list[list[bytes]]]:
    """The argument lists of the stub's runs, by service."""
    packed = base64.b64decode(host.ssh(f"tar c -C {RECORDS} . | base64 -w0"))
    found = {}
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        for member in archive.getmembers():
            file = archive.extractfile(member)
            if file:
                found[member.name.rpartition("/")[2]] = _runs(file.read())
    return found


def remove(host: Host) -> None:
    """Takes everything off the host again."""
    host.ssh(
        f"cd {UNITS} && systemctl stop {PREFIX}*.service; rm -f {PREFIX}*.service;"
        f" systemctl daemon-reload; systemctl reset-failed '{PREFIX}*'; rm -rf {RECORDS} {STUB}"
    )


def _packed(files: t.Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, data in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return buffer.getvalue()


def _runs(data: bytes) -> list[list[bytes]]:
    words = data.split(b"\0")[:-1]
    runs = []
    while words:
        count = int(words[0])
        runs.append(words[1 : count + 1])
        words = words[count + 1 :]
    return runs
