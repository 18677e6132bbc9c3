# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""The directories that systemd, Quadlet's generator and what else starts programs on a host read.

A container that can write there is a unit, a job or a hook at the next reload, login or boot.
Source: systemd.unit(5), systemd.generator(7), environment.d(5), file-hierarchy(7), cron(8),
podman-systemd.unit(5); `systemd-path`, which a test on hosts compares.
"""

from __future__ import annotations

import functools
import re
import typing as t

from .facts import ANYTHING, Ground


class Verdict(t.NamedTuple):
    """Why a path is not for containers to write.

    folder: what is read.  above: it lies further down, and people mount such a path on purpose.
    unsure: a part of the path is not known.
    """

    folder: str
    above: bool = False
    unsure: bool = False


_QUADLET = "containers/systemd"
_STATE = "quadlet.fleet"
_LIBRARY = (
    "systemd environment.d tmpfiles.d sysusers.d udev binfmt.d modules-load.d modprobe.d sysctl.d "
    "extensions confexts"
)
_RUN_SYSTEMD = (
    "system system.control system.attached system.conf.d transient generator generator.early "
    "generator.late system-generators system-environment-generators user user.control "
    "user.attached user.conf.d user-generators user-environment-generators system-preset "
    "user-preset network nspawn private"
)
# What is below a base is read; people mount the base itself, or what is above it, on purpose.
_SYSTEM: t.Final[dict[str, str]] = {
    "/etc": f"{_QUADLET} {_LIBRARY} xdg/systemd xdg/autostart dbus-1 init.d rc.local rcS.d "
    "rc0.d rc1.d rc2.d rc3.d rc4.d rc5.d rc6.d cron.d cron.hourly cron.daily cron.weekly "
    "cron.monthly crontab anacrontab profile profile.d environment fstab crypttab",
    "/run": f"{_QUADLET} environment.d tmpfiles.d sysusers.d binfmt.d modules-load.d modprobe.d "
    "sysctl.d extensions confexts dbus-1 "
    + " ".join(f"systemd/{name}" for name in _RUN_SYSTEMD.split()),
    "/run/udev": "rules.d",
    "/usr/lib": f"{_LIBRARY} dbus-1",
    "/usr/local/lib": _LIBRARY,
    "/usr/libexec": "podman",
    "/usr/share": f"{_QUADLET} systemd dbus-1",
    "/usr/local/share": "systemd dbus-1",
    "/var/lib": f"{_STATE} extensions confexts portables",
    "/var/lib/systemd": "linger",
    "/var/lib/flatpak/exports/share": "systemd dbus-1",
    "/var/spool": "cron at",
}
_HOME: t.Final[dict[str, str]] = {
    "/.config": f"{_QUADLET} systemd environment.d autostart",
    "/.local/share": "systemd dbus-1",
    "/.local/share/flatpak/exports/share": "systemd dbus-1",
    "/.local/state": _STATE,
    "": ".profile .bash_profile .bash_login .bashrc .zshenv .zprofile .zshrc",
}
_RUNTIME: t.Final[dict[str, str]] = {"": f"{_QUADLET} systemd dbus-1"}
_TAILS: t.Final = tuple(
    f"{base}/{path}" for base, paths in _HOME.items() if base for path in paths.split()
)
_ALIASES: t.Final = (("/lib", "/usr/lib"), ("/var/run", "/run"), ("/lib64", "/usr/lib64"))
_SOME_HOME = re.compile(r"((?:/var|/usr)?/home/[^/]+|/root)(?:/.*)?")
_SOME_RUNTIME = re.compile(r"(/run/user/[^/]+)(?:/.*)?")
_HOMES = frozenset({"/home", "/var/home", "/usr/home", "/run/user"})
_UNSURE = re.compile("[\x00\x01]")


class _Row(t.NamedTuple):
    """A directory that is read, by its names; depth: how many of them its base has."""

    folder: str
    names: tuple[str, ...]
    depth: int

    @property
    def is_hidden_file(self) -> bool:
        """Whether it is a file of a shell, right in a home."""
        return len(self.names) == self.depth + 1 and self.names[-1] in _HOME[""].split()


def read_folders(ground: Ground) -> list[str]:
    """The concrete directories and files of the host that the scope's user and the system read."""
    rows = [*_rows("system", ""), *_own_rows(ground)]
    return [row.folder for row in rows if not _UNSURE.search(row.folder)]


def _own_rows(ground: Ground) -> tuple[_Row, ...]:
    """What the scope's user reads."""
    runtime = ground.runtime_dir if ground.rootless else "/run/user/0"
    return _rows("home", ground.home) + _rows("runtime", runtime)


