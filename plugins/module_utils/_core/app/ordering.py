# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Several apps in one run: which of them wait for which, and why.

What an app refers to is deployed before it, wherever the two are in the list.  Apps that only
mention each other, publish the same port or can't be read beforehand keep the order of the list.
"""

from __future__ import annotations

import heapq
import re
import typing as t

from ..quadlet.kinds import is_unit, kind_of, object_name, split_drop_in, template_of
from .references import References, find_references, image_name

if t.TYPE_CHECKING:
    from ..content import Blob

_WORD = re.compile(r"[^\s:,=;/\"'\[\](){}]+")
_NAMING = re.compile(
    r"^[^\S\n]*(?:ServiceName|ContainerName|PodName|NetworkName|VolumeName|ImageTag)"
    r"[^\S\n]*=[^\S\n]*([^\s%]+)",
    re.MULTILINE,
)
_BUILT = re.compile(r"^[^\S\n]*ImageTag[^\S\n]*=[^\S\n]*(\S+)", re.MULTILINE)
_APP_PATH = re.compile(r"(?:/systemd/(?:users/[0-9]+/)?|\.\./)([A-Za-z0-9][\w-]*)")
_PORT = re.compile(r"^[^\S\n]*PublishPort[^\S\n]*=[^\S\n]*(\S+)", re.MULTILINE)
_MAX_SIZE = 256 * 1024
"""Larger files are not searched for names."""


class Footprint(t.NamedTuple):
    """What other apps may depend on, and what this one may depend on.

    manager: of services.  names: of its units, services, objects and published ports, and of its
    directory as /NAME.  words: all words of its texts.  references: what its units name by a key
    for that.  given_up: units that it has on the host and no longer declares.  alone: its content
    is not known beforehand, so that it keeps its place among all apps of the manager.
    """

    manager: str
    name: str
    names: frozenset[str] = frozenset()
    words: frozenset[str] = frozenset()
    references: References = References({}, {})
    given_up: frozenset[str] = frozenset()
    alone: bool = False


class Order(t.NamedTuple):
    """waits: for each app those that it waits for, with the reason; no circle among them.
    warnings: about apps that refer to each other.
    """

    waits: list[dict[int, str]]
    warnings: list[str]


def make_footprint(
    manager: str,
    name: str,
    content: t.Mapping[str, Blob] | None,
    *,
    adopt: bool,
    installed: t.Mapping[str, str],
) -> Footprint:
    """The footprint of an app.  content: None for the installed set.  installed: texts of its
    units on the host; another app may be about to take over a unit that this one drops.
    """
    if content is None or adopt:
        return Footprint(manager, name, alone=True)
    texts = {
        path: blob.data.decode("utf-8", "replace")
        for path, blob in content.items()
        if is_unit(path) or len(blob.data) <= _MAX_SIZE
    }
    units = [*((p, text) for p, text in texts.items() if is_unit(p)), *installed.items()]
    names = {f"/{name}"}.union(*(_names(path, text) for path, text in units))
    words = {*texts}.union(*map(_words, texts.values()))
    references = find_references(text for path, text in texts.items() if is_unit(path))
    given_up = frozenset({*installed} - {*content})
    return Footprint(manager, name, frozenset(names), frozenset(words), references, given_up)


def _names(path: str, text: str) -> set[str]:
    """The names by which other texts may mention a unit, its service and its object."""
    given = {value.rpartition("/")[2].partition(":")[0] for value in _NAMING.findall(text)}
    names = given | {f"{value}.service" for value in given} | _ports(text)
    names |= {image_name(value) for value in _BUILT.findall(text)}
    if split_drop_in(path):
        return names
    names |= _forms(path)
    kind = kind_of(path)
    if kind:
        stem = path.rpartition(".")[0]
        names |= _forms(f"{stem}{kind.service_suffix}.service")
        names.add(object_name(path))
    return names - {""}


def _forms(name: str) -> set[str]:
    """A name, and that of its template if it is an instance."""
    return {name, template_of(name) or name}


def _words(text: str) -> set[str]:
    words = set(_WORD.findall(text))
    words |= {template_of(word) or word for word in words if "@" in word}
    return words | {f"/{app}" for app in _APP_PATH.findall(text)} | _ports(text)


def _ports(text: str) -> set[str]:
    """The host's ports that a unit publishes, as `:PORT`, which no other word is."""
    parts = [value.split("/")[0].split(":") for value in _PORT.findall(text)]
    return {f":{words[-2]}" for words in parts if len(words) > 1 and words[-2]}


