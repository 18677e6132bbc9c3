# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Probes: requests to a running app, and the answers that pass."""

from __future__ import annotations

import math
import re
import typing as t

from ..errors import QuadletError

_KINDS = ("http", "tcp", "command")
_PAUSE_GROWS, _LONGEST_PAUSE = 1.5, 10.0
_ADDRESS = re.compile(r"(?P<host>\[[0-9A-Fa-f:.]+\]|[^:\s]+):(?P<port>\d{1,5})")


class Probe(t.NamedTuple):
    """A request to a running app.

    kind: http, tcp or command.  target: a URL, host:port, or the words of a command.
    container: the unit in whose container the command runs, or '' for the host.  status: the
    HTTP statuses that pass, empty for 200 to 399.  body: a regular expression that the answer
    must match.  retries: further tries; interval: seconds before the first of them.
    """

    kind: str
    target: t.Any
    container: str = ""
    status: tuple[int, ...] = ()
    body: str = ""
    retries: int = 10
    interval: float = 1.0

    @property
    def name(self) -> str:
        """Its name in messages."""
        words = " ".join(self.target) if self.kind == "command" else self.target
        return f"{self.kind} {words}" + (f" in {self.container}" if self.container else "")


def parse_probes(rows: t.Sequence[t.Mapping[str, t.Any]]) -> tuple[Probe, ...]:
    """Parses the option probes."""
    return tuple(_parse_probe(number, row) for number, row in enumerate(rows, 1))


def _parse_probe(number: int, row: t.Mapping[str, t.Any]) -> Probe:
    where = f"gate probes, number {number}"
    given = {key: value for key, value in row.items() if value not in (None, [])}
    kinds = [kind for kind in _KINDS if kind in given]
    if len(kinds) != 1:
        raise QuadletError(
            f"it has {' and '.join(kinds) or 'none'} of {', '.join(_KINDS)}",
            where=where,
            remedy="A probe asks one thing.",
            topic="probe-form",
        )
    kind = kinds[0]
    target = given.pop(kind)
    misplaced = [key for key in given if key not in (*_OPTIONS[kind], "retries", "interval")]
    if misplaced:
        raise QuadletError(f"{misplaced[0]} is nothing for {kind}", where=where, topic="probe-form")
    problem = _CHECKS[kind](target) or _bad_pattern(given.get("body", ""))
    if problem:
        raise QuadletError(problem, where=where, topic="probe-form")
    check_seconds(where, given.get("interval", 0))
    if given.get("retries", 0) < 0:
        raise QuadletError(f"{given['retries']} retries", where=where, topic="probe-form")
    lists = {key: tuple(given[key]) for key in ("status",) if key in given}
    return Probe(kind, tuple(target) if kind == "command" else target, **{**given, **lists})


_OPTIONS = {"http": ("status", "body"), "tcp": (), "command": ("container", "body")}


def _bad_url(url: str) -> str | None:
    return None if re.match(r"https?://[^/\s]+", url) else f"{url!r} is no http or https URL"


def _bad_address(address: str) -> str | None:
    match = _ADDRESS.fullmatch(address)
    good = match and 0 < int(match.group("port")) < 65536
    return None if good else f"{address!r} is no HOST:PORT"


def _bad_command(words: t.Sequence[str]) -> str | None:
    return None if words and all(words[:1]) else "a command has at least one word"


_Check = t.Callable[[t.Any], "str | None"]
_CHECKS: dict[str, _Check] = {
    "http": _bad_url,
    "tcp": _bad_address,
    "command": _bad_command,
}


def _bad_pattern(pattern: str) -> str | None:
    try:
        re.compile(pattern)
    except re.error as error:
        return f"body {pattern!r} is no regular expression: {error}"
    return None


def host_and_port(address: str) -> tuple[str, int]:
    """The two parts of a tcp probe's target."""
    host, _colon, port = address.rpartition(":")
    return host.strip("[]"), int(port)


def pauses(probe: Probe) -> t.Iterator[float]:
    """Seconds before each further try: they grow to ten."""
    pause = probe.interval
    for _try in range(probe.retries):
        yield pause
        pause = max(probe.interval, min(pause * _PAUSE_GROWS, _LONGEST_PAUSE))


def judge_http(probe: Probe, status: int, body: str) -> str | None:
    """Why an answer does not pass, or None."""
    if probe.status and status not in probe.status:
        return f"it answered with status {status}, not {' or '.join(map(str, probe.status))}"
    if not probe.status and not 200 <= status < 400:
        return f"it answered with status {status}"
    return _judge_body(probe, body)


def judge_command(probe: Probe, status: int, out: str, err: str) -> str | None:
    """Why a command does not pass, or None."""
    if status != 0:
        last = (err.strip() or out.strip()).split("\n")[-1]
        return f"it ended with status {status}" + (f": {_shortened(last, 200)}" if last else "")
    return _judge_body(probe, out)


def _judge_body(probe: Probe, body: str) -> str | None:
    if probe.body and not re.search(probe.body, body):
        return f"its answer does not match {probe.body!r}: {_shortened(body, 80)!r}"
    return None


def _shortened(text: str, size: int) -> str:
    """The sign of the cut has masking look for what a cut leaves of a secret."""
    return text if len(text) <= size else f"{text[:size]}…"


def check_seconds(where: str, value: float) -> None:
    """Refuses values that are no number of seconds."""
    if value < 0 or not math.isfinite(value):
        raise QuadletError(f"{value} is no number of seconds", where=where, topic="option-value")
