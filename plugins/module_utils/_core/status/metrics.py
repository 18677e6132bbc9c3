# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""A host as metrics: a text that both Prometheus' format 0.0.4 and OpenMetrics 1.0 know.

All metrics are gauges, since the two formats write counters differently.  Labels are names of the
inventory and of systemd alone, never a text that a service has written.
"""

from __future__ import annotations

import typing as t

from . import words

Labels = t.Mapping[str, str]
Sample = tuple[Labels, float]
Row = t.Mapping[str, t.Any]

_GOOD = frozenset({"up", "idle"})

MOST_SERVICES = 1000
"""Services of a host that have samples of their own; of others the sums of apps tell."""


class Metric(t.NamedTuple):
    """A family.  read: its samples, from the result of module info."""

    name: str
    help: str
    read: t.Callable[[Row], t.Iterable[Sample]]


def make_metrics(info: Row | None, made_at: float, labels: Labels | None = None) -> str:
    """The text of a host.  info: the result of module info, None where the host was not reached
    or could not be read.  made_at: seconds since the epoch.  labels: given to every sample.
    """
    lines = []
    common = labels or {}
    every = {**({} if info is None else info), "made_at": made_at, "read": info is not None}
    for metric in METRICS:
        if info is None and metric.name not in _ALWAYS:
            continue
        samples = [*metric.read(every)]
        if samples:
            lines.append(f"# HELP {metric.name} {_help(metric.help)}")
            lines.append(f"# TYPE {metric.name} gauge")
        for own, value in samples:
            lines.append(f"{metric.name}{_labels({**common, **own})} {_number(value)}")
    return "\n".join([*lines, "# EOF", ""])


def _help(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", "\\n")


def _labels(labels: Labels) -> str:
    if not labels:
        return ""
    return "{" + ",".join(f'{name}="{_value(value)}"' for name, value in labels.items()) + "}"


def _value(text: str) -> str:
    """A label's value; what no UTF-8 can hold is replaced."""
    clean = text.encode("utf-8", "replace").decode()
    return clean.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else repr(float(value))


def _app_labels(app: Row) -> dict[str, str]:
    """user is root for the system's scope, as everywhere in the collection."""
    return {"app": app["name"], "user": app["user"] or "root", "location": app["location"]}


def _apps(info: Row) -> list[Row]:
    return [*info["apps"], *words.lost_apps(info)]


def _known(info: Row) -> list[Row]:
    """Without those that could not be read."""
    return [app for app in _apps(info) if app["generation"] is not None]


def _per_app(
    value: t.Callable[[Row, Row], float | None], apps: t.Callable[[Row], list[Row]] = _apps
) -> t.Callable[[Row], list[Sample]]:
    def read(info: Row) -> list[Sample]:
        values = [(app, value(info, app)) for app in apps(info)]
        return [(_app_labels(app), found) for app, found in values if found is not None]

    return read


def _services(info: Row) -> t.Iterator[tuple[dict[str, str], Row]]:
    left = MOST_SERVICES
    for app in info["apps"]:
        for name, service in [*app["services"].items()][:left]:
            yield {**_app_labels(app), "service": name}, service
        left = max(0, left - len(app["services"]))


def _per_service(value: t.Callable[[Row], float | None]) -> t.Callable[[Row], list[Sample]]:
    def read(info: Row) -> list[Sample]:
        values = [(labels, value(service)) for labels, service in _services(info)]
        return [(labels, found) for labels, found in values if found is not None]

    return read


def _is_up(_info: Row, app: Row) -> float:
    states = {words.service_state(service) for service in app["services"].values()}
    return float(bool(app["generation"]) and states <= _GOOD)


def _counts(info: Row) -> list[Sample]:
    samples: list[Sample] = []
    for app in _known(info):
        states = [words.service_state(service) for service in app["services"].values()]
        samples += [
            ({**_app_labels(app), "state": state}, states.count(state))
            for state in words.SERVICE_STATES
        ]
    return samples


def _deployed_at(_info: Row, app: Row) -> float | None:
    current = words.current_generation(app)
    return words.seconds_of(current["made_at"]) if current else None


def _last_run_failed(info: Row, app: Row) -> float:
    return float(any(row["open"] for row in words.failures_of(info, app)))


def _failed_at(info: Row, app: Row) -> float | None:
    failures = words.failures_of(info, app)
    return words.seconds_of(failures[-1]["ended_at"]) if failures else None


def _under_way(_info: Row, app: Row) -> float:
    return float(bool(app["rollout"] and app["rollout"]["under_way"]))


def _declared(_info: Row, app: Row) -> float | None:
    return None if app.get("declared") is None else float(app["declared"])


def _healthy(service: Row) -> float | None:
    return float(service["health"] == "healthy") if service.get("health") else None


def _pulls(value: t.Callable[[Row], float]) -> t.Callable[[Row], list[Sample]]:
    return lambda info: [
        ({"user": row["user"] or "root"}, value(row)) for row in info.get("pull") or ()
    ]


METRICS: t.Final = (
    Metric(
        "quadlet_status_timestamp_seconds",
        "When these metrics were made.",
        lambda info: [({}, info["made_at"])],
    ),
    Metric(
        "quadlet_status_readable",
        "Whether the host could be reached and read.",
        lambda info: [({}, float(info["read"]))],
    ),
    Metric(
        "quadlet_status_read_errors",
        "Apps and scopes that could not be read.",
        lambda info: [({}, len(info["errors"]))],
    ),
    Metric(
        "quadlet_app_up", "Whether all services are as they should be.", _per_app(_is_up, _known)
    ),
    Metric("quadlet_app_services", "Services by state.", _counts),
    Metric(
        "quadlet_app_drift_findings",
        "Differences from what was deployed.",
        _per_app(lambda _info, app: len(app["drift"]), _known),
    ),
    Metric(
        "quadlet_app_generation",
        "Number of the deployed generation, 0 for none.",
        _per_app(lambda _info, app: app["generation"]),
    ),
    Metric(
        "quadlet_app_deployed_timestamp_seconds",
        "When the deployed generation was made.",
        _per_app(_deployed_at),
    ),
    Metric(
        "quadlet_app_last_run_failed",
        "Whether the last deployment has failed.",
        _per_app(_last_run_failed),
    ),
    Metric(
        "quadlet_app_failed_timestamp_seconds",
        "When a deployment has failed last.",
        _per_app(_failed_at),
    ),
    Metric(
        "quadlet_app_rollout_under_way",
        "Whether a rollout of it is not accepted yet.",
        _per_app(_under_way),
    ),
    Metric(
        "quadlet_app_declared",
        "Whether the inventory has it, where that is known.",
        _per_app(_declared),
    ),
    Metric(
        "quadlet_service_up",
        "Whether a service is as it should be.",
        _per_service(lambda row: float(words.service_state(row) in _GOOD)),
    ),
    Metric(
        "quadlet_service_healthy",
        "Whether a container with a health check is healthy.",
        _per_service(_healthy),
    ),
    Metric(
        "quadlet_service_restarts",
        "Restarts by systemd since somebody started the service.",
        _per_service(lambda row: row.get("restarts")),
    ),
    Metric(
        "quadlet_pull_last_run_failed",
        "Whether the last run of ansible-pull was not a good one.",
        _pulls(lambda row: float(row["result"] != "ok")),
    ),
    Metric(
        "quadlet_pull_last_run_timestamp_seconds",
        "When the last run of ansible-pull has ended.",
        _pulls(lambda row: words.seconds_of(row["ended_at"])),
    ),
)

_ALWAYS = frozenset({"quadlet_status_timestamp_seconds", "quadlet_status_readable"})
