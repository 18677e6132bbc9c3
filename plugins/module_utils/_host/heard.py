# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""What this process has heard from a host: texts that may hold a secret.

Whoever reads such a text notes it here; what leaves the module is masked with the secrets of those
owners (`_engine/masked.py`).  Nothing is noted by an unchanged run.
"""

from __future__ import annotations

import dataclasses
import typing as t

Owner = t.Any
"""An Owner: `_host/owner.py` stands on this file."""


@dataclasses.dataclass
class Heard:
    """Of one owner.  words: of services, containers and probes, which can print what they like.
    texts: messages of commands, and files.  begun: when those who spoke were started (seconds since
    the epoch), 0 where that is not known.
    """

    owner: Owner
    words: list[str] = dataclasses.field(default_factory=list)
    texts: list[str] = dataclasses.field(default_factory=list)
    begun: set[float] = dataclasses.field(default_factory=set)


Notes = dict[str, t.Any]
"""What was heard, as JSON: uid, words and texts of each owner, and private files."""

_HEARD: dict[int, Heard] = {}
_PRIVATE: dict[bytes, None] = {}
_ACTED: dict[int, Owner] = {}


def forget_words() -> None:
    """Begins anew, in a process that tells what it hears to the one that has made it."""
    _HEARD.clear()


def forget() -> None:
    """Begins anew altogether."""
    _HEARD.clear()
    _ACTED.clear()
    _PRIVATE.clear()


def note_words(owner: Owner, *words: str, begun: float = 0.0) -> None:
    """Notes what an owner's services have written or answered.  begun: when they were started."""
    said = [*filter(None, words)]
    if said:
        _of(owner).words += said
        _of(owner).begun.add(begun)


def note_text(owner: Owner, text: str) -> None:
    """Notes another text that came from the host."""
    if text:
        _of(owner).texts.append(text)


def note_private(contents: t.Iterable[bytes]) -> None:
    """Notes files of apps that only their owner may read: what a vault held, say."""
    _PRIVATE.update(dict.fromkeys(contents))


def note_scope(owner: Owner) -> None:
    """Notes whose scope the run works in."""
    _ACTED.setdefault(owner.uid, owner)


def _of(owner: Owner) -> Heard:
    return _HEARD.setdefault(owner.uid, Heard(owner))


def read_heard() -> list[Heard]:
    """What was heard, by owner."""
    return list(_HEARD.values())


def read_owners() -> list[Owner]:
    """Whose scopes the run has worked in."""
    return list(_ACTED.values())


def read_private() -> list[bytes]:
    """Files that only their owner may read."""
    return list(_PRIVATE)


def dump_notes(*, shows: bool = False) -> Notes:
    """What a process has heard, for the one that it works for.  shows: its answer has content."""
    heard = [[uid, one.words, one.texts, sorted(one.begun)] for uid, one in _HEARD.items()]
    private = [data.decode("latin-1") for data in _PRIVATE] if heard or shows else []
    return {"heard": heard, "private": private}


def add_notes(notes: t.Any) -> None:
    """Adds what another process has heard; its owners are known here."""
    note_private(str(text).encode("latin-1") for text in notes["private"])
    for uid, words, texts, begun in notes["heard"]:
        owner = _ACTED.get(uid)
        if owner:
            note_words(owner, *map(str, words))
            _of(owner).texts += map(str, texts)
            _of(owner).begun = {*map(float, begun)}
