"""A host in a directory: the engine runs on it in milliseconds, without systemd or Podman.

The fakes stand at the two ports: `Owner.begin` (commands; `Owner.run` is a call of it) and
`Owner.call` (functions in the owner's process, which here run in this one).  Files are real files,
and the generator is a real one.  The fakes prove nothing about systemd or Podman: what they answer
has the form of what was recorded on hosts, and the same scenarios run on real ones.
"""

from __future__ import annotations

import contextlib
import fcntl
import functools
import hashlib
import importlib
import json
import os
import pathlib
import pickle
import pwd
import subprocess
import tempfile
import types
import typing as t

from tests.unit.engine.support import answers
from tests.unit.engine.support.clock import Clock
from tests.unit.engine.support.dry_run import dry_run
from tests.unit.engine.support.effects import (
    DIES,
    DIES_LATE,
    FAILS,
    FAILS_LATE,
    FAULTS,
    HANGS,
    HANGS_LATE,
    Effect,
    Effects,
    Fault,
    Killed,
)
from tests.unit.engine.support.podman import Podman, Storage, make_id
from tests.unit.engine.support.releases import BUSYBOX, NGINX
from tests.unit.engine.support.systemd import Engine, Systemd
from tests.unit.engine.support.tree import Files, read_tree, write_tree
from tests.unit.engine.support.unit_file import UnitFile, parse_made, parse_unit_file

UTILS = "ansible_collections.quadlet.fleet.plugins.module_utils"


SAYS = "it was made to fail"


class Ended(t.NamedTuple):
    """How a run ended.  error: what it raised; died: it was killed."""

    result: dict[str, t.Any] | None
    error: Exception | None = None
    died: bool = False


