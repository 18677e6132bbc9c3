# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""The order of steps that brings an app from what it is to what was asked for."""

from __future__ import annotations

import dataclasses
import typing as t

from .._core.app.app import App
from .._core.effective import declared_image
from .._core.errors import QuadletError
from .._core.info.result import make_result, service_result
from .._core.plan.model import ASKING, Pulled, Step, join_pulled, kind_of_service, state_of
from .._core.systemd_state import State
from .._host import linger
from .._host.lock import Lock
from .._host.scope import Scope
from .._host.systemd import Manager
from .compat import for_host
from .decide import Decided, decide, needs_judgement
from .observe import Snapshot, read_snapshot
from .timing import timed

if t.TYPE_CHECKING:
    from .context import Outcome


@dataclasses.dataclass(frozen=True)
class _Run:
    """What one call works with.  lock: the manager's."""

    app: App
    scope: Scope
    manager: Manager
    lock: Lock
    check: bool
    timings: dict[str, float]


def reconcile(app: App, scope: Scope, *, check: bool) -> dict[str, t.Any]:
    """The module's result; in check mode the same plan and diff, and nothing done."""
    app = for_host(app)
    timings: dict[str, float] = {}
    turn, lock = Lock(scope.manager, app.name), Lock(scope.manager)
    manager = Manager(scope.manager, system=scope.is_system)
    try:
        if not check:
            with timed(timings, "lock"):
                turn.acquire()
        if app.state == "rolled_back":
            from .generations import return_to

            app = return_to(app, scope)
        return _run(_Run(app, scope, manager, lock, check, timings))
    finally:
        lock.release()
        turn.release()


def _run(run: _Run) -> dict[str, t.Any]:
    decided = _decide_now(run)
    returned = _return_images(run, decided)
    if returned.happened or returned.renewed:
        decided = _decide_now(run, returned.renewed)
    pulled = _bring_images(run, decided)
    if pulled.happened:  # the host went on meanwhile
        renewed = pulled.renewed | returned.renewed
        decided = dataclasses.replace(_decide_now(run, renewed), lingers=decided.lingers)
    pulled = join_pulled(returned, pulled)
    outcome = None
    if not run.check and not (decided.plan.empty and decided.lingers):
        outcome = _carry_out(run, decided, pulled)
    result = _result(run, decided, pulled, outcome)
    if outcome and outcome.failures:
        if outcome.attempt is not None:
            result.update(rolled_back=not outcome.trouble, attempt=outcome.attempt)
        from .._core.gate.failure import failure_error, outcome_ending

        ending = outcome_ending(outcome.manifest, outcome.attempt, outcome.trouble)
        raise failure_error(run.app.name, result, outcome.failures, ending)
    return result


def _carry_out(run: _Run, decided: Decided, pulled: Pulled) -> Outcome:
    """What became of the plan; QuadletError: nothing has changed."""
    from .apply import apply_plan
    from .context import make_work

    app = decided.world.app
    try:
        manager_up = _prepare(app, run.scope, run.manager, decided)
        work = make_work(run.scope, run.manager, decided, pulled, run.timings)
        if not work.world.secrets:
            return apply_plan(work, run.lock, manager_up=manager_up)
        from .secrets import secrets_made

        with secrets_made(work):
            return apply_plan(work, run.lock, manager_up=manager_up)
    except QuadletError:
        if pulled.replaced:
            from .image_tags import put_tags_back

            put_tags_back(run.scope.manager, pulled.replaced, decided.world.services)
        raise


def _return_images(run: _Run, decided: Decided) -> Pulled:
    """Lets the names of images mean what they did in the generation that is returned to."""
    app, world = decided.world.app, decided.world
    if not app.origin or not decided.snapshot.manager_up:
        return Pulled()
    from .image_tags import return_tags

    named = {
        name: declared_image(record.unit, world.desired)
        for name, record in world.services.items()
        if state_of(world, name).up
    }
    return return_tags(run.scope.manager, app.images, named, check=run.check)


def _decide_now(run: _Run, renewed: frozenset[str] = frozenset()) -> Decided:
    """A look at the host, under the lock where the generator is asked, and the decision."""
    app, scope, manager, timings = run.app, run.scope, run.manager, run.timings
    with timed(timings, "read"):
        snapshot = read_snapshot(app, scope, manager)
        if app.patch and not snapshot.desired:  # its last unit goes: the app does
            app = dataclasses.replace(app, state="absent", patch={})
        _check_installed(app, scope, snapshot)
    if not run.check and snapshot.stale:
        from .transaction import forget_ended

        forget_ended(scope, app.name, snapshot.manifest.generation)
    if not run.check and needs_judgement(snapshot):
        with timed(timings, "lock"):
            run.lock.acquire()
        snapshot = read_snapshot(app, scope, manager)  # what the run before us left
    with timed(timings, "plan"):
        return decide(app, scope, manager, snapshot, renewed)


