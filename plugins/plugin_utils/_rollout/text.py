# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""A rollout, and what is deployed where, as people read it."""

from __future__ import annotations

import typing as t

from ansible_collections.quadlet.fleet.plugins.plugin_utils._rollout.rows import has

State = dict[str, t.Any]

REPORT_HEADS = ("host", "app", "from", "to", "result", "time", "reason")
STATUS_HEADS = ("host", "app", "generation", "rollout", "services", "drift")
WIDEST = 100
"""Characters of a last column; more is cut."""


def make_table(heads: t.Sequence[str], rows: t.Iterable[t.Sequence[t.Any]]) -> list[str]:
    """Lines with aligned columns; None and '' are shown as a dash."""
    texts = [list(heads), *([_text(value) for value in row] for row in rows)]
    widths = [max(len(row[column]) for row in texts) for column in range(len(heads))]
    return [
        "  ".join(text.ljust(width) for text, width in zip(row, widths)).rstrip() for row in texts
    ]


def _text(value: t.Any) -> str:
    if isinstance(value, float):
        return f"{value:.1f}"
    text = "-" if value in (None, "") else " ".join(str(value).split())
    return text if len(text) <= WIDEST else f"{text[: WIDEST - 1]}…"


def plan_lines(state: State) -> list[str]:
    """A rollout before it begins."""
    hosts = state["hosts"]
    lines = [f"rollout {state['id']}" + (", resumed" if state["resumed"] else "")]
    for number, batch in enumerate(state["batches"], 1):
        todo = [name for name in batch["hosts"] if has(hosts[name], {"pending"})]
        done = len(batch["hosts"]) - len(todo)
        lines.append(
            f"batch {number} ({batch['name']}): {', '.join(todo) or 'nothing to do'}"
            + (f"; done before: {done}" if done else "")
        )
    for result in ("unchanged", "refused"):
        names = [n for n, told in hosts.items() if {r["result"] for r in told["rows"]} == {result}]
        lines += [f"{result}: {', '.join(names)}"] if names else []
    lines += [
        f"{name}: {row['app']}: {row['reason']}"
        for name, told in hosts.items()
        for row in told["rows"]
        if row["reason"]
    ]
    return [*lines, *([state["stopped"]] if state["stopped"] else [])]


def report_lines(found: State) -> list[str]:
    """How a rollout ended."""
    rows = [
        (
            row["host"],
            _app_label(row["app"], row["user"]),
            row["from"],
            row["to"],
            row["result"],
            f"{row['seconds']:.1f} s" if row["seconds"] else "",
            row["reason"],
        )
        for row in found["rows"]
    ]
    head = f"rollout {found['id']}" + (", resumed" if found["resumed"] else "")
    ends = [found[key] for key in ("stopped", "waiting") if found[key]]
    return [": ".join([head, *ends]), *make_table(REPORT_HEADS, rows)]


def _app_label(name: str, user: str | None) -> str:
    return f"{name} ({user})" if user else name


def status_rows(host: str, apps: t.Sequence[State]) -> list[tuple[t.Any, ...]]:
    """Lines of the table of what is deployed on a host; one with no app where there is nothing."""
    return [
        (
            host,
            _app_label(app["name"], app["user"]),
            app["generation"],
            _rollout_label(app["rollout"]),
            _count_up(app["services"]),
            "; ".join(app["drift"]),
        )
        for app in apps
    ] or [(host, None, None, None, None, None)]


def _rollout_label(rollout: State | None) -> str:
    if not rollout:
        return ""
    return f"{rollout['id']}, under way" if rollout["under_way"] else str(rollout["id"])


def _count_up(services: t.Mapping[str, State]) -> str:
    up = sum(one["active"] == "active" for one in services.values())
    return f"{up} of {len(services)} active"
