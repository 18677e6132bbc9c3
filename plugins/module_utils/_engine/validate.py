# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""The verdict on an app before anything is touched: our own rules, then the host's generator."""

from __future__ import annotations

import dataclasses
import typing as t

from .._core.app.app import App
from .._core.content import Wire, text_of, to_wire
from .._core.errors import QuadletError, join_errors
from .._core.lint import engine as lint
from .._core.lint.view import Context
from .._core.quadlet.keys import Version
from .._core.quadlet.kinds import KINDS, is_quadlet, is_unit, kind_of, unit_of
from .._core.quadlet.refs import unit_refs
from .._core.quadlet.unitfile import UnitText
from .._core.state.manifest import parse_manifest
from .._core.validate import check, conflicts
from .._core.validate.companions import companion_services
from .._core.validate.cycles import find_cycles
from .._core.validate.generator import Complaint, Service, Verdict, parse_verdict, to_error
from .._core.validate.instances import check_instances
from .._host import podman, staging, state
from .._host import scope as scopes
from .._host import unit_search as scan
from .._host.scope import Scope
from .observe import Snapshot
from .validate_companions import judge_companions, taken_companions

_GENERATED = ("/run/systemd/generator", "/run/user/")


class Adopted(t.NamedTuple):
    """Where a unit that is taken over was, and its text."""

    path: str
    text: str


@dataclasses.dataclass(frozen=True)
class Judgement:
    """services: those of the app as the host's generator makes them, and its companions.
    adopted: names of units taken over, with the path and the text that each had.  moves: their
    drop-ins, new path by old; replaced: those that the app declares itself.  warnings: for people.
    findings: lint's, those that are no errors.
    """

    services: tuple[Service, ...]
    adopted: dict[str, Adopted]
    moves: dict[str, str]
    replaced: tuple[str, ...]
    warnings: tuple[str, ...]
    findings: tuple[lint.Finding, ...] = ()

    @property
    def gone(self) -> tuple[str, ...]:
        """Paths outside the app's directory that it replaces."""
        return (*(old.path for old in self.adopted.values()), *self.replaced)


def judge_app(
    app: App, scope: Scope, snapshot: Snapshot, asked: t.Callable[[], podman.Found]
) -> Judgement:
    """The app's services, or QuadletError with everything that is wrong.

    asked: for Podman's version, some time ago.
    """
    version = check.check_podman(*asked())
    if app.state != "absent":
        _check_user(scope)
        _check_location(app, scope)
    adopted = _check_files(app, scope, snapshot)
    texts = {
        path: text_of(blob)
        for path, blob in snapshot.desired.items()
        if is_unit(path) and not blob.is_link
    }
    units, errors = check.parse_units(texts)
    gone = frozenset(old.path for old in adopted.values())
    others = frozenset(name for name, path in snapshot.others if path not in gone)
    others |= {path for path, blob in snapshot.desired.items() if blob.is_link}
    place = check.Place(scope.app_dir(app.name), scope.unit_dir, scope.manager.home, others)
    errors += check.check_units(units, version, place)
    found, cautions = judge_companions(scope, snapshot, units)
    errors += [*found, *check_instances(snapshot.desired, version)]
    findings = _lint(app, scope, snapshot, units, Context(place, version))
    errors += [finding.to_error() for finding in findings if finding.level == "error"]
    if errors:
        raise _refused(errors, findings)
    quadlets = to_wire(snapshot.desired, filter(is_quadlet, snapshot.desired))
    verdict = _ask_generator(app, scope, version, quadlets, [*_owned(app, scope, snapshot), *gone])
    warnings = [*cautions, *_weigh(verdict, scope, place.app_dir, units)]
    warnings += [str(finding) for finding in findings if finding.level == "warning"]
    own = companion_services(units, scope.systemd_dir)
    mine = tuple(s for s in verdict.services if s.source.rpartition("/")[0] == place.app_dir)
    problems = conflicts.service_conflicts(
        [*verdict.services, *own], (place.app_dir, scope.systemd_dir)
    )
    problems += [*_without_service(units, mine), *find_cycles([*mine, *own])]
    if problems:
        raise join_errors(problems)
    moves, replaced = _moves(adopted, snapshot, place.app_dir)
    return Judgement((*mine, *own), adopted, moves, replaced, tuple(warnings), tuple(findings))


