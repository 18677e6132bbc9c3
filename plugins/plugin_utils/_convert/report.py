# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""What became of everything that was given: the report of a conversion.

Each thing that a converter reads is a Given.  Whoever reads it settles it: by what was written
of it, or by a remark.  One that nobody settled is a defect of the converter, never a silent drop.
"""

from __future__ import annotations

import dataclasses
import enum
import typing as t

from ansible_collections.quadlet.fleet.plugins.module_utils._core.errors import QuadletError
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.specifiers import restore

LINT = "lint"
"""The rule of remarks that name a finding of lint."""


class Outcome(enum.IntEnum):
    """What became of a thing, the least loss first."""

    EXACT = 0
    """Means the same; some things have no effect at either side, and nothing is written."""
    MOVED = 1
    """Means the same at another place, such as a secret instead of a variable."""
    APPROXIMATED = 2
    """Means nearly the same; the reason tells the difference."""
    DROPPED = 3
    """Left out; the reason tells what is lost."""
    REFUSED = 4
    """Not convertible; there is no app."""


class Remark(t.NamedTuple):
    """A remark on a thing.  rule: the id of a row in rules.py, or ''."""

    outcome: Outcome
    reason: str
    remedy: str = ""
    rule: str = ""


@dataclasses.dataclass
class Given:
    """A thing that was given.  path: such as services.web.ports[0], or --publish.  line: from 1,
    or 0 where there is none.  wrote: UNIT:KEY of what was written of it.
    """

    path: str
    file: str = ""
    line: int = 0
    wrote: list[str] = dataclasses.field(default_factory=list)
    remarks: list[Remark] = dataclasses.field(default_factory=list)

    @property
    def place(self) -> str:
        """FILE:LINE: PATH, for an error."""
        where = ":".join(filter(None, [self.file, str(self.line or "")]))
        return ": ".join(filter(None, [where, self.path]))

    @property
    def is_settled(self) -> bool:
        """Whether it is known what became of it."""
        return bool(self.wrote or self.remarks)

    @property
    def is_refused(self) -> bool:
        """Whether it can't be converted."""
        return any(remark.outcome is Outcome.REFUSED for remark in self.remarks)

    def write(self, unit: str, key: str) -> None:
        """Something was written of it."""
        place = f"{unit}:{key}"
        if place not in self.wrote:
            self.wrote.append(place)

    def exact(self, reason: str = "", rule: str = "") -> None:
        """It needs nothing to be written."""
        self._add(Outcome.EXACT, reason, "", rule)

    def moved(self, reason: str, remedy: str = "", rule: str = "") -> None:
        """It means the same at another place."""
        self._add(Outcome.MOVED, reason, remedy, rule)

    def approximated(self, reason: str, remedy: str = "", rule: str = "") -> None:
        """It means nearly the same."""
        self._add(Outcome.APPROXIMATED, reason, remedy, rule)

    def dropped(self, reason: str, remedy: str = "", rule: str = "") -> None:
        """It was left out."""
        self._add(Outcome.DROPPED, reason, remedy, rule)

    def refused(self, reason: str, remedy: str = "", rule: str = "") -> None:
        """It can't be converted; the conversion goes on, so that all causes are told."""
        self._add(Outcome.REFUSED, reason, remedy, rule)

    def fail(self, error: QuadletError) -> None:
        """It can't be converted, for that reason."""
        self.refused(error.what, error.remedy or "")

    def _add(self, outcome: Outcome, reason: str, remedy: str, rule: str) -> None:
        remark = Remark(outcome, reason, remedy, rule)
        if remark not in self.remarks:
            self.remarks.append(remark)


class Report:
    """Everything that was given, in its order."""

    def __init__(self) -> None:
        self._all: list[Given] = []

    def give(self, path: str, file: str = "", line: int = 0) -> Given:
        """Enters a thing; it has to be settled before the end."""
        given = Given(path, file, line)
        self._all.append(given)
        return given

    def refusals(self, strict: bool = False) -> list[str]:
        """All causes why there is no app; strict: everything that is not exact is one."""
        bound = Outcome.MOVED if strict else Outcome.REFUSED
        return [
            _sentence(given, remark)
            for given in self._all
            for remark in given.remarks
            if remark.outcome >= bound
        ]

    def items(self, everything: bool = False) -> list[dict[str, t.Any]]:
        """The report's items; everything: what is exact too.  QuadletError: a thing that
        nobody settled.  Where something is refused there is no app: what hangs on it has no item.
        """
        lost = [given.place for given in self._all if not given.is_settled]
        if lost and not any(given.is_refused for given in self._all):
            raise QuadletError(
                f"a defect of the converter: nothing became of {', '.join(lost)}",
                remedy="Please report it with what you gave.",
            )
        settled = [given for given in self._all if given.is_settled]
        rows = [item for given in settled for item in _items(given)]
        return rows if everything else [row for row in rows if _is_told(row)]


def _sentence(given: Given, remark: Remark) -> str:
    text = f"{given.place}: {remark.reason}" if given.place else remark.reason
    return restore(f"{text.rstrip('.')}. {remark.remedy}" if remark.remedy else text)


def _is_told(row: dict[str, t.Any]) -> bool:
    """Differences, and what lint finds in what means the same."""
    return bool(row["outcome"] != "exact" or row["rule"] == LINT)


def _items(given: Given) -> list[dict[str, t.Any]]:
    remarks = given.remarks or [Remark(Outcome.EXACT, "")]
    return [
        {
            "path": given.path,
            "file": given.file,
            "line": given.line,
            "outcome": remark.outcome.name.lower(),
            "wrote": list(given.wrote),
            "reason": restore(remark.reason),
            "remedy": restore(remark.remedy),
            "rule": remark.rule,
        }
        for remark in remarks
    ]
