# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""How long a stop may take: as long as systemd itself gives each state of it."""

from __future__ import annotations

import re
import typing as t

from ..systemd_state import State

_MARGIN = 5.0
_ENDLESS = 90.0
"""Where TimeoutStopSec= is infinity: systemd's own default (systemd-system.conf(5))."""

_QUEUED = 300.0
"""For a stop that waits for other units' stops."""

_DOWN = ("inactive", "failed")
_STOPPING_JOBS = ("stop", "restart", "try-restart")
# fmt: off
_UNITS: t.Final[dict[str, float]] = {
    "y": 31557600.0, "month": 2629800.0, "w": 604800.0, "d": 86400.0, "h": 3600.0, "min": 60.0,
    "s": 1.0, "ms": 1e-3, "us": 1e-6, "μs": 1e-6,
}
# fmt: on
"""Seconds by the unit of a span that systemctl shows (systemd.time(7))."""


def parse_span(text: str) -> float | None:
    """Seconds of a span such as `1min 30s`; None for infinity, and for what is no span."""
    found = re.findall(r"(\d+(?:\.\d+)?)([a-zμ]+)", text)
    if not found or any(unit not in _UNITS for _number, unit in found):
        return None
    return sum(float(number) * _UNITS[unit] for number, unit in found)


class Seen(t.NamedTuple):
    """One look at services that stop.  busy: not down yet.  overdue: those of them for which
    systemd's time is over.  again: up, and no stop is queued any more.
    """

    busy: tuple[str, ...]
    overdue: tuple[str, ...]
    again: tuple[str, ...]


class Stops:
    """Follows services down.  limits: their TimeoutStopSec= in seconds, None without an end.

    It counts for each state of a stop anew: the command that stops, SIGTERM, SIGKILL, what runs
    afterwards (systemd.service(5)).
    """

    def __init__(self, limits: t.Mapping[str, float | None]) -> None:
        self._limits = limits
        self._since: dict[str, tuple[State, float]] = {}

    def see(self, states: t.Mapping[str, State], now: float) -> Seen:
        """What a look at a time (seconds of the monotonic clock) means."""
        busy, overdue, again = list[str](), list[str](), list[str]()
        for name, state in states.items():
            stops = state.active == "deactivating" or state.job in _STOPPING_JOBS
            if state.active in _DOWN and not stops:
                continue
            (busy if stops else again).append(name)
            known, since = self._since.get(name, (None, now))
            if known != state:
                self._since[name] = state, now
            elif stops and now - since > self._limit(name, state):
                overdue.append(name)
        return Seen(tuple(busy), tuple(overdue), tuple(again))

    def _limit(self, name: str, state: State) -> float:
        if state.active != "deactivating":
            return _QUEUED
        limit = self._limits.get(name)
        return (_ENDLESS if limit is None else limit) + _MARGIN
