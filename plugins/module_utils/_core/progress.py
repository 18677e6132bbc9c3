# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""What a run says while it goes on: names of apps, units, images and phases, and counts.

It is a file of lines on the host, which the controller reads meanwhile.  Neither side trusts the
other with more than that: a line has a bounded size and printable characters alone.
"""

from __future__ import annotations

import json
import re
import typing as t

FOLDER: t.Final = "/run/quadlet.fleet.progress"
"""Of root; of another user it is below the home."""
FOLDER_OF_USER: t.Final = ".local/state/quadlet.fleet/progress"

NAMES = 3
"""So many names are told, and of further ones the number."""
_LONGEST, _TAIL = 80, 32
_MOST, _LATEST = 1_000_000, 1e11
_READ_AT_ONCE = 65536
_NOW: t.Final = "now="
_TOKEN = re.compile(r"[0-9a-f]{32}")
_UNPRINTABLE = re.compile(r"[^ -~]")


class Event(t.NamedTuple):
    """Where the run of an app is.

    phase: as in its timings, or END.  step: what the phase waits for.  since: when both began, by
    the host's clock in seconds since the epoch.  done, of: counts.  what: names; more: how many
    are left out.
    """

    app: str = ""
    user: str = ""
    phase: str = ""
    step: str = ""
    since: float = 0.0
    done: int = 0
    of: int = 0
    what: tuple[str, ...] = ()
    more: int = 0


END: t.Final = "end"
"""The phase of an app whose run is over."""


def is_token(text: object) -> bool:
    """Whether it may name a file."""
    return isinstance(text, str) and bool(_TOKEN.fullmatch(text))


def file_of(token: str, uid: int, home: str) -> str:
    """Where the process of a user writes."""
    return f"{FOLDER if uid == 0 else f'{home}/{FOLDER_OF_USER}'}/{token}"


def reading_command(token: str, known: int) -> str:
    """What shows the time and the file but for the lines that are known, as words of a shell."""
    return (
        f'date +{_NOW}%s; f={FOLDER}/{token}; [ "$(id -u)" = 0 ] || f=~/{FOLDER_OF_USER}/{token}; '
        f'[ -f "$f" ] && tail -n +{known + 1} "$f" | head -c {_READ_AT_ONCE}'
    )


def clean(text: object, hidden: t.Iterable[str] = ()) -> str:
    """A name as it may be told: without what is hidden, printable, short."""
    shown = str(text)
    for secret in sorted(hidden, key=len, reverse=True):
        shown = shown.replace(secret, "********") if secret else shown
    shown = _UNPRINTABLE.sub("?", shown)
    if len(shown) > _LONGEST:
        shown = f"{shown[: _LONGEST - _TAIL - 3]}...{shown[-_TAIL:]}"
    return shown


def make_event(facts: t.Any, hidden: t.Iterable[str] = ()) -> Event:
    """The event of these facts; ValueError or TypeError where they are none of one."""
    if not isinstance(facts, dict):
        raise TypeError("it is no event")
    unknown = set(facts).difference(Event._fields)
    names = facts.get("what") or ()
    if unknown or not isinstance(names, (list, tuple)):
        raise ValueError("it is no event")
    hidden = tuple(hidden)
    told = tuple(clean(name, hidden) for name in names[:NAMES])
    since = min(max(float(facts.get("since", 0.0)), 0.0), _LATEST)
    return Event(
        app=clean(facts.get("app", ""), hidden),
        user=clean(facts.get("user", ""), hidden),
        phase=clean(facts.get("phase", "")),
        step=clean(facts.get("step", "")),
        since=round(since, 2),
        done=_count(facts.get("done", 0)),
        of=_count(facts.get("of", 0)),
        what=told,
        more=_count(_count(facts.get("more", 0)) + len(names) - len(told)),
    )


def _count(value: t.Any) -> int:
    return min(max(int(value), 0), _MOST)


def dump_event(event: Event) -> bytes:
    """Its line; what has the default is left out."""
    facts = {
        key: value for key, value in event._asdict().items() if value != Event._field_defaults[key]
    }
    return json.dumps(facts, separators=(",", ":")).encode() + b"\n"


def parse_event(line: str | bytes) -> Event | None:
    """The event of a line; None for anything else."""
    try:
        return make_event(json.loads(line))
    except (ValueError, TypeError, OverflowError, RecursionError):
        return None


def parse_lines(text: str) -> list[Event]:
    """The events of whole lines; others, as a shell may print them on its way, are left out."""
    whole = text[: text.rfind("\n") + 1]
    return [event for event in map(parse_event, whole.splitlines()) if event]


def parse_time(text: str) -> float | None:
    """The host's time in what the command shows."""
    found = re.search(rf"^{_NOW}(\d{{1,11}})\s*$", text, re.MULTILINE)
    return float(found[1]) if found else None
