# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Validates an app before anything changes: by our own rules, then by the host's generator."""

from __future__ import annotations

import dataclasses
import re
import typing as t

from .._core.app.adopted import Adopted, find_moves
from .._core.app.app import App
from .._core.app.beside import staged
from .._core.content import Wire, to_wire
from .._core.errors import QuadletError, join_errors
from .._core.lint import engine as lint
from .._core.lint.environment import lint_with_environment
from .._core.lint.view import Context
from .._core.mounts.survey import Survey
from .._core.quadlet.keys import Version
from .._core.quadlet.kinds import is_quadlet, is_unit, unit_of
from .._core.quadlet.unitfile import UnitText
from .._core.validate import check, conflicts
from .._core.validate.companions import add_mounts, companion_services
from .._core.validate.cycles import find_cycles
from .._core.validate.generator import Service, Verdict, parse_verdict
from .._core.validate.generator_errors import find_without_service, unit_name, weigh_errors
from .._core.validate.instances import check_instances
from .._host import heard, podman, staging
from .._host.child import CHANGE
from .._host.scope import Scope
from .observe import Snapshot
from .validate_companions import validate_companions
from .validate_drop_ins import check_drop_ins
from .validate_installed import installed_verdict
from .validate_mounts import place_of, read_environment, survey_mounts
from .validate_ownership import check_files, check_location, check_user, read_owner


@dataclasses.dataclass(frozen=True)
class Validation:
    """services: those of the app as the host's generator makes them, and its companions.
    adopted: names of units taken over, with the path and the text that each had.  moves: their
    drop-ins, new path by old; replaced: those that the app declares itself.  warnings: for people.
    findings: lint's, those that are no errors.  survey: what its units give of the host.
    """

    services: tuple[Service, ...]
    adopted: dict[str, Adopted]
    moves: dict[str, str]
    replaced: tuple[str, ...]
    warnings: tuple[str, ...]
    findings: tuple[lint.Finding, ...] = ()
    survey: Survey | None = None

    @property
    def gone(self) -> tuple[str, ...]:
        """Paths outside the app's directory that it replaces."""
        return (*(old.path for old in self.adopted.values()), *self.replaced)


def validate_app(
    app: App, scope: Scope, snapshot: Snapshot, asked: t.Callable[[], podman.Found]
) -> Validation:
    """The app's services, or QuadletError with everything that is wrong.

    asked: for Podman's version, some time ago.
    """
    version = check.check_podman(*asked())
    if app.state != "absent":
        check_user(scope)
        check_location(app, scope)
    adopted = check_files(app, scope, snapshot)
    units, errors = check.parse_desired(snapshot.desired)
    gone = frozenset(old.path for old in adopted.values())
    place = place_of(app.name, scope, snapshot, gone)
    place, mounts, survey = survey_mounts(place, scope, snapshot, units)
    errors += [*check.check_units(units, version, place), *check.check_mounts(mounts.faults)]
    companion_errors, cautions = validate_companions(scope, snapshot, units)
    errors += [*companion_errors, *check_instances(snapshot.desired, version)]
    findings = _lint(app, scope, snapshot, units, Context(place, version, mounts=mounts))
    errors += [finding.to_error() for finding in findings if finding.level == "error"]
    if errors:
        raise _refused(errors, findings)
    quadlets = to_wire(snapshot.desired, filter(is_quadlet, snapshot.desired))
    without = [*_owned(app, scope, snapshot), *gone, *snapshot.going]
    besides = staged(app.beside, snapshot.others) if app.beside else {}
    verdict = _ask_generator(scope, version, {**besides, place.app_dir: quadlets}, without)
    warnings = [*cautions, *_weigh(verdict, scope, place.app_dir, units, snapshot)]
    warnings += [str(finding) for finding in findings if finding.level == "warning"]
    own = companion_services(units, scope.systemd_dir)
    mine = [s for s in verdict.services if s.source.rpartition("/")[0] == place.app_dir]
    mine, own = add_mounts(mine, own), add_mounts(own, own)
    tops = (place.app_dir, scope.systemd_dir)
    problems = conflicts.service_conflicts([*verdict.services, *own], tops)
    problems += [*find_without_service(units, mine), *find_cycles([*mine, *own])]
    problems += check_drop_ins(scope, mine, verdict) if app.state != "absent" else []
    if problems:
        raise join_errors(problems)
    moves, replaced = find_moves(adopted, snapshot.drop_ins, snapshot.desired, place.app_dir)
    more = (tuple(warnings), tuple(findings), survey)
    return Validation((*mine, *own), adopted, moves, replaced, *more)


