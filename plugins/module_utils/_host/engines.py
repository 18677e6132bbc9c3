# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""What the engines of a host have: Podman's in an owner's storage, and Docker's.

Everything here only reads.  An engine is asked only where it has storage: Podman would make one.
"""

from __future__ import annotations

import contextlib
import os
import stat
import time
import typing as t

from .._core.discover.content import PRINTED, Content, parse_find
from .._core.discover.contexts import parse_context_socket
from .._core.discover.inspected import Row, parse_rows
from .._core.discover.layer import Change, parse_docker_diff, parse_podman_diff
from .._core.errors import HELD_UP, QuadletError
from .._core.host.preflight import parse_graphroot
from .child import RUN, Limit
from .owner import Owner, Ran
from .reading import NotRegularError, read_text

BUDGET: t.Final = 180.0
"""Seconds for all details of an owner's containers, however many they are."""
_BATCH = 100
_MOST = 64 * 1024 * 1024
_STORAGES = (
    "{home}/.local/share/containers/storage",
    "{home}/.config/containers/storage.conf",
)
_SYSTEM_STORAGE = "/var/lib/containers/storage"
_CONFIGURATION = ("/etc/containers/storage.conf", "/usr/share/containers/storage.conf")
_SOCKET = "/var/run/docker.sock"
_PODMAN_SERVER = "Podman Engine"
_NOT_FOUND = 127


class Engine:
    """An engine as an owner uses it.  name: podman or docker."""

    def __init__(self, name: str, owner: Owner, socket: str = "") -> None:
        self.name = name
        self.owner = owner
        self._extra = {"DOCKER_HOST": f"unix://{socket}"} if socket else {}
        self._end = time.monotonic() + BUDGET

    def ask(self, *words: str) -> Ran:
        """One command of the engine; what holds it up ends the work with this engine."""
        left = self._end - time.monotonic()
        if left <= 0:
            raise QuadletError(
                f"{self.name} took more than {BUDGET:g} s altogether",
                data={HELD_UP: True},
                topic="engine-answer",
            )
        ran = self.owner.run([self.name, *words], timeout=Limit(min(RUN, left)), extra=self._extra)
        if len(ran.out) > _MOST:
            raise QuadletError(
                f"{self.name} {words[0]}: it answers with more than 64 MiB", topic="engine-answer"
            )
        error = ran.error(f"{self.name} {' '.join(words[:2])}")
        if HELD_UP in error.data:
            raise error
        return ran

    def read_containers(self) -> list[Row]:
        """All containers, running or not, as inspect shows them."""
        ran = self.ask("ps", "--all", "--quiet", "--no-trunc")
        if ran.status != 0:
            raise ran.error(f"{self.name} ps failed")
        return self.inspect("container", ran.out.split())

    def inspect(self, kind: str, names: t.Iterable[str]) -> list[Row]:
        """Those of the objects that exist."""
        wanted, found = list(dict.fromkeys(names)), []
        for first in range(0, len(wanted), _BATCH):
            ran = self.ask(kind, "inspect", "--", *wanted[first : first + _BATCH])
            try:
                found += parse_rows(ran.out)
            except ValueError:
                raise ran.error(f"{self.name} {kind} inspect failed") from None
        return found

    def read_changes(self, container: str) -> list[Change] | None:
        """The changes of a container's own layer; None if they can't be told."""
        form = ["--format", "json"] if self.name == "podman" else []
        ran = self.ask("diff", *form, "--", container)
        if ran.status != 0:
            return None
        return parse_podman_diff(ran.out) if form else parse_docker_diff(ran.out)

    def read_contents(self, paths: t.Sequence[str]) -> list[Content] | None:
        """What is in directories of volumes, by ids as containers see them; None if unknown."""
        if not paths:
            return []
        unshare = ["podman", "unshare"] if self.owner.uid and self.name == "podman" else []
        left = max(1.0, min(60.0, self._end - time.monotonic()))
        ran = self.owner.run(
            [*unshare, "find", *paths, "-xdev", "-printf", PRINTED], timeout=Limit(left)
        )
        return parse_find(ran.out, len(paths)) if ran.status == 0 else None