def _bring_images(run: _Run, decided: Decided) -> Pulled:
    """Has images on the host before anything is written or stopped."""
    plan, app = decided.plan, decided.world.app
    if not (plan.start or plan.restart or (app.pull in ASKING and plan.revive)):
        return Pulled()
    from .._core.plan.images import wanted_images
    from .images import bring_images, foretell, require_archives

    wanted = wanted_images(decided.world, plan)
    if not wanted:
        return Pulled()
    with timed(run.timings, "pull"):
        if not decided.snapshot.manager_up:
            if run.check:
                return foretell(app, run.scope, wanted)
            require_archives(app, run.scope, wanted)
            _prepare(app, run.scope, run.manager, decided)
        return bring_images(app, run.scope, wanted, run.lock, check=run.check)


def _check_installed(app: App, scope: Scope, snapshot: Snapshot) -> None:
    if (
        app.content is None
        and not app.patch
        and app.state != "absent"
        and not snapshot.manifest.files
    ):
        raise QuadletError(
            f"app {app.name!r} is not installed in {scope.label}, and no units are given",
            where="units",
            remedy="Give units or src; without them the installed set is meant.",
        )


def _prepare(app: App, scope: Scope, manager: Manager, decided: Decided) -> bool:
    """Makes the user's manager answer, and takes the last look at names; True if it runs."""
    if not decided.lingers:
        linger.set_linger(scope.user or "", on=True)
    up = decided.snapshot.manager_up
    if not scope.is_system and (not up or not decided.lingers) and app.state != "absent":
        if not up and not app.linger:
            raise QuadletError(
                f"the service manager of user {scope.user} does not run, and linger is off",
                where="linger",
                remedy="Use linger: true, or let the user log in first.",
            )
        linger.ensure_manager(scope, manager)
        up = True
    if decided.judgement and up:
        from .validate_names import check_names

        check_names(scope, manager, decided)
    return up


def _warnings(app: App, scope: Scope, decided: Decided) -> list[str]:
    found = [*app.warnings, *decided.plan.warnings]
    found += decided.judgement.warnings if decided.judgement else ()
    if decided.snapshot.died:
        from .._core.state.intent import died_warning

        found.insert(0, died_warning(app.name, decided.snapshot.died))
    if app.state == "absent" and decided.snapshot.manifest.files:
        found += _left_behind(app, scope, decided.snapshot)
    starts = decided.plan.start or decided.plan.restart or not decided.lingers
    if not scope.is_system and starts:
        found += linger.online_warning(Manager(scope.manager, system=True))
    return found


def _left_behind(app: App, scope: Scope, snapshot: Snapshot) -> list[str]:
    folder = scope.app_dir(app.name)
    left = [f"{folder}/{path} is not of this app and stays" for path in snapshot.foreign_files]
    for name, record in snapshot.manifest.services.items():
        if record.makes:
            kind = kind_of_service(record).suffix
            left.append(
                f"the {kind} {record.makes} of {name} stays"
                f"{', with its data' if kind == 'volume' else ''}; "
                f"to remove it too: podman {kind} rm {record.makes}"
            )
    return left


def _steps(scope: Scope, decided: Decided) -> list[Step]:
    """The plan's steps, with what is done for the manager as a whole."""
    steps = list(decided.plan.steps)
    if not decided.lingers:
        service = f"user@{scope.manager.uid}.service"
        steps.insert(0, Step(None, service, "linger", (f"linger is off for {scope.user}",)))
    if decided.plan.load and not steps:
        steps.append(Step(None, None, "reload", ("what is installed was never loaded",)))
    return steps


def _result(
    run: _Run, decided: Decided, pulled: Pulled, outcome: Outcome | None
) -> dict[str, t.Any]:
    world, app, scope = decided.world, decided.world.app, run.scope
    services = world.services
    if outcome and outcome.services is not None:  # it was undone
        services = outcome.services
    states = outcome.states if outcome else world.states
    details = outcome.details if outcome else {}
    manifest = outcome.manifest if outcome else decided.snapshot.manifest
    more = outcome.warnings if outcome else ()
    content = {**world.current, **world.desired} if services is world.services else world.current
    return make_result(
        [*pulled.steps, *_steps(scope, decided)],
        services={
            name: {
                **service_result(states.get(name, State()), details.get(name)),
                "image": declared_image(record.unit, content),
                "health": outcome.health.get(name) if outcome else None,
            }
            for name, record in services.items()
        },
        manifest=manifest,
        warnings=[*pulled.warnings, *_warnings(app, scope, decided), *more],
        lint=[f._asdict() for f in decided.judgement.findings] if decided.judgement else [],
        diff=_diff(decided, scope),
        timings=run.timings,
    )


def _diff(decided: Decided, scope: Scope) -> list[dict[str, str]]:
    world, plan = decided.world, decided.plan
    if plan.empty:
        return []
    from .._core.plan.diff import make_diff

    return make_diff(plan, world.desired, world.current, scope.layout(world.app.name))
