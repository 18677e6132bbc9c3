# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""The status of a fleet as one document: what page, metrics and summary are made of."""

from __future__ import annotations

import collections
import typing as t

from ansible_collections.quadlet.fleet.plugins.module_utils._core.status import words
from ansible_collections.quadlet.fleet.plugins.plugin_utils._status.graph import (
    edges_of,
    place_nodes,
)

FORMAT = 1

Row = dict[str, t.Any]

_SERVICE = ("unit", "active", "sub", "result", "restarts", "health", "job", "waits", "stopped")
_GENERATION = ("number", "current", "passed", "made_at", "made_by", "rollout", "changes")
_FAILURE = ("ended_at", "result", "open", "generation", "message", "failures")


def make_document(told: t.Mapping[str, t.Any], made_at: str) -> Row:
    """The document.  told: by host what module info returned, was registered, or None.

    made_at: in UTC, as 2026-01-31T12:00:00Z.
    """
    hosts = [make_host(name, result) for name, result in told.items()]
    return {
        "format": FORMAT,
        "made_at": made_at,
        "summary": summarize(hosts),
        "hosts": hosts,
    }


def find_reason(result: t.Any) -> tuple[str, str]:
    """(state of a host, why it is no good one) of what was registered for it."""
    if not isinstance(result, dict):
        return "failed", "it was not asked: an earlier task of the play failed, or left it out"
    if result.get("unreachable"):
        return "unreachable", str(result.get("msg") or "it could not be reached")
    if not isinstance(result.get("apps"), list):
        return "failed", str(result.get("msg") or "module info gave no answer")
    return "ok", ""


def make_host(name: str, result: t.Any) -> Row:
    """The row of a host."""
    state, reason = find_reason(result)
    info: Row = result if state == "ok" else {"apps": []}
    apps = [_make_app(app, info) for app in [*info["apps"], *words.lost_apps(info)]]
    return {
        "name": name,
        "state": state,
        "reason": reason,
        "errors": [str(row["msg"]) for row in info.get("errors") or ()],
        "warnings": [str(text) for text in info.get("warnings") or ()],
        "pull": list(info.get("pull") or ()),
        "apps": sorted(apps, key=lambda app: (app["name"], app["user"] or "")),
    }


def _make_app(app: t.Mapping[str, t.Any], info: Row) -> Row:
    services = app["services"]
    places = place_nodes([*services], edges_of(services))
    rows = [_make_service(name, row, places[name]) for name, row in services.items()]
    current = words.current_generation(app) or {}
    failures = [{key: row[key] for key in _FAILURE} for row in words.failures_of(info, app)]
    rollout = app["rollout"]
    return {
        "name": app["name"],
        "user": app["user"],
        "location": app["location"],
        "state": _state(app, rows),
        "health": words.app_health(rows),
        "generation": app["generation"],
        "deployed_at": current.get("made_at"),
        "deployed_by": current.get("made_by"),
        "project": app.get("project"),
        "declared": app.get("declared"),
        "rollout": rollout["id"] if rollout else None,
        "rollout_under_way": bool(rollout and rollout["under_way"]),
        "last_run_failed": any(row["open"] for row in failures),
        "drift": list(app["drift"]),
        "services": rows,
        "generations": [
            {key: row[key] for key in _GENERATION} for row in app.get("generations") or ()
        ],
        "failures": failures,
    }


def _state(app: t.Mapping[str, t.Any], services: t.Sequence[Row]) -> str:
    if app["generation"] is None:
        return words.UNREAD
    absent = not app["generation"] and not services
    return words.ABSENT if absent else words.app_state({row["state"] for row in services})


def _make_service(name: str, row: t.Mapping[str, t.Any], place: tuple[int, int]) -> Row:
    image = row.get("image") or {}
    return {
        "name": name,
        "kind": words.kind_of_unit(row["unit"]),
        "state": words.service_state(row),
        **{key: row.get(key) for key in _SERVICE},
        "image": image.get("running") or image.get("declared"),
        "needs": list(row.get("needs") or ()),
        "triggers": list(row.get("triggers") or ()),
        "place": list(place),
        "journal": list(row.get("journal") or ()),
    }


def is_troubled(app: t.Mapping[str, t.Any]) -> bool:
    """Whether a person should look at an app."""
    good = app["state"] in ("up", "idle", "starting")
    return bool(not good or app["drift"] or app["last_run_failed"])


def failed_pulls(host: t.Mapping[str, t.Any]) -> list[Row]:
    """Of a host: runs of ansible-pull that were the last ones, and no good ones."""
    return [row for row in host["pull"] if row["result"] != "ok"]


def summarize(hosts: t.Sequence[Row]) -> Row:
    """Counts of the fleet."""
    apps = [app for host in hosts for app in host["apps"]]
    states = collections.Counter(host["state"] for host in hosts)
    return {
        "hosts": len(hosts),
        "hosts_unreachable": states["unreachable"],
        "hosts_failed": states["failed"],
        "read_errors": sum(len(host["errors"]) for host in hosts),
        "pulls_failed": sum(len(failed_pulls(host)) for host in hosts),
        "apps": len(apps),
        "apps_troubled": sum(map(is_troubled, apps)),
        "apps_drifted": sum(bool(app["drift"]) for app in apps),
        "runs_failed": sum(app["last_run_failed"] for app in apps),
        "services": sum(len(app["services"]) for app in apps),
        "states": dict(sorted(collections.Counter(app["state"] for app in apps).items())),
    }
