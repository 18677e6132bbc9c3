# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Several apps in one run: which of them wait for which, and why."""

from __future__ import annotations

import re
import typing as t

from ..quadlet.kinds import is_unit, kind_of, object_name, split_drop_in, template_of

if t.TYPE_CHECKING:
    from ..content import Blob

_WORD = re.compile(r"[^\s:,=;/\"'\[\](){}]+")
_NAMING = re.compile(
    r"^[^\S\n]*(?:ServiceName|ContainerName|PodName|NetworkName|VolumeName|ImageTag)"
    r"[^\S\n]*=[^\S\n]*([^\s%]+)",
    re.MULTILINE,
)
_APP_PATH = re.compile(r"(?:/systemd/(?:users/[0-9]+/)?|\.\./)([A-Za-z0-9][\w-]*)")
_PORT = re.compile(r"^[^\S\n]*PublishPort[^\S\n]*=[^\S\n]*(\S+)", re.MULTILINE)
_MAX_SIZE = 256 * 1024
"""Larger files are not searched for names."""


class Footprint(t.NamedTuple):
    """What other apps may depend on, and what this one may depend on.

    manager: of services.  names: of its units, services, objects and published ports, and of its
    directory as /NAME.  words: all words of its texts.  alone: its content is not known
    beforehand, so that it waits for every other app of the manager.
    """

    manager: str
    name: str
    names: frozenset[str] = frozenset()
    words: frozenset[str] = frozenset()
    alone: bool = False


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
    return Footprint(manager, name, frozenset(names), frozenset(words))


def _names(path: str, text: str) -> set[str]:
    """The names by which other texts may mention a unit, its service and its object."""
    given = {value.rpartition("/")[2].partition(":")[0] for value in _NAMING.findall(text)}
    names = given | {f"{value}.service" for value in given} | _ports(text)
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


def find_waits(apps: t.Sequence[Footprint | None]) -> list[dict[int, str]]:
    """For each app the earlier apps that it must wait for, with the reason.

    None: an app that does not run.
    """
    waits: list[dict[int, str]] = []
    for number, later in enumerate(apps):
        waits.append({})
        for other, earlier in enumerate(apps[:number]):
            reason = _why_in_order(earlier, later) if earlier and later else ""
            if reason:
                waits[number][other] = reason
    return waits


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
    return "the directory" if name.startswith("/") else name
