# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Acting as the owner of a scope: nothing is read, written or run with more rights.

Root does what it does in a user's tree in a child process that has become that user, so
a link planted there leads to nothing that the user could not reach.  What the child
sends back is the user's word, and only ever data: JSON of a bounded size.
"""

from __future__ import annotations

import errno
import json
import os
import pwd
import subprocess
import traceback
import typing as t

from .._core.errors import QuadletError

_LIMIT = 256 * 1024 * 1024
_TIMEOUT = 120.0


class Ran(t.NamedTuple):
    """How a command ended."""

    status: int
    out: str
    err: str


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
        timeout: float = _TIMEOUT,
        extra: t.Mapping[str, str] | None = None,
        given: bytes | None = None,
        stdin: int = subprocess.DEVNULL,
    ) -> Ran:
        """Runs a command as the user.  127: it does not exist; 124: it took too long.

        given: its standard input.  stdin: a descriptor that is.
        """
        stdin = stdin if given is None else subprocess.PIPE
        return self.begin(argv, extra=extra, stdin=stdin)(timeout, given)

    def begin(
        self,
        argv: t.Sequence[str],
        *,
        extra: t.Mapping[str, str] | None = None,
        stdin: int = subprocess.DEVNULL,
    ) -> t.Callable[..., Ran]:
        """Starts a command as the user; returns a function that waits for its end.

        Arguments of that function: the seconds to wait, and the standard input.
        """
        try:
            process = subprocess.Popen(
                list(argv),
                stdin=stdin,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                cwd="/",
                env={**self.environment, **(extra or {})},
                **self._identity(),
            )
        except FileNotFoundError:
            missing = Ran(127, "", f"{argv[0]}: not found")
            return lambda *_given: missing

        def end(timeout: float = _TIMEOUT, given: bytes | None = None) -> Ran:
            try:
                streams = process.communicate(given, timeout)
            except subprocess.TimeoutExpired:
                process.kill()
                process.communicate()
                return Ran(124, "", f"{' '.join(argv[:3])} …: no answer within {timeout:g} s")
            out, err = (stream.decode("utf-8", "replace") for stream in streams)
            return Ran(process.returncode, out, err)

        return end

    def _identity(self) -> dict[str, t.Any]:
        if self.is_self:
            return {}
        groups = os.getgrouplist(self.name, self.gid)
        return {"user": self.uid, "group": self.gid, "extra_groups": groups}

    def call(self, function: t.Callable[..., t.Any], *args: t.Any) -> t.Any:
        """Calls the function as the user.

        The function imports nothing: after the change of user the module's own archive can't be
        read.  Results are JSON.  QuadletError and OSError arrive as
        QuadletError.
        """
        if self.is_self:
            return _result(_attempt(function, args))
        source, sink = os.pipe()
        child = os.fork()
        if child == 0:
            self._serve(function, args, sink)
        os.close(sink)
        with open(source, "rb") as stream:
            answer = stream.read(_LIMIT + 1)
        os.waitpid(child, 0)
        try:
            reply = json.loads(answer) if len(answer) <= _LIMIT else None
        except ValueError:
            reply = None
        if not isinstance(reply, dict):
            raise QuadletError(f"the process that acts as user {self.name} died without an answer")
        return _result(reply)

    def _serve(self, function: t.Callable[..., t.Any], args: t.Sequence[t.Any], sink: int) -> None:
        """The child: becomes the user, calls the function, writes the answer, ends."""
        status = 1
        try:
            os.dup2(sink, 3)
            os.closerange(4, min(65536, os.sysconf("SC_OPEN_MAX")))
            os.chdir("/")
            os.initgroups(self.name, self.gid)
            os.setgid(self.gid)
            os.setuid(self.uid)
            os.environ.clear()
            os.environ.update(self.environment)
            answer = json.dumps(_attempt_all(function, args)).encode()
            view = memoryview(answer)
            while view:
                view = view[os.write(3, view) :]
            status = 0
        finally:
            os._exit(status)


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
    place = traceback.extract_tb(error.__traceback__)[-1]
    return QuadletError(
        f"unexpected {type(error).__name__}: {error} ({place.name}, line {place.lineno})"
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
    )
