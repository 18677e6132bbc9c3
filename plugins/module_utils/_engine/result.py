# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""The result of a run: plan, services, warnings and diff, as a playbook reads them."""

from __future__ import annotations

import typing as t

from .._core.app.many import app_label
from .._core.effective import declared_image
from .._core.info.result import make_result, service_result
from .._core.plan.model import Pulled, Step, kind_of_service
from .._core.systemd_state import State
from .._host import heard, linger
from .._host.scope import Scope
from .._host.systemd import Manager
from .context import Decision, Outcome, Run
from .observe import Snapshot

Diff = list[dict[str, str]]


def describe(
    run: Run, decision: Decision, pulled: Pulled, outcome: Outcome | None, diff: Diff
) -> dict[str, t.Any]:
    """The return values of the app and unit modules; outcome: None where nothing was done."""
    inputs, validation = decision.inputs, decision.validation
    undone = outcome is not None and outcome.services is not None
    content = inputs.current if undone else {**inputs.current, **inputs.desired}
    steps = [*pulled.steps, *_steps(run.scope, decision)]
    if steps:
        from .._core.plan.diff import plan_entry

        diff = [*diff, *plan_entry(app_label(f"app {inputs.app.name}", run.scope.user), steps)]
    return make_result(
        steps,
        services=_services(decision, outcome, content),
        manifest=outcome.record if outcome else decision.snapshot.manifest,
        warnings=[
            *pulled.warnings,
            *_warnings(run.scope, decision),
            *(outcome.warnings if outcome else ()),
        ],
        lint=[finding._asdict() for finding in validation.findings] if validation else [],
        diff=diff,
        timings=run.timings,
    )


def _services(
    decision: Decision, outcome: Outcome | None, content: t.Mapping[str, t.Any]
) -> dict[str, dict[str, t.Any]]:
    services = decision.inputs.services
    if outcome and outcome.services is not None:
        services = outcome.services
    states = outcome.states if outcome else decision.inputs.states
    details = outcome.details if outcome else {}
    return {
        name: {
            **service_result(states.get(name, State()), details.get(name)),
            "image": declared_image(record.unit, content),
            "health": outcome.health.get(name) if outcome else None,
        }
        for name, record in services.items()
    }


def _warnings(scope: Scope, decision: Decision) -> list[str]:
    app, snapshot = decision.app, decision.snapshot
    found = [*app.warnings, *decision.plan.warnings]
    found += decision.validation.warnings if decision.validation else ()
    found += [one.warning() for one in decision.external]
    found += _failed_jobs(scope, decision)
    if snapshot.died:
        from .._core.state.intent import died_warning

        found.insert(0, died_warning(app.name, snapshot.died))
    if app.state == "absent" and snapshot.manifest.files:
        found += _left_behind(scope, app.name, snapshot)
    starts = decision.plan.start or decision.plan.restart or not decision.lingers
    if not scope.is_system and starts:
        found += linger.online_warning(Manager(scope.manager, system=True))
    return found


def _failed_jobs(scope: Scope, decision: Decision) -> list[str]:
    """Jobs that have failed since they were deployed, which this run leaves alone."""
    inputs, asked = decision.inputs, decision.plan.run
    down = {n: s for n, s in inputs.states.items() if s.active == "failed" and n not in asked}
    if not down or inputs.app.state not in ("started", "restarted"):
        return []
    from .._core.info.failed_jobs import find_failed_jobs

    return find_failed_jobs(inputs.services, down, scope.user)


def _left_behind(scope: Scope, app: str, snapshot: Snapshot) -> list[str]:
    folder, user = scope.app_dir(app), f" as user {scope.user}" if scope.user else ""
    left = [f"{folder}/{path} is not of this app and stays" for path in snapshot.foreign_files]
    for name, record in snapshot.manifest.services.items():
        if record.makes and not record.deletes:
            kind = kind_of_service(record).suffix
            left.append(
                f"the {kind} {record.makes} of {name} stays"
                f"{', with its data' if kind == 'volume' else ''}; "
                f"to remove it too, run{user}: podman {kind} rm {record.makes}"
            )
    return left


def _steps(scope: Scope, decision: Decision) -> list[Step]:
    """The plan's steps, with what is done for the manager as a whole."""
    steps = list(decision.plan.steps)
    if not decision.lingers:
        service = f"user@{scope.manager.uid}.service"
        steps.insert(0, Step(None, service, "linger", (f"linger is off for {scope.user}",)))
    if decision.plan.daemon_reload and not steps:
        steps.append(Step(None, None, "reload", ("what is installed was never loaded",)))
    return steps


def describe_diff(decision: Decision, scope: Scope) -> Diff:
    """What the plan changes in the app's files."""
    inputs, plan = decision.inputs, decision.plan
    if plan.empty:
        return []
    from .._core.plan.diff import make_diff

    diff = [change.diff() for change in plan.directories]
    diff += make_diff(plan, inputs.desired, inputs.current, scope.layout(inputs.app.name))
    if _names_secrets(decision):
        for entry in diff:
            heard.note_text(scope.manager, f"{entry['before']}\n{entry['after']}")
    return diff


def _names_secrets(decision: Decision) -> bool:
    """Whether any file of the app may have to do with a secret."""
    contents = (decision.inputs.desired, decision.inputs.current)
    return any(b"ecret" in blob.data for content in contents for blob in content.values())