def order_apps(apps: t.Sequence[Footprint | None]) -> Order:
    """Which apps wait for which.  None: an app that does not run."""
    needs = [
        {
            other: reason
            for other, owner in enumerate(apps)
            if app and owner and other != number
            for reason in [_why_needed(app, owner)]
            if reason
        }
        for number, app in enumerate(apps)
    ]
    warnings = []
    for circle in _find_circles(needs):
        warnings.append(_circle_warning(circle, needs, apps))
        for number in circle:
            needs[number] = {n: why for n, why in needs[number].items() if n not in circle}
    order = _sort(needs)
    waits: list[dict[int, str]] = [{} for _app in apps]
    for place, number in enumerate(order):
        for other in order[:place]:
            earlier, later = apps[other], apps[number]
            if earlier and later:
                reason = needs[number].get(other) or _why_in_order(earlier, later)
                waits[number].update({other: reason} if reason else {})
    return Order(waits, warnings)


def one_by_one(waits: t.Sequence[t.Mapping[int, str]], reason: str) -> list[dict[int, str]]:
    """The same where each app waits for all before it."""
    order = _sort(waits)
    return [
        {other: waits[number].get(other, reason) for other in sorted(order[: order.index(number)])}
        for number in range(len(waits))
    ]


def _why_needed(app: Footprint, owner: Footprint) -> str:
    """The reference by which an app needs another one first, or ''."""
    if app.manager != owner.manager or app.name == owner.name or app.alone or owner.alone:
        return ""
    taken = owner.given_up & app.words & app.names
    if taken:
        return f"{app.name} takes {min(taken)} over from {owner.name}"
    first = app.references.first.keys() & owner.names - app.names
    if first:
        name = min(first)
        return f"{app.name} refers to {_describe(name)} of {owner.name}"
    then = owner.references.then.keys() & app.names - owner.names
    return f"{owner.name} is to come before {min(then)} of {app.name}" if then else ""


def _find_circles(needs: t.Sequence[t.Mapping[int, str]]) -> list[list[int]]:
    """Apps that need each other, each circle by the places of its apps."""
    reach = [reachable(number, needs) for number in range(len(needs))]
    circles = {
        tuple(other for other in sorted(reach[number]) if number in reach[other])
        for number in range(len(needs))
        if number in reach[number]
    }
    return [list(circle) for circle in sorted(circles)]


def reachable(start: int, needs: t.Sequence[t.Mapping[int, str]]) -> set[int]:
    """The apps that one waits for, those that these wait for among them."""
    reached: set[int] = set()
    todo = [*needs[start]]
    while todo:
        number = todo.pop()
        if number not in reached:
            reached.add(number)
            todo += needs[number]
    return reached


def _circle_warning(
    circle: t.Sequence[int],
    needs: t.Sequence[t.Mapping[int, str]],
    apps: t.Sequence[Footprint | None],
) -> str:
    names = [app.name for number in circle for app in [apps[number]] if app]
    reasons = [why for number in circle for other, why in needs[number].items() if other in circle]
    return (
        f"apps {', '.join(names)} need each other ({'; '.join(reasons)}): they are deployed in the "
        "order of the list"
    )


def _sort(needs: t.Sequence[t.Mapping[int, str]]) -> list[int]:
    """An order in which each app comes behind what it needs, else that of the list."""
    open_needs = [len(row) for row in needs]
    ready = [number for number, count in enumerate(open_needs) if not count]
    order = []
    while ready:
        number = heapq.heappop(ready)
        order.append(number)
        for other, row in enumerate(needs):
            if number in row:
                open_needs[other] -= 1
                if not open_needs[other]:
                    heapq.heappush(ready, other)
    return order


def _why_in_order(earlier: Footprint, later: Footprint) -> str:
    """Why two apps keep their order, '' if they need not; rather too often than too rarely."""
    if earlier.manager != later.manager:
        return ""
    if earlier.name == later.name:
        return f"both are called {later.name}"
    for app in (earlier, later):
        if app.alone:
            return f"{app.name} adopts units, or keeps its installed ones: what it needs is unknown"
    for owner, reader in ((earlier, later), (later, earlier)):
        shared = owner.names & reader.words
        if shared:
            return f"{reader.name} mentions {_describe(min(shared))} of {owner.name}"
    return ""


def _describe(name: str) -> str:
    if name.startswith(":"):
        return f"port {name[1:]}"
    if name.startswith(image_name("")):
        return name
    return "the directory" if name.startswith("/") else name