class Host:
    """The host.  kind: system or user, whose scope it is."""

    def __init__(self, top: pathlib.Path, kind: str, generator: pathlib.Path) -> None:
        self.top, self.kind, self.binary = top, kind, generator
        self.clock, self.effects = Clock(), Effects()
        self.systemd, self.podman = Systemd(), Storage()
        for image in (BUSYBOX, *NGINX):
            self.podman.registry[image] = make_id(image)
        self._attach()
        self.storage_dir = f"{top}/storage"
        self.scope = self._make_scope()
        self.fault_says = SAYS
        self.fault_at_job: tuple[int, str] | None = None
        self.jobs: list[str] = []
        self.lingers = kind == "system"
        self.died = False
        self.commands: list[answers.Row] = []
        self._owner = importlib.import_module(f"{UTILS}._host.owner")
        for folder in ("run", "tmp", "storage/secrets", "etc/systemd", "etc/containers/systemd"):
            (top / folder).mkdir(parents=True, exist_ok=True)
        (top / "run/bus").touch()

    def _attach(self) -> None:
        self.engine = Engine(self.systemd, self.clock, Podman(self.podman))
        self.engine.on_job = self._on_job
        self.engine.on_done = self._on_done

    def _make_scope(self) -> t.Any:
        scopes = importlib.import_module(f"{UTILS}._host.scope")
        owners = importlib.import_module(f"{UTILS}._host.owner")
        system = self.kind == "system"
        entry = pwd.struct_passwd(
            ("root" if system else "alice", "x", *((0, 0) if system else (1000, 1000)), "",
             f"{self.top}/home", "/bin/sh")
        )  # fmt: skip
        owner = owners.Owner(entry)
        owner.runtime_dir = f"{self.top}/run"
        units = f"{self.top}/etc/containers/systemd"
        search = ((units, (4, 7)),)
        return scopes.Scope(
            None if system else "alice",
            "system" if system else "home",
            owner,
            owner,
            units,
            f"{self.top}/var/lib/quadlet.fleet",
            search,
        )

    # What commands act on

    def objects(self, kind: str) -> dict[str, float]:
        """The storage's networks or volumes, with when each was made."""
        return self.podman.networks if kind == "network" else self.podman.volumes

    def wants_link(self, name: str) -> str:
        """Where systemctl makes the link that a timer asks for."""
        return f"{self.scope.systemd_dir}/timers.target.wants/{name}"

    def load_units(self) -> None:
        """What a daemon-reload does: the generator runs, and all units are read anew."""
        said = dry_run(self.binary, self.kind, self.scope.unit_dir)
        files: dict[str, UnitFile] = {}
        place = "/run/systemd/generator" if self.kind == "system" else "/run/user/1000/systemd"
        for name, text in parse_made(said["out"]):
            files[name] = parse_unit_file(name, f"{place}/{name}", text)
        folder = pathlib.Path(self.scope.systemd_dir)
        for path in sorted(folder.glob("[!.]*.*")) if folder.is_dir() else []:
            if path.is_file():
                files[path.name] = parse_unit_file(path.name, str(path), path.read_text())
        self.systemd.files = files

    # Ports

    def _begin(self, owner: t.Any, argv: t.Sequence[str], **_more: t.Any) -> t.Any:
        def end(timeout: float = 120.0, given: bytes | None = None) -> t.Any:
            return self._run(list(argv), timeout, given)

        del owner
        return end

    def _run(self, argv: list[str], timeout: float, given: bytes | None) -> t.Any:
        def act() -> t.Any:
            with self._aside():
                self.clock.passed += 0.004
                self.engine.settle()
                status, out, err = answers.answer(self, argv, given, timeout)
            self.commands.append(answers.Row(tuple(argv), status, out, err))
            return self._owner.Ran(status, out, err)

        def go_wrong(kind: str) -> t.Any:
            if kind in (FAILS, FAILS_LATE):
                status = 125 if "podman" in argv else 1
                return self._owner.Ran(status, "", f"{self.fault_says}\n")
            self.clock.passed += timeout
            shown = f"{' '.join(argv[:3])} …: no answer within {timeout:g} s"
            return self._owner.Ran(124, "", shown)

        return self.effects.do(Effect(" ".join(argv), FAULTS), act, go_wrong)

    @contextlib.contextmanager
    def _aside(self) -> t.Iterator[None]:
        """What the fake does itself is no effect of the run."""
        before, self.effects.active = self.effects.active, False
        try:
            yield
        finally:
            self.effects.active = before

    def _call(
        self, owner: t.Any, function: t.Callable[..., t.Any], *args: t.Any, **_limit: t.Any
    ) -> t.Any:
        def act() -> t.Any:
            if self.kind == "system":
                return self._owner._result(self._owner._attempt(function, args))
            reply = json.loads(json.dumps(self._owner._attempt_all(function, args)))
            return self._owner._result(reply)

        def go_wrong(_kind: str) -> t.NoReturn:
            errors = importlib.import_module(f"{UTILS}._core.errors")
            raise errors.QuadletError(
                f"the process that acts as user {owner.name} died without an answer"
            )

        kinds = (FAILS, FAILS_LATE, DIES, DIES_LATE)
        return self.effects.do(Effect(f"call {function.__name__}", kinds), act, go_wrong)

    def _program(self, argv: t.Sequence[str], **more: t.Any) -> t.Any:
        """What the file layer runs itself: the generator, and systemd's own check of units."""

        def act() -> t.Any:
            with self._aside():
                if "-dryrun" not in argv:
                    return subprocess.CompletedProcess(argv, 0, b"", b"")
                folder = more["env"].get("QUADLET_UNIT_DIRS", self.scope.unit_dir)
                said = dry_run(self.binary, self.kind, folder)
                out, err = said["out"].encode(), said["err"].encode()
                return subprocess.CompletedProcess(argv, said["status"], out, err)

        def go_wrong(kind: str) -> t.Any:
            if kind in (HANGS, HANGS_LATE):
                self.clock.passed += more["timeout"]
                raise subprocess.TimeoutExpired(list(argv), more["timeout"])
            return subprocess.CompletedProcess(argv, 1, b"", f"{self.fault_says}\n".encode())

        kinds = (FAILS, HANGS, DIES, DIES_LATE)
        name = f"program {pathlib.Path(argv[0]).name}"
        return self.effects.do(Effect(name, kinds), act, go_wrong)

    def _on_job(self, name: str, kind: str) -> str:
        number = len(self.jobs)
        self.jobs.append(f"{kind} {name}")
        if self.fault_at_job and self.fault_at_job[0] == number:
            self.effects.hit = f"job {kind} {name}"
            if self.fault_at_job[1] == DIES:
                self.effects.dead = True
                return ""
            return self.fault_at_job[1]
        return ""

    def _on_done(self) -> None:
        if self.fault_at_job and self.fault_at_job == (len(self.jobs) - 1, DIES_LATE):
            self.effects.dead = True

    # Runs

    def run(
        self,
        params: t.Mapping[str, t.Any],
        fault: Fault | None = None,
        job: tuple[int, str] | None = None,
        *,
        check: bool = False,
    ) -> Ended:
        """One run of the engine.  fault, job: what goes wrong at an effect, or at a job."""

        def reconcile() -> dict[str, t.Any]:
            parse_app = importlib.import_module(f"{UTILS}._core.app.app").parse_app
            engine = importlib.import_module(f"{UTILS}._engine.reconcile")
            app = parse_app(params)
            result: dict[str, t.Any] = engine.reconcile(
                app, self.scope, check=check, clock=self.clock
            )
            return result

        return self.do(reconcile, fault, job)

    def do(
        self,
        work: t.Callable[[], dict[str, t.Any]],
        fault: Fault | None = None,
        job: tuple[int, str] | None = None,
    ) -> Ended:
        """Any work of a module on this host."""
        self.effects.begin(fault)
        self.fault_at_job, self.jobs, self.commands = job, [], []
        try:
            with self._installed(), self.effects.on_files():
                return Ended(work())
        except Killed:
            self.died = True
            return Ended(None, died=True)
        except answers.UnknownCommandError:
            raise
        except Exception as error:
            return Ended(None, error)
        finally:
            self.effects.close_all()
            self.fault_at_job = None
            self.effects.dead = False

    def rest(self, seconds: float = 120.0) -> None:
        """Time passes, and systemd does what it has to."""
        self.clock.passed += seconds
        self.engine.settle()

    @contextlib.contextmanager
    def _installed(self) -> t.Iterator[None]:
        """The engine with this host around it."""
        with contextlib.ExitStack() as stack:
            for place, name, value in self._patches():
                stack.callback(setattr, place, name, getattr(place, name))
                setattr(place, name, value)
            yield

    def _patches(self) -> t.Iterator[tuple[t.Any, str, t.Any]]:
        host = load_patched()
        yield self._owner.Owner, "begin", _method(self._begin)
        yield self._owner.Owner, "call", _method(self._call)
        lock = host["lock"].Lock
        yield lock, "__init__", self._make_lock(lock.__init__)
        yield host["lock"], "_uid_of", lambda _descriptor: self.scope.manager.uid
        yield host["lock"], "fcntl", types.SimpleNamespace(**{**vars(fcntl), "flock": self._flock})
        yield host["linger"], "is_lingering", lambda _user: self.lingers
        yield host["scope"], "subordinate_ids_missing", lambda *_any: []
        yield host["scope"], "SYSTEMD_DIRS", self._systemd_dirs(host["scope"])
        yield host["podman"], "find_generator", lambda **_more: ["/generator"]
        yield host["staging"], "run_program", self._program
        yield host["exchange"], "_AT_ONCE", 1  # one thread: effects have an order
        yield tempfile, "tempdir", f"{self.top}/tmp"
        yield os, "urandom", lambda size: bytes(range(size))

    def _systemd_dirs(self, scopes: t.Any) -> dict[str, str]:
        return {**scopes.SYSTEMD_DIRS, "system": f"{self.top}/etc/systemd/system"}

    def _make_lock(self, make: t.Callable[..., None]) -> t.Callable[..., None]:
        """Locks lie in the directory of this host, those of the system too."""

        def made(lock: t.Any, *args: t.Any, **more: t.Any) -> None:
            make(lock, *args, **more)
            lock._path = f"{self.top}/run/{os.path.basename(lock._path)}"

        return made

    def _flock(self, descriptor: int, how: int) -> None:
        fcntl.flock(descriptor, how)
        self.effects.opened.append((descriptor, os.fstat(descriptor).st_ino))

    # Looks

    def save(self) -> Saved:
        """All that the host is."""
        state = pickle.dumps((self.systemd, self.podman, self.clock.passed, self.lingers))
        return Saved(state, read_tree(str(self.top)))

    def load(self, saved: Saved) -> None:
        """The host as it was saved."""
        self.systemd, self.podman, self.clock.passed, self.lingers = pickle.loads(saved.state)
        self.died = False
        self._attach()
        write_tree(str(self.top), saved.files)

    def state_digest(self) -> str:
        """A digest of all that the next run can see, but for times."""
        units = {
            name: (one.active, one.sub, one.result, one.restarts, one.code, one.status)
            for name, one in self.systemd.units.items()
        }
        jobs = {name: (job.kind, job.due is None) for name, job in self.systemd.jobs.items()}
        podman = self.podman
        seen = (
            sorted(self.systemd.files.items()),
            sorted(units.items()),
            list(jobs.items()),
            (sorted(podman.images.items()), sorted(podman.nameless)),
            sorted(podman.secrets.items()),
            (sorted(podman.networks), sorted(podman.volumes), sorted(podman.containers)),
            sorted(read_tree(str(self.top)).items()),
            self.lingers,
        )
        return hashlib.sha256(repr(seen).encode()).hexdigest()

    def up(self) -> set[str]:
        """The units that are up."""
        return {name for name, one in self.systemd.units.items() if one.up}


def _method(function: t.Callable[..., t.Any]) -> t.Callable[..., t.Any]:
    """A function that a class takes for a method; a bound one it would not give its instance."""

    def method(*args: t.Any, **more: t.Any) -> t.Any:
        return function(*args, **more)

    return method


class Saved(t.NamedTuple):
    """What a host was."""

    state: bytes
    files: Files


@contextlib.contextmanager
def temporary_host(kind: str, generator: pathlib.Path) -> t.Iterator[Host]:
    """A host for a while: in memory, where this machine has such a directory."""
    place = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="quadlet.fleet-host-", dir=place) as top:
        yield Host(pathlib.Path(top), kind, generator)


@functools.cache
def load_patched() -> dict[str, types.ModuleType]:
    """The modules that know places of the real host, by their last name."""
    names = ("exchange", "lock", "linger", "scope", "podman", "staging")
    return {name: importlib.import_module(f"{UTILS}._host.{name}") for name in names}
