# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Renders what is known of the hosts: rows for a terminal, and plain lines."""

from __future__ import annotations

import typing as t
import unicodedata

from ansible_collections.quadlet.fleet.plugins.module_utils._core.progress import Event
from ansible_collections.quadlet.fleet.plugins.plugin_utils._progress.board import (
    Batch,
    Board,
    Host,
)

PHASES: t.Final[dict[str, str]] = {
    "lock": "waits for another run",
    "read": "read",
    "plan": "validate",
    "prepare": "prepare",
    "pull": "pull",
    "write": "write",
    "reload": "reload",
    "start": "start",
    "run": "job",
    "rollback": "undo",
}
"""Words for the phases of timings."""

STEPS: t.Final[dict[str, tuple[str, str]]] = {
    "pull": ("", "{done} of {of} images: {names}"),
    "load": ("", "archives: {names}"),
    "stop": ("stop", "stops {names}"),
    "start": ("start", "{done} of {of} up, waits for {names}"),
    "stable": ("gate", "stable time of {of} s: {names}"),
    "health": ("gate", "{done} of {of} healthy, waits for {names}"),
    "probe": ("gate", "probe {done} of {of} ({names})"),
}
"""Of what a phase waits for: the word that stands for the phase, and the rest."""

_SOON = 1.5
_LONG = 1.0
_MOST_HOSTS = 8
_COLOURS: t.Final[dict[str, str]] = {"gate": "33", "undo": "31"}
_USUAL_COLOUR = "36"

Row = tuple[str, str, str, float, str]
"""Host, app, phase, its seconds, and what it waits for."""


def phase_of(event: Event) -> str:
    """The word for where an app is."""
    phase = PHASES.get(event.phase, event.phase) or "begins"
    step = STEPS.get(event.step, ("", ""))[0]
    if event.phase in ("rollback", "run"):
        return f"{phase}, {step}" if step else phase
    return step if step == "gate" else phase


def detail_of(event: Event) -> str:
    """What it waits for."""
    pattern = STEPS.get(event.step, ("", ""))[1]
    names = ", ".join(event.what) + (f" and {event.more} more" if event.more else "")
    return pattern.format(done=event.done, of=event.of, names=names) if names else ""


def _app_label(event: Event) -> str:
    return f"{event.app} ({event.user})" if event.user else event.app


def rows_of(host: Host, now: float) -> list[Row]:
    """A row for each app that is under way, or one for the module."""
    rows: list[Row] = [
        (
            host.name,
            _app_label(stage.event),
            phase_of(stage.event),
            max(0.0, now - stage.began),
            detail_of(stage.event),
        )
        for stage in host.stages.values()
    ]
    ended = f"{host.ended} ended" if host.ended else ""
    return rows or [(host.name, host.action, "runs", now - host.began, ended)]


def batch_line(batch: Batch) -> str:
    """What is under way of a rollout, or of a play with batches; else nothing."""
    if batch.number:
        name = f" ({batch.name})" if batch.name else ""
        hosts = f"{batch.hosts} of {batch.all_hosts} hosts"
        return f"rollout, batch {batch.number} of {batch.of}{name}: {hosts}"
    if 0 < batch.hosts < batch.all_hosts:
        return f"batch of {batch.hosts} of {batch.all_hosts} hosts"
    return ""


