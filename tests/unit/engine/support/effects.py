"""Every effect of a run, numbered, and a fault at any one of them.

An effect is a command, a call of a function in the owner's process, each single change of a file,
and each program that the file layer runs itself.
"""

from __future__ import annotations

import builtins
import contextlib
import errno
import os
import typing as t

FAILS, FAILS_LATE, HANGS, HANGS_LATE, DIES, DIES_LATE = (
    "fails",
    "fails after it was done",
    "hangs",
    "hangs after it was done",
    "dies before",
    "dies after",
)
FAULTS = (FAILS, FAILS_LATE, HANGS, HANGS_LATE, DIES, DIES_LATE)


class Killed(BaseException):
    """The process is gone: nothing that catches errors sees it."""


class Fault(t.NamedTuple):
    """What goes wrong, and at the effect of which number.

    lasts: with all effects of that sort from then on, not with that one alone.
    """

    number: int
    kind: str
    lasts: bool = False


class Effect(t.NamedTuple):
    """What was done.  kinds: which faults it can have."""

    name: str
    kinds: tuple[str, ...]

    @property
    def sort(self) -> str:
        """What is done, without to what."""
        words = [word for word in self.name.split() if not word.startswith("-")]
        return " ".join(words[: _WORDS.get(words[0], 1)])


_WORDS = {"call": 2, "program": 2, "systemctl": 2, "journalctl": 1, "podman": 3}
"""How many words of an effect's name tell its sort."""


_T = t.TypeVar("_T")


class Effects:
    """Counts what a run does, and has one of it go wrong."""

    def __init__(self) -> None:
        self.done: list[Effect] = []
        self.fault: Fault | None = None
        self.active = self.dead = False
        self.watch: t.Callable[[int, bool], None] | None = None
        self.hit: str | None = None
        self.streams: list[_Stream] = []
        self.opened: list[tuple[int, int]] = []

    def begin(self, fault: Fault | None) -> None:
        """Before a run."""
        self.done, self.fault, self.dead, self.hit = [], fault, False, None

    def do(
        self,
        effect: Effect,
        action: t.Callable[[], _T],
        instead: t.Callable[[str], _T],
    ) -> _T:
        """Does an effect, or what a fault makes of it.  instead: by the fault's kind."""
        if self.dead:
            raise Killed
        number = len(self.done)
        self.done.append(effect)
        if self.watch:
            self.watch(number, False)
        kind = self._kind_at(number, effect)
        if kind:
            self.hit = effect.name
        if kind == DIES:
            self.die()
        if kind in (FAILS, HANGS):
            return instead(kind)
        result = action()
        if self.watch:
            self.watch(number, True)
        if kind == DIES_LATE:
            self.die()
        if self.dead:
            raise Killed
        return instead(kind) if kind in (FAILS_LATE, HANGS_LATE) else result

    def _kind_at(self, number: int, effect: Effect) -> str:
        fault = self.fault
        if fault is None or number < fault.number:
            return ""
        if number > fault.number and not fault.lasts:
            return ""
        return fault.kind if effect.sort == self.done[fault.number].sort else ""

    def die(self) -> t.NoReturn:
        """The end of the process."""
        self.dead = True
        raise Killed

    def close_all(self) -> None:
        """What the kernel does with the open files of a process that is gone."""
        for stream in self.streams:
            stream.close()
        for descriptor, inode in self.opened:
            with contextlib.suppress(OSError):
                if os.fstat(descriptor).st_ino == inode:
                    os.close(descriptor)
        self.streams.clear()
        self.opened.clear()

    # Files

    @contextlib.contextmanager
    def on_files(self) -> t.Iterator[None]:
        """Has each change of a file be an effect."""
        patches = {(os, name): self._wrapped(getattr(os, name), code) for name, code in _CHANGES}
        patches[os, "open"] = self._os_open(os.open)
        patches[builtins, "open"] = self._open(open)
        before = {key: getattr(*key) for key in patches}
        for (place, name), function in patches.items():
            setattr(place, name, function)
        self.active = True
        try:
            yield
        finally:
            self.active = False
            for (place, name), function in before.items():
                setattr(place, name, function)

    def _change(self, name: str, path: t.Any, code: int, action: t.Callable[[], _T]) -> _T:
        def fail(_kind: str) -> t.NoReturn:
            shown = None if isinstance(path, int) else path
            raise OSError(code, os.strerror(code), shown)

        shown = "" if isinstance(path, int) else os.fspath(path)
        return self.do(Effect(f"{name} {shown}".strip(), (FAILS, DIES, DIES_LATE)), action, fail)

    def _wrapped(self, function: t.Callable[..., t.Any], code: int) -> t.Callable[..., t.Any]:
        def wrapped(*args: t.Any, **more: t.Any) -> t.Any:
            if not self.active:
                return function(*args, **more)
            name = function.__name__
            if name == "fsync":  # what is written is on this machine's disk soon enough
                return self._change(name, args[0], code, lambda: None)
            return self._change(name, args[0], code, lambda: function(*args, **more))

        return wrapped

    def _os_open(self, function: t.Callable[..., int]) -> t.Callable[..., int]:
        def opened(path: t.Any, flags: int, *args: t.Any, **more: t.Any) -> int:
            if not self.active or not flags & (os.O_CREAT | os.O_TRUNC):
                return function(path, flags, *args, **more)

            def action() -> int:
                descriptor = function(path, flags, *args, **more)
                self.opened.append((descriptor, os.fstat(descriptor).st_ino))
                return descriptor

            return self._change("create", path, errno.ENOSPC, action)

        return opened

    def _open(self, function: t.Callable[..., t.Any]) -> t.Callable[..., t.Any]:
        def opened(file: t.Any, mode: str = "r", *args: t.Any, **more: t.Any) -> t.Any:
            if not self.active or not set(mode) & set("wax+"):
                return function(file, mode, *args, **more)
            if isinstance(file, int):
                return _Stream(function(file, mode, *args, **more), self)

            def action() -> _Stream:
                self.streams.append(_Stream(function(file, mode, *args, **more), self))
                return self.streams[-1]

            return self._change("create", file, errno.ENOSPC, action)

        return opened


_CHANGES = (
    ("replace", errno.EROFS),
    ("rename", errno.EROFS),
    ("unlink", errno.EROFS),
    ("rmdir", errno.EROFS),
    ("mkdir", errno.ENOSPC),
    ("link", errno.ENOSPC),
    ("symlink", errno.ENOSPC),
    ("fsync", errno.ENOSPC),
    ("chmod", errno.EROFS),
    ("fchmod", errno.EROFS),
)
"""What changes files, with the error that it has."""


class _Stream:
    """A file that is open for writing."""

    def __init__(self, stream: t.Any, effects: Effects) -> None:
        self._stream, self._effects = stream, effects

    def __getattr__(self, name: str) -> t.Any:
        return getattr(self._stream, name)

    def __enter__(self) -> t.Any:
        return self

    def __exit__(self, *_why: object) -> None:
        self._stream.close()

    def _put(self, data: t.Any) -> None:
        self._stream.write(data)
        self._stream.flush()

    def write(self, data: t.Any) -> int:
        """One effect; where the space ends, the half is there."""

        def fail(_kind: str) -> t.NoReturn:
            self._put(data[: len(data) // 2])
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        self._effects.do(Effect("write", (FAILS, DIES, DIES_LATE)), lambda: self._put(data), fail)
        return len(data)
