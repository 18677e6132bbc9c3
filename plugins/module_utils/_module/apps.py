# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Several apps of one host in one run."""

from __future__ import annotations

import contextlib
import copy
import dataclasses
import functools
import typing as t

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.module_utils.errors import UnsupportedError

from .._core.app.app import App, parse_app, parse_app_name
from .._core.app.many import (
    Row,
    app_label,
    failure_message,
    find_duplicates,
    is_postponed,
    join_rows,
)
from .._core.app.ordering import make_footprint, one_by_one, order_apps, reachable
from .._core.errors import HELD_UP, NOT_READY, QuadletError, join_errors
from .._engine.reconcile import reconcile
from .._host.scope import Scope, resolve_scope
from .._host.task import Answer, run_task
from .._host.tasks import run_tasks
from . import options as _options
from .base import mask_secrets, run_module, with_unready

if t.TYPE_CHECKING:
    from ansible.module_utils.basic import AnsibleModule

    from .._core.app.ordering import Footprint, Order
    from .._core.state.roster import Place
    from .._host.owner import Owner
    from .undeclared import Handled, Request

Item = dict[str, t.Any]
_MOST_HELD_UP = 3


class _Ready(t.NamedTuple):
    """An app that can run, or why it can't."""

    app: App | None = None
    scope: Scope | None = None
    error: QuadletError | None = None


def join_items(apps: t.Sequence[Item], confidential: t.Sequence[Item] | None) -> list[Item]:
    """The items with their confidential options, which are sent apart from them."""
    hidden = [*(confidential or ())]
    hidden += [{}] * (len(apps) - len(hidden))
    return [{**item, **secret} for item, secret in zip(apps, hidden)]


def run_apps(
    items: t.Sequence[Item], parallel: int, *, check: bool, request: Request | None = None
) -> dict[str, t.Any]:
    """The module's result; QuadletError with all of it where an app failed.

    request: the project that the apps are of, and what becomes of those that it declares no more.
    """
    _check_parallel(parallel)
    params = _validate(items)
    ready = list(map(_prepare, params))
    _refuse_duplicates(params, ready)
    handled = _before(request, params, ready, check=check) if request else None
    parallel = min(parallel, len(ready))
    waits, order_warnings = _find_waits(ready)
    if parallel <= 1:
        waits = one_by_one(waits, "parallel is 1")
    answers = _run_all(params, ready, waits, parallel, check=check)
    rows = [_make_row(item, answer) for item, answer in zip(params, answers)]
    for row, earlier in zip(rows, waits):
        row["waited_for"] = [{"app": rows[n]["name"], "reason": earlier[n]} for n in earlier]
    result = join_rows(rows)
    result["warnings"] = [*order_warnings, *result["warnings"]]
    message = failure_message([*rows, *_failed(handled)])
    if not check:
        _keep_rosters(request, ready, rows, handled)
    if handled:
        _add(result, handled)
    if message:
        raise QuadletError(message, data=result, topic=None)
    return result


def _run_all(
    params: t.Sequence[Item],
    ready: t.Sequence[_Ready],
    waits: t.Sequence[t.Mapping[int, str]],
    parallel: int,
    *,
    check: bool,
) -> list[Answer]:
    """The answer of each app, in the order of the list."""
    before: dict[int, list[_Ready]] = {number: [] for number in range(len(ready))}

    def instead(number: int, answers: t.Mapping[int, Answer]) -> Answer | None:
        if ready[number].error:
            return run_task(tasks[number])
        passed = [n for n in reachable(number, waits) if not answers[n].error] if check else []
        before[number] = [ready[n] for n in passed]
        error = _give_up(number, ready, answers)
        if not error and any(_is_postponed(answers[earlier]) for earlier in waits[number]):
            error = QuadletError(
                "it waits for an archive", data={"postponed": True}, topic="archive-not-sent"
            )
        return Answer(None, error) if error else None

    tasks = [
        _task(item, one, functools.partial(before.__getitem__, number), check=check)
        for number, (item, one) in enumerate(zip(params, ready))
    ]
    return run_tasks(tasks, waits, parallel, instead)


def _check_parallel(parallel: int) -> None:
    if parallel < 1:
        raise QuadletError(
            f"{parallel} apps at once do nothing",
            where="parallel",
            remedy="1 is one by one.",
            topic="option-value",
        )


