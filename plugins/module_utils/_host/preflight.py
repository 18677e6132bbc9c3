# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Reads the facts of preflight; nothing is changed."""

from __future__ import annotations

import contextlib
import glob
import os
import pwd
import re
import shutil
import ssl
import sys
import typing as t
import urllib.error
import urllib.request

from .._core.errors import QuadletError
from .._core.host.preflight import (
    TOOLS,
    Facts,
    Storage,
    User,
    holder_is_known,
    parse_graphroot,
    parse_helpers,
    parse_listeners,
    parse_os_release,
    registry_urls,
)
from .owner import Owner, own_process
from .podman import CONFIGURATION, find_generator, read_version
from .reading import read_text
from .scope import subordinate_ids_missing

_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_GRAPHROOT = "/var/lib/containers/storage"
_CERTS = "/etc/containers/certs.d"
_TIMEOUT = 10.0


def read_facts(
    users: t.Sequence[str], ports: t.Sequence[int], registries: t.Sequence[str], *, linger: bool
) -> Facts:
    """The facts that the checks need."""
    me = own_process()
    podman, shown = read_version(me)
    named = {name: _read_user(name, linger=linger) for name in users}
    return Facts(
        python=sys.version_info[:3],
        init=_read("/proc/1/comm").strip(),
        systemd=_read_systemd(me),
        cgroup2=os.path.exists("/sys/fs/cgroup/cgroup.controllers"),
        podman=podman,
        podman_said=shown,
        generator=_has_generator(),
        lacking=_find_lacking(),
        users=named,
        storages=_read_storages([name for name, user in named.items() if user.exists]),
        ports=_read_foreign_ports(ports),
        registries=_ask_registries(registries),
    )


def _find_lacking() -> tuple[tuple[str, ...], ...]:
    """Rows of TOOLS of which no program is where Podman looks: its helpers' directories, PATH."""
    names = sorted(glob.glob("/etc/containers/containers.conf.d/*.conf"))
    helpers = parse_helpers(map(_read, (*CONFIGURATION, *names)))
    path = ":".join((*helpers.folders, _PATH))

    def is_there(program: str) -> bool:
        if program == "catatonit" and helpers.init:
            return os.access(helpers.init, os.X_OK)
        return shutil.which(program, path=path) is not None

    return tuple(programs for programs in TOOLS if not any(map(is_there, programs)))


def read_more() -> dict[str, t.Any]:
    """More facts for the role: the distribution, and which optional parts the host has."""
    release = parse_os_release(_read("/etc/os-release"))
    wants = [f"{top}/systemd/system/*.wants" for top in ("/etc", "/usr/lib")]
    links = [link for top in wants for link in glob.glob(f"{top}/network-online.target")]
    return {
        "ids": [release.get("ID", ""), *release.get("ID_LIKE", "").split()],
        "version": release.get("VERSION_ID", ""),
        "name": release.get("PRETTY_NAME", ""),
        "python_apt": bool(glob.glob("/usr/lib/python3/dist-packages/apt/__init__.py")),
        "network_online": bool(links) and _is_active("network-online.target"),
        "firewalld": _is_active("firewalld.service"),
        "selinux": os.path.exists("/sys/fs/selinux/enforce"),
    }


def _is_active(unit: str) -> bool:
    return own_process().run(["systemctl", "is-active", "--quiet", "--", unit]).status == 0


def _read(path: str) -> str:
    try:
        return read_text(path, errors="replace")
    except (OSError, QuadletError):
        return ""


def _read_systemd(me: Owner) -> int | None:
    match = re.match(r"systemd (\d+)", me.run(["systemctl", "--version"]).out)
    return int(match.group(1)) if match else None


def _has_generator() -> bool:
    try:
        return bool(find_generator(system=True))
    except QuadletError:
        return False


def _read_user(name: str, *, linger: bool) -> User:
    try:
        owner = Owner(pwd.getpwnam(name))
    except KeyError:
        return User(exists=False)
    if owner.uid == 0:
        return User(lingers=None)
    return User(
        missing_ranges=tuple(subordinate_ids_missing(owner, _read)),
        lingers=os.path.exists(f"/var/lib/systemd/linger/{name}") if linger else None,
        manager=os.path.exists(f"{owner.runtime_dir}/systemd/private"),
        bus=os.path.exists(f"{owner.runtime_dir}/bus"),
    )


