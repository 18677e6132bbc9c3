"""What the property tests really compared, for their own check and pytest's closing section."""

from __future__ import annotations

import collections
import dataclasses
import typing as t

import pytest

Count = t.Counter[str]


@dataclasses.dataclass
class Tally:
    """Counts of values: different ones, and by form what became of them."""

    seconds: float = 0.0
    differences: int = 0
    values: set[str] = dataclasses.field(default_factory=set)
    arrived: dict[str, Count] = dataclasses.field(default_factory=dict)
    refused: Count = dataclasses.field(default_factory=collections.Counter)
    reasons: Count = dataclasses.field(default_factory=collections.Counter)
    left_out: Count = dataclasses.field(default_factory=collections.Counter)

    def refuse(self, form: str, reason: str) -> None:
        """One value was refused, for the right reason."""
        self.refused[form] += 1
        self.reasons[reason] += 1

    def arrive(self, release: str, form: str, count: int) -> None:
        """So many values came out of a release's generator as they went in."""
        self.arrived.setdefault(release, collections.Counter())[form] += count

    def lines(self) -> t.Iterator[str]:
        """The counts for people."""
        releases = list(self.arrived)
        compared = sum(sum(count.values()) for count in self.arrived.values())
        yield (
            f"{len(self.values):,} different values, each in {len(self.forms())} forms:"
            f" {compared:,} arrived as given, {sum(self.refused.values()):,} were refused,"
            f" {sum(self.left_out.values()):,} left out (references);"
            f" {self.differences:,} differences; {self.seconds:.0f} s"
        )
        yield (
            f"{'form':26}" + "".join(f"{r:>9}" for r in releases) + f"{'refused':>9}{'left out':>9}"
        )
        for form in self.forms():
            counts = "".join(f"{self.arrived[r][form] or '-':>9}" for r in releases)
            yield f"{form:26}{counts}{self.refused[form]:>9}{self.left_out[form]:>9}"
        for reason, count in self.reasons.most_common():
            yield f"refused {count:,} times: {reason}"

    def forms(self) -> list[str]:
        """Forms that something was counted of."""
        found = [form for count in self.arrived.values() for form in count]
        return list(dict.fromkeys([*found, *self.refused]))


TALLY = pytest.StashKey[Tally]()
