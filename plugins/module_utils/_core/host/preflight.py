# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""What a host lacks to run Quadlets: checks from facts to findings."""

from __future__ import annotations

import dataclasses
import re
import typing as t

from ..quadlet.kinds import OLDEST
from .subordinate_ids import missing_remedy

PYTHON: t.Final = (3, 9)
SYSTEMD: t.Final = 248
SUBIDS: t.Final = 65536
HOLDERS: t.Final = ("conmon", "rootlessport", "pasta", "passt", "slirp4netns", "podman", "systemd")
"""Programs that hold a port for a container or a socket unit."""
TOOLS: t.Final[tuple[tuple[str, ...], ...]] = (
    ("crun", "runc"),
    ("netavark",),
    ("aardvark-dns",),
    ("nft", "iptables"),
    ("pasta", "slirp4netns"),
    ("newuidmap",),
    ("newgidmap",),
    ("catatonit",),
)
"""Programs that Podman needs; one of each row is enough."""

_USES: t.Final = {"catatonit": "for pods and RunInit="}
HELPERS: t.Final = (
    "/usr/local/libexec/podman",
    "/usr/local/lib/podman",
    "/usr/libexec/podman",
    "/usr/lib/podman",
)
"""Where Podman looks for programs before PATH, unless containers.conf says otherwise."""


class Finding(t.NamedTuple):
    """Something that is missing: the check, the fact with the actual value, the remedy."""

    check: str
    what: str
    remedy: str


@dataclasses.dataclass(frozen=True)
class User:
    """A user who runs services.  lingers: None if linger is not required."""

    exists: bool = True
    missing_ranges: tuple[str, ...] = ()
    lingers: bool | None = True
    manager: bool = True
    bus: bool = True


@dataclasses.dataclass(frozen=True)
class Storage:
    """Podman's storage.  holds: whether it contains anything."""

    path: str
    free: int
    holds: bool = False


@dataclasses.dataclass(frozen=True)
class Facts:
    """The facts of a host."""

    python: tuple[int, ...] = PYTHON
    init: str = "systemd"
    systemd: int | None = SYSTEMD
    cgroup2: bool = True
    podman: tuple[int, ...] | None = OLDEST
    podman_said: str = ""
    generator: bool = True
    lacking: tuple[tuple[str, ...], ...] = ()
    users: t.Mapping[str, User] = dataclasses.field(default_factory=dict)
    storages: tuple[Storage, ...] = ()
    ports: t.Mapping[int, str] = dataclasses.field(default_factory=dict)
    registries: t.Mapping[str, str] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True)
class Needs:
    """Additional requirements.  storage: the path of the system's storage."""

    min_free: int = 0
    storage: str | None = None
    podman: tuple[int, ...] = OLDEST


Row = t.Iterator[tuple[str, str]]


def find(facts: Facts, needs: Needs) -> list[Finding]:
    """All findings, in the order of CHECKS."""
    return [
        Finding(name, what, remedy)
        for name, check in CHECKS.items()
        for what, remedy in check(facts, needs)
    ]


def message(host: str, findings: t.Sequence[Finding]) -> str:
    """All findings of a host, a line each."""
    lines = [f"\n- {finding.check}: {finding.what}. {finding.remedy}" for finding in findings]
    count = f"{len(lines)} finding{'s' if len(lines) > 1 else ''}"
    return f"host {host} is not ready for Quadlets, {count}:{''.join(lines)}"


def holder_is_known(program: str, cgroups: str) -> bool:
    """Whether a port's holder serves a container: by its program, or by where it runs."""
    return program.startswith(HOLDERS) or "libpod" in cgroups


def _python(facts: Facts, _needs: Needs) -> Row:
    if facts.python < PYTHON:
        yield (
            f"Ansible runs Python {_dotted(facts.python)} here, {_dotted(PYTHON)} is needed",
            "Install a newer Python and name it in ansible_python_interpreter.",
        )


def _systemd(facts: Facts, _needs: Needs) -> Row:
    if facts.init != "systemd":
        yield (
            f"process 1 is {facts.init or 'unknown'}, not systemd",
            "Quadlets are services of systemd: use a host that is booted with it.",
        )
    elif facts.systemd is None or facts.systemd < SYSTEMD:
        yield (
            f"systemd is {facts.systemd or 'of unknown version'}, {SYSTEMD} is needed",
            "Use a newer release of the distribution.",
        )


def _cgroup(facts: Facts, _needs: Needs) -> Row:
    if not facts.cgroup2:
        yield (
            "/sys/fs/cgroup is not cgroup v2 alone",
            "Boot with systemd.unified_cgroup_hierarchy=1 on the kernel's command line.",
        )


def _podman(facts: Facts, needs: Needs) -> Row:
    if facts.podman is None:
        yield (
            f"there is no Podman ({facts.podman_said})",
            "Apply the role quadlet.fleet.host, or install the package podman.",
        )
    elif facts.podman[: len(needs.podman)] < needs.podman:
        yield (
            f"Podman is {_dotted(facts.podman)}, {_dotted(needs.podman)} is needed",
            "Use a newer release of the distribution, or a repository that has it.",
        )
    elif not facts.generator:
        yield (
            "Podman's systemd generator is not there",
            "Install the package of Podman that has Quadlet.",
        )


def _named(programs: t.Sequence[str]) -> str:
    use = _USES.get(programs[0])
    return f"{' or '.join(programs)}{f' ({use})' if use else ''}"


def _tools(facts: Facts, _needs: Needs) -> Row:
    if facts.lacking:
        yield (
            f"Podman needs {', '.join(map(_named, facts.lacking))}",
            "Apply the role quadlet.fleet.host, or install their packages.",
        )


