# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""What check mode says of an app on a host that is not ready for it: what the controller knows.

Earlier tasks of the play would have made the user or installed Podman.  Which services the units
make is the generator's word, so only files are foretold.
"""

from __future__ import annotations

import typing as t

from ..app.app import App
from ..app.layout import Layout
from ..content import Blob
from ..errors import QuadletError, join_errors
from ..lint.engine import Finding, lint_units
from ..lint.view import Context
from ..mounts.judge import judge_mounts
from ..quadlet.kinds import is_unit
from ..state.manifest import Manifest
from ..validate.check import Place, check_mounts, check_units, parse_desired
from .diff import make_diff
from .model import Plan, Step
from .plan import file_changes
from .unready import unready_warning


class Foretold(t.NamedTuple):
    """steps: an entry for each file.  diff: of these files.  findings: of lint, none of them an
    error.  warnings: for people.
    """

    steps: tuple[Step, ...] = ()
    diff: t.Sequence[dict[str, str]] = ()
    findings: tuple[Finding, ...] = ()
    warnings: tuple[str, ...] = ()


def foretell(
    app: App, error: QuadletError, current: dict[str, Blob], layout: Layout, place: Place
) -> Foretold:
    """What a run would write; QuadletError for units that no host would take.

    error: why the host can't be asked.  current: what is there of the app.
    """
    desired = _desired(app, current)
    if not desired:
        ending = f"nothing can be said of app {app.name}."
        return Foretold(warnings=(unready_warning(error, ending),))
    findings = _lint(app, desired, place)
    writes, _deletes = file_changes(desired, current, Manifest(app.name))
    reasons = {path: "changed" if path in current else "is new" for path in writes}
    if current:
        ending = f"only files of app {app.name} are foretold."
    else:
        ending = f"all of app {app.name} would be new."
    warnings = [str(finding) for finding in findings if finding.level == "warning"]
    return Foretold(
        tuple(Step(path, None, "write", (why,)) for path, why in reasons.items()),
        make_diff(Plan(writes=tuple(writes)), desired, current, layout),
        tuple(findings),
        (unready_warning(error, ending), *app.warnings, *warnings),
    )


def _desired(app: App, current: t.Mapping[str, Blob]) -> dict[str, Blob] | None:
    """The app's files as they will be, where the call says it."""
    if app.state in ("absent", "rolled_back"):
        return None
    if app.content is not None:
        return app.content
    if not app.patch:
        return None
    return {path: blob for path, blob in {**current, **app.patch}.items() if isinstance(blob, Blob)}


def _lint(app: App, desired: t.Mapping[str, Blob], place: Place) -> list[Finding]:
    """The findings; what a reference names may be another app's, which is not there yet either."""
    units, errors = parse_desired(desired)
    mounts = judge_mounts(units, place.ground)
    context = Context(
        place,
        mounts=mounts,
        files={path: blob.mode for path, blob in desired.items() if not is_unit(path)},
        declared=app.sections,
        ignore=app.lint_ignore,
    )
    errors += [*check_units(units, context.version, place), *check_mounts(mounts.faults)]
    findings = lint_units(units, context)
    errors += [finding.to_error() for finding in findings if finding.level == "error"]
    errors = [error for error in errors if error.rule != "missing-unit"]
    if errors:
        raise join_errors(errors)
    return [finding for finding in findings if finding.level != "error"]
