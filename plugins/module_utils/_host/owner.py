# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Acting as the owner of a scope: nothing is read, written or run with more rights.

Root does what it does in a user's tree in a child process that has become that user, so
a link planted there leads to nothing that the user could not reach.  What the child
sends back is the user's word, and only ever data: JSON of a bounded size.  Whatever is run has
a time limit, since users may stop what runs as them.
"""

from __future__ import annotations

import errno
import json
import os
import pwd
import resource
import traceback
import typing as t

from .._core.errors import HELD_UP, NOT_READY, QuadletError
from . import heard
from .child import READ, RUN, Child, execute, limit_of, spawn, start


class Ran(t.NamedTuple):
    """How a command ended."""

    status: int
    out: str
    err: str

    def error(self, what: str, *, where: str | None = None) -> QuadletError:
        """That it failed, with its reason."""
        reason = (self.err or self.out).strip() or f"status {self.status}"
        mark = _MARKS.get(self.status)
        return QuadletError(
            f"{what}: {reason}",
            where=where,
            data={mark: True} if mark else None,
            topic="command-failed",
        )


_TOO_LONG, NOT_FOUND = 124, 127
_MARKS = {_TOO_LONG: HELD_UP, NOT_FOUND: NOT_READY}


class Owner:
    """A user who reads, writes and runs commands: the calling process' own, or any for root."""

    def __init__(self, entry: pwd.struct_passwd) -> None:
        self.name = entry.pw_name
        self.uid = entry.pw_uid
        self.gid = entry.pw_gid
        self.home = entry.pw_dir
        self.runtime_dir = f"/run/user/{entry.pw_uid}"

    @property
    def is_self(self) -> bool:
        """Whether this process is that user already."""
        return os.geteuid() == self.uid

    @property
    def environment(self) -> dict[str, str]:
        """A clean environment, that names the user's manager and bus."""
        variables = {
            "HOME": self.home,
            "USER": self.name,
            "LOGNAME": self.name,
            "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "LC_ALL": "C.UTF-8",
            "SYSTEMD_COLORS": "0",
            "SYSTEMD_PAGER": "cat",
        }
        if self.uid and os.path.isdir(self.runtime_dir):
            variables["XDG_RUNTIME_DIR"] = self.runtime_dir
            variables["DBUS_SESSION_BUS_ADDRESS"] = f"unix:path={self.runtime_dir}/bus"
        return variables

    def run(
        self,
        argv: t.Sequence[str],
        *,
        timeout: float = RUN,
        extra: t.Mapping[str, str] | None = None,
        given: bytes | None = None,
        stdin: int | None = None,
    ) -> Ran:
        """Runs a command as the user.  127: it does not exist; 124: it took too long.

        given: its standard input.  stdin: a descriptor that is.
        """
        wait = self.begin(argv, extra=extra, stdin=stdin if given is None else -1)
        ran: Ran = wait(timeout, given)
        if ran.status != 0:
            heard.note_text(self, ran.err)
        return ran

    def begin(
        self,
        argv: t.Sequence[str],
        *,
        extra: t.Mapping[str, str] | None = None,
        stdin: int | None = None,
    ) -> t.Callable[..., Ran]:
        """Starts a command as the user; returns a function that waits for its end.

        Arguments of that function: the seconds to wait, and the standard input.
        """
        environment = {**self.environment, **(extra or {})}
        try:
            child = self._begin(argv, environment, stdin)
        except OSError as error:
            failed = Ran(126, "", f"{argv[0]}: {error.strerror}")
            if isinstance(error, FileNotFoundError):
                failed = Ran(NOT_FOUND, "", f"{argv[0]}: not found")
            return lambda *_given: failed

        def end(timeout: float = RUN, given: bytes | None = None) -> Ran:
            ended = child.wait(limit_of(timeout), given or b"")
            if ended.killed:
                shown = f"{' '.join(argv[:3])} …, run as user {self.name}: {ended.killed}"
                return Ran(_TOO_LONG, "", shown)
            out, err = (text.decode("utf-8", "replace") for text in ended.outputs)
            return Ran(ended.status, out, err)

        return end

    def _begin(
        self, argv: t.Sequence[str], environment: dict[str, str], stdin: int | None
    ) -> Child:
        if self.is_self:
            return spawn(argv, environment, stdin)
        become = self._identity()

        def work() -> None:
            become()
            execute(argv, environment)

        return start(work, (1, 2), stdin)

    def _identity(self) -> t.Callable[[], None]:
        """What makes a child this user; what it needs is looked up before."""
        groups = os.getgrouplist(self.name, self.gid)

        def become() -> None:
            os.setgroups(groups)
            os.setgid(self.gid)
            os.setuid(self.uid)

        return become

    def call(self, function: t.Callable[..., t.Any], *args: t.Any, limit: float = READ) -> t.Any:
        """Calls the function as the user, who has so many seconds for it.

        The function imports nothing: after the change of user the module's own archive can't be
        read.  Results are JSON.  QuadletError and OSError arrive as
        QuadletError.
        """
        if self.is_self:
            return self._result(_attempt(function, args))
        become, environment = self._identity(), self.environment

        def work() -> None:
            become()
            resource.setrlimit(resource.RLIMIT_DATA, (_MEMORY, _MEMORY))
            os.environ.clear()
            os.environ.update(environment)
            _write(json.dumps(_attempt_all(function, args)).encode())

        ended = start(work, (_ANSWER,)).wait(limit_of(limit))
        doing = f"the process that acts as user {self.name} ({function.__name__.strip('_')})"
        if ended.killed:
            raise QuadletError(
                f"{doing} was killed, {ended.killed}",
                where=ended.path or None,
                remedy=_LOOK,
                data={HELD_UP: True},
                topic="owner-process",
            )
        reply = read_reply(ended.outputs[0])
        if reply is None:
            raise QuadletError(
                f"{doing} died without an answer", remedy="Run it again.", topic="owner-process"
            )
        return self._result(reply)

    def _result(self, reply: t.Mapping[str, t.Any]) -> t.Any:
        try:
            return _result(reply)
        except QuadletError as error:
            heard.note_text(self, error.what)
            raise