def live_lines(board: Board, now: float, width: int, height: int, *, colour: bool) -> list[str]:
    """The rows for a terminal; none where nothing is under way."""
    rows = [row for host in board.hosts.values() for row in rows_of(host, now)]
    if not rows or width < 2:
        return []
    head = batch_line(board.batch)
    lines = [_cut(head, width - 1)] if head else []
    room = max(1, height - len(lines))
    hidden = len(rows) - room + 1 if len(rows) > room else 0
    # Those that have waited longest are what a person looks for.
    kept = set(sorted(range(len(rows)), key=lambda n: -rows[n][3])[: len(rows) - hidden])
    shown = [row for number, row in enumerate(rows) if number in kept]
    hosts = _column([row[0] for row in shown], width // 4)
    apps = _column([row[1] for row in shown], width // 4)
    for host, app, row in zip(hosts, apps, shown):
        lines.append(_render(host, app, row, width - 1, colour=colour))
    return [*lines, *([_cut(f"and {hidden} more", width - 1)] if hidden else [])]


def _render(host: str, app: str, row: Row, width: int, *, colour: bool) -> str:
    _host, _app, phase, seconds, detail = row
    before = _cut(f"{host}  {app}  ", width)
    middle = _cut(f"{phase} {seconds:.0f} s", width - columns(before)).rstrip()
    after = _cut(f"  {detail}" if detail else "", width - columns(before) - columns(middle))
    if colour and middle:
        number = _COLOURS.get(phase.partition(",")[0], _USUAL_COLOUR)
        middle = f"\x1b[{number}m{middle}\x1b[0m"
    return f"{before}{middle}{after}"


def _column(texts: t.Sequence[str], most: int) -> list[str]:
    texts = [_cut(text, max(4, most)) for text in texts]
    width = max(map(columns, texts), default=0)
    return [text + " " * (width - columns(text)) for text in texts]


def columns(text: str) -> int:
    """How many columns of a terminal a text takes."""
    return sum(map(_columns_of, text))


def _columns_of(char: str) -> int:
    if unicodedata.combining(char) or unicodedata.category(char) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(char) in ("W", "F") else 1


def _cut(text: str, width: int) -> str:
    """As much of a text as a width has room for; dots where there was more."""
    if columns(text) <= width:
        return text
    dots = "..." if width > 6 else ""
    kept, used = [], 0
    for char in text:
        used += _columns_of(char)
        if used > width - len(dots):
            break
        kept.append(char)
    return "".join(kept) + dots


def plain_lines(board: Board, now: float) -> list[str]:
    """Lines of the hosts whose time has come, those together that wait for the same."""
    if not any(host.due <= now for host in board.hosts.values()):
        return []
    groups: dict[tuple[str, str, str], list[tuple[str, float]]] = {}
    for host in board.hosts.values():
        if host.due > now + min(_SOON, board.every / 2):
            continue
        host.due, host.shown = now + board.every, True
        for name, app, phase, seconds, detail in rows_of(host, now):
            groups.setdefault((app, phase, detail), []).append((name, seconds))
    head = batch_line(board.batch) if board.batch != board.batch_told else ""
    board.batch_told = board.batch
    lines = [head] if head else []
    for (app, phase, detail), found in groups.items():
        names = _listed([name for name, _seconds in found])
        rest = f", {detail}" if detail else ""
        lines.append(f"{names}: {app}: {phase} {_span([s for _name, s in found])}{rest}")
    return lines


def _listed(names: t.Sequence[str]) -> str:
    rest = f" and {len(names) - _MOST_HOSTS} more" if len(names) > _MOST_HOSTS else ""
    return ", ".join(names[:_MOST_HOSTS]) + rest


def _span(seconds: t.Sequence[float]) -> str:
    least, most = (f"{one:.0f}" for one in (min(seconds), max(seconds)))
    return f"{least} s" if least == most else f"{least}-{most} s"


def ended_line(host: Host, now: float, result: t.Mapping[str, t.Any]) -> str:
    """That a host is through, which people have been told about before; with its long phases."""
    if not host.shown:
        return ""
    rows = result.get("apps")
    apps = [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else [result]
    found = [_long_phases(app) for app in apps]
    told = "; ".join(text for text in found if text)
    how = "failed" if result.get("failed") else "ended"
    return f"{host.name}: {host.action}: {how} after {now - host.began:.0f} s" + (
        f": {told}" if told else ""
    )


def _long_phases(app: t.Mapping[str, t.Any]) -> str:
    timings = app.get("timings")
    phases = timings.items() if isinstance(timings, dict) else ()
    long = [
        f"{PHASES.get(phase, phase)} {seconds:.0f} s"
        for phase, seconds in phases
        if isinstance(seconds, (int, float)) and seconds >= _LONG
    ]
    name, user = app.get("name"), app.get("user")
    label = f"{_app_label(Event(str(name), str(user or '')))}: " if name else ""
    return f"{label}{', '.join(long)}" if long else ""
