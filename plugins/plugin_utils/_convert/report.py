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
SERVICE_NAMES = "service-names"
"""The rule of the remark on names that another app may want, too."""


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
    """A remark on a thing.  rule: the id of a row in rules.py, or ''.  absent: whether it is
    that something is not there, which a part that can't be read may have.
    """

    outcome: Outcome
    reason: str
    remedy: str = ""
    rule: str = ""
    absent: bool = False


@dataclasses.dataclass
class Given:
    """A thing that was given.  path: such as services.web.ports[0], or --publish.  line: from 1,
    or 0 where there is none.  wrote: UNIT:KEY of what was written of it.  wrong: whether a cause
    tells of it or of a part of it: what is refused besides may be a consequence.
    """

    path: str
    file: str = ""
    line: int = 0
    wrote: list[str] = dataclasses.field(default_factory=list)
    remarks: list[Remark] = dataclasses.field(default_factory=list)
    wrong: bool = False

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

    def exact(self, reason: str = "", rule: str = "", remedy: str = "") -> None:
        """It needs nothing to be written."""
        self._add(Outcome.EXACT, reason, remedy, rule)

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

    def absent(self, reason: str, remedy: str = "", rule: str = "") -> None:
        """It can't be converted, since something is not there."""
        self._add(Outcome.REFUSED, reason, remedy, rule, True)

    def fail(self, error: QuadletError) -> None:
        """It can't be converted, for that reason."""
        self.refused(error.what, error.remedy or "")

    def _add(
        self, outcome: Outcome, reason: str, remedy: str, rule: str, absent: bool = False
    ) -> None:
        remark = Remark(outcome, reason, remedy, rule, absent)
        if remark not in self.remarks:
            self.remarks.append(remark)


class Report:
    """Everything that was given, in its order.  files: in the order of refusals.  has_gaps:
    whether parts can't be read, so that what refers to them is not wrong.
    """

    def __init__(self, files: t.Iterable[str] = ()) -> None:
        self.has_gaps = False
        self._files = list(files)
        self._all: list[Given] = []
        self._causes: dict[tuple[str, int, str], Given] = {}

    def give(self, path: str, file: str = "", line: int = 0) -> Given:
        """Enters a thing; it has to be settled before the end."""
        given = Given(path, file, line)
        self._all.append(given)
        return given

    def refuse_at(self, path: str, file: str, line: int, reason: str, remedy: str) -> None:
        """Enters a cause that is known before anything is read."""
        given = self.give(path, file, line)
        given.refused(reason, remedy)
        self._causes[file, line, path] = given

    @property
    def has_causes(self) -> bool:
        """Whether a cause was known before."""
        return bool(self._causes)

    def refusals(self, strict: bool = False) -> list[str]:
        """All causes why there is no app, by file and line; strict: everything that is not exact
        is one.
        """
        bound = Outcome.MOVED if strict else Outcome.REFUSED
        order = {"": -1, **{file: number for number, file in enumerate(self._files)}}
        for given in self._all:
            order.setdefault(given.file, len(order))
        found = [
            (order[given.file], given.line, _sentence(given, remark))
            for given in self._all
            for remark in self._told(given)
            if remark.outcome >= bound
        ]
        found.sort(key=lambda cause: cause[:2])
        return [text for _file, _line, text in found]

    def _told(self, given: Given) -> list[Remark]:
        """The remarks on a thing but those refusals that may follow of a cause."""
        cause = self._causes.get((given.file, given.line, given.path))
        if cause is given or not (cause or given.wrong or self.has_gaps):
            return given.remarks
        follows = bool(cause) or given.wrong
        return [
            remark
            for remark in given.remarks
            if remark.outcome < Outcome.REFUSED or not (follows or remark.absent)
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
                topic="converter-defect",
            )
        settled = [given for given in self._all if given.is_settled]
        rows = [item for given in settled for item in self._items(given)]
        return rows if everything else [row for row in rows if _is_told(row)]

    def _items(self, given: Given) -> list[dict[str, t.Any]]:
        exact = [Remark(Outcome.EXACT, "")]
        return _items(given, self._told(given) if given.remarks else exact)


def _sentence(given: Given, remark: Remark) -> str:
    text = f"{given.place}: {remark.reason}" if given.place else remark.reason
    return restore(f"{text.rstrip('.')}. {remark.remedy}" if remark.remedy else text)


def _is_told(row: dict[str, t.Any]) -> bool:
    """Differences, and what lint finds in what means the same, or another app may mind."""
    return bool(row["outcome"] != "exact" or row["rule"] in (LINT, SERVICE_NAMES))


def _items(given: Given, remarks: t.Iterable[Remark]) -> list[dict[str, t.Any]]:
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
