# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Lint rules for access to the host, and for secrets in texts that everybody can read."""

from __future__ import annotations

import functools
import re
import typing as t

from ..mounts.judge import Fault
from ..quadlet.keys import SECTIONS, Key
from ..quadlet.kinds import kind_of
from .values import published_port
from .view import Hit, Hits, Line, Merged, words_of

_SECRET_NAME = re.compile(
    r"(?:^|_)(?:PASSWORD|PASSWD|PASSPHRASE|TOKEN|SECRET|SECRET_KEY_BASE|"
    r"(?:API|SECRET|PRIVATE|ACCESS|ENCRYPTION|SIGNING|AUTH)_?KEY)$",
    re.IGNORECASE,
)
_NO_SECRET = re.compile(r"|yes|no|true|false|on|off|[01]|/.*|.*[$%].*", re.IGNORECASE)
_SOCKET = re.compile(
    r"(?:^|[=\s])([^:,=\s]*(?:(?:docker|podman)\.sock|/system_bus_socket|/run/dbus|"
    r"(?:%t|/run/user/\d+)/bus))(?=[:,\s]|$)"
)
# fmt: off
_SYSTEM_DIRECTORIES = frozenset({
    "/", "/bin", "/boot", "/dev", "/etc", "/lib", "/lib64", "/proc", "/root", "/run", "/sbin",
    "/sys", "/usr", "/var", "/var/lib", "/var/lib/containers",
})
# fmt: on
_OPENING = re.compile(
    r"--privileged(?:=true)?|--(?:pid|ipc)=host|"
    r"--cap-add=(?:CAP_)?(?:ALL|SYS_ADMIN)|--security-opt=seccomp=unconfined|"
    r"--device=/dev/(?:mem|kmem|port)(?::.*)?",
    re.IGNORECASE,
)
_OPENING_KEYS = {
    "AddCapability": re.compile(r"(?:CAP_)?(?:ALL|SYS_ADMIN)", re.IGNORECASE),
    "SeccompProfile": re.compile(r"unconfined"),
}
_SHORT = {
    "-e": "--env",
    "-h": "--hostname",
    "-l": "--label",
    "-m": "--memory",
    "-p": "--publish",
    "-u": "--user",
    "-v": "--volume",
    "-w": "--workdir",
}


def looks_secret(name: str, value: str) -> bool:
    """Whether a variable holds a secret, by its name."""
    return bool(_SECRET_NAME.search(name)) and not _NO_SECRET.fullmatch(value)


def secrets(unit: Merged) -> Hits:
    """Finds secrets in variables; messages do not show values."""
    for line in unit.own("Environment", "BuildArg"):
        if "=" not in line.value:
            continue
        for word in words_of(line.value):
            name, _equals, value = word.partition("=")
            if looks_secret(name, value):
                yield Hit("secret-in-environment", line, f"{name} looks like a secret")


def ports(unit: Merged) -> Hits:
    """Finds ports that a user may not open."""
    for line in unit.own("PublishPort") if unit.app.context.rootless else ():
        port = published_port(line.value)
        if port is not None and 0 < port < 1024:
            yield Hit("rootless-port", line, f"port {port} is below 1024")


def privileges(unit: Merged) -> Hits:
    """Finds keys that give access to the host."""
    for name, pattern in _OPENING_KEYS.items():
        for line in unit.own(name):
            value = next((word for word in words_of(line.value) if pattern.fullmatch(word)), None)
            if value and unit.kind.suffix == "container":
                yield Hit("host-privileges", line, f"{name}={value} opens the host")


def mounts(unit: Merged) -> Hits:
    """Finds mounts of the host's own directories and sockets."""
    for line in unit.own("Volume", "Mount", "PodmanArgs"):
        socket = _SOCKET.search(line.value)
        if socket:
            whose = "the engine's" if socket.group(1).endswith(".sock") else "systemd's"
            yield Hit("socket-mount", line, f"{socket.group(1)} is {whose} own door")
    faults = unit.app.faults.get(unit.name, [])
    for fault in faults:
        if fault.silenceable:
            yield Hit("unit-directory-mount", unit.line(*fault.line), _describe(fault))
    told = {fault.line for fault in faults}
    for grant in unit.app.grants.get(unit.name, ()):
        if grant.line in told:
            continue
        if grant.given.writable and grant.path in _SYSTEM_DIRECTORIES:
            yield Hit("host-mount", unit.line(*grant.line), f"{grant.path} is the host's own")
        elif grant.path == "/" and grant.given.deep:
            message = "what is mounted below /, such as /run, can be written all the same"
            remedy = "Add ',bind', which leaves it out, or mount what is really needed."
            yield Hit("host-mount", unit.line(*grant.line), message, remedy)


def nested_mounts(unit: Merged) -> Hits:
    """Finds mounts of paths that a container can replace by a link."""
    writable = unit.app.writable
    for grant in unit.app.grants.get(unit.name, ()):
        if grant.given.writable:
            above = next((path for path in _parents(grant.path) if path in writable), None)
            if above:
                message = f"{grant.path} lies in {above}, which {writable[above]} can write"
                yield Hit("nested-mount", unit.line(*grant.line), message)


def _parents(path: str) -> t.Iterator[str]:
    while path.count("/") > 1:
        path = path.rpartition("/")[0]
        yield path


def _describe(fault: Fault) -> str:
    if fault.verdict is None:
        return f"which paths of the host {fault.path} mounts can't be read"
    if fault.verdict.unsure:
        return f"what it mounts may be {fault.verdict.folder}, or have it in it"
    return f"{fault.real} has {fault.verdict.folder} in it"


def podman_args(unit: Merged) -> Hits:
    """Checks options in PodmanArgs=."""
    if not unit.podman_args:
        return
    known = _options(unit.kind.section)
    for line, words in unit.podman_args:
        for option in _joined(words):
            name, _equals, value = option.partition("=")
            if _OPENING.fullmatch(option):
                yield Hit("host-privileges", line, f"{option} opens the host")
            elif name == "--restart":
                yield Hit("restart-option", line, f"{option} is for containers without systemd")
            yield from _argument(unit, line, name, value)
            key = known.get(name) or known.get(f"{name}={value.partition('=')[0]}")
            if key and max(key.since, key.option_since) <= unit.app.context.version:
                message = f"{name} has a key of its own"
                yield Hit("native-key", line, message, f"Use {key.name}=.")


def _argument(unit: Merged, line: Line, name: str, value: str) -> Hits:
    source = value.partition(":")[0]
    if name == "--mount":
        options = dict(part.partition("=")[::2] for part in value.split(","))
        source = options.get("source", options.get("src", ""))
    if kind_of(source) and (source in unit.app.visible or name in ("--pod", "--network")):
        yield Hit("unit-in-podman-args", line, f"{source} is no name of Podman's")


def _joined(words: t.Sequence[str]) -> t.Iterator[str]:
    """Each option as `--option=value`."""
    following = [*words[1:], ""]
    for word, after in zip(words, following):
        short = _SHORT.get(word[:2])
        if short and not word.startswith("--"):
            yield f"{short}={word[2:].lstrip('=') or after}"
        elif word.startswith("--"):
            separate = "=" not in word and after and not after.startswith("-")
            yield f"{word}={after}" if separate else word


@functools.cache
def _options(section: str) -> dict[str, Key]:
    """Keys by the option of Podman that each becomes."""
    return {key.option.rstrip("="): key for key in SECTIONS.get(section, {}).values() if key.option}


SAFETY_RULES = (secrets, ports, privileges, mounts, nested_mounts, podman_args)
