# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""The status of a fleet as lines for a terminal."""

from __future__ import annotations

import typing as t

from ansible_collections.quadlet.fleet.plugins.plugin_utils._rollout.text import make_table
from ansible_collections.quadlet.fleet.plugins.plugin_utils._status.document import failed_pulls

HEADS = ("host", "app", "generation", "rollout", "services", "state", "drift")

Row = t.Mapping[str, t.Any]
_IDLE = "idle"


def summary_lines(document: Row) -> list[str]:
    """A table of hosts and apps, what the inventory does not have, and the sum of it all."""
    hosts = document["hosts"]
    rows = [row for host in hosts for row in _host_rows(host)]
    more = [line for host in hosts for line in _undeclared_lines(host)]
    return [*make_table(HEADS, rows), *more, _sum_line(document["summary"])]


def _host_rows(host: Row) -> list[tuple[t.Any, ...]]:
    if host["state"] != "ok":
        reason = " ".join(host["reason"].split("\n", 1)[0].split())
        return [(host["name"], None, None, None, None, host["state"], reason)]
    rows: list[tuple[t.Any, ...]] = [
        (
            host["name"],
            _label(app),
            app["generation"] or None,
            _rollout(app),
            _count_up(app["services"]),
            _state(app),
            "; ".join(app["drift"]),
        )
        for app in host["apps"]
    ]
    more = [("unreadable", text) for text in host["errors"]]
    more += [("pull failed", _pull(row)) for row in failed_pulls(host)]
    rows += [(host["name"], None, None, None, None, *told) for told in more]
    return rows or [(host["name"], *[None] * (len(HEADS) - 1))]


def _pull(row: Row) -> str:
    first = str(row["message"]).partition("\n")[0]
    return f"{row['user'] or 'root'}: {row['result']}: {first}"


def _label(app: Row) -> str:
    return f"{app['name']} ({app['user']})" if app["user"] else str(app["name"])


def _rollout(app: Row) -> str:
    return f"{app['rollout']}, under way" if app["rollout_under_way"] else app["rollout"] or ""


def _state(app: Row) -> str:
    return f"{app['state']}, last run failed" if app["last_run_failed"] else str(app["state"])


def _count_up(services: t.Sequence[Row]) -> str:
    up = sum(service["active"] == "active" for service in services)
    idle = sum(service["state"] == _IDLE for service in services)
    return f"{up} of {len(services) - idle} active"


def _undeclared_lines(host: Row) -> list[str]:
    """A line for each app that the inventory of the host does not have."""
    return [
        f"{host['name']}: {_label(app)} is not in the inventory; it was deployed "
        + (f"by project {app['project']}" if app["project"] else "without a project")
        for app in host["apps"]
        if app["declared"] is False
    ]


def _sum_line(summary: Row) -> str:
    parts = [_count(summary["hosts"], "host"), _count(summary["apps"], "app")]
    counts = {
        "unreachable": summary["hosts_unreachable"],
        "not readable": summary["hosts_failed"],
        "unreadable apps or scopes": summary["read_errors"],
        "with a failed pull": summary["pulls_failed"],
        "to look at": summary["apps_troubled"],
        "with drift": summary["apps_drifted"],
        "whose last run failed": summary["runs_failed"],
    }
    parts += [f"{count} {what}" for what, count in counts.items() if count]
    return ", ".join(parts) if len(parts) > 2 else f"{', '.join(parts)}, all as they should be"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