def _user(facts: Facts, _needs: Needs) -> Row:
    for name, user in facts.users.items():
        if not user.exists:
            yield (
                f"there is no user {name}",
                "Name it in quadlet_host_users and apply the role quadlet.fleet.host.",
            )


def _subids(facts: Facts, _needs: Needs) -> Row:
    for name, user in facts.users.items():
        if user.exists and user.missing_ranges:
            yield (
                f"user {name} has no range in {' and '.join(user.missing_ranges)}",
                missing_remedy(name),
            )


def _manager(facts: Facts, _needs: Needs) -> Row:
    for name, user in facts.users.items():
        if not user.exists or user.lingers is None:
            continue
        if not user.lingers:
            yield (f"user {name} does not linger", f"Run: loginctl enable-linger {name}")
        elif not user.manager:
            yield (
                f"the service manager of user {name} does not run",
                f"Look at: journalctl -b -u user@$(id -u {name}).service",
            )
        elif not user.bus:
            yield (
                f"the service manager of user {name} has no bus",
                (
                    "Install dbus-user-session (Debian, Ubuntu) or dbus-broker, then run: "
                    f"systemctl restart user@$(id -u {name}).service"
                ),
            )


def _space(facts: Facts, needs: Needs) -> Row:
    for storage in facts.storages:
        if storage.free < needs.min_free:
            yield (
                (
                    f"{_size(storage.free)} are free for {storage.path}, "
                    f"{_size(needs.min_free)} are needed"
                ),
                "Make room, run podman system prune, or put the storage on another file system.",
            )


def _storage(facts: Facts, needs: Needs) -> Row:
    now = facts.storages[0] if facts.storages else None
    if now and needs.storage and now.path != needs.storage and now.holds:
        yield (
            f"Podman's storage is {now.path} and holds data, asked for is {needs.storage}",
            "Data is never moved: run podman system reset first, or keep the path.",
        )


def _ports(facts: Facts, _needs: Needs) -> Row:
    for port, holder in facts.ports.items():
        yield (
            f"port {port} is taken by {holder}",
            "Stop that program, or publish another port.",
        )


def _registries(facts: Facts, _needs: Needs) -> Row:
    for registry, error in facts.registries.items():
        yield (
            f"{registry} is not to be reached: {error}",
            (
                "Look at the host's DNS, firewall, proxy and CA "
                f"(/etc/containers/certs.d/{registry.partition('://')[2] or registry}/ca.crt)."
            ),
        )


CHECKS: t.Final[dict[str, t.Callable[[Facts, Needs], Row]]] = {
    "python": _python,
    "systemd": _systemd,
    "cgroup": _cgroup,
    "podman": _podman,
    "tools": _tools,
    "user": _user,
    "subids": _subids,
    "manager": _manager,
    "space": _space,
    "storage": _storage,
    "ports": _ports,
    "registries": _registries,
}


def _size(count: int) -> str:
    return f"{count / 2**30:.1f} GiB"


def _dotted(version: t.Sequence[int]) -> str:
    return ".".join(map(str, version))


def parse_listeners(text: str) -> dict[int, set[str]]:
    """Inodes of the sockets that listen, by port, from /proc/net/tcp or tcp6."""
    inodes: dict[int, set[str]] = {}
    for line in text.splitlines()[1:]:
        fields = line.split()
        if len(fields) > 9 and fields[3] == "0A":
            inodes.setdefault(int(fields[1].rpartition(":")[2], 16), set()).add(fields[9])
    return inodes


def parse_graphroot(text: str, key: str = "graphroot") -> str | None:
    """The value of a key of storage.conf; comments and other keys are ignored."""
    for line in text.splitlines():
        name, equals, value = line.partition("=")
        if equals and name.strip() == key:
            return value.partition("#")[0].strip().strip("\"'") or None
    return None


class Helpers(t.NamedTuple):
    """Where Podman finds programs.  init: the path of catatonit, or '' where it looks for it."""

    folders: tuple[str, ...] = HELPERS
    init: str = ""


_TEXT = r"\"([^\"]*)\"|'([^']*)'"
_SETTING = re.compile(
    rf"(?m)^[ \t]*(helper_binaries_dir|init_path)[ \t]*=[ \t]*(\[[^\]]*\]|{_TEXT})"
)


def parse_helpers(texts: t.Iterable[str]) -> Helpers:
    """What files of containers.conf(5) say of programs; a later file counts more.

    A list with `{append=true}` is added to those before it.
    """
    found = Helpers()
    for text in texts:
        for key, value, *_more in _SETTING.findall(re.sub(r"(?m)#.*$", "", text)):
            values = tuple(one or other for one, other in re.findall(_TEXT, value))
            if key == "init_path":
                found = found._replace(init=values[0])
            else:
                before = found.folders if re.search(r"append\s*=\s*true", value) else ()
                found = found._replace(folders=(*before, *values))
    return found


def parse_os_release(text: str) -> dict[str, str]:
    """The keys of os-release."""
    rows = (line.partition("=") for line in text.splitlines())
    return {key.strip(): value.strip().strip("\"'") for key, equals, value in rows if equals}


_ELSEWHERE = {"docker.io": "registry-1.docker.io"}


def registry_urls(registry: str) -> list[str]:
    """The URLs of a registry to try: http:// before its name allows http, too."""
    name = registry.partition("://")[2] or registry
    host = name.partition("/")[0]
    host = _ELSEWHERE.get(host, host)
    schemes = ["https", "http"] if registry.startswith("http://") else ["https"]
    return [f"{scheme}://{host}/v2/" for scheme in schemes]
