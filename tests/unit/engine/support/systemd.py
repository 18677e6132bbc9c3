"""A small systemd: units, jobs in their order, states, restarts after crashes.

It proves nothing about systemd: it knows what the engine's runs need, and each answer has the
form of one that was recorded on a host (test_fake.py compares them).
"""

from __future__ import annotations

import dataclasses
import typing as t

from tests.unit.engine.support.clock import SINCE_BOOT, START, Clock
from tests.unit.engine.support.unit_file import UnitFile

BEGIN, STOP, RESTART_AFTER = 0.25, 0.2, 0.1
_BURST, _INTERVAL = 5, 10.0
UP = ("active", "reloading")


@dataclasses.dataclass
class Unit:
    """What systemd knows of a unit while it runs.  due: when something happens to it by itself."""

    name: str
    active: str = "inactive"
    sub: str = "dead"
    result: str = "success"
    restarts: int = 0
    code: int = 0
    status: int = 0
    invocation: str = ""
    pid: int = 0
    left_inactive: float = 0.0
    became_active: float = 0.0
    left_active: float = 0.0
    due: float | None = None
    starts: list[float] = dataclasses.field(default_factory=list)

    @property
    def up(self) -> bool:
        """Whether it is there for those that need it."""
        return self.active in UP


@dataclasses.dataclass
class Job:
    """What is to become of a unit.  due: when that ends, None while it waits for others."""

    kind: str
    fault: str = ""
    due: float | None = None
    told: str = ""


class Runner(t.Protocol):
    """What services do: the fake of Podman."""

    def start(self, unit: UnitFile, now: float) -> tuple[int, str]:
        """The exit status of what a service begins with, and what it printed."""

    def stop(self, unit: UnitFile | None, name: str) -> None:
        """The end of a service's container."""

    def ends(self, unit: UnitFile) -> int | None:
        """The exit status with which a container ends right after its start, None if it stays."""


@dataclasses.dataclass
class Systemd:
    """The state of a manager.  files: as of the last daemon-reload."""

    files: dict[str, UnitFile] = dataclasses.field(default_factory=dict)
    units: dict[str, Unit] = dataclasses.field(default_factory=dict)
    jobs: dict[str, Job] = dataclasses.field(default_factory=dict)
    journal: list[dict[str, t.Any]] = dataclasses.field(default_factory=list)
    invocations: int = 0
    jobs_begun: int = 0


