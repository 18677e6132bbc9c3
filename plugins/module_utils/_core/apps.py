# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Several apps in one run: which of them wait for which, and what is told of them together."""

from __future__ import annotations

import re
import typing as t

from .kinds import is_unit, kind_of, object_name, split_drop_in, template_of

if t.TYPE_CHECKING:
    from .spec import Blob

Row = dict[str, t.Any]

_WORD = re.compile(r"[^\s:,=;/\"'\[\](){}]+")
_NAMING = re.compile(
    r"^[^\S\n]*(?:ServiceName|ContainerName|PodName|NetworkName|VolumeName|ImageTag)"
    r"[^\S\n]*=[^\S\n]*([^\s%]+)",
    re.MULTILINE,
)
_APP_PATH = re.compile(r"(?:/systemd/(?:users/[0-9]+/)?|\.\./)([A-Za-z0-9][\w-]*)")
_PORT = re.compile(r"^[^\S\n]*PublishPort[^\S\n]*=[^\S\n]*(\S+)", re.MULTILINE)
_READ = 256 * 1024
"""A file that is larger is not searched for names."""


class Turn(t.NamedTuple):
    """What an app's place in the order depends on.  manager: whose service manager it is.
    names: what others may call something of it.  words: what it says.
    alone: it runs by itself, since nobody knows what it touches.
    """

    manager: str
    name: str
    names: frozenset[str] = frozenset()
    words: frozenset[str] = frozenset()
    alone: bool = False


def find_turn(
    manager: str,
    name: str,
    content: t.Mapping[str, Blob] | None,
    *,
    adopt: bool,
    installed: t.Mapping[str, str],
) -> Turn:
    """The place of an app.  content: None for the installed set.  installed: texts of the units
    that it has on the host; another app may be about to take over what it gives up.
    """
    if content is None or adopt:
        return Turn(manager, name, alone=True)
    texts = {
        path: blob.data.decode("utf-8", "replace")
        for path, blob in content.items()
        if is_unit(path) or len(blob.data) <= _READ
    }
    units = [*((p, text) for p, text in texts.items() if is_unit(p)), *installed.items()]
    names = {f"/{name}"}.union(*(_names(path, text) for path, text in units))
    words = {*texts}.union(*map(_words, texts.values()))
    return Turn(manager, name, frozenset(names), frozenset(words))


def _names(path: str, text: str) -> set[str]:
    """How a unit, its service and its object may be called elsewhere."""
    given = {value.rpartition("/")[2].partition(":")[0] for value in _NAMING.findall(text)}
    found = given | {f"{value}.service" for value in given} | _ports(text)
    if split_drop_in(path):
        return found
    found |= _forms(path)
    kind = kind_of(path)
    if kind:
        stem = path.rpartition(".")[0]
        found |= _forms(f"{stem}{kind.service_suffix}.service")
        found.add(object_name(path))
    return found - {""}


def _forms(name: str) -> set[str]:
    """A name, and that of the template that it is an instance of."""
    return {name, template_of(name) or name}


def _words(text: str) -> set[str]:
    found = set(_WORD.findall(text))
    found |= {template_of(word) or word for word in found if "@" in word}
    return found | {f"/{app}" for app in _APP_PATH.findall(text)} | _ports(text)


def _ports(text: str) -> set[str]:
    """The host's ports that a unit publishes, as words that nothing else is."""
    parts = [value.split("/")[0].split(":") for value in _PORT.findall(text)]
    return {f":{one[-2]}" for one in parts if len(one) > 1 and one[-2]}


def find_waits(turns: t.Sequence[Turn | None]) -> list[frozenset[int]]:
    """For each app the earlier ones that it has to wait for.  None: one that does not run."""
    return [
        frozenset(
            earlier
            for earlier, other in enumerate(turns[:number])
            if turn and other and _in_order(other, turn)
        )
        for number, turn in enumerate(turns)
    ]


def _in_order(one: Turn, other: Turn) -> bool:
    """Whether two apps stay in the given order; rather too often than not often enough."""
    if one.manager != other.manager:
        return False
    together = one.alone or other.alone or one.name == other.name
    return together or bool(one.names & other.words or other.names & one.words)


def find_twins(places: t.Sequence[tuple[str, str, str]]) -> list[tuple[int, int]]:
    """Pairs of apps that are the same one, by name, manager and location."""
    first: dict[tuple[str, str, str], int] = {}
    return [
        (first[place], number)
        for number, place in enumerate(places)
        if first.setdefault(place, number) != number
    ]


def tell_app(name: t.Any, user: t.Any) -> str:
    """An app in a sentence; without a user it is the system's."""
    return f"{name} (user {user})" if user else str(name)


def is_postponed(row: Row) -> bool:
    """Whether an app was left for another call: an archive has to be sent first, its own or that
    of one that it waits for.
    """
    return bool(row.get("send_archives") or row.get("postponed"))


def join_rows(rows: t.Sequence[Row]) -> dict[str, t.Any]:
    """The result of all apps: warnings and diffs stand beside them."""
    kept = ("warnings", "diff")
    return {
        "changed": any(row.get("changed") for row in rows),
        "apps": [{key: value for key, value in row.items() if key not in kept} for row in rows],
        "warnings": [
            f"{tell_app(row['name'], row['user'])}: {text}"
            for row in rows
            for text in row.get("warnings") or ()
        ],
        "diff": [part for row in rows for part in row.get("diff") or ()],
    }


def failure_message(rows: t.Sequence[Row]) -> str:
    """What failed, all of it in the first line, then each app's own message; '' if nothing did."""
    failed = [(tell_app(row["name"], row["user"]), _own(row)) for row in rows if row["failed"]]
    if not failed:
        return ""
    causes = "; ".join(f"{label}: {text.splitlines()[0]}" for label, text in failed)
    told = [f"{len(failed)} of {len(rows)} apps failed: {causes}"]
    told += [f"{label}: {text}" for label, text in failed if "\n" in text]
    return "\n\n".join(told)


def _own(row: Row) -> str:
    """An app's message, without the name that stands before it."""
    return str(row["msg"]).removeprefix(f"app {row['name']}: ") or "it failed"
