# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""What the host says about the paths that units give containers to write."""

from __future__ import annotations

import typing as t

from .._core.content import text_of
from .._core.mounts.directories import read_folders
from .._core.mounts.expand import parse_environment
from .._core.mounts.facts import Facts
from .._core.mounts.judge import Judgement, judge_survey
from .._core.mounts.survey import Survey, is_known
from .._core.quadlet.kinds import is_unit
from .._core.quadlet.unitfile import UnitText
from .._core.validate.check import Place
from .._host import mounts
from .._host.scope import Scope
from .observe import Snapshot

_LONGEST = 4 * 1024 * 1024


def place_of(
    app: str, scope: Scope, snapshot: Snapshot, gone: t.Collection[str] = frozenset()
) -> Place:
    """Where an app's units are, and what is beside them.  gone: paths that the run takes over."""
    others = frozenset(name for name, path in snapshot.others if path not in gone)
    others |= {path for path, blob in snapshot.desired.items() if blob.is_link}
    return Place(scope.app_dir(app), scope.unit_dir, scope.manager.home, others)


def survey_mounts(
    place: Place, scope: Scope, snapshot: Snapshot, units: t.Mapping[str, UnitText]
) -> tuple[Place, Judgement, Survey]:
    """The judgement, its survey, and the place with what it needed to know of the host.

    The host is asked only where a container gets a path to write.
    """
    survey = survey_units(place, scope, snapshot, units)
    place = place._replace(facts=_with_names(survey.ground.facts, scope, survey))
    return place, judge_survey(survey, place.ground), survey


def survey_units(
    place: Place, scope: Scope, snapshot: Snapshot, units: t.Mapping[str, UnitText]
) -> Survey:
    """What the units give, with the variables and texts that it depends on."""
    files = {path: blob for path, blob in snapshot.desired.items() if not is_unit(path)}
    texts = {path: text_of(blob) for path, blob in files.items() if len(blob.data) < _LONGEST}
    facts = Facts(scope.manager.name, scope.manager.uid, frozenset(files), texts)
    survey = Survey.of(units, place._replace(facts=facts).ground)
    if survey.wants_environment:
        facts = facts._replace(environment=read_environment(scope))
        survey = survey.with_facts(facts)
    wanted = survey.wanted_files
    if wanted:
        found = scope.manager.call(mounts.read_texts, wanted)
        facts = facts._replace(texts={**texts, **found})
        survey = survey.with_facts(facts)
    return survey


def _with_names(facts: Facts, scope: Scope, survey: Survey) -> Facts:
    asked = [grant for grant in survey.grants if grant.given.writable and is_known(grant.path)]
    if not asked:
        return facts
    plain = sorted({p for g in asked if not g.given.glob for p in (g.path, g.spelled)})
    patterns = sorted({grant.path for grant in asked if grant.given.glob})
    folders = read_folders(survey.ground)
    found = scope.manager.call(mounts.find_names, plain, patterns, folders)
    return facts._replace(
        names=found["names"],
        regular=frozenset(found["regular"]),
        linked=tuple(found["linked"]),
    )


def read_environment(scope: Scope) -> dict[str, str] | None:
    """The manager's variables; of one that does not run, what environment.d(5) gives it."""
    flags = [] if scope.is_system else ["--user"]
    ran = scope.manager.run(["systemctl", *flags, "show-environment"])
    if ran.status and not scope.is_system:
        ran = scope.manager.run([_ENVIRONMENT])
    return parse_environment(ran.out) if ran.status == 0 else None


_ENVIRONMENT = "/usr/lib/systemd/user-environment-generators/30-systemd-environment-d-generator"