class Engine:
    """Lets time work on a manager's state."""

    def __init__(self, state: Systemd, clock: Clock, runner: Runner) -> None:
        self.state, self.clock, self.runner = state, clock, runner
        self.now = clock.passed
        self.on_job: t.Callable[[str, str], str] = lambda _name, _kind: ""
        self.on_done: t.Callable[[], None] = lambda: None

    def unit(self, name: str) -> Unit:
        """A unit's state."""
        return self.state.units.setdefault(name, Unit(name))

    def load(self, name: str) -> str:
        """Whether systemd has a unit's file."""
        return "loaded" if name in self.state.files else "not-found"

    # Transactions

    def start(self, name: str) -> str:
        """Queues a start and those that it needs; why it is refused, or ''."""
        wanted, todo = [], [name]
        while todo:
            one = todo.pop()
            if one in wanted:
                continue
            if one not in self.state.files:
                if one == name or any(one in self.state.files[n].requires for n in wanted):
                    return f"Failed to start {name}: Unit {one} not found."
                continue
            if one != name and self.unit(one).up and one not in self.state.jobs:
                continue
            wanted.append(one)
            todo += sorted(self.state.files[one].requires | self.state.files[one].wants)
        for one in wanted:
            self._put(one, "start")
        return ""

    def restart(self, name: str) -> str:
        """Queues a restart, and those of active ones that need it."""
        if self.unit(name).active in ("inactive", "failed") or name not in self.state.files:
            return self.start(name)
        for need in sorted(self.state.files[name].requires):
            if not self.unit(need).up:
                self.start(need)
        for one in [*self.dependents(name), name]:
            if self.unit(one).active in (*UP, "activating") or one == name:
                self._put(one, "restart")
        return ""

    def stop(self, name: str) -> str:
        """Queues a stop, of those that need it too."""
        if name not in self.state.files and self.unit(name).active in ("inactive", "failed"):
            return f"Failed to stop {name}: Unit {name} not loaded."
        for one in [name, *self.dependents(name)]:
            if self.unit(one).active not in ("inactive", "failed") or one in self.state.jobs:
                self._put(one, "stop")
        return ""

    def dependents(self, name: str) -> list[str]:
        """Units that stop with this one, in turn."""
        found, todo = [], [name]
        while todo:
            one = todo.pop()
            new = [
                other
                for other, file in sorted(self.state.files.items())
                if (one in file.requires or one in file.part_of) and other not in (*found, name)
            ]
            found += new
            todo += new
        return found

    def _put(self, name: str, kind: str) -> None:
        old = self.state.jobs.get(name)
        if old and old.kind == "restart" and kind == "start":
            return
        if old and old.kind == kind and (kind != "restart" or old.due is None):
            return
        if old and not (old.kind == "start" and kind == "restart" and old.due is None):
            self._log_job(name, old.kind, "canceled")
        if kind == "stop" and self.unit(name).sub == "auto-restart":
            self.unit(name).due = None
        self.state.jobs[name] = Job(kind)

    # Time

    def settle(self) -> None:
        """Lets happen what is due by now."""
        while True:
            while self._begin_ready():
                pass
            due = self._next()
            if due is None or due[0] > self.clock.passed:
                self.now = self.clock.passed
                return
            self.now = max(self.now, due[0])
            self._happen(due[1])

    def _next(self) -> tuple[float, str] | None:
        jobs = [(job.due, name) for name, job in self.state.jobs.items() if job.due is not None]
        units = [(one.due, name) for name, one in self.state.units.items() if one.due is not None]
        return min([*jobs, *units], default=None)

    def wait(self, names: t.Collection[str], limit: float) -> bool:
        """Waits for the end of these units' jobs; False where that takes longer."""
        end = self.clock.passed + limit
        self.settle()
        while any(name in self.state.jobs for name in names):
            due = self._next()
            if due is None or due[0] > end:
                self.clock.passed = end
                self.settle()
                return False
            self.clock.passed = max(self.clock.passed, due[0])
            self.settle()
        return True

    def _begin_ready(self) -> bool:
        for name, job in list(self.state.jobs.items()):
            if job.due is None and not self._blocked(name, job):
                self._begin(name, job)
                return True
        return False

    def _blocked(self, name: str, job: Job) -> bool:
        mine = self.state.files[name].after if name in self.state.files else frozenset()
        for other, theirs in self.state.jobs.items():
            file = self.state.files.get(other)
            if other == name:
                continue
            if job.kind == "start" and other in mine:
                return True
            if file and name in file.after and theirs.kind in ("stop", "restart"):
                return True
        return False

    def _begin(self, name: str, job: Job) -> None:
        one, file = self.unit(name), self.state.files.get(name)
        if job.kind == "start" and (file is None or one.up):
            self._end_job(name, "done")
            return
        if job.kind == "start" and one.sub == "auto-restart":
            one.due = None
        self.state.jobs_begun += 1
        job.fault = self.on_job(name, "start" if job.kind == "start" else "stop")
        if job.kind == "start" and file:
            self._begin_start(one, file, job)
        else:
            self._leave_active(one)
            one.active, one.sub, one.due = "deactivating", "stop", None
            quick = file is None or file.remains or file.is_timer
            job.due = self.now + (90.0 if job.fault == "hangs" else 0.01 if quick else STOP)

    def _begin_start(self, one: Unit, file: UnitFile, job: Job) -> None:
        one.starts = [at for at in one.starts if at > self.now - _INTERVAL]
        if len(one.starts) >= _BURST:
            self._fail(one, "start-limit-hit")
            self._end_job(one.name, "failed")
            return
        one.starts.append(self.now)
        self.state.invocations += 1
        one.invocation = f"f{self.state.invocations:031x}"
        one.pid = 1000 + self.state.invocations
        one.left_inactive, one.result, one.code, one.status = START + self.now, "success", 0, 0
        if file.is_timer:
            self._become_active(one, "waiting")
            self._end_job(one.name, "done")
            return
        one.active, one.sub = "activating", "start"
        job.due = self.now + (file.limit if job.fault == "hangs" else BEGIN)

    def _happen(self, name: str) -> None:
        one, job = self.unit(name), self.state.jobs.get(name)
        if job and job.due is not None and job.due <= self.now:
            (self._end_start if job.kind == "start" else self._end_stop)(one, job)
        elif one.due is not None and one.sub == "auto-restart":
            one.due = None
            one.restarts += 1
            self._put(name, "start")
        elif one.due is not None:
            one.due = None
            self._fall(one)

    def _end_start(self, one: Unit, job: Job) -> None:
        file = self.state.files.get(one.name)
        if job.fault == "hangs":
            self._fail(one, "timeout")
            self._end_job(one.name, "failed")
            return
        status, said = self.runner.start(file, self.now) if file else (1, "")
        if job.fault == "fails":
            self.runner.stop(file, one.name)
            status = 1
        if said:
            self._log(one, said, by_systemd=False)
        if status or file is None:
            one.code, one.status = 1, status
            self._end_job(one.name, "failed")
            self._crash(one)
            return
        if file.once and not file.remains:
            self.runner.stop(file, one.name)
            one.active, one.sub, one.code = "inactive", "dead", 1
        else:
            self._become_active(one, "exited" if file.once else "running")
            one.code = 1 if file.once else 0
            if self.runner.ends(file) is not None:
                one.due = self.now + BEGIN
        self._end_job(one.name, "done")

    def _become_active(self, one: Unit, sub: str) -> None:
        one.active, one.sub, one.became_active = "active", sub, SINCE_BOOT + self.now

    def _fall(self, one: Unit) -> None:
        file = self.state.files.get(one.name)
        one.code, one.status = 1, (self.runner.ends(file) or 0) if file else 0
        self.runner.stop(file, one.name)
        self._crash(one)

    def _crash(self, one: Unit) -> None:
        file = self.state.files.get(one.name)
        self._log(one, f"{one.name}: Main process exited, code=exited, status={one.status}/n/a")
        self._fail(one, "exit-code")
        if file and file.restarts:
            one.active, one.sub, one.due = "activating", "auto-restart", self.now + RESTART_AFTER

    def _leave_active(self, one: Unit) -> None:
        """A timer that is stopped here is removed, and systemd forgets it."""
        if one.active == "active" and not one.name.endswith(".timer"):
            one.left_active = START + self.now

    def _fail(self, one: Unit, result: str) -> None:
        self._leave_active(one)
        one.active, one.sub, one.result, one.due = "failed", "failed", result, None
        self._log(one, f"{one.name}: Failed with result '{result}'.")

    def _end_stop(self, one: Unit, job: Job) -> None:
        self.runner.stop(self.state.files.get(one.name), one.name)
        one.active, one.sub = "inactive", "dead"
        if job.fault:
            self._fail(one, "timeout" if job.fault == "hangs" else "exit-code")
        if job.kind == "restart":
            self.state.jobs[one.name] = Job("start")
            self._log_job(one.name, "restart", "done")
        else:
            self._end_job(one.name, "done")

    def _end_job(self, name: str, result: str) -> None:
        job = self.state.jobs.pop(name)
        self._log_job(name, job.kind, result)
        self.on_done()
        if job.kind == "start" and result != "done":
            for other, waiting in list(self.state.jobs.items()):
                file = self.state.files.get(other)
                if waiting.kind == "start" and file and name in file.requires:
                    self._end_job(other, "dependency")

    # Journal

    def _log_job(self, name: str, kind: str, result: str) -> None:
        job = {"JOB_TYPE": kind, "JOB_RESULT": result}
        self._log(self.unit(name), f"{kind} of {name}: {result}", **job)

    def _log(self, one: Unit, text: str, *, by_systemd: bool = True, **fields: str) -> None:
        row = {"at": START + self.now, "unit": one.name, "text": text, "id": one.invocation}
        self.state.journal.append({**row, "by_systemd": by_systemd, **fields})