_ANSWER = 3
_MEMORY = 1 << 30
_LOOK = "Look at what the user's processes do, and at the user's mounts; then run it again."


def _write(answer: bytes) -> None:
    view = memoryview(answer)
    while view:
        view = view[os.write(_ANSWER, view) :]


def read_reply(answer: bytes) -> dict[str, t.Any] | None:
    """The mapping that a child has sent; None for anything else."""
    try:
        reply = json.loads(answer)
    except (ValueError, RecursionError):
        return None
    return reply if isinstance(reply, dict) else None


class Apart(Owner):
    """A user for whom root acts in a child, even if it is root: so it has an end whatever others
    have put in the way.
    """

    @property
    def is_self(self) -> bool:
        """Never for root."""
        return os.geteuid() != 0


def own_process() -> Owner:
    """The user of this process."""
    return Owner(pwd.getpwuid(os.geteuid()))


def caller_name() -> str:
    """Who runs this: the account behind sudo, if there is one."""
    return os.environ.get("SUDO_USER") or own_process().name


def _attempt(function: t.Callable[..., t.Any], args: t.Sequence[t.Any]) -> dict[str, t.Any]:
    try:
        return {"result": function(*args)}
    except (QuadletError, OSError) as error:
        return {"error": to_quadlet_error(error).to_dict()}


def _attempt_all(function: t.Callable[..., t.Any], args: t.Sequence[t.Any]) -> dict[str, t.Any]:
    """As _attempt(), for a child: the error carries the place of a bug."""
    try:
        return _attempt(function, args)
    except Exception as error:
        return {"error": to_quadlet_error(error).to_dict()}


def to_quadlet_error(error: Exception) -> QuadletError:
    """Any error as a QuadletError; that of a bug names its place."""
    if isinstance(error, QuadletError):
        return error
    if isinstance(error, OSError):
        return from_os_error(error)
    if isinstance(error, MemoryError):
        return QuadletError(
            f"what is to be read is too large: it takes {_MEMORY >> 20} MiB", topic="too-large"
        )
    place = traceback.extract_tb(error.__traceback__)[-1]
    return QuadletError(
        f"unexpected {type(error).__name__}: {error} ({place.name}, line {place.lineno})",
        topic="unexpected",
    )


def _result(reply: t.Mapping[str, t.Any]) -> t.Any:
    if isinstance(reply.get("error"), dict):
        raise QuadletError.from_dict(reply["error"])
    return reply.get("result")


_REMEDIES: t.Final[dict[str, str]] = {
    "ENOSPC": "Free some space on that file system; nothing was half-written.",
    "EDQUOT": "The disk quota is used up; nothing was half-written.",
    "EACCES": "Give the scope's user the right to it, or run as root.",
    "EPERM": "Give the scope's user the right to it, or run as root.",
    "EROFS": "The file system is mounted read-only.",
}


def from_os_error(error: OSError) -> QuadletError:
    """An error of the operating system with its path and remedy."""
    name = errno.errorcode.get(error.errno or 0, "")
    path = error.filename2 or error.filename
    return QuadletError(
        error.strerror or str(error),
        where=os.fsdecode(path) if isinstance(path, (str, bytes)) else None,
        remedy=_REMEDIES.get(name),
        topic="system-error",
    )
