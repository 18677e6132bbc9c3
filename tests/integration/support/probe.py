"""Sent to a host, prints as JSON all that a run which changes nothing must leave as it was.

trees: every path below the unit and state directories, linger and the generators' output,
with type, mode, owner, time and digest (times of directories aside: reading makes none).
leftovers: names in the places for temporary files.  managers: when each manager last read
its units.  services: each service's state and InvocationID.  containers: ids by name.
"""

from __future__ import annotations

import glob
import hashlib
import json
import os
import pwd
import stat
import subprocess

TREES = (
    "/etc/containers",
    "/etc/systemd/system",
    "/run/containers/systemd",
    "/usr/share/containers/systemd",
    "/var/lib/quadlet.fleet",
    "/var/lib/systemd/linger",
    *glob.glob("/home/*/.config"),
    *glob.glob("/home/*/.local/state"),
    *glob.glob("/srv/quadlet-tests*"),
)
TEMPORARY = ("/tmp", "/var/tmp", "/dev/shm", *glob.glob("/run/user/*"))
# Ansible's own, and what podman and systemd make for themselves. A lock stays: deleting one
# that someone else waits for would let two in.
NOISE = (
    "ansible",
    "podman-",
    "storage-run-",
    "containers-user-",
    "systemd-private-",
    "podman",
    "libpod",
    "netns",
    "crun",
    "runc",
    "bus",
    "gnupg",
    "dbus-1",
    "containers",
    "pk-debconf",
)


def entry(path: str) -> str:
    info = os.lstat(path)
    words = [oct(info.st_mode), str(info.st_uid), str(info.st_gid)]
    if stat.S_ISREG(info.st_mode):
        with open(path, "rb") as stream:
            words += [str(info.st_mtime_ns), hashlib.sha256(stream.read()).hexdigest()[:16]]
    elif stat.S_ISLNK(info.st_mode):
        words.append(os.readlink(path))
    return " ".join(words)


def trees() -> dict[str, str]:
    found = {}
    for top in TREES:
        for folder, dirs, names in os.walk(top):
            # Podman's own state of storage and networks; the engine, which a run may keep or not;
            # what failed runs have told.
            kept = ["engine", "failures"] if "/quadlet.fleet" in folder else ["networks"]
            dirs[:] = [name for name in dirs if name not in kept]
            for name in [*dirs, *names]:
                path = os.path.join(folder, name)
                found[path] = entry(path)
    return found


def leftovers() -> dict[str, str]:
    found = {}
    for top in TEMPORARY:
        for name in os.listdir(top) if os.path.isdir(top) else ():  # a user may just have left
            is_lock = name.startswith("quadlet.fleet") and name.endswith(".lock")
            if not (name.lstrip(".").startswith(NOISE) or (top.startswith("/run/") and is_lock)):
                found[f"{top}/{name}"] = "there"
    return found


def managers() -> dict[str, tuple[list[str], str]]:
    """How to reach the system's manager and those of users that run, and what is generated."""
    found = {"system": (["systemctl"], "/run/systemd/generator")}
    for path in glob.glob("/run/user/*/bus"):
        uid = int(path.split("/")[3])
        name = pwd.getpwuid(uid).pw_name
        command = [
            "runuser",
            "-u",
            name,
            "--",
            "env",
            "--chdir=/",
            f"XDG_RUNTIME_DIR=/run/user/{uid}",
        ]
        found[name] = ([*command, "systemctl", "--user"], f"/run/user/{uid}/systemd/generator")
    return found


def run(argv: list[str]) -> str:
    return subprocess.run(
        argv, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=False
    ).stdout


def services(systemctl: list[str], generated: str) -> dict[str, str]:
    """Services that a generator made."""
    names = sorted(os.path.basename(path) for path in glob.glob(f"{generated}/*[!@].service"))
    if not names:
        return {}
    shown = run([*systemctl, "show", "-pId,ActiveState,SubState,InvocationID", "--", *names])
    rows = [
        dict(line.split("=", 1) for line in block.splitlines()) for block in shown.split("\n\n")
    ]
    keys = ("ActiveState", "SubState", "InvocationID")
    return {row["Id"]: " ".join(row[key] for key in keys) for row in rows}


def main() -> None:
    loaded, running = {}, {}
    for name, (systemctl, generated) in managers().items():
        loaded[name] = run([*systemctl, "show", "-pUnitsLoadTimestampMonotonic"]).strip()
        running.update(
            {f"{name} {key}": value for key, value in services(systemctl, generated).items()}
        )
    print(
        json.dumps(
            {"trees": trees(), "leftovers": leftovers(), "managers": loaded, "services": running}
        )
    )


main()
