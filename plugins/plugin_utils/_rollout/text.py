# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Renders the plan and the report of rollouts as text."""

from __future__ import annotations

import typing as t

from ansible_collections.quadlet.fleet.plugins.plugin_utils._rollout.rows import has

State = dict[str, t.Any]

REPORT_HEADS = ("host", "app", "from", "to", "result", "time", "reason")
WIDEST = 100
"""Maximum length of a cell; longer texts are cut."""


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
    """The lines of a rollout's plan."""
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
        names = [n for n, host in hosts.items() if {r["result"] for r in host["rows"]} == {result}]
        lines += [f"{result}: {', '.join(names)}"] if names else []
    lines += [
        f"{name}: {row['app']}: {row['reason']}"
        for name, host in hosts.items()
        for row in host["rows"]
        if row["reason"]
    ]
    return [*lines, *([state["stopped"]] if state["stopped"] else [])]


def report_lines(report: State) -> list[str]:
    """The lines of a rollout's report."""
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
        for row in report["rows"]
    ]
    head = f"rollout {report['id']}" + (", resumed" if report["resumed"] else "")
    ends = [report[key] for key in ("stopped", "waiting") if report[key]]
    return [": ".join([head, *ends]), *make_table(REPORT_HEADS, rows)]


def _app_label(name: str, user: str | None) -> str:
    return f"{name} ({user})" if user else name