def _read_storages(users: t.Sequence[str]) -> tuple[Storage, ...]:
    """The system's storage, then that of users, one for each file system."""
    text = _read("/etc/containers/storage.conf") or _read("/usr/share/containers/storage.conf")
    dropins = sorted(glob.glob("/etc/containers/storage.rootful.conf.d/*.conf"), reverse=True)
    paths = (parse_graphroot(config) for config in (*map(_read, dropins), text))
    path = next(filter(None, paths), _GRAPHROOT)
    storages = [Storage(path, _free(path), holds=bool(glob.glob(f"{path}/*-images/images.json")))]
    template = parse_graphroot(text, "rootless_storage_path")
    seen = {_device(path)}
    for name in users:
        owner = Owner(pwd.getpwnam(name))
        if not owner.uid:
            continue
        theirs = template or f"{owner.home}/.local/share/containers/storage"
        for word, value in (("HOME", owner.home), ("UID", str(owner.uid)), ("USER", name)):
            theirs = theirs.replace(f"${word}", value)
        device, free = owner.call(_look_at, theirs)
        if device not in seen:
            seen.add(device)
            storages.append(Storage(theirs, free))
    return tuple(storages)


def _look_at(path: str) -> tuple[int, int]:
    return _device(path), _free(path)


def _existing(path: str) -> str:
    while path != "/" and not os.path.exists(path):
        path = os.path.dirname(path)
    return path


def _free(path: str) -> int:
    shown = os.statvfs(_existing(path))
    return shown.f_bavail * shown.f_frsize


def _device(path: str) -> int:
    return os.stat(_existing(path)).st_dev


def _read_foreign_ports(ports: t.Sequence[int]) -> dict[int, str]:
    """Holders by port of those ports that are taken, but not for a container."""
    if not ports:
        return {}
    listeners: dict[int, set[str]] = {}
    for name in ("tcp", "tcp6"):
        for port, inodes in parse_listeners(_read(f"/proc/net/{name}")).items():
            listeners.setdefault(port, set()).update(inodes)
    taken = {port: listeners[port] for port in ports if port in listeners}
    holders = _read_holders({inode for inodes in taken.values() for inode in inodes})
    programs = {}
    for port, inodes in taken.items():
        foreign = [
            f"{program or 'an unknown program'} (pid {pid})" if pid else "an unknown program"
            for pid, program in (holders.get(inode, (0, "")) for inode in inodes)
            if not pid or not holder_is_known(program, _read(f"/proc/{pid}/cgroup"))
        ]
        if foreign:
            programs[port] = foreign[0]
    return programs


def _read_holders(inodes: t.Collection[str]) -> dict[str, tuple[int, str]]:
    """(pid, program) by the inode of a socket that it has open."""
    wanted = {f"socket:[{inode}]": inode for inode in inodes}
    holders: dict[str, tuple[int, str]] = {}
    for descriptor in glob.iglob("/proc/[0-9]*/fd/*") if wanted else ():
        with contextlib.suppress(OSError):
            inode = wanted.get(os.readlink(descriptor))
            if inode is not None:
                pid = int(descriptor.split("/")[2])
                program = os.path.basename(os.readlink(f"/proc/{pid}/exe"))
                holders[inode] = (pid, program)
    return holders


def _ask_registries(registries: t.Sequence[str]) -> dict[str, str]:
    """Reasons by registry of those registries that can't be reached."""
    if not registries:
        return {}
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(8) as pool:
        answers = dict(zip(registries, pool.map(_ask, registries)))
    return {registry: error for registry, error in answers.items() if error}


def _ask(registry: str) -> str:
    """ "" when the registry answers; 401 is an answer."""
    errors = []
    for url in registry_urls(registry):
        context = ssl.create_default_context()
        # Podman accepts CAs that Python 3.13 and newer refuse.
        context.verify_flags &= ~ssl.VERIFY_X509_STRICT
        host = url.split("/")[2]
        if registry.startswith("http://"):
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        for certificate in glob.glob(f"{_CERTS}/{host}/*.crt"):
            with contextlib.suppress(ssl.SSLError, OSError):
                context.load_verify_locations(certificate)
        opener = urllib.request.build_opener(urllib.request.HTTPSHandler(context=context))
        try:
            with opener.open(url, timeout=_TIMEOUT):
                return ""
        except urllib.error.HTTPError as error:
            if error.code == 401:
                return ""
            errors.append(f"{url} answers {error.code}")
        except (OSError, ValueError) as error:
            errors.append(f"{url}: {getattr(error, 'reason', error)}")
    return "; ".join(errors)
