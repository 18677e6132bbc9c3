# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""The order of a run: its phases, its two locks, and what check mode leaves out.

Nothing else knows the order, takes or releases a lock, or asks for check mode.
"""

from __future__ import annotations

import contextlib
import dataclasses
import typing as t

from .._core.app.app import App
from .._core.errors import QuadletError
from .._core.plan.model import ASKING, Pulled, images_of_active, join_pulled, state_of
from .._core.state.manifest import is_stopped_after
from .._host import progress
from .._host.clock import SYSTEM_CLOCK, Clock
from .._host.lock import Lock
from .._host.scope import Scope
from .._host.systemd import Manager
from .compat import for_host
from .context import Context, Decision, Outcome, Run, make_context
from .decide import check_installed, decide, decide_late, look, needs_validation
from .prepare import prepare
from .result import describe, describe_diff
from .timing import timed

if t.TYPE_CHECKING:
    from .images import ImagePlan
    from .rollback import Undo


def reconcile(
    app: App, scope: Scope, *, check: bool, clock: Clock = SYSTEM_CLOCK
) -> dict[str, t.Any]:
    """The module's result; in check mode the same plan and diff, and nothing done."""
    manager = Manager(scope.manager, system=scope.is_system, clock=clock)
    run = Run(scope, manager, clock, timings={})
    app_lock, manager_lock = Lock(scope.manager, app.name, clock), Lock(scope.manager, clock=clock)
    order = _Order(for_host(app), run, manager_lock, check)
    try:
        with progress.of_app(app.name, scope.user):
            if not check:
                with timed(run.timings, "lock"):
                    app_lock.acquire()
            return order.go_through()
    finally:
        manager_lock.release()
        app_lock.release()