def _moves(
    adopted: t.Mapping[str, Adopted], snapshot: Snapshot, app_dir: str
) -> tuple[dict[str, str], tuple[str, ...]]:
    """Where drop-ins of adopted units go, and which of them the app declares itself."""
    moves = {
        path: f"{app_dir}/{name}.d/{path.rpartition('/')[2]}"
        for name, old in adopted.items()
        for path in snapshot.drop_ins
        if path.rpartition("/")[0] == f"{old.path}.d"
    }
    replaced = tuple(p for p, new in moves.items() if new[len(app_dir) + 1 :] in snapshot.desired)
    return {path: new for path, new in moves.items() if path not in replaced}, replaced


def _lint(
    app: App, scope: Scope, snapshot: Snapshot, units: t.Mapping[str, UnitText], context: Context
) -> list[lint.Finding]:
    """What lint finds in the units that this call declares; the installed ones passed already."""
    declared = frozenset(app.patch if app.content is None else app.content)
    if not declared:
        return []
    files = {path: blob.mode for path, blob in snapshot.desired.items() if not is_unit(path)}
    context = dataclasses.replace(
        context,
        rootless=not scope.is_system,
        files={**dict.fromkeys(snapshot.foreign_files, 0o644), **files},
        declared=app.sections,
        ignore=app.lint_ignore,
    )
    found = lint.lint_units(units, context)
    return [f for f in found if f.path in declared or unit_of(f.path) in declared]


def _refused(errors: list[QuadletError], findings: t.Sequence[lint.Finding]) -> QuadletError:
    """All errors as one, with the list of what lint found."""
    error = join_errors(errors)
    error.data["lint"] = [finding._asdict() for finding in findings]
    return error


def _owned(app: App, scope: Scope, snapshot: Snapshot) -> list[str]:
    return [scope.layout(app.name).real(path) for path in snapshot.manifest.files]


def _check_user(scope: Scope) -> None:
    if scope.is_system:
        return
    missing = scopes.subordinate_ids_missing(
        scope.manager, lambda path: state.read_text(path) or ""
    )
    if missing:
        raise QuadletError(
            f"user {scope.user} has no range in {' and '.join(missing)}, "
            "so its containers can't have users of their own",
            where="user",
            remedy=f"As root run: usermod --add-subuids 100000-165535 --add-subgids 100000-165535 "
            f"{scope.user} (with a range that is free).",
        )


def _check_location(app: App, scope: Scope) -> None:
    if scope.is_system:
        return
    other = "home" if scope.location == "admin" else "admin"
    folder = (
        f"{scope.manager.home}/.config/containers/systemd"
        if other == "home"
        else f"{scopes.ADMIN_UNITS}/{scope.manager.uid}"
    )
    if scope.manager.call(_has_units, f"{folder}/{app.name}"):
        raise QuadletError(
            f"app {app.name!r} is installed at location {other} already",
            where=f"{folder}/{app.name}",
            remedy=f"Remove it there first (state: absent, location: {other}).",
        )


def _has_units(folder: str) -> bool:
    return any(True for _path in scan.walk_units(folder))


def _check_files(app: App, scope: Scope, snapshot: Snapshot) -> dict[str, Adopted]:
    """Refuses to overwrite what the app does not own; the adopted units by name."""
    layout = scope.layout(app.name)
    errors = taken_companions(scope, app, snapshot)
    told = {error.where for error in errors}
    for path, blob in snapshot.desired.items():
        there = snapshot.current.get(path)
        if (
            there
            and path not in snapshot.manifest.files
            and there.data != blob.data
            and not app.adopt
            and layout.real(path) not in told
        ):
            errors.append(
                QuadletError(
                    "a file is there that no app owns",
                    where=layout.real(path),
                    remedy="Use adopt: true to replace it, or remove it.",
                )
            )
    adopted: dict[str, Adopted] = {}
    foreign = []
    for name, path in snapshot.others:
        if name not in snapshot.desired or path == layout.real(name):
            continue
        owner = scope.files.call(_owner_of, scope.state_dir, scope.unit_dir, path)
        if owner is None and app.adopt and path.startswith(scope.unit_dir + "/"):
            adopted[name] = Adopted(path, scope.files.call(state.read_text, path) or "")
        else:
            foreign.append(conflicts.ForeignFile(name, path, owner))
    errors += conflicts.file_conflicts(snapshot.desired, foreign)
    if errors:
        raise join_errors(errors)
    return adopted