def find_engines(owner: Owner) -> tuple[list[Engine], list[tuple[str, str]]]:
    """The engines with storage that an owner has; and (engine, why it can't be asked)."""
    engines: list[Engine] = []
    troubles: list[tuple[str, str]] = []
    for name, find in (("podman", _find_podman), ("docker", _find_docker)):
        try:
            engines += find(owner)
        except QuadletError as error:
            troubles.append((name, str(error)))
    return engines, troubles


def _find_podman(owner: Owner) -> list[Engine]:
    if not owner.call(_has_storage, owner.home, owner.uid, owner.name):
        return []
    if owner.uid and not os.path.isdir(owner.runtime_dir):
        raise QuadletError(
            f"Podman of user {owner.name} is not asked: {owner.runtime_dir} is missing, without "
            "which it would take the host for rebooted",
            remedy="Enable linger for the user.",
            topic="no-runtime-dir",
        )
    return [Engine("podman", owner)] if _is_there(owner, "podman", "podman") else []


def _find_docker(owner: Owner) -> list[Engine]:
    """Docker at its usual socket, and at those of the owner's contexts: rootless Docker has one of
    its own.
    """
    usual = f"{owner.runtime_dir}/docker.sock" if owner.uid else _SOCKET
    sockets = owner.call(_find_sockets, usual, owner.home, owner.uid)
    found = [Engine("docker", owner, socket) for socket in sockets]
    return [docker for docker in found if _is_docker(docker)]


def _find_sockets(usual: str, home: str, uid: int) -> list[str]:
    """The sockets of this user's, who calls it: those of others are found in their scopes."""
    contexts = f"{home}/.docker/contexts/meta"
    places = [usual]
    with contextlib.suppress(OSError):
        for name in sorted(os.listdir(contexts)):
            with contextlib.suppress(OSError, NotRegularError):
                text = read_text(f"{contexts}/{name}/meta.json", errors="replace")
                places.append(parse_context_socket(text))
    found: dict[str, str] = {}
    for path in filter(None, places):
        real = os.path.realpath(path)
        with contextlib.suppress(OSError):
            status = os.stat(real)
            if stat.S_ISSOCK(status.st_mode) and status.st_uid == uid:
                found.setdefault(real, path)
    return list(found.values())


def _is_there(owner: Owner, program: str, shown: str) -> bool:
    """Whether a program is there, and is what it is called.  QuadletError: it does not answer."""
    ran = owner.run([program, "--version"])
    if ran.status not in (0, _NOT_FOUND):
        raise ran.error(f"{program} --version")
    return ran.status == 0 and ran.out.lower().startswith(shown)


def _is_docker(docker: Engine) -> bool:
    """Whether it is Docker, client and server, and not Podman by Docker's name."""
    if not _is_there(docker.owner, "docker", "docker version"):
        return False
    ran = docker.ask("version", "--format", "{{json .Server}}")
    if ran.status != 0:
        raise ran.error("docker version failed")
    return _PODMAN_SERVER not in ran.out


def _has_storage(home: str, uid: int, name: str) -> bool:
    """Whether Podman has storage of this user's, who calls it."""
    places = [path.format(home=home) for path in _STORAGES] if uid else [_SYSTEM_STORAGE]
    variables = (("$HOME", home), ("$UID", str(uid)), ("$USER", name))
    for file in _CONFIGURATION:
        try:
            text = read_text(file, errors="replace")
        except (OSError, NotRegularError):
            continue
        path = parse_graphroot(text, "rootless_storage_path" if uid else "graphroot") or ""
        for variable, value in variables:
            path = path.replace(variable, value)
        places.append(path)
    return any(path and os.path.exists(path) for path in places)