def _lint(
    app: App, scope: Scope, snapshot: Snapshot, units: t.Mapping[str, UnitText], context: Context
) -> list[lint.Finding]:
    """What lint finds in the units that this call declares.

    The installed ones passed already, and those of an older generation, in their time.
    """
    declared = frozenset(app.patch if app.content is None else app.content)
    if not declared or app.origin:
        return []
    files = {path: blob.mode for path, blob in snapshot.desired.items() if not is_unit(path)}
    context = dataclasses.replace(
        context,
        rootless=not scope.is_system,
        files={**dict.fromkeys(snapshot.foreign_files, 0o644), **files},
        declared=app.sections,
        ignore=(*app.lint_ignore, *((unit, "no-install") for unit in app.on_demand or ())),
    )
    findings = lint_with_environment(units, context, lambda: read_environment(scope))
    if any(b"ecret" in blob.data for blob in snapshot.desired.values()):
        note_quotations(scope, findings)
    return [f for f in findings if f.path in declared or unit_of(f.path) in declared]


def note_quotations(scope: Scope, findings: t.Iterable[lint.Finding]) -> None:
    """Notes findings that quote a unit: a value in it may be that of a secret."""
    quoting = [finding.message for finding in findings if _QUOTES.search(finding.message)]
    heard.note_text(scope.manager, "\n".join(quoting))


_QUOTES = re.compile(r"['\"=]|the value ")


def _refused(errors: list[QuadletError], findings: t.Sequence[lint.Finding]) -> QuadletError:
    """All errors as one, with the list of what lint found."""
    error = join_errors(errors)
    error.data["lint"] = [finding._asdict() for finding in findings]
    return error


def _owned(app: App, scope: Scope, snapshot: Snapshot) -> list[str]:
    return [scope.layout(app.name).real(path) for path in snapshot.manifest.files]


def _ask_generator(
    scope: Scope, version: Version, units: dict[str, Wire], without: t.Sequence[str]
) -> Verdict:
    ran = scope.manager.call(
        staging.judge,
        podman.find_generator(system=scope.is_system),
        [top for top, since in scope.search if since <= version],
        units,
        list(without),
        limit=CHANGE,
    )
    heard.note_text(scope.manager, str(ran["err"]))
    return parse_verdict(str(ran["out"]), str(ran["err"]))


def _removed(snapshot: Snapshot) -> dict[str, str]:
    """Units that the run removes, with what each has made."""
    gone = {path for path in snapshot.manifest.files if is_quadlet(path)} - {*snapshot.desired}
    made = {
        record.unit: f"the {record.unit.rpartition('.')[2]} {name}"
        for record in snapshot.manifest.services.values()
        for name in filter(None, (record.makes, *record.objects))
    }
    return {path: made.get(path, "") for path in gone}


def _weigh(
    verdict: Verdict,
    scope: Scope,
    app_dir: str,
    units: t.Mapping[str, UnitText],
    snapshot: Snapshot,
) -> list[str]:
    """The warnings of the generator; QuadletError for what it refuses because of this app."""
    if not verdict.errors:
        return weigh_errors(verdict, units, app_dir, ())[1]
    before = set(map(unit_name, installed_verdict(scope).errors))
    names, paths = set(map(unit_name, verdict.errors)), dict(snapshot.others)
    owners = {name: read_owner(scope, paths[name]) for name in names & {*paths}}
    apps = {name: owner for name, owner in owners.items() if owner}
    errors, warnings = weigh_errors(verdict, units, app_dir, before, _removed(snapshot), apps)
    if errors:
        raise join_errors(errors)
    return warnings
