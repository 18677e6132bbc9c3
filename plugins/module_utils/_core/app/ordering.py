# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Several apps in one run: which of them wait for which."""

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