def _task(
    params: Item, ready: _Ready, before: t.Callable[[], t.Sequence[_Ready]], *, check: bool
) -> t.Callable[[], Item]:
    """The run of an app; where it can't begin, its error.  before: in check mode, the apps that a
    run would have deployed before it.
    """

    def run_app() -> Item:
        if ready.error:
            raise ready.error
        app, scope = t.cast(App, ready.app), t.cast(Scope, ready.scope)
        earlier = [(one.app, one.scope) for one in before() if one.app and one.scope]
        if earlier:
            from .._engine.beside import find_beside

            app = dataclasses.replace(app, beside=find_beside(earlier, scope))
        return reconcile(app, scope, check=check)

    def foretell(error: QuadletError) -> Item:
        from .._engine.foretell import foretell_app

        return foretell_app(parse_app(params), params["user"], params["location"], error)

    return with_unready(run_app, foretell if check else None)


def _before(
    request: Request, params: t.Sequence[Item], ready: t.Sequence[_Ready], *, check: bool
) -> Handled:
    """Deals with what the project declares no more: what it holds is free for the others."""
    from .._host.roster import read_roster
    from .undeclared import handle_undeclared

    known = read_roster(request.project)
    declared = {place for place in map(_place, ready) if place}
    uncertain = {item["name"] for item, one in zip(params, ready) if not one.scope}
    return handle_undeclared(request, known, declared, uncertain, check=check)


def _place(ready: _Ready) -> Place | None:
    from .._core.state.roster import Place

    if not ready.app or not ready.scope:
        return None
    return Place(ready.app.name, ready.scope.manager.uid, ready.scope.location)


def _keep_rosters(
    request: Request | None,
    ready: t.Sequence[_Ready],
    rows: t.Sequence[Row],
    handled: Handled | None,
) -> None:
    """Notes what the project has deployed; what was deployed without one is in no roster."""
    from .._core.state.roster import roster_after
    from .._host import roster

    gone = [*(handled.gone if handled else ())]
    deployed: dict[Place, int] = {}
    contents: set[Place] = set()
    for one, row in zip(ready, rows):
        place = _place(one)
        if place is None or one.app is None:
            continue
        if one.app.state == "absent":
            gone += [] if row["failed"] else [place]
            continue
        deployed[place] = 0 if row["failed"] else row.get("generation") or 0
        contents.update([place] if one.app.content is not None else [])
    if request:
        roster.change_roster(
            request.project, lambda known: roster_after(known, deployed, contents, gone)
        )
        return
    for place in contents:
        roster.release(place)


def _failed(handled: Handled | None) -> list[Row]:
    return [row for row in handled.rows if row.get("failed")] if handled else []


def _add(result: dict[str, t.Any], handled: Handled) -> None:
    """What became of undeclared apps, in the result of the others."""
    removed = join_rows(handled.results)
    result["undeclared"] = handled.rows
    result["changed"] = result["changed"] or handled.changed
    result["warnings"] += [*handled.warnings, *removed["warnings"]]
    result["diff"] = [*removed["diff"], *result["diff"]]


def _give_up(
    number: int, ready: t.Sequence[_Ready], answers: t.Mapping[int, Answer]
) -> QuadletError | None:
    """Why an app is not tried: its user's processes have held up several already."""
    scope = ready[number].scope
    errors = [
        answer.error
        for other, answer in answers.items()
        if answer.error and answer.error.data.get(HELD_UP) and ready[other].scope
        if scope and t.cast(Scope, ready[other].scope).manager.uid == scope.manager.uid
    ]
    if scope is None or len(errors) < _MOST_HELD_UP:
        return None
    return QuadletError(
        f"it was not tried, after {len(errors)} apps of {scope.label} were held up, the last one: "
        f"{errors[-1].what}",
        where=errors[-1].where,
        remedy=errors[-1].remedy,
        topic="held-up",
    )


def _validate(items: t.Sequence[Item]) -> list[Item]:
    """The validated options of each app, with the defaults of module app."""
    parsed, errors = [], []
    for number, item in enumerate(items):
        spec = copy.deepcopy(_options.APP)  # the validator changes defaults
        result = ArgumentSpecValidator(spec).validate(item)
        where = f"apps[{number}]" + (f" ({item['name']})" if item.get("name") else "")
        for error in result.errors:
            what = f"unknown option {error.msg}" if isinstance(error, UnsupportedError) else error
            errors.append(QuadletError(str(what), where=where, topic="option-value"))
        parsed.append(result.validated_parameters)
    if errors:
        raise join_errors(errors)
    return parsed


