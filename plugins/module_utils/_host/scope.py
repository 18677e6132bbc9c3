# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Scopes: whose service manager it is, where its units lie, and who may touch what."""

from __future__ import annotations

import dataclasses
import os
import pwd
import typing as t

from .._core.app.layout import Layout
from .._core.errors import NOT_READY, QuadletError
from .._core.host.subordinate_ids import FILES, has_range
from .._core.quadlet.kinds import OLDEST
from . import heard
from .owner import Owner

if t.TYPE_CHECKING:
    from .._core.quadlet.keys import Version

SYSTEM_UNITS = "/etc/containers/systemd"
ADMIN_UNITS = f"{SYSTEM_UNITS}/users"
SYSTEM_STATE = "/var/lib/quadlet.fleet"
SYSTEMD_DIRS: t.Final[dict[str, str]] = {
    "system": "/etc/systemd/system",
    "home": "{home}/.config/systemd/user",
    "admin": "/etc/systemd/user",
}
"""Where systemd reads units, by location; the last is shared by all users and never written."""


_ANY = ("system.control", "system", "system.attached")


@dataclasses.dataclass(frozen=True)
class Scope:
    """A service manager and a directory for units.

    manager: who runs the generator and talks to systemd.  files: who owns the files
    (root for location admin).  search: the directories that the generator reads, in the
    order of their precedence, each with the first Podman that reads it (unitdirs.go).
    """

    user: str | None
    location: str
    manager: Owner
    files: Owner
    unit_dir: str
    state_dir: str
    search: tuple[tuple[str, Version], ...]

    @property
    def is_system(self) -> bool:
        """Whether it is the system manager's scope."""
        return self.user is None

    @property
    def label(self) -> str:
        """The scope in a sentence."""
        return "the system scope" if self.is_system else f"the scope of user {self.user}"

    def app_dir(self, app: str) -> str:
        """The directory of an app's units and files."""
        return f"{self.unit_dir}/{app}"

    @property
    def systemd_dir(self) -> str:
        """The directory of companions."""
        return SYSTEMD_DIRS[self.location].format(home=self.manager.home)

    @property
    def drop_in_places(self) -> list[str]:
        """Directories in which people put units and drop-ins of systemd's own (systemd.unit(5))."""
        if self.is_system:
            found = [f"{top}/{name}" for top in ("/etc/systemd", "/run/systemd") for name in _ANY]
            return [*found, "/usr/local/lib/systemd/system"]
        home, runtime_dir = self.manager.home, self.manager.runtime_dir
        own = (f"{home}/.config", runtime_dir)
        return [
            *(f"{top}/systemd/{name}" for top in own for name in ("user.control", "user")),
            *(f"{top}/systemd/user" for top in ("/etc/xdg", "/etc", "/run")),
            f"{home}/.local/share/systemd/user",
            "/usr/local/share/systemd/user",
            "/usr/local/lib/systemd/user",
        ]

    def layout(self, app: str) -> Layout:
        """Where an app's content lies."""
        return Layout(app, self.app_dir(app), self.systemd_dir)


class Place(t.NamedTuple):
    """A state directory and who owns it."""

    files: Owner
    state_dir: str


def places_of_storage(scope: Scope) -> list[Place]:
    """The state directories of the apps that share a scope's storage: a user's of both locations.

    That of location admin only for root, who alone can read it.
    """
    own = Place(scope.files, scope.state_dir)
    if scope.is_system:
        return [own]
    if scope.location == "admin":
        return [own, Place(scope.manager, f"{scope.manager.home}/.local/state/quadlet.fleet")]
    admin = f"{SYSTEM_STATE}/users/{scope.manager.uid}"
    if os.geteuid() != 0 or not os.path.isdir(admin):
        return [own]
    return [own, Place(Owner(pwd.getpwuid(0)), admin)]


def resolve_scope(user: str | int | None, location: str = "home") -> Scope:
    """The scope that `user` and `location` mean for the calling process."""
    scope = _find_scope(user, location)
    heard.note_scope(scope.manager)
    return scope


def _find_scope(user: str | int | None, location: str) -> Scope:
    entry = _entry(user) if user not in (None, "") else None
    if entry is None or entry.pw_uid == 0:
        return _system_scope(location)
    if os.geteuid() not in (0, entry.pw_uid):
        raise QuadletError(
            f"this runs as {_own_name()}, which can't act for user {entry.pw_name}",
            where="user",
            remedy=f"Use become: true, or become_user: {entry.pw_name}.",
            topic="wrong-user",
        )
    return _user_scope(entry, location)


def _entry(user: str | int | None) -> pwd.struct_passwd:
    text = str(user)
    try:
        return pwd.getpwuid(int(text)) if text.isdigit() else pwd.getpwnam(text)
    except (KeyError, OverflowError):
        raise QuadletError(
            f"the host has no user {text!r}",
            where="user",
            remedy="Create the user first (ansible.builtin.user).",
            data={NOT_READY: True},
            topic="no-user",
        ) from None


def _own_name() -> str:
    try:
        return f"user {pwd.getpwuid(os.geteuid()).pw_name}"
    except KeyError:
        return f"uid {os.geteuid()}"


def _system_scope(location: str) -> Scope:
    if os.geteuid() != 0:
        raise QuadletError(
            f"the system scope needs root, this runs as {_own_name()}",
            where="user",
            remedy="Use become: true, or user: to deploy into a user's own scope.",
            topic="wrong-user",
        )
    if location == "admin":
        raise QuadletError(
            "location: admin is for a user's scope",
            where="location",
            remedy="Set user too.",
            topic="options-exclude",
        )
    root = Owner(pwd.getpwuid(0))
    search = (
        ("/run/containers/systemd", (5, 3)),
        (SYSTEM_UNITS, OLDEST),
        ("/usr/share/containers/systemd", OLDEST),
    )
    return Scope(None, "system", root, root, SYSTEM_UNITS, SYSTEM_STATE, search)


def _user_scope(entry: pwd.struct_passwd, location: str) -> Scope:
    owner = Owner(entry)
    home_units = f"{entry.pw_dir}/.config/containers/systemd"
    admin_units = f"{ADMIN_UNITS}/{entry.pw_uid}"
    search = (
        (f"{owner.runtime_dir}/containers/systemd", (5, 3)),
        (home_units, OLDEST),
        (ADMIN_UNITS, OLDEST),
        (admin_units, OLDEST),
        ("/usr/share/containers/systemd/users", (6, 0)),
        (f"/usr/share/containers/systemd/users/{entry.pw_uid}", (6, 0)),
    )
    if location == "home":
        state = f"{entry.pw_dir}/.local/state/quadlet.fleet"
        return Scope(entry.pw_name, location, owner, owner, home_units, state, search)
    if os.geteuid() != 0:
        raise QuadletError(
            f"location: admin writes into {admin_units}, which needs root",
            where="location",
            remedy="Use become: true, or location: home.",
            topic="wrong-user",
        )
    state = f"{SYSTEM_STATE}/users/{entry.pw_uid}"
    return Scope(entry.pw_name, location, owner, Owner(pwd.getpwuid(0)), admin_units, state, search)


def subordinate_ids_missing(owner: Owner, read: t.Callable[[str], str]) -> list[str]:
    """The files of /etc/subuid and /etc/subgid that grant the user no range.

    Ranges from a name service (subid(5)) count: getsubids(1) is asked before it is an error.
    """
    missing = []
    for path, option in zip(FILES, ([], ["-g"])):
        if has_range(read(path), owner.name, owner.uid):
            continue
        if owner.run(["getsubids", *option, owner.name]).status != 0:
            missing.append(path)
    return missing
