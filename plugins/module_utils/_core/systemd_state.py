# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""States and details of services, parsed from systemd's answers."""

from __future__ import annotations

import calendar
import json
import re
import typing as t

from .errors import QuadletError


class State(t.NamedTuple):
    """Load, active and sub state of a service, and the type of its pending job or ''."""

    load: str = "not-found"
    active: str = "inactive"
    sub: str = "dead"
    job: str = ""

    @property
    def up(self) -> bool:
        """Active, or about to be, and not between two crashes."""
        return self.active in ("active", "reloading", "activating") and not self.crashing

    @property
    def rests(self) -> bool:
        """Active, and no job waits to change that."""
        return self.active == "active" and not self.job

    @property
    def crashing(self) -> bool:
        """Waiting for systemd's next automatic restart after a failure."""
        return "auto-restart" in self.sub  # and the state right before it

    @property
    def failed(self) -> bool:
        """Failed for good, or crashing."""
        return self.active == "failed" or self.crashing


class Details(t.NamedTuple):
    """More about one service.  started_at: when it last left `inactive`, in seconds since
    the epoch (0.0: never).  active_since: seconds of the
    monotonic clock when it became active.  active_at: the same, since the epoch.  left_at: when it
    last stopped being active: one that systemd restarts without a way through `inactive`
    (RestartMode=direct) has started behind that.  drop_ins: of systemd's own.  main_pid: of the
    main process, also of one that has ended.
    """

    result: str
    restarts: int
    exit_code: int | None
    invocation: str
    started_at: float
    fragment: str
    source: str
    active_since: float
    active_at: float = 0.0
    left_at: float = 0.0
    drop_ins: tuple[str, ...] = ()
    main_pid: int = 0

    @property
    def begun_at(self) -> float:
        """No start of what runs now was before."""
        return max(self.started_at, self.left_at)


class Running(t.NamedTuple):
    """A running service: its load state, and the path of the unit that it was generated from."""

    name: str
    load: str
    source: str


DETAIL_PROPERTIES = (
    "Id",
    "Result",
    "NRestarts",
    "ExecMainStatus",
    "ExecMainCode",
    "ExecMainPID",
    "InvocationID",
    "InactiveExitTimestamp",
    "ActiveEnterTimestampMonotonic",
    "ActiveEnterTimestamp",
    "ActiveExitTimestamp",
    "FragmentPath",
    "SourcePath",
    "DropInPaths",
)


LOADS = ("GeneratorsStartTimestamp", "UnitsLoadTimestamp")
"""Of a manager: when it began to load its units at its start; and at its last daemon-reload."""


def parse_states(answer: str) -> dict[str, State]:
    """States by service, from busctl's JSON of ListUnitsByNames (org.freedesktop.systemd1(5))."""
    try:
        rows = json.loads(answer)["data"][0]
        return {row[0]: State(load=row[2], active=row[3], sub=row[4], job=row[8]) for row in rows}
    except (ValueError, RecursionError, KeyError, IndexError, TypeError):
        raise QuadletError(
            f"systemd's answer is not understood: {answer[:200]!r}", topic="systemd-answer"
        ) from None


def parse_details(text: str) -> dict[str, Details]:
    """Details by service, from `systemctl show --timestamp=us+utc`."""
    return {values["Id"]: _parse_block(values) for values in parse_blocks(text)}


def parse_loads(text: str) -> tuple[float, float | None]:
    """When a manager loaded its units first and last, from `systemctl show --timestamp=us+utc`.

    None: it does not tell (before systemd 251); without a daemon-reload last is first.
    """
    values = dict(line.partition("=")[::2] for line in text.split("\n"))
    first, last = (_moment(values.get(name, "")) for name in LOADS)
    return first, (last or first if LOADS[1] in values else None) or None


def parse_running(text: str) -> list[Running]:
    """The running services, from `systemctl show`."""
    return [
        Running(values["Id"], values.get("LoadState", ""), values.get("SourcePath", ""))
        for values in parse_blocks(text)
        if values.get("ActiveState") in ("active", "reloading", "activating")
    ]


def parse_blocks(text: str) -> t.Iterator[dict[str, str]]:
    """Properties of each unit, from `systemctl show` of several."""
    for block in text.split("\n\n"):
        values = dict(line.partition("=")[::2] for line in block.split("\n"))
        if values.get("Id"):
            yield values


def _parse_block(values: t.Mapping[str, str]) -> Details:
    exited = values.get("ExecMainCode", "0") in ("1", "2", "3")
    return Details(
        result=values.get("Result", ""),
        restarts=int(values.get("NRestarts") or 0),
        exit_code=int(values.get("ExecMainStatus") or 0) if exited else None,
        invocation=values.get("InvocationID", ""),
        started_at=_moment(values.get("InactiveExitTimestamp", "")),
        fragment=values.get("FragmentPath", ""),
        source=values.get("SourcePath", ""),
        active_since=int(values.get("ActiveEnterTimestampMonotonic") or 0) / 1e6,
        active_at=_moment(values.get("ActiveEnterTimestamp", "")),
        left_at=_moment(values.get("ActiveExitTimestamp", "")),
        drop_ins=tuple(values.get("DropInPaths", "").split()),
        main_pid=int(values.get("ExecMainPID") or 0),
    )


_TIMESTAMP = re.compile(r"(\d+)-(\d+)-(\d+) (\d+):(\d+):(\d+)(\.\d+)?")


def _moment(text: str) -> float:
    """Seconds since the epoch of `Fri 2026-11-27 19:02:50.123456 UTC`; 0 for never."""
    match = _TIMESTAMP.search(text)
    if match is None:
        return float(text.lstrip("@") or 0)
    *numbers, fraction = match.groups()
    return calendar.timegm((*map(int, numbers), 0, 0, 0)) + float(fraction or 0)