def _owner_of(state_dir: str, unit_dir: str, path: str) -> str | None:
    app, _slash, rest = path[len(unit_dir) + 1 :].partition("/")
    if not path.startswith(unit_dir + "/") or not rest:
        return None
    manifest = state.manifest_path(state_dir, app)
    text = state.read_text(manifest)
    return app if text and rest in parse_manifest(text, manifest).files else None


def _ask_generator(
    app: App, scope: Scope, version: Version, units: Wire, without: t.Sequence[str]
) -> Verdict:
    ran = scope.manager.call(
        staging.judge,
        podman.find_generator(system=scope.is_system),
        [top for top, since in scope.search if since <= version],
        scope.app_dir(app.name),
        units,
        list(without),
    )
    return parse_verdict(str(ran["out"]), str(ran["err"]))


def _weigh(
    verdict: Verdict, scope: Scope, app_dir: str, units: t.Mapping[str, UnitText]
) -> list[str]:
    """Raises errors of this app, what it refers to, and new ones elsewhere; warns of old ones."""
    if not verdict.errors:
        return _own_warnings(verdict, units)
    wanted = {
        ref.unit
        for path, unit in units.items()
        for kind in [kind_of(path)]
        if kind
        for ref in unit_refs(unit, kind.section)
    }
    before = installed_verdict(scope)
    known = {complaint.unit.rpartition("/")[2] for complaint in before.errors}
    fatal, warnings = [], []
    for complaint in verdict.errors:
        name = complaint.unit.rpartition("/")[2]
        mine = complaint.unit.startswith(app_dir + "/") or name in units
        where = _relative(complaint, app_dir)
        if mine or name in wanted or name not in known:
            fatal.append(to_error(complaint, units.get(name) if mine else None, where=where))
        else:
            warnings.append(f"{where} was broken before and still is: {complaint.text}")
    if fatal:
        raise join_errors(fatal)
    return warnings + _own_warnings(verdict, units)


def _relative(complaint: Complaint, app_dir: str) -> str:
    return complaint.unit.replace(app_dir + "/", "", 1)


def _own_warnings(verdict: Verdict, units: t.Mapping[str, UnitText]) -> list[str]:
    return [text for text in verdict.warnings if any(unit in text for unit in units)]


def installed_verdict(scope: Scope) -> Verdict:
    """What the generator says of the scope as it is installed."""
    generator = podman.find_generator(system=scope.is_system)
    ran = scope.manager.call(staging.run_generator, generator, None)
    return parse_verdict(str(ran["out"]), str(ran["err"]))


def _without_service(
    units: t.Mapping[str, UnitText], services: t.Sequence[Service]
) -> list[QuadletError]:
    """Podman before 5.0 drops a unit that it can't read without a message."""
    made = {service.unit for service in services}
    return [
        QuadletError(
            "the Quadlet generator made no service of it, and gave no reason",
            where=path,
            remedy="See podman-systemd.unit(5) for what the host's Podman reads.",
        )
        for path in units
        if "/" not in path and path.rpartition(".")[2] in KINDS and path not in made
    ]


def installed_errors(scope: Scope) -> tuple[Verdict, list[QuadletError]]:
    """The generator's verdict on the scope as it is installed, its errors with path and line."""
    verdict = installed_verdict(scope)
    paths = (
        scope.manager.call(_unit_paths, [top for top, _since in scope.search])
        if verdict.errors
        else {}
    )
    errors = []
    for complaint in verdict.errors:
        path = str(paths.get(complaint.unit, complaint.unit))
        text = scope.manager.call(state.read_text, path) if path.startswith("/") else None
        units, _errors = check.parse_units({path: str(text or "")})
        errors.append(to_error(complaint, units.get(path), where=path))
    return verdict, errors


def _unit_paths(search: t.Sequence[str]) -> dict[str, str]:
    """Paths of the scope's units by name; of one name the first in the search path counts."""
    found: dict[str, str] = {}
    for top in search:
        for relative in scan.walk_units(top):
            found.setdefault(relative.rpartition("/")[2], f"{top}/{relative}")
    return found