@functools.lru_cache(maxsize=64)
def _rows(table: str, top: str) -> tuple[_Row, ...]:
    return tuple(
        _Row(f"{top}{base}/{path}", _names(f"{top}{base}/{path}"), len(_names(f"{top}{base}")))
        for base, paths in _TABLES[table].items()
        for path in paths.split()
    )


_TABLES: t.Final = {"system": _SYSTEM, "home": _HOME, "runtime": _RUNTIME}


def _names(path: str) -> tuple[str, ...]:
    return tuple(name for name in path.split("/") if name)


def judge_path(path: str, ground: Ground, *, glob: bool = False) -> Verdict | None:
    """What is wrong with a normal absolute path that a container can write.

    glob: `*`, `?` and `[…]` in it stand for other characters.
    """
    path = _canonical(path)
    if path[1:2] == ANYTHING or path[:1] != "/":
        return _judge_tail(path)
    known, unknown, _rest = path.partition(ANYTHING)
    parts = [(name, _pattern(name, glob)) for name in _names(known)]
    if unknown and not known.endswith("/"):
        parts.pop()  # the name goes on in what is not known
    best = None
    for row, ours in _candidates(path, ground):
        verdict = _compare(parts, row, open_end=bool(unknown))
        if verdict and not verdict.above:
            return verdict
        if ours:  # a user's container can't write what is root's
            best = best or verdict
    tail = next((tail for tail in _TAILS if f"{tail}/" in f"{path}/"), None)
    if tail:
        return Verdict(path[: path.index(tail)] + tail)
    if path in _HOMES:
        best = Verdict(f"{path}/…{'/.config' if 'home' in path else ''}/systemd", above=True)
    return best or _judge_linked(path, ground)


def _canonical(path: str) -> str:
    for alias, real in _ALIASES:
        if path == alias or path.startswith(f"{alias}/"):
            return real + path[len(alias) :]
    return path


def _candidates(path: str, ground: Ground) -> t.Iterator[tuple[_Row, bool]]:
    """(what is read, whether the scope's user can write it)."""
    own = _own_rows(ground)
    for pattern, table in ((_SOME_HOME, "home"), (_SOME_RUNTIME, "runtime")):
        match = pattern.fullmatch(path)
        own += _rows(table, match.group(1)) if match else ()
    yield from ((row, True) for row in own)
    yield from ((row, not ground.rootless) for row in _rows("system", ""))


Part = tuple[str, t.Optional[t.Pattern[str]]]


def _compare(parts: t.Sequence[Part], row: _Row, *, open_end: bool) -> Verdict | None:
    """How the parts of a path lie to a directory that is read."""
    unsure = open_end and len(parts) < len(row.names)
    for (part, pattern), name in zip(parts, row.names):
        if part != name:
            if pattern is None or not pattern.fullmatch(name):
                return None
            unsure = unsure or bool(_UNSURE.search(part))
    if unsure and (row.is_hidden_file or len(parts) < row.depth):
        return None
    if len(parts) <= row.depth and not open_end:
        return None if unsure else Verdict(row.folder, above=True)
    return Verdict(row.folder, unsure=unsure)


def _pattern(part: str, glob: bool) -> re.Pattern[str] | None:
    """What a part with something unknown, or a pattern, stands for; None for a plain name."""
    if not _UNSURE.search(part) and not (glob and re.search(r"[*?\[\\]", part)):
        return None
    if glob:
        part = re.sub(r"\\(.)", r"\1", part)
    text = re.escape(part).replace("\\\x00", "\x00").replace("\x00", "[^/]*")
    if glob:
        text = re.sub(r"\\\[.*?\\\]|\\\?", "[^/]", text.replace(r"\*", "[^/]*"))
    return re.compile(text)


def _judge_tail(path: str) -> Verdict | None:
    """A path whose beginning is not known, by its end."""
    end = path.rpartition(ANYTHING)[2]
    folders = [*_TAILS, *(row.folder for row in _rows("system", ""))]
    for folder in folders:
        if end.count("/") > 1 and (folder.endswith(end) or f"{folder}/" in f"{end}/"):
            return Verdict(folder, unsure=True)
    return None


def _judge_linked(path: str, ground: Ground) -> Verdict | None:
    """A path where links in the directories of units lead to."""
    for target in ground.facts.linked:
        if f"{path}/".startswith(f"{target}/"):
            return Verdict(target)
        if target.startswith(f"{path}/"):
            return Verdict(target, above=True)
    return None
