# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Renders the report of a conversion as text, JSON and SARIF."""

from __future__ import annotations

import json
import typing as t
import urllib.parse

from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.rules import RULES, Rule
from ansible_collections.quadlet.fleet.plugins.plugin_utils._lint.report import sarif_log

Item = t.Mapping[str, t.Any]

LEVELS: t.Final = ("refused", "dropped", "approximated", "moved")
"""Outcomes that may be told, the worst first."""
_SARIF_LEVELS = {"refused": "error", "dropped": "warning"}


def sentence(item: Item) -> str:
    """Path, reason and remedy of an item."""
    text = ": ".join(filter(None, [item["path"], item["reason"]]))
    return f"{text.rstrip('.')}. {item['remedy']}" if item["remedy"] else text


def as_text(items: t.Sequence[Item]) -> str:
    """A line for each item: file:line:outcome:sentence."""
    return "".join(
        f"{item['file'] or '-'}:{item['line'] or 1}:{item['outcome']}:"
        f"{' '.join(sentence(item).split())}\n"
        for item in items
    )


def as_json(items: t.Sequence[Item]) -> str:
    """A list of objects with the keys that the filters return."""
    return json.dumps([dict(item) for item in items], indent=2) + "\n"


def as_sarif(items: t.Sequence[Item]) -> str:
    """SARIF 2.1.0, with every rule."""
    index = {name: number for number, name in enumerate(RULES)}
    rules = [_rule(rule) for rule in RULES.values()]
    return sarif_log(rules, [_result(item, index.get(item["rule"])) for item in items])


def _rule(rule: Rule) -> dict[str, t.Any]:
    return {
        "id": rule.id,
        "shortDescription": {"text": rule.summary},
        "fullDescription": {"text": rule.why},
    }


def _result(item: Item, index: int | None) -> dict[str, t.Any]:
    place = {
        "artifactLocation": {"uri": urllib.parse.quote(item["file"] or "-")},
        "region": {"startLine": item["line"] or 1},
    }
    rule = {} if index is None else {"ruleId": item["rule"], "ruleIndex": index}
    return {
        **rule,
        "level": _SARIF_LEVELS.get(item["outcome"], "note"),
        "message": {"text": sentence(item) or item["outcome"]},
        "locations": [{"physicalLocation": place}],
    }


FORMATS: t.Final[dict[str, t.Callable[[t.Sequence[Item]], str]]] = {
    "text": as_text,
    "json": as_json,
    "sarif": as_sarif,
}


def worst(items: t.Iterable[Item], level: str) -> list[Item]:
    """The items of a level or above it."""
    bound = LEVELS[: LEVELS.index(level) + 1]
    return [item for item in items if item["outcome"] in bound]
