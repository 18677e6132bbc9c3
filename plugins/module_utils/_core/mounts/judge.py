# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""The judgement on what the units of an app give containers to write on the host."""

from __future__ import annotations

import re
import typing as t

from ..app.layout import RESERVED_DIR
from ..app.paths import is_read_by_generator
from ..quadlet.unitfile import UnitText
from .command import Line
from .directories import Verdict, judge_path
from .facts import UNKNOWN, Ground
from .survey import Grant, Survey


class Fault(t.NamedTuple):
    """A path that no container should write.  real: its name on the host to which the verdict
    applies.  verdict: why, None if it is a file of the app that can't be read.
    """

    unit: str
    line: Line
    path: str
    real: str
    verdict: Verdict | None

    @property
    def silenceable(self) -> bool:
        """Whether people may want it."""
        return self.verdict is None or self.verdict.above or self.verdict.unsure


class Judgement(t.NamedTuple):
    """What the units of an app give.  faults: all that is wrong, the worst of each line."""

    grants: t.Sequence[Grant]
    faults: t.Sequence[Fault]


def judge_mounts(units: t.Mapping[str, UnitText], ground: Ground) -> Judgement:
    """What the units give, and what is wrong with it."""
    return judge_survey(Survey.of(units, ground), ground)


def judge_survey(survey: Survey, ground: Ground) -> Judgement:
    """The same of a survey.  ground: with the names that the paths have on the host."""
    steering = survey.steering_files if survey.grants else frozenset()
    faults = [Fault(*row, row.path, None) for row in survey.unreadable]
    for grant in survey.grants:
        mounted = () if grant.unit.endswith(".mount") else survey.mounted
        faults += _judge(grant, ground, steering, _mounted(grant.path, mounted))
    worst: dict[tuple[str, Line, str], Fault] = {}
    for fault in faults:
        key = (fault.unit, fault.line, fault.path)
        if key not in worst or (worst[key].silenceable and not fault.silenceable):
            worst[key] = fault
    return Judgement(survey.grants, list(worst.values()))


def _mounted(path: str, mounted: t.Iterable[tuple[str, str]]) -> t.Iterator[str]:
    """The names that a path gets by mounts of the app."""
    for what, where in mounted:
        if f"{path}/".startswith(f"{what}/"):
            yield f"{where}{path[len(what) :]}"
        elif f"{what}/".startswith(f"{path}/"):
            yield where


_THROUGH = re.compile(r"/proc/(?:self|thread-self|\d+)(?:/task/\d+)?/(?:root|cwd)(/.*)?")


def _through_process(path: str, ground: Ground) -> t.Iterator[str]:
    """Where a path leads through the directories of Podman's own process."""
    match = _THROUGH.fullmatch(path)
    if match:
        yield match.group(1) or "/"
        yield f"{ground.home}{match.group(1) or ''}"


def _judge(
    grant: Grant, ground: Ground, steering: frozenset[str], mounted: t.Iterable[str]
) -> t.Iterator[Fault]:
    if not grant.given.writable:
        return
    names = ground.facts.names
    others = (*names.get(grant.path, ()), *names.get(grant.spelled, ()), *mounted)
    others = (*others, *_through_process(grant.path, ground))
    for path in dict.fromkeys((grant.path, *others)):
        verdict = judge_path(path, ground, glob=grant.given.glob)
        if verdict and grant.given.point and verdict.above:
            continue
        if verdict and (path in steering or not _is_plain_file(path, ground)):
            yield Fault(grant.unit, grant.line, grant.path, path, verdict)


def _is_plain_file(path: str, ground: Ground) -> bool:
    """Whether it is a single file beside units which can't become one."""
    _top, quadlet, rest = path.partition("/containers/systemd/")
    if not quadlet or UNKNOWN in path or not ground.is_file(path):
        return False
    parts = rest.split("/")
    return RESERVED_DIR not in parts and not any(map(is_read_by_generator, parts))
