"""A unit file as the fake of systemd loads it."""

from __future__ import annotations

import dataclasses
import shlex
import typing as t

_LISTS = ("Requires", "Wants", "BindsTo", "After", "PartOf")


@dataclasses.dataclass(frozen=True)
class UnitFile:
    """What is kept of it; start: the words of ExecStart."""

    name: str
    fragment: str
    source: str = ""
    requires: frozenset[str] = frozenset()
    wants: frozenset[str] = frozenset()
    after: frozenset[str] = frozenset()
    part_of: frozenset[str] = frozenset()
    once: bool = False
    remains: bool = False
    restarts: bool = False
    start: tuple[str, ...] = ()
    limit: float = 90.0

    @property
    def is_timer(self) -> bool:
        """Whether it is up as soon as it is started."""
        return self.name.endswith(".timer")


def parse_unit_file(name: str, fragment: str, text: str) -> UnitFile:
    """A unit from its file's text."""
    lists: dict[str, set[str]] = {key: set() for key in _LISTS}
    values: dict[str, str] = {}
    for line in text.replace("%N", name.rpartition(".")[0]).replace("%n", name).splitlines():
        key, equals, value = line.partition("=")
        if equals and key in lists:
            lists[key].update(value.split())
        elif equals:
            values[key] = value
    return UnitFile(
        name=name,
        fragment=fragment,
        source=values.get("SourcePath", ""),
        requires=frozenset(lists["Requires"] | lists["BindsTo"]),
        wants=frozenset(lists["Wants"]),
        after=frozenset(lists["After"]),
        part_of=frozenset(lists["PartOf"]),
        once=values.get("Type") == "oneshot",
        remains=values.get("RemainAfterExit") == "yes",
        restarts=values.get("Restart", "no") in ("always", "on-failure"),
        start=tuple(shlex.split(values.get("ExecStart", ""))),
    )


def parse_made(out: str) -> t.Iterator[tuple[str, str]]:
    """(name, text) of each unit in what a generator's dry run prints."""
    for block in f"\n{out}".split("\n---")[1:]:
        head, _newline, text = block.partition("\n")
        yield head.rstrip("-"), text