def _prepare(params: Item) -> _Ready:
    try:
        return _Ready(parse_app(params), resolve_scope(params["user"], params["location"]))
    except QuadletError as error:
        return _Ready(error=error)


def _find_waits(ready: t.Sequence[_Ready]) -> Order:
    """The apps that each app waits for, with reasons; reads the host if a manager has several."""
    from .._host.installed_units import read_units

    pairs = [(item.app, item.scope) for item in ready]
    managers = [scope.manager.uid for app, scope in pairs if app and scope]
    apps: dict[str, list[str]] = {}
    owners: dict[str, Owner] = {}
    for app, scope in pairs:
        if app and scope and managers.count(scope.manager.uid) > 1:
            apps.setdefault(scope.unit_dir, []).append(app.name)
            owners[scope.unit_dir] = scope.files
    units: dict[str, dict[str, dict[str, str]]] = {}
    for folder, names in apps.items():
        with contextlib.suppress(QuadletError):  # the runs of these apps report it
            units[folder] = owners[folder].call(read_units, folder, names)
    return order_apps([_footprint(app, units) for app in ready])


def _footprint(ready: _Ready, units: t.Mapping[str, t.Any]) -> Footprint | None:
    app, scope = ready.app, ready.scope
    if not app or not scope:
        return None
    installed = units.get(scope.unit_dir, {}).get(app.name, {})
    manager = str(scope.manager.uid)
    return make_footprint(manager, app.name, app.content, adopt=app.adopt, installed=installed)


def _refuse_duplicates(params: t.Sequence[Item], ready: t.Sequence[_Ready]) -> None:
    places = []
    for number, (item, prepared) in enumerate(zip(params, ready)):
        scope = prepared.scope
        place = (str(scope.manager.uid), scope.location) if scope else (f"none {number}", "")
        places.append((item["name"], *place))
    errors = [
        QuadletError(
            f"app {app_label(params[second]['name'], params[second]['user'])} is there twice",
            where=f"apps[{first}] and apps[{second}]",
            remedy="Write one item with all of it.",
            topic="declared-twice",
        )
        for first, second in find_duplicates(places)
    ]
    if errors:
        raise join_errors(errors)


def _is_postponed(answer: Answer) -> bool:
    return bool(answer.error and is_postponed(answer.error.data))


def _make_row(params: Item, answer: Answer) -> Row:
    """The result of module app, with the app's name and user."""
    error = answer.error
    result = {"changed": False, **error.data} if error else dict(answer.result or {})
    for mark in (HELD_UP, NOT_READY):
        result.pop(mark, None)
    message = {"msg": str(error)} if error else {}
    return {
        "name": params["name"],
        "user": params["user"],
        **result,
        "failed": bool(error),
        "seconds": round(answer.seconds, 3),
        **message,
    }


def run(module: AnsibleModule) -> None:
    """Ends the module."""
    params = module.params
    items = join_items(params["apps"], params["_confidential"])
    mask_secrets(module, *(item.get("secrets") for item in items))
    request = _request(params)
    run_module(
        module,
        lambda: run_apps(items, params["parallel"], check=module.check_mode, request=request()),
        keep=lambda result: _keep(items, result),
    )


def _keep(items: t.Sequence[Item], result: dict[str, t.Any]) -> None:
    from .failed_runs import log_runs

    log_runs(items, result["apps"])


def _request(params: Item) -> t.Callable[[], Request | None]:
    """What is asked for about undeclared apps, if there is a project."""

    def parse() -> Request | None:
        if params.get("project") is None:
            if params.get("undeclared", "ignore") != "ignore":
                raise QuadletError(
                    f"undeclared: {params['undeclared']} is given without project",
                    where="undeclared",
                    remedy="Give project: it tells which apps of the host are meant.",
                    topic="options-exclude",
                )
            return None
        from .undeclared import Request

        project = parse_app_name(params["project"])
        return Request(project, params["undeclared"], params["allow_empty"])

    return parse
