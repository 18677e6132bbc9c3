# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Sources of bind mounts: where they lie on the host, and who makes them."""

from __future__ import annotations

import posixpath
import re
import typing as t

from ansible_collections.quadlet.fleet.plugins.module_utils._core.errors import QuadletError
from ansible_collections.quadlet.fleet.plugins.module_utils._core.quadlet import quoting
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.model import Mount
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.report import Given
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.unit import Unit
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.writing import Writing

_SYSTEM = re.compile(
    r"/(?:(?:bin|boot|dev|lib|lib32|lib64|libx32|proc|run|sbin|sys|usr|var/run|var/lock)(?:/.*)?"
    r"|etc|home|root|var|var/lib|var/log|var/cache|var/spool|var/tmp|tmp|opt|srv|mnt|media)?"
)
_FILE = re.compile(r"[^/]*[^/.]\.[A-Za-z][A-Za-z0-9]{0,9}|[^/]+\.d/[^/]+\.[a-z]+")
_DIRECTORY = re.compile(r".*\.(?:d|git|local|cache|config|data|ssh|docker|dir|io|com|org|net|dev)")
_BARE_FILES = frozenset(
    {"Caddyfile", "Corefile", "Dockerfile", "Gemfile", "Makefile", "Procfile", "crontab", "hosts",
     "passwd", "group", "shadow", "localtime", "timezone", "machine-id", "hostname", "os-release",
     "resolv.conf", "htpasswd", ".htpasswd", ".env", "authorized_keys", "docker", "dockerd"}
)  # fmt: skip
_PLAIN_PATH = re.compile(r"[^\x00-\x1f\x7f%$]*")


class Source(t.NamedTuple):
    """A source as the unit has it.  syntax: with specifiers, ready for systemd.  kind: data (below
    the app's data), file (of the app), system (of the host's own), other (elsewhere).
    """

    syntax: str
    kind: t.Literal["data", "file", "system", "other"]


def place_source(writing: Writing, mount: Mount) -> Source | None:
    """Where the source is; None if it was refused."""
    path = mount.source
    if path.startswith("/"):
        ending = "/" if path.endswith("/") and path.strip("/") else ""
        path = posixpath.normpath("/" + path.lstrip("/"))
        return Source(_escaped(path + ending), "system" if _SYSTEM.fullmatch(path) else "other")
    if path == "~" or path.startswith("~/"):
        return Source(f"%h{_escaped(posixpath.normpath('/' + path[2:]))}".rstrip("/"), "other")
    if path.startswith("~"):
        mount.given.refused(f"{path}: the home of another user", "Write the path in full.")
        return None
    relative = posixpath.normpath(path)
    if mount.in_files or _is_app_file(writing, relative):
        return Source(f"./{_escaped(relative)}", "file")
    return Source(below_data(writing, relative), "data")


def place_file(writing: Writing, path: str, given: Given) -> str:
    """Where a file is that the service reads, as syntax."""
    if path.startswith("/"):
        return _escaped(path)
    if path.startswith("~/"):
        return f"%h/{_escaped(path[2:])}"
    relative = posixpath.normpath(path)
    if relative in writing.files:
        return f"./{_escaped(relative)}"
    syntax = below_data(writing, relative)
    given.moved(
        f"the file has to be there as {syntax}",
        "Put it there before the app is deployed, or among the app's files.",
        "bind-source",
    )
    return syntax


def _escaped(path: str) -> str:
    return path.replace("%", "%%").replace("$", "$$")


def _is_app_file(writing: Writing, path: str) -> bool:
    return path in writing.files or any(file.startswith(f"{path}/") for file in writing.files)


def below_data(writing: Writing, relative: str) -> str:
    """The path below the app's data, as syntax; `..` leads beside it, and never further up."""
    relative = posixpath.normpath(relative)
    steps = [step for step in relative.split("/") if step not in (".", "..")]
    root = writing.data.rstrip("/")
    if relative.startswith("../") and not relative.startswith("../..") and "/" in root[1:]:
        root = root.rpartition("/")[0]
    return "/".join([root, *map(_escaped, steps)])


def looks_like_file(source: str, target: str) -> bool:
    """Whether what is mounted is a file rather than a directory, by its names."""
    names = (posixpath.basename(source.rstrip("/")), posixpath.basename(target.rstrip("/")))
    if source.endswith("/") or target.endswith("/"):
        return False
    return any(name in _BARE_FILES for name in names) or all(
        _FILE.fullmatch(name) and not _DIRECTORY.fullmatch(name) for name in names
    )


def make_source(writing: Writing, unit: Unit, mount: Mount, source: Source) -> None:
    """Has a missing directory made, as Docker makes it; a file has to be brought."""
    given, path = mount.given, source.syntax
    if source.kind in ("file", "system"):
        return
    if not mount.make:
        if source.kind == "data":
            given.moved(f"it has to be there as {path}", "Move what is there.", "bind-source")
        return
    if looks_like_file(mount.source, mount.target):
        if source.kind == "data":
            given.moved(
                f"the file has to be there as {path}",
                "Put it there before the app is deployed, or among the app's files.",
                "bind-source",
            )
        return
    plain = path.removeprefix("%h")
    if _PLAIN_PATH.fullmatch(plain) and plain.strip("/"):
        writing.directories.setdefault(path.rstrip("/"), {})
        given.write("directories", path.rstrip("/"))
    else:
        _make_at_start(unit, mount, path)
    if source.kind == "data":
        given.moved(f"its directory is {path}", "Move what is there.", "bind-source")


def _make_at_start(unit: Unit, mount: Mount, path: str) -> None:
    """For a path that directories can't name."""
    try:
        line = f"/usr/bin/mkdir -p -- {quoting.word(path)}"
    except QuadletError as error:
        mount.given.fail(error)
        return
    unit.line("Service", "ExecStartPre", line, mount.given)
