# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""What a person wants to know first of services, apps and hosts: one word each.

Of what module info returns, on the controller and on the host alike.
"""

from __future__ import annotations

import calendar
import re
import typing as t

from ..systemd_state import State

Row = dict[str, t.Any]

SERVICE_STATES = ("failed", "down", "unhealthy", "starting", "up", "idle")
"""States of a service and of an app, the worst first.  idle: down as it should be (a job that is
done, what a timer, a socket or a person starts, or what a run has stopped)."""

ABSENT, UNREAD = "absent", "failed"
"""States of an app of which only failed runs tell: it is not deployed, or can't be read."""

MOST_LOST = 100
"""Such apps of a host that are told of: a user can make up any number."""

_HEALTHS = ("unhealthy", "starting", "healthy")


def service_state(service: t.Mapping[str, t.Any]) -> str:
    """One of SERVICE_STATES, for a service of info."""
    state = State(active=service["active"], sub=service["sub"])
    if state.failed:
        return "failed"
    if state.up:
        return _up_state(state, service.get("health"))
    rests = any(map(service.get, ("waits", "job", "once", "stopped")))
    return "idle" if rests or state.active == "deactivating" else "down"


def _up_state(state: State, health: t.Any) -> str:
    if health == "unhealthy":
        return "unhealthy"
    return "starting" if state.active == "activating" or health == "starting" else "up"


def app_state(states: t.Collection[str]) -> str:
    """The worst state of an app's services."""
    return next((state for state in SERVICE_STATES if state in states), "idle")


def app_health(services: t.Iterable[t.Mapping[str, t.Any]]) -> str:
    """The worst health of an app's containers; '' where none has a health check."""
    healths = {service.get("health") for service in services}
    return next((health for health in _HEALTHS if health in healths), "")


def current_generation(app: t.Mapping[str, t.Any]) -> Row | None:
    """The generation that is deployed, where it is kept."""
    return next((row for row in app.get("generations") or () if row["current"]), None)


def failures_of(info: t.Mapping[str, t.Any], app: t.Mapping[str, t.Any]) -> list[Row]:
    """Failed runs of an app of info, the oldest first."""
    place = (app["name"], app["user"], app["location"])
    return [
        row
        for row in info.get("failures") or ()
        if (row["app"], row["user"], row["location"]) == place
    ]


def lost_apps(info: t.Mapping[str, t.Any]) -> list[Row]:
    """Apps that info does not have, and whose last run failed, as rows of info.

    Their generation is 0, of what could not be read None: it may be deployed.
    """
    known = {(app["name"], app["user"], app["location"]) for app in info["apps"]}
    parts = ("app", "user", "location")
    unread = {tuple(map(row.get, parts)) for row in info.get("errors") or ()}
    lost: dict[tuple[str, str | None, str], int | None] = {}
    for row in info.get("failures") or ():
        place = (row["app"], row["user"], row["location"])
        if row["open"] and place not in known:
            wholes = {place, (None, *place[1:]), (None, place[1], None)}
            lost[place] = None if wholes & unread else 0
    return [_lost_app(*place, generation) for place, generation in [*lost.items()][:MOST_LOST]]


def _lost_app(name: str, user: str | None, location: str, generation: int | None) -> Row:
    none: Row = {"generations": [], "services": {}, "drift": [], "units": [], "files": []}
    where = {"name": name, "user": user, "location": location}
    return {**where, "generation": generation, "rollout": None, **none}


def kind_of_unit(unit: str) -> str:
    """`container`, `timer` …: the suffix."""
    return unit.rpartition(".")[2] if "." in unit else ""


def seconds_of(text: str) -> int:
    """Seconds since the epoch of `2026-01-31T12:00:00Z`; 0 where it is no time."""
    match = _MOMENT.fullmatch(text)
    if match is None:
        return 0
    year, month, day, hour, minute, second = map(int, match.groups())
    try:
        known = 0 < day <= calendar.monthrange(year, month)[1]
        return calendar.timegm((year, month, day, hour, minute, second, 0, 0, 0)) if known else 0
    except ValueError:  # a thirteenth month, the year 0
        return 0


_MOMENT = re.compile(r"(\d{4})-(\d\d)-(\d\d)T([01]\d|2[0-3]):([0-5]\d):([0-5]\d)Z", re.ASCII)
