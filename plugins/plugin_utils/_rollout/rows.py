# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""The rows of a rollout's report: the result of each app on a host."""

from __future__ import annotations

import typing as t

Row = dict[str, t.Any]

BAD = frozenset({"refused", "restored", "failed", "unreachable", "taken back", "not taken back"})
"""Results that make a host a failed one."""
DOWN = frozenset({"failed", "unreachable", "not taken back"})
"""Results after which a host may not serve."""
NOBODY = "-"
"""In place of an app in the row of a host that was not reached."""
DONE = frozenset({"deployed", "deployed before", "returned"})


class HostResult(t.NamedTuple):
    """The result of a step on a host.  apps: None if the host was not reached, or the module
    returned nothing.  trouble: of a hook, or of the module as a whole.
    """

    apps: list[Row] | None = None
    unreachable: bool = False
    trouble: str = ""


def is_open(app: Row) -> bool:
    """Whether an app is part of a rollout that is under way."""
    return bool(app.get("rollout") and app["rollout"]["under_way"])


def rows_looked(apps: t.Sequence[Row] | None, message: str, ident: str) -> list[Row]:
    """The rows of a host before any change.  apps: None if the host was not reached."""
    if apps is None:
        return [{**_row({}), "result": "pending", "reason": message}]
    rows = []
    refused = any(app.get("failed") for app in apps)
    for app in apps:
        ours = is_open(app) and app["rollout"]["id"] == ident
        if app.get("failed"):
            outcome = {"result": "refused", "reason": first_line(app.get("msg"))}
        elif refused:
            outcome = {"result": "untouched", "reason": "another app of the host is refused"}
        elif app.get("changed"):
            outcome = {"result": "pending"}
        elif ours:
            outcome = {"result": "deployed before", "from": app["rollout"]["from"]}
        else:
            outcome = {"result": "unchanged"}
        rows.append({**_row(app), **outcome})
    return rows


def _row(app: Row) -> Row:
    """A row of the report.  result: unchanged, pending, refused (before any change), deployed,
    restored (it failed and was rolled back), failed, unreachable, taken back, …
    """
    number = app.get("generation")
    return {
        "app": app.get("name") or NOBODY,
        "user": app.get("user"),
        "from": number,
        "to": number,
        "result": "unchanged",
        "seconds": 0.0,
        "reason": "",
    }


def first_line(text: t.Any) -> str:
    """The first line of a message, for a table."""
    return str(text or "").split("\n", 1)[0]


def is_down(host: t.Mapping[str, t.Any]) -> bool:
    """Whether a host may not serve; one that was not reached before the rollout had begun, too."""
    return has(host, DOWN) or any(
        row["result"] == "pending" and row["app"] == NOBODY for row in host["rows"]
    )


def has(host: t.Mapping[str, t.Any], results: t.Container[str]) -> bool:
    """Whether a host has a row with one of the results."""
    return any(row["result"] in results for row in host["rows"])


def rows_deployed(rows: t.Sequence[Row], host: HostResult, ident: str) -> list[Row]:
    """The rows of a host after the deployment."""
    if host.unreachable or host.apps is None:
        result = "unreachable" if host.unreachable else "failed"
        return [
            {**row, "result": result, "reason": first_line(host.trouble)}
            if row["result"] not in ("unchanged", "deployed before")
            else row
            for row in rows
        ]
    known = {(row["app"], row["user"]): row for row in rows}
    deployed = []
    for app in host.apps:
        row = known.get((app["name"], app.get("user"))) or {**_row(app), "from": None}
        deployed.append({**row, **_deployed_app(row, app, host.trouble, ident)})
    return deployed


def _deployed_app(row: Row, app: Row, trouble: str, ident: str) -> Row:
    """The changes of a row after the deployment."""
    changes: Row = {"to": app.get("generation", row["to"]), "seconds": app.get("seconds") or 0.0}
    if app.get("failed"):
        result = "restored" if app.get("rolled_back") else "failed"
        untouched = "failures" not in app and not app.get("rolled_back") and "plan" not in app
        result = "refused" if untouched else result
        changes.update(result=result, reason=first_line(app.get("msg")))
    elif trouble:
        changes.update(result="failed", reason=first_line(trouble))
    elif app.get("changed"):
        older = row["from"] is not None and (changes["to"] or 0) < row["from"]
        changes["result"] = "returned" if older else "deployed"
    elif is_open(app) and app["rollout"]["id"] == ident:  # an interrupted run had gone on
        changes.update({"result": "deployed before", "from": app["rollout"]["from"]})
    elif row["result"] == "pending":
        changes["result"] = "unchanged"
    return changes


def rows_asked(rows: t.Sequence[Row], host: HostResult) -> list[Row]:
    """The rows of a host after its gates were checked again."""
    apps = {(app["name"], app.get("user")): app for app in host.apps or ()}
    checked = []
    for row in rows:
        # An app that must not run has no answer.
        app = apps.get((row["app"], row["user"]), {"passed": True})
        passed = app["passed"] and host.apps is not None and not host.unreachable
        reason = first_line(app.get("msg") or host.trouble)
        result = "unreachable" if host.unreachable else "failed"
        fine = passed or row["result"] not in DONE
        checked.append(row if fine else {**row, "result": result, "reason": reason})
    return checked


def rows_returned(rows: t.Sequence[Row], host: HostResult) -> list[Row]:
    """The rows of a host after its rollback."""
    apps = {(app["name"], app.get("user")): app for app in host.apps or ()}
    return [
        row
        if row["result"] == "unchanged"
        else _returned(row, apps.get((row["app"], row["user"])), host)
        for row in rows
    ]


def _returned(row: Row, app: Row | None, host: HostResult) -> Row:
    trouble = host.trouble or (app or {}).get("msg", "")
    if app is None or app.get("failed"):
        return {**row, "result": "not taken back", "reason": first_line(trouble)}
    seconds = row["seconds"] + (app.get("seconds") or 0.0)
    result = row["result"] if row["result"] in ("restored", "refused") else "taken back"
    return {**row, "to": app.get("generation"), "seconds": seconds, "result": result}
