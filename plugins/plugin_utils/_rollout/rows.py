# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""What became of a host's apps in a rollout, a row for each: the lines of the table in the end."""

from __future__ import annotations

import typing as t

Row = dict[str, t.Any]

BAD = frozenset({"refused", "restored", "failed", "unreachable", "taken back", "not taken back"})
"""Results that make a host a failed one."""
DOWN = frozenset({"failed", "unreachable", "not taken back"})
"""Results after which a host may not serve."""
DONE = frozenset({"deployed", "deployed before", "returned"})


class Told(t.NamedTuple):
    """What became of a host in a step.  apps: None where it was not reached, or the module did not
    answer.  trouble: of a hook, or of the module as a whole.
    """

    apps: list[Row] | None = None
    unreachable: bool = False
    trouble: str = ""


def is_open(app: Row) -> bool:
    """Whether an app is part of a rollout that is under way."""
    return bool(app.get("rollout") and app["rollout"]["under_way"])


def rows_looked(apps: t.Sequence[Row] | None, message: str, ident: str) -> list[Row]:
    """The rows of a host before anything was touched.  apps: None where it was not reached."""
    if apps is None:
        return [{**_row({}), "result": "pending", "reason": message}]
    rows = []
    refused = any(app.get("failed") for app in apps)
    for app in apps:
        ours = is_open(app) and app["rollout"]["id"] == ident
        if app.get("failed"):
            more = {"result": "refused", "reason": first_line(app.get("msg"))}
        elif refused:
            more = {"result": "untouched", "reason": "another app of the host is refused"}
        elif app.get("changed"):
            more = {"result": "pending"}
        elif ours:
            more = {"result": "deployed before", "from": app["rollout"]["from"]}
        else:
            more = {"result": "unchanged"}
        rows.append({**_row(app), **more})
    return rows


def _row(app: Row) -> Row:
    """A line of the table.  result: unchanged, pending, refused (nothing was touched), deployed,
    restored (it failed and undid itself), failed, unreachable, taken back, …
    """
    number = app.get("generation")
    return {
        "app": app.get("name") or "-",
        "user": app.get("user"),
        "from": number,
        "to": number,
        "result": "unchanged",
        "seconds": 0.0,
        "reason": "",
    }


def first_line(text: t.Any) -> str:
    """What a table has room for."""
    return str(text or "").split("\n", 1)[0]


def has(told: t.Mapping[str, t.Any], results: t.Container[str]) -> bool:
    """Whether a host has a row with one of the results."""
    return any(row["result"] in results for row in told["rows"])


def rows_deployed(rows: t.Sequence[Row], told: Told, ident: str) -> list[Row]:
    """The rows of a host after it was deployed to."""
    if told.unreachable or told.apps is None:
        result = "unreachable" if told.unreachable else "failed"
        return [
            {**row, "result": result, "reason": first_line(told.trouble)}
            if row["result"] not in ("unchanged", "deployed before")
            else row
            for row in rows
        ]
    known = {(row["app"], row["user"]): row for row in rows}
    found = []
    for app in told.apps:
        row = known.get((app["name"], app.get("user"))) or {**_row(app), "from": None}
        found.append({**row, **_deployed_app(row, app, told.trouble, ident)})
    return found


def _deployed_app(row: Row, app: Row, trouble: str, ident: str) -> Row:
    """What changes of a row."""
    more: Row = {"to": app.get("generation", row["to"]), "seconds": app.get("seconds") or 0.0}
    if app.get("failed"):
        result = "restored" if app.get("rolled_back") else "failed"
        untouched = "failures" not in app and not app.get("rolled_back") and "plan" not in app
        result = "refused" if untouched else result
        more.update(result=result, reason=first_line(app.get("msg")))
    elif trouble:
        more.update(result="failed", reason=first_line(trouble))
    elif app.get("changed"):
        older = row["from"] is not None and (more["to"] or 0) < row["from"]
        more["result"] = "returned" if older else "deployed"
    elif is_open(app) and app["rollout"]["id"] == ident:  # a run that broke off went on by itself
        more.update({"result": "deployed before", "from": app["rollout"]["from"]})
    elif row["result"] == "pending":
        more["result"] = "unchanged"
    return more


def rows_asked(rows: t.Sequence[Row], told: Told) -> list[Row]:
    """The rows of a host after its gates were asked again."""
    apps = {(app["name"], app.get("user")): app for app in told.apps or ()}
    found = []
    for row in rows:
        app = apps.get((row["app"], row["user"]), {"passed": True})  # one that is not to run
        passed = app["passed"] and told.apps is not None and not told.unreachable
        reason = first_line(app.get("msg") or told.trouble)
        result = "unreachable" if told.unreachable else "failed"
        fine = passed or row["result"] not in DONE
        found.append(row if fine else {**row, "result": result, "reason": reason})
    return found


def rows_returned(rows: t.Sequence[Row], told: Told) -> list[Row]:
    """The rows of a host after it returned to what ran before."""
    apps = {(app["name"], app.get("user")): app for app in told.apps or ()}
    return [
        row
        if row["result"] == "unchanged"
        else _returned(row, apps.get((row["app"], row["user"])), told)
        for row in rows
    ]


def _returned(row: Row, app: Row | None, one: Told) -> Row:
    trouble = one.trouble or (app or {}).get("msg", "")
    if app is None or app.get("failed"):
        return {**row, "result": "not taken back", "reason": first_line(trouble)}
    seconds = row["seconds"] + (app.get("seconds") or 0.0)
    result = row["result"] if row["result"] in ("restored", "refused") else "taken back"
    return {**row, "to": app.get("generation"), "seconds": seconds, "result": result}
