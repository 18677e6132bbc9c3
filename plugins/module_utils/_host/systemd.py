# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""One service manager: reading states, reloading, and moving services."""

from __future__ import annotations

import typing as t

from .._core.errors import QuadletError
from .._core.systemd_state import (
    DETAIL_PROPERTIES,
    LOADS,
    Details,
    Running,
    State,
    parse_blocks,
    parse_details,
    parse_running,
    parse_states,
)
from . import heard
from .child import ASK, CHANGE
from .clock import SYSTEM_CLOCK, Clock
from .owner import Owner, Ran

if t.TYPE_CHECKING:
    from .._core.plan.external import Relations
    from .._core.plan.own_starts import Loads

_MANAGER = (
    "org.freedesktop.systemd1",
    "/org/freedesktop/systemd1",
    "org.freedesktop.systemd1.Manager",
)

_RUNS = ("active", "reloading", "activating")
_SYSTEM_LIMIT = 120.0


class Manager:
    """The system's manager, or a user's; every command runs as that user.

    clock: for those who wait for it.
    """

    def __init__(self, owner: Owner, *, system: bool, clock: Clock = SYSTEM_CLOCK) -> None:
        self._owner = owner
        self.clock = clock
        self._flags = [] if system else ["--user"]
        # Nobody but root can hold up the system's manager, which may have a lot to do.
        self._ask, self._change = (_SYSTEM_LIMIT, _SYSTEM_LIMIT) if system else (ASK, CHANGE)

    def _systemctl(self, *words: str, timeout: float | None = None) -> Ran:
        limit = self._ask if timeout is None else timeout
        return self._owner.run(["systemctl", *self._flags, *words], timeout=limit)

    def _bus(self, method: str, *words: str) -> Ran:
        return self._owner.run(
            ["busctl", *self._flags, "--json=short", "call", *_MANAGER, method, *words],
            timeout=self._ask,
        )

    def answers(self) -> bool:
        """Whether the manager can be reached on its bus."""
        return self._bus("GetDefaultTarget").status == 0

    def read_states(self, services: t.Collection[str]) -> dict[str, State]:
        """States by service, in one bus call for any number of services."""
        if not services:
            return {}
        ran = self._bus("ListUnitsByNames", "as", str(len(services)), *services)
        if ran.status != 0:
            raise self.failed("the service manager does not answer", ran)
        return parse_states(ran.out)

    def read_details(self, services: t.Collection[str]) -> dict[str, Details]:
        """Details by service: some milliseconds for each, so ask for few."""
        if not services:
            return {}
        properties = [f"-p{name}" for name in DETAIL_PROPERTIES]
        ran = self._systemctl("show", "--timestamp=us+utc", *properties, "--", *services)
        if ran.status != 0:
            raise self.failed("systemctl show failed", ran)
        return parse_details(ran.out)

    def read_loads(self) -> Loads:
        """When the manager loaded its units first and last, as far as it tells."""
        from .._core.plan.own_starts import Loads
        from .._core.systemd_state import parse_loads

        properties = [f"-p{name}" for name in LOADS]
        ran = self._systemctl("show", "--timestamp=us+utc", *properties)
        first, last = parse_loads(ran.out)
        return Loads(first) if last is None else Loads(first, last)

    def read_relations(self, units: t.Collection[str]) -> dict[str, Relations]:
        """Related units by property and unit."""
        from .._core.plan.external import PROPERTIES

        rows = self._show(units, PROPERTIES)
        return {
            name: {key: tuple(row[key].split()) for key in PROPERTIES if row.get(key)}
            for name, row in rows.items()
        }

    def read_sources(self, units: t.Collection[str]) -> dict[str, str]:
        """The Quadlet file, or else the unit file, that each unit comes from."""
        rows = self._show(units, ("SourcePath", "FragmentPath")) if units else {}
        return {n: row.get("SourcePath") or row.get("FragmentPath", "") for n, row in rows.items()}

    def read_commands(self, services: t.Collection[str]) -> dict[str, str]:
        """ExecStart of each service as systemd has loaded it, with its specifiers expanded."""
        rows = self._show(services, ("ExecStart",)) if services else {}
        return {name: row.get("ExecStart", "") for name, row in rows.items()}

    def read_drop_ins(self, unit: str) -> list[str]:
        """The drop-ins of systemd's own that a unit was loaded with."""
        row = self._show([unit], ("DropInPaths",)).get(unit, {})
        return row.get("DropInPaths", "").split()

    def _show(
        self, units: t.Collection[str], properties: t.Sequence[str]
    ) -> dict[str, dict[str, str]]:
        """Properties by unit: some milliseconds for each unit."""
        words = [f"-p{name}" for name in ("Id", *properties)]
        ran = self._systemctl("show", *words, "--", *units)
        if ran.status != 0:
            raise self.failed("systemctl show failed", ran)
        return {row["Id"]: row for row in parse_blocks(ran.out)}

    def read_running(self, *loads: str) -> list[Running]:
        """All running services, or those of them in the given load states."""
        words = ["-pId", "-pLoadState", "-pActiveState", "-pSourcePath", "--type=service"]
        states = f"--state={','.join(loads or _RUNS)}"
        ran = self._systemctl("show", states, *words, "*")
        return parse_running(ran.out) if ran.status == 0 else []

    def reload(self) -> None:
        """Runs daemon-reload: the generator runs, and drops without an error what it refuses."""
        ran = self._systemctl("daemon-reload", timeout=self._change)
        if ran.status != 0:
            raise self.failed("systemctl daemon-reload failed", ran)

    def enable(self, companions: t.Collection[str]) -> None:
        """Creates the links of [Install], and removes those of an older [Install]."""
        ran = self._offline("reenable", companions) if companions else Ran(0, "", "")
        if ran.status != 0:
            raise self.failed(f"systemctl reenable {' '.join(companions)} failed", ran)

    def disable(self, companions: t.Iterable[str]) -> None:
        """Removes every link to a companion; a companion without its file may be an error."""
        for name in companions:
            ran = self._offline("disable", [name])
            if ran.status != 0 and "does not exist" not in ran.err:
                raise self.failed(f"systemctl disable {name} failed", ran)

    def read_enabled(self, companions: t.Sequence[str]) -> dict[str, str]:
        """`enabled`, `disabled`, … by companion; every companion must have its file."""
        words = self._offline("is-enabled", companions).out.split() if companions else []
        return dict(zip(companions, words)) if len(words) == len(companions) else {}

    def _offline(self, verb: str, companions: t.Collection[str]) -> Ran:
        """Changes links, which are files: systemctl needs no manager for them."""
        argv = ["systemctl", *self._flags, verb, "--", *companions]
        return self._owner.run(argv, extra={"SYSTEMD_OFFLINE": "1"})

    def queue(self, verb: str, services: t.Collection[str]) -> Ran:
        """Queues one job for each service and returns at once.

        What failed is asked for once more: what systemd refuses for good it refuses again.
        """
        if not services:
            return Ran(0, "", "")
        ran = self._systemctl(verb, "--no-block", "--", *services)
        return self._systemctl(verb, "--no-block", "--", *services) if ran.status else ran

    def reload_service(self, service: str) -> Ran:
        """Reloads a running service's configuration, and waits for it."""
        return self._systemctl("reload", "--", service, timeout=self._change)

    def stop(self, services: t.Collection[str], *, timeout: float) -> Ran:
        """Stops services and waits for it, some seconds; see stopping.stop_services()."""
        return self._systemctl("stop", "--", *services, timeout=timeout)

    def kill(self, services: t.Collection[str]) -> None:
        """Kills all processes of services, those that stop them too."""
        self._systemctl("kill", "--signal=SIGKILL", "--", *services)

    def read_stop_limits(self, services: t.Collection[str]) -> dict[str, float | None]:
        """TimeoutStopSec= by service, in seconds; None without an end."""
        from .._core.gate.stops import parse_span

        ran = self._systemctl("show", "-pId", "-pTimeoutStopUSec", "-pTimeoutUSec", "--", *services)
        blocks = parse_blocks(ran.out) if ran.status == 0 else ()
        # Mounts and sockets have one time for all.
        return {
            row["Id"]: parse_span(row.get("TimeoutStopUSec") or row.get("TimeoutUSec", ""))
            for row in blocks
        }

    def reset_failed(self, services: t.Collection[str]) -> None:
        """Forgets failures, so that the start limit of a crash loop does not refuse a start."""
        if services:
            self._systemctl("reset-failed", "--", *services)

    def read_journal(
        self,
        service: str,
        since: float,
        *,
        only: str = "",
        but_not: str = "",
        begun: float = 0.0,
        pid: int = 0,
        containers: t.Sequence[str] = (),
    ) -> list[str]:
        """The last lines of a service and of systemd about it since a time (since the epoch).

        only, but_not: an invocation whose lines are meant, or not meant; begun: its start.
        pid, containers: whose lines count too where the journal knows no unit of them.
        """
        from .._core.gate.journal import Whose, parse_journal

        uid = self._owner.uid if self._flags else None
        whose = Whose(service, uid, pid, tuple(containers))
        fields = f"--output-fields={','.join(whose.fields)}"
        ran = self._journalctl(since, "-n", "500", "-o", "json", fields, *whose.matches)
        lines = parse_journal(ran.out, whose, only=only, but_not=but_not, begun=begun)
        heard.note_words(self._owner, *lines, begun=begun)
        return lines

    def read_job_results(self, since: float) -> dict[str, str]:
        """`done`, `failed`, `dependency` … of start jobs since a time, by service."""
        ran = self._journalctl(since, "-o", "json", "JOB_TYPE=start", "+", "JOB_TYPE=restart")
        field = "USER_UNIT" if self._flags else "UNIT"
        from .._core.gate.journal import parse_job_results

        return parse_job_results(ran.out, field)

    def failed(self, what: str, ran: Ran) -> QuadletError:
        """The error of a command, with its own words."""
        where = f"user@{self._owner.uid}.service" if self._flags else None
        return ran.error(what, where=where)

    def _journalctl(self, since: float, *words: str) -> Ran:
        return self._owner.run(["journalctl", "--quiet", "--since", f"@{since:.6f}", *words])