@dataclasses.dataclass
class _Order:
    """One run.  manager_lock: held from the validation until what was written is loaded, not
    while images are pulled and services start.
    """

    app: App
    run: Run
    manager_lock: Lock
    check: bool
    looked_at: float = 0.0

    def go_through(self) -> dict[str, t.Any]:
        """All phases."""
        if self.app.state == "rolled_back":
            from .generations import return_to

            self.app = return_to(self.app, self.run.scope)
        decision = self.decide()
        returned = self.return_tags(decision)
        if returned.fetched or returned.renewed:
            decision = self.decide(returned.renewed)
        pulled = self.bring_images(decision)
        if pulled.fetched:  # the host went on meanwhile
            renewed = pulled.renewed | returned.renewed
            decision = dataclasses.replace(self.decide(renewed), lingers=decision.lingers)
        pulled = join_pulled(returned, pulled)
        decision = self.foresee(decision)
        outcome, diff = None, describe_diff(decision, self.run.scope)
        if not self.check:
            done = decision.done
            outcome = self.tidy(decision, pulled) if done else self.carry_out(decision, pulled)
        result = describe(self.run, decision, pulled, outcome, diff)
        if outcome and outcome.failures:
            raise _failed(self.app.name, outcome, result)
        if decision.snapshot.has_failed and not (self.check or self.app.state == "absent"):
            self.settle_failures()
        return result

    def settle_failures(self) -> None:
        """This run is a good one: those that failed before it are past."""
        from .._host import failure_log

        scope = self.run.scope
        with contextlib.suppress(QuadletError, OSError):  # the next good run settles it
            scope.files.call(failure_log.settle, scope.state_dir, self.app.name)

    def decide(self, renewed: frozenset[str] = frozenset()) -> Decision:
        """Observes the host, under the lock where the generator is asked, and decides."""
        run, app = self.run, self.app
        self.looked_at = run.clock.time()
        with timed(run.timings, "read"):
            snapshot = look(app, run.scope, run.manager)
            if app.patch and not snapshot.desired:  # without its last unit the app is removed
                app = dataclasses.replace(app, state="absent", patch={})
            check_installed(app, run.scope, snapshot)
        if not self.check and snapshot.stale:
            from .transaction import forget_ended

            forget_ended(run.scope, app.name, snapshot.manifest.generation)
        if not self.check and needs_validation(snapshot):
            with timed(run.timings, "lock"):
                self.manager_lock.acquire()
            snapshot = look(app, run.scope, run.manager)  # what the run before us left
        with timed(run.timings, "plan"):
            return decide(app, run.scope, run.manager, snapshot, renewed)

    def foresee(self, decision: Decision) -> Decision:
        """Tells what of other apps stops because of the plan."""
        plan = decision.plan
        moves = plan.start or plan.restart or plan.stop or plan.stop_first or plan.run
        if not (moves and decision.snapshot.manager_up):
            return decision
        from .dependents import foresee

        return foresee(decision, self.run.manager)

    def return_tags(self, decision: Decision) -> Pulled:
        """Points tags at the images of the generation that is returned to."""
        if not decision.app.origin or not decision.snapshot.manager_up:
            return Pulled()
        from . import image_tags

        owner = self.run.scope.manager
        moved = image_tags.find_moved_tags(owner, decision.app.images)
        if not self.check:
            moved = image_tags.point_tags(owner, moved)
        services = images_of_active(decision.inputs)
        return image_tags.describe_moved(owner, moved, services, fetched=not self.check)

    def bring_images(self, decision: Decision) -> Pulled:
        """Has images on the host before anything is written or stopped."""
        plan, app = decision.plan, decision.app
        starts = plan.start or plan.restart or plan.run
        if not (starts or (app.pull in ASKING and plan.keep_active)):
            return Pulled()
        from .._core.plan.images import wanted_images

        wanted = wanted_images(decision.inputs, plan)
        if not wanted:
            return Pulled()
        from . import images

        with timed(self.run.timings, "pull"):
            up = decision.snapshot.manager_up
            if self.check and not up:
                return images.foretell(app, self.run.scope, wanted)
            # The manager of a user who has just logged out ends, with the directory that Podman
            # works in, while images are pulled.
            if not self.check and not (up and decision.lingers):
                images.require_archives(app, self.run.scope, wanted)
                prepare(self.run, decision)
            return self._fetch(app, images.plan_images(app, self.run.scope.manager, wanted))

    def _fetch(self, app: App, todo: ImagePlan) -> Pulled:
        """Others of the scope need not wait for a pull: the manager's lock is released."""
        from . import images

        if self.check or not images.is_needed(app, todo):
            return todo.foretold
        images.require_sent(app, todo)
        self.manager_lock.release()
        return images.fetch_images(app, self.run.scope, todo)

    def carry_out(self, decision: Decision, pulled: Pulled) -> Outcome:
        """The plan, done or undone; QuadletError: nothing has changed."""
        context = make_context(self.run, decision, pulled)
        try:
            manager_up = prepare(self.run, decision)
            if manager_up and not decision.snapshot.manager_up:
                late = decide_late(decision, self.run.scope, self.run.manager)
                context = make_context(self.run, late, pulled)
            context = _with_directories(context)
            stay: list[str] = []
            with contextlib.ExitStack() as stack:
                if decision.inputs.secrets:
                    from .secrets import secrets_made

                    stay = stack.enter_context(secrets_made(context))
                outcome = self._apply(context, manager_up=manager_up)
            return outcome._replace(warnings=(*outcome.warnings, *stay))
        except QuadletError as error:
            if pulled.replaced or context.made:
                error.add(_put_back_before_write(context))
            raise

    def tidy(self, decision: Decision, pulled: Pulled) -> Outcome | None:
        """Of an app that is gone, what a run that died has left of its generations goes.

        Of one that is as it should be, the record tells when, and which services are to stay down;
        and images of failed runs go.
        """
        app, record = decision.app, decision.inputs.manifest
        context, gone = make_context(self.run, decision, pulled), app.state == "absent"
        unsettled = not gone and any(
            row.stopped
            != is_stopped_after(
                row,
                app.state,
                selected=app.only in (None, row.unit),
                up=state_of(decision.inputs, name).up,
            )
            for name, row in record.services.items()
        )
        if unsettled:
            from .transaction import save_unmoved

            save_unmoved(context)
        if unsettled or decision.confirmed:
            from .._host import state

            ended = self.looked_at if decision.confirmed else decision.snapshot.recorded_at
            scope = self.run.scope
            scope.files.call(state.mark_end, scope.state_dir, self.app.name, ended)
        if not (gone or decision.snapshot.noted):
            return None
        from .generations import prune
        from .noted_images import settle_images

        warnings = prune(context, None) if gone else []
        warnings += settle_images(context, None if gone else context.record)
        return Outcome(context.record, states=context.states, warnings=tuple(warnings))

    def _apply(self, context: Context, *, manager_up: bool) -> Outcome:
        """Write, load, start; whatever fails after the first write, what was before comes back."""
        from . import apply, dependents, rollback  # what an undo needs is loaded before any write

        rollback.load_probes_of(context)
        since, manager = self.run.clock.time(), self.run.manager
        self.manager_lock.acquire()
        external = context.decision.external
        begun = apply.prepare_write(context, [one.name for one in external], manager_up=manager_up)
        keeps, outcome = context.app.on_failure == "keep", Outcome(context.record)
        try:
            apply.write(context, begun, manager_up=manager_up)
            if manager_up:
                apply.load(context, since)
                self.manager_lock.release()
                outcome = apply.start(context, since)
            if not outcome.failures:
                again = [one.name for one in external if not one.excluded]
                lost = dependents.restore_external(manager, again, context.app.gate.timeout)
                outcome = outcome._replace(failures=lost)
            if context.plan.run and not outcome.failures:
                outcome = apply.run(context, outcome._replace(ran=context.plan.run))
            if not outcome.failures or keeps:
                return apply.finish(context, begun, outcome)
        except Exception as error:  # whatever it was
            outcome = outcome._replace(failures=(apply.failed_step(error),))
            if keeps:
                return apply.finish(context, begun, outcome)
        outcome = outcome._replace(attempt=rollback.describe_attempt(begun, outcome))
        with timed(self.run.timings, "rollback"):
            return self._undo(rollback.begin(context, begun, outcome, since))

    def _undo(self, undo: Undo) -> Outcome:
        """What was before in place again; the outcome says what of it is not."""
        from . import rollback

        undo.steps.do("the lock", self.manager_lock.acquire, None, tries=1, harmless=True)
        restored = rollback.put_back(undo)
        self.manager_lock.release()
        return rollback.bring_back(undo, restored)


def _with_directories(context: Context) -> Context:
    """The context once its directories are there."""
    if not context.plan.directories:
        return context
    from .directories import MadeDirectories

    made = MadeDirectories(context.scope, context.plan.directories)
    made.make()
    return dataclasses.replace(context, made=made)


def _put_back_before_write(context: Context) -> list[str]:
    """Puts back what a run has moved before its first write; what of it could not be."""
    from .steps import Steps

    steps, owner, moved = Steps(), context.scope.manager, context.pulled.replaced
    if moved:
        from .image_tags import restore_tags

        steps.do("tags of images", lambda: restore_tags(owner, moved, context.services), [])
    if context.made:
        context.made.undo(steps)
    return steps.troubles


def _failed(app: str, outcome: Outcome, result: dict[str, t.Any]) -> QuadletError:
    from .._core.gate.failure import failure_error, outcome_ending

    result.pop("lint", None)  # the warnings have told it
    if outcome.attempt is not None:
        result.update(rolled_back=not outcome.trouble, attempt=outcome.attempt)
    phases = {failure.phase for failure in outcome.failures}
    ending = outcome_ending(outcome.record, outcome.attempt, outcome.trouble, phases)
    return failure_error(app, result, outcome.failures, ending)
