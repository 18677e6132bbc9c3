# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""The command with which a unit's service makes its network or volume.

Source: the flags of `podman network create` and `podman volume create`, Podman 4.7 to 6.1.
"""

from __future__ import annotations

import typing as t

KINDS: t.Final = ("network", "volume")

_BOOL, _VALUE, _LIST = "bool", "value", "list"
FLAGS: t.Final[dict[str, dict[str, str]]] = {
    "network": {
        "--disable-dns": _BOOL,
        "--dns": _LIST,
        "--driver": _VALUE,
        "--gateway": _LIST,
        "--ignore": _BOOL,
        "--interface-name": _VALUE,
        "--internal": _BOOL,
        "--ip-range": _VALUE,
        "--ipam-driver": _VALUE,
        "--ipv6": _BOOL,
        "--label": _VALUE,
        "--opt": _VALUE,
        "--route": _VALUE,
        "--subnet": _VALUE,
    },
    "volume": {
        "--driver": _VALUE,
        "--gid": _VALUE,
        "--ignore": _BOOL,
        "--label": _VALUE,
        "--opt": _VALUE,
        "--uid": _VALUE,
    },
}
"""Long flags by kind.  list: a value with commas is several."""

_SHORT: t.Final = {"-d": "--driver", "-o": "--opt", "-l": "--label"}
TRUE: t.Final = frozenset({"1", "t", "T", "true", "TRUE", "True"})
"""What Podman's flags read as true."""


class CreateCommand(t.NamedTuple):
    """A command.  options: values by long flag, in their order.  place: Podman's own options
    before the subcommand, which may name another storage.  unknown: flags that are not in the
    table, and variables that may be any words.  unclear: words of which not all is known before
    systemd expands them.
    """

    kind: str
    name: str
    options: t.Mapping[str, tuple[str, ...]]
    place: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    unclear: tuple[str, ...] = ()

    @property
    def bare(self) -> CreateCommand:
        """The command without its options."""
        return self._replace(options={})

    def last(self, flag: str, default: str = "") -> str:
        """The value of a flag that counts once: the last one."""
        return self.options.get(flag, (default,))[-1]

    def is_set(self, flag: str) -> bool:
        """Whether a flag without a value is given, and is true."""
        return self.last(flag) in TRUE

    def pairs(self, flag: str) -> dict[str, str]:
        """The values `KEY=VALUE` of a flag; of one key the last counts."""
        parts = (value.partition("=") for value in self.options.get(flag, ()))
        return {key: value for key, _equals, value in parts}


def find_create(words: t.Sequence[str]) -> tuple[str, ...]:
    """The words after `podman` of a command that makes a network or volume, or none."""
    for index in range(1, len(words) - 2):
        if words[index] in KINDS and words[index + 1] == "create":
            return tuple(words[1:])
    return ()


def find_place(words: t.Sequence[str]) -> tuple[str, ...]:
    """Podman's own options of such a command, before its subcommand."""
    pairs = zip(words, words[1:])
    at = next((n for n, pair in enumerate(pairs) if pair[0] in KINDS and pair[1] == "create"), 0)
    return tuple(words[:at])


def parse_create(words: t.Sequence[str]) -> CreateCommand | None:
    """The parts of such a command, or None.

    Its only argument is the name at its end: a word behind a flag that is not known is its value.
    """
    place = find_place(words)
    at = len(place)
    if len(words) < at + 3 or words[at] not in FLAGS:
        return None
    kind, name = words[at], words[-1]
    options: dict[str, list[str]] = {}
    unknown: list[str] = []
    rest = iter(words[at + 2 : -1])
    for word in rest:
        flag, equals, value = _split(word)
        takes = FLAGS[kind].get(flag)
        if takes is None:
            unknown += [flag] if flag.startswith("-") and flag != "--" else []
            continue
        if takes == _BOOL:
            value = value if equals else "true"
        elif not equals:
            value = next(rest, "")
        options.setdefault(flag, []).extend(value.split(",") if takes == _LIST else [value])
    values = {flag: tuple(given) for flag, given in options.items()}
    return CreateCommand(kind, name, values, place, tuple(dict.fromkeys(unknown)))


def _split(word: str) -> tuple[str, bool, str]:
    """(long flag, whether a value follows in the word, that value); `-dbridge` is `-d bridge`."""
    flag, equals, value = word.partition("=")
    short = _SHORT.get(word[:2])
    if short and not word.startswith("--"):
        return short, len(word) > 2, word[2:].removeprefix("=")
    return flag, bool(equals), value
